package document

import (
	"github.com/graphql-go/graphql/language/ast"

	"credithub/query/view"
)

// lookup is a root field that shows enterprises: what it costs a stranger.
type lookup struct {
	size     int    // of its page; 1: no page
	variable string // that gives the size instead
}

// pageOfLookup is how many rows of a page cost one look-up: a page as people read
// them.
const pageOfLookup = 20

// lookupsOf finds the look-ups of an operation whose fragments have no cycles.
func lookupsOf(set *ast.SelectionSet, frags map[string]*ast.FragmentDefinition) (out []lookup) {
	if set == nil {
		return nil
	}
	for _, s := range set.Selections {
		switch s := s.(type) {
		case *ast.Field:
			switch s.Name.Value {
			case "entity":
				out = append(out, lookup{size: 1})
			case "search", "listEntries":
				out = append(out, lookup{pageSize(s), sizeVariable(s)})
			}
		case *ast.InlineFragment:
			out = append(out, lookupsOf(s.SelectionSet, frags)...)
		case *ast.FragmentSpread:
			if f := frags[s.Name.Value]; f != nil {
				out = append(out, lookupsOf(f.SelectionSet, frags)...)
			}
		}
	}
	return out
}

func sizeVariable(f *ast.Field) string {
	for _, a := range f.Arguments {
		if v, ok := a.Value.(*ast.Variable); ok && a.Name.Value == "first" {
			return v.Name.Value
		}
	}
	return ""
}

// Lookups is how many look-ups a request costs a stranger, by its variables.
func (d *Document) Lookups(vars map[string]any) (n int) {
	for _, l := range d.lookups {
		size := l.size
		if v, ok := vars[l.variable].(float64); ok && v >= view.MinFirst && v <= view.MaxFirst {
			size = int(v)
		}
		n += (size + pageOfLookup - 1) / pageOfLookup
	}
	return n
}
