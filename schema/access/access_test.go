package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/parser"

	"credithub/deploy/testing/golden"
	"credithub/schema/graphql"
	"credithub/schema/list"
	"credithub/schema/record"
)

var roles = []Role{Anyone, Agency, Officer, Supervisor, Auditor, Admin}

func load(t *testing.T) *Table {
	t.Helper()
	table, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestRights(t *testing.T) {
	f := func(a Action, want ...Role) {
		t.Helper()
		for _, r := range roles {
			if got := (Principal{Role: r}).Can(a); got != slices.Contains(want, r) {
				t.Errorf("%q can %s: %v", r, a, got)
			}
		}
	}
	f(Push, Agency)
	f(Check, Officer, Supervisor, Admin)
	f(Read, roles...)
	f(ReadAudit, Auditor, Admin)
	f(ReadRejects, Agency, Supervisor, Admin, Auditor)
	f(ManageKeys, Admin)
	f("anything else")
	if _, ok := ParseRole(""); ok {
		t.Error("the public is no role that a token may name")
	}
	for _, r := range roles[1:] {
		if got, ok := ParseRole(string(r)); !ok || got != r {
			t.Errorf("role %s is not read back", r)
		}
	}
}

func TestEntryVisible(t *testing.T) {
	before := []list.State{list.PreNotice, list.Decided, list.Served}
	after := []list.State{list.Suspended, list.Exited}
	f := func(p Principal, public, pre, inForce, ended bool) {
		t.Helper()
		for _, s := range before {
			if got := EntryVisible(p, s, "SAMR", public); got != pre {
				t.Errorf("%v sees %s (public list %v): %v", p, s, public, got)
			}
		}
		if got := EntryVisible(p, list.InForce, "SAMR", public); got != inForce {
			t.Errorf("%v sees IN_FORCE (public list %v): %v", p, public, got)
		}
		for _, s := range after {
			if got := EntryVisible(p, s, "SAMR", public); got != ended {
				t.Errorf("%v sees %s (public list %v): %v", p, s, public, got)
			}
		}
	}
	f(Principal{}, true, false, true, false)
	f(Principal{}, false, false, false, false)
	f(Principal{Unit: "SAMR"}, false, false, false, false)
	for _, public := range []bool{true, false} {
		f(Principal{Unit: "TAX", Role: Agency}, public, false, true, true)
		f(Principal{Unit: "SAMR", Role: Agency}, public, true, true, true)
		f(Principal{Unit: "TAX", Role: Officer}, public, false, true, true)
		f(Principal{Unit: "SAMR", Role: Officer}, public, true, true, true)
		f(Principal{Unit: "TAX", Role: Supervisor}, public, true, true, true)
		f(Principal{Role: Auditor}, public, true, true, true)
		f(Principal{Role: Admin}, public, true, true, true)
	}
	if EntryVisible(Principal{Role: Admin}, list.NoState, "SAMR", true) != true {
		t.Error("the admin sees everything")
	}
	if EntryVisible(Principal{Role: Agency}, list.PreNotice, "", false) {
		t.Error("no unit is not the same unit as no unit")
	}
}

// Every field that GraphQL can answer has a row, and no row speaks of a field
// that doesn't exist.
func TestGraphQLFieldsAreListed(t *testing.T) {
	table := load(t)
	_, sdl, _ := strings.Cut(graphql.SDL(), "schema {") // the parser knows no description of the schema itself
	doc, err := parser.Parse(parser.ParseParams{Source: "schema {" + sdl})
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, d := range doc.Definitions {
		o, isObject := d.(*ast.ObjectDefinition)
		if !isObject {
			continue
		}
		for _, f := range o.Fields {
			known[o.Name.Value+"."+f.Name.Value] = true
		}
	}
	diff(t, known, keys(table.types))
}

// Every data field of every kind has a row, and no row speaks of another.
func TestRecordFieldsAreListed(t *testing.T) {
	table := load(t)
	known := map[string]bool{}
	for _, d := range record.Domains() {
		for _, k := range record.Kinds(d) {
			kind := d.String() + "/" + k.Name
			if table.records[kind] == nil {
				t.Errorf("%s has no row", kind)
			}
			for _, f := range k.Fields {
				known[kind+"."+f.Name] = true
				r := table.fields[kind][f.Name]
				if r != nil && (f.Type == record.Dropped) != (r.class == Never) {
					t.Errorf("%s.%s is %s, but dropped on intake: %v", kind, f.Name, r.class, f.Type == record.Dropped)
				}
			}
		}
	}
	diff(t, known, keys(table.fields))
}

func keys(m map[string]map[string]*rule) map[string]bool {
	out := map[string]bool{}
	for owner, fields := range m {
		for name := range fields {
			out[owner+"."+name] = true
		}
	}
	return out
}

func diff(t *testing.T, known, listed map[string]bool) {
	t.Helper()
	if len(known) < 10 {
		t.Fatalf("only %d fields known: the test reads the wrong thing", len(known))
	}
	for name := range known {
		if !listed[name] {
			t.Errorf("%s has no row in fields.yaml", name)
		}
	}
	for name := range listed {
		if !known[name] {
			t.Errorf("fields.yaml speaks of %s, which doesn't exist", name)
		}
	}
}

// The whole matrix, as a text to read.
func TestMatrixGolden(t *testing.T) {
	table := load(t)
	var b strings.Builder
	b.WriteString("Who sees what: o yes, - no; own: an agency and its own unit's records.\n")
	line := func(name string, c Class, sees func(Principal, bool) bool) {
		fmt.Fprintf(&b, "%-56s %-11s", name, c)
		for _, r := range roles {
			fmt.Fprintf(&b, " %s", mark(sees(Principal{Role: r, Unit: "X"}, false)))
		}
		fmt.Fprintf(&b, " %s\n", mark(sees(Principal{Role: Agency, Unit: "X"}, true)))
	}
	fmt.Fprintf(&b, "%-56s %-11s public agency officer supervisor auditor admin own\n", "field", "class")
	for _, owner := range slices.Sorted(maps.Keys(table.types)) {
		for _, name := range slices.Sorted(maps.Keys(table.types[owner])) {
			r := table.types[owner][name]
			line(owner+"."+name, r.class, r.sees)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(table.records)) {
		line(kind, table.records[kind].class, table.records[kind].sees)
		for _, name := range slices.Sorted(maps.Keys(table.fields[kind])) {
			r := table.fields[kind][name]
			line("  "+kind+"."+name, r.class, r.sees)
		}
	}
	golden.Compare(t, "testdata/matrix.txt", b.String())
}

func mark(b bool) string {
	if b {
		return "o"
	}
	return "-"
}
