package policy

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// tableNames are the files of the tables.
var tableNames = []string{"lists.yaml", "measures.yaml", "matters.yaml", "units.yaml", "calendar.yaml", "facts.yaml", "purposes.yaml", "notices.yaml"}

// table is where the rows of a file go; nil for a file that is no table.
func (f *files) table(name string) any {
	switch name {
	case "lists.yaml":
		return &f.lists
	case "measures.yaml":
		return &f.measures
	case "matters.yaml":
		return &f.matters
	case "units.yaml":
		return &f.units
	case "calendar.yaml":
		return &f.calendar
	case "facts.yaml":
		return &f.facts
	case "purposes.yaml":
		return &f.purposes
	case "notices.yaml":
		return &f.notices
	}
	return nil
}

// head is the version of a file that was read.
type head struct{ file, version string }

func (f *files) headsOf(dir string) (out []head) {
	for i, v := range []*string{f.lists.Version, f.measures.Version, f.matters.Version, f.units.Version, f.calendar.Version, f.facts.Version, f.purposes.Version, f.notices.Version} {
		if v != nil {
			out = append(out, head{dir + tableNames[i], *v})
		} else if dir == "" {
			out = append(out, head{tableNames[i], ""})
		}
	}
	return out
}

// read reads a table; faults and rows name it by its label and their line.
func read(dir fs.FS, name, label string, into any) error {
	raw, err := fs.ReadFile(dir, name)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(raw, into, yaml.Strict()); err != nil {
		var y yaml.Error
		if errors.As(err, &y) && y.GetToken() != nil {
			return fmt.Errorf("policy: %s:%d: %s", label, y.GetToken().Position.Line, y.GetMessage())
		}
		return fmt.Errorf("policy: %s: %w", label, err)
	}
	into.(rowed).locate(locationsOf(raw, label))
	return nil
}

// rowed is a file whose rows know where they stand.
type rowed interface{ locate(at locations) }

func (f *listsFile) locate(at locations) {
	at.each("lists", len(f.Lists), func(i int) *string { return &f.Lists[i].at })
}

func (f *measuresFile) locate(at locations) {
	at.each("measures", len(f.Measures), func(i int) *string { return &f.Measures[i].at })
}

func (f *mattersFile) locate(at locations) {
	at.each("matters", len(f.Matters), func(i int) *string { return &f.Matters[i].at })
}

func (f *unitsFile) locate(at locations) {
	at.each("units", len(f.Units), func(i int) *string { return &f.Units[i].at })
}

func (f *calendarFile) locate(at locations) {
	at.each("years", len(f.Years), func(i int) *string { return &f.Years[i].at })
}

func (f *factsFile) locate(at locations) {
	at.each("latest", len(f.Latest), func(i int) *string { return &f.Latest[i].at })
	at.each("facts", len(f.Facts), func(i int) *string { return &f.Facts[i].at })
}

func (f *purposesFile) locate(at locations) {
	at.each("purposes", len(f.Purposes), func(i int) *string { return &f.Purposes[i].at })
}

func (f *noticesFile) locate(at locations) {
	at.each("notices", len(f.Notices), func(i int) *string { return &f.Notices[i].at })
}

// locations are the file and line of each row of a table, by the key of its list.
type locations map[string][]string

// each tells the n rows of a list where they stand; of what an alias stands for
// nothing is known.
func (l locations) each(list string, n int, at func(i int) *string) {
	for i, place := range l[list][:min(n, len(l[list]))] {
		*at(i) = place
	}
}

// locationsOf finds them in a file.
func locationsOf(raw []byte, label string) locations {
	out := locations{}
	f, err := parser.ParseBytes(raw, 0)
	if err != nil || len(f.Docs) == 0 {
		return out // it was read before, so that it can't be
	}
	var values []*ast.MappingValueNode
	switch body := f.Docs[0].Body.(type) {
	case *ast.MappingNode:
		values = body.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{body}
	}
	for _, v := range values {
		if rows, ok := v.Value.(*ast.SequenceNode); ok {
			for _, r := range rows.Values {
				out[v.Key.String()] = append(out[v.Key.String()], fmt.Sprintf("%s:%d", label, r.GetToken().Position.Line))
			}
		}
	}
	return out
}
