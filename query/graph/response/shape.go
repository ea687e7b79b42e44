package response

import (
	"github.com/graphql-go/graphql/language/ast"
)

// Shape is the order of an answer: the fields of an object as the query names
// them. graphql-go answers in maps, whose order is lost.
type Shape struct{ Fields []Field }

// Field is a field of an object.
type Field struct {
	Key  string // response key
	Name string // of the field
	Sub  *Shape // nil for leaves
}

// ShapeOf merges selection sets: a key stands where it comes first. Types need
// no look, because all of the schema's types are concrete; keys that a directive
// skips are missing from the answer.
func ShapeOf(sets []*ast.SelectionSet, frags map[string]*ast.FragmentDefinition) *Shape {
	sh := &Shape{}
	subs := [][]*ast.SelectionSet{}
	var collect func(*ast.SelectionSet)
	collect = func(set *ast.SelectionSet) {
		for _, s := range set.Selections {
			switch s := s.(type) {
			case *ast.Field:
				key := Key(s)
				i := sh.Find(key)
				if i < 0 {
					i = len(sh.Fields)
					sh.Fields = append(sh.Fields, Field{Key: key, Name: s.Name.Value})
					subs = append(subs, nil)
				}
				if s.SelectionSet != nil {
					subs[i] = append(subs[i], s.SelectionSet)
				}
			case *ast.InlineFragment:
				collect(s.SelectionSet)
			case *ast.FragmentSpread:
				if f := frags[s.Name.Value]; f != nil {
					collect(f.SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		collect(set)
	}
	for i, s := range subs {
		if s != nil {
			sh.Fields[i].Sub = ShapeOf(s, frags)
		}
	}
	return sh
}

// Find gives the place of a response key, -1 when there is none.
func (s *Shape) Find(key string) int {
	for i := range s.Fields {
		if s.Fields[i].Key == key {
			return i
		}
	}
	return -1
}

// Key is the key under which a field is answered.
func Key(f *ast.Field) string {
	if f.Alias != nil {
		return f.Alias.Value
	}
	return f.Name.Value
}
