package ddl

import (
	"fmt"
	"slices"
	"strings"
)

// Verb is what a statement does.
type Verb uint8

// Verbs.
const (
	CreateTable Verb = iota + 1
	AddColumn
	ModifyColumn
	DropIndex
	AddIndex
	DropProjection
	AddProjection
	ModifySetting
)

var verbNames = [...]string{"", "create table", "add column", "modify column", "drop index", "add index",
	"drop projection", "add projection", "modify setting"}

// String is the verb in words.
func (v Verb) String() string { return verbNames[v] }

// Statement is one step from a state towards another. SQL renders it.
type Statement struct {
	Verb       Verb
	Table      Table // its desired state
	Column     Column
	After      string // column before the added one; "" for the first
	Index      Index
	Projection Projection
	Setting    Setting
}

// String says in words what the statement does, for logs.
func (s Statement) String() string {
	what := ""
	switch s.Verb {
	case AddColumn, ModifyColumn:
		what = "." + s.Column.Name
	case AddIndex, DropIndex:
		what = "." + s.Index.Name
	case AddProjection, DropProjection:
		what = "." + s.Projection.Name
	case ModifySetting:
		what = "." + s.Setting.Name
	}
	return s.Verb.String() + " " + s.Table.Name + what
}

// Diff tells how to get from current to desired. Tables, columns, indices and
// projections that desired doesn't know stay as they are. A key or an engine can't
// be changed in place: that is an error which names the table.
func Diff(current, desired Schema) ([]Statement, error) {
	var out []Statement
	for _, want := range desired.Tables {
		have := current.Table(want.Name)
		if have == nil {
			out = append(out, Statement{Verb: CreateTable, Table: want})
			continue
		}
		if have.Engine != want.Engine || have.Version != want.Version || !slices.Equal(have.OrderBy, want.OrderBy) {
			return nil, fmt.Errorf("ddl: table %s is %s(%s) ORDER BY (%s), needs %s(%s) ORDER BY (%s): key and engine can't be changed in place, move the table away and migrate again",
				want.Name, have.Engine, have.Version, strings.Join(have.OrderBy, ", "),
				want.Engine, want.Version, strings.Join(want.OrderBy, ", "))
		}
		out = append(out, diffColumns(have, want)...)
		out = append(out, diffParts(have, want)...)
	}
	return out, nil
}

func diffColumns(have *Table, want Table) []Statement {
	var out []Statement
	after := ""
	for _, c := range want.Columns {
		switch had := have.Column(c.Name); {
		case had == nil:
			out = append(out, Statement{Verb: AddColumn, Table: want, Column: c, After: after})
		case *had != c:
			out = append(out, Statement{Verb: ModifyColumn, Table: want, Column: c})
		}
		after = c.Name
	}
	return out
}

// diffParts compares what may be dropped and built again.
func diffParts(have *Table, want Table) []Statement {
	var out []Statement
	for _, x := range want.Indices {
		i := slices.IndexFunc(have.Indices, func(h Index) bool { return h.Name == x.Name })
		if i >= 0 && have.Indices[i] == x {
			continue
		}
		if i >= 0 {
			out = append(out, Statement{Verb: DropIndex, Table: want, Index: x})
		}
		out = append(out, Statement{Verb: AddIndex, Table: want, Index: x})
	}
	for _, p := range want.Projections {
		i := slices.IndexFunc(have.Projections, func(h Projection) bool { return h.Name == p.Name })
		if i >= 0 && blanks(have.Projections[i].Query) == blanks(p.Query) {
			continue
		}
		if i >= 0 {
			out = append(out, Statement{Verb: DropProjection, Table: want, Projection: p})
		}
		out = append(out, Statement{Verb: AddProjection, Table: want, Projection: p})
	}
	for _, s := range want.Settings {
		// A granularity is fixed when the table is made.
		if s.Name != "index_granularity" && !slices.Contains(have.Settings, s) {
			out = append(out, Statement{Verb: ModifySetting, Table: want, Setting: s})
		}
	}
	return out
}

// blanks folds runs of white space to one blank.
func blanks(s string) string { return strings.Join(strings.Fields(s), " ") }
