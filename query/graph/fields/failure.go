package fields

import (
	"cmp"
	"slices"
	"time"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/location"

	"credithub/query/graph/refusal"
	"credithub/query/graph/response"
	"credithub/schema/civil"
)

// graphql-go gives up the whole answer when a field that was put off fails and may
// not be null, because nothing above it listens any more. What GraphQL says
// (October 2021, 6.4.4) is that the nearest object above that may be null becomes
// null, and all else is answered. So such a field gets a stand-in, and what it
// stands in is taken out of the answer when that is complete.

// absent stands in for an object. Its fields are stand-ins too.
type absent struct{}

// blank is a value that graphql-go takes for a required field of a type.
func (s *Schema) blank(t ast.Type) any {
	switch t := t.(type) {
	case *ast.NonNull:
		return s.blank(t.Type)
	case *ast.List:
		return []any{}
	case *ast.Named:
		switch name := t.Name.Value; name {
		case "Int":
			return 0
		case "Boolean":
			return false
		case "String", "ID":
			return ""
		case "Date":
			return civil.Date(0)
		case "DateTime":
			return time.Unix(0, 0)
		default:
			if e, ok := s.Type(name).(*graphql.Enum); ok {
				return e.Values()[0].Value
			}
		}
	}
	return absent{}
}

// fail makes of a refusal what the field of a deferred resolver gives.
func (s *Schema) fail(sc *Scope, info *graphql.ResolveInfo, def *ast.FieldDefinition, r *refusal.Refusal) (any, error) {
	if _, required := def.Type.(*ast.NonNull); !required {
		return nil, r
	}
	t := refusal.Told{Refusal: r, Path: info.Path.AsArray()}
	if len(info.FieldASTs) > 0 && info.FieldASTs[0].Loc != nil {
		l := info.FieldASTs[0].Loc
		t.Locations = []location.SourceLocation{location.GetLocation(l.Source, l.Start)}
	}
	sc.failed = append(sc.failed, t)
	return s.blank(def.Type), nil
}

// takeOut sets the nearest nullable value above each failed field to null.
func (s *Schema) takeOut(data map[string]any, sh *response.Shape, failed []refusal.Told) map[string]any {
	for i := range failed {
		if data == nil {
			return nil
		}
		null := s.nullable(data, sh, failed[i].Path)
		if null == nil {
			return nil
		}
		null()
	}
	return data
}

// nullable gives a function that sets null at the deepest nullable value on a path; nil
// when only the whole answer can be null. Where the path ends early, at an object that is
// null already, the function does nothing.
func (s *Schema) nullable(data map[string]any, sh *response.Shape, path []any) (null func()) {
	var node any = data
	var typ graphql.Type = s.QueryType()
	for _, step := range path {
		switch in := node.(type) {
		case map[string]any:
			key, _ := step.(string)
			at := sh.Find(key)
			object, ok := graphql.GetNullable(typ).(*graphql.Object)
			if at < 0 || !ok {
				return func() {}
			}
			typ, node = object.Fields()[sh.Fields[at].Name].Type, in[key]
			sh = sh.Fields[at].Sub
			if _, required := typ.(*graphql.NonNull); !required {
				null = func() { in[key] = nil }
			}
		case []any:
			n, ok := step.(int)
			list, isList := graphql.GetNullable(typ).(*graphql.List)
			if !ok || !isList || n >= len(in) {
				return func() {}
			}
			typ, node = list.OfType, in[n]
			if _, required := typ.(*graphql.NonNull); !required {
				null = func() { in[n] = nil }
			}
		default:
			return func() {}
		}
	}
	return null
}

// inOrder puts errors into the order of the document, and of lists: graphql-go's is
// that of maps.
func inOrder(errs []refusal.Told, sh *response.Shape) {
	slices.SortStableFunc(errs, func(a, b refusal.Told) int { return comparePaths(a.Path, b.Path, sh) })
}

func comparePaths(a, b []any, sh *response.Shape) int {
	for i := range min(len(a), len(b)) {
		switch x := a[i].(type) {
		case int:
			y, _ := b[i].(int)
			if c := cmp.Compare(x, y); c != 0 {
				return c
			}
		case string:
			y, _ := b[i].(string)
			if sh == nil {
				return 0
			}
			at := sh.Find(x)
			if c := cmp.Compare(at, sh.Find(y)); c != 0 {
				return c
			}
			if at < 0 {
				return 0
			}
			sh = sh.Fields[at].Sub
		}
	}
	return cmp.Compare(len(a), len(b))
}
