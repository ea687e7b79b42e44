package document

import (
	"strings"
	"testing"

	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/parser"

	"credithub/schema/graphql"
)

// objects are the types of schema.graphql by name.
func objects(t *testing.T) map[string]*ast.ObjectDefinition {
	t.Helper()
	sdl := graphql.SDL()
	sdl = sdl[strings.Index(sdl, "schema {"):] // the parser knows no description of a schema
	tree, err := parser.Parse(parser.ParseParams{Source: sdl})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*ast.ObjectDefinition{}
	for _, d := range tree.Definitions {
		if o, ok := d.(*ast.ObjectDefinition); ok {
			out[o.Name.Value] = o
		}
	}
	return out
}

// element is the type of a list's elements, "" of what is no list.
func element(typ ast.Type) string {
	list := false
	for {
		switch t := typ.(type) {
		case *ast.NonNull:
			typ = t.Type
		case *ast.List:
			list, typ = true, t.Type
		case *ast.Named:
			if !list {
				return ""
			}
			return t.Name.Value
		}
	}
}

// A guard knows the fields by name: a list that it forgot would count as one object.
func TestEveryListOfObjectsCounts(t *testing.T) {
	all := objects(t)
	found := 0
	for name, o := range all {
		for _, f := range o.Fields {
			field := f.Name.Value
			if all[element(f.Type)] == nil || field == "edges" || field == "checks" { // counted by their pages and codes
				continue
			}
			found++
			if several[field] == 0 {
				t.Errorf("%s.%s is a list and counts as one object", name, field)
			}
		}
	}
	if found < 8 {
		t.Errorf("only %d lists found", found)
	}
}

// What a root field shows decides whose reading is recorded: each is of somebody, or
// a catalogue.
func TestEveryRootFieldIsOfSomebodyOrACatalogue(t *testing.T) {
	of := map[string]bool{"check": true, "checks": true, "entity": true, "search": true, "listEntries": true}
	for _, f := range objects(t)["Query"].Fields {
		if name := f.Name.Value; of[name] == catalogues[name] {
			t.Errorf("%s: of somebody %v, catalogue %v", name, of[name], catalogues[name])
		}
	}
}
