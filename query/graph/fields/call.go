package fields

import (
	"context"
	"time"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"

	"credithub/query/graph/refusal"
	"credithub/query/store"
	"credithub/query/view"
	"credithub/schema/access"
)

// Scope is what the resolvers of one request share. It belongs to the goroutine
// of Execute; the endpoint looks into it only when that has ended in time.
type Scope struct {
	By     access.Principal
	Peer   string // address of an anonymous caller
	Now    time.Time
	Viewer *view.Viewer
	Asks   int  // checks that share what a request may have of hits
	Mixed  bool // asks checks and for more that is read beside them

	// Aside calls wait, during which the request only waits and needs no slot of
	// the public.
	Aside func(ctx context.Context, wait func())

	failed   []refusal.Told    // deferred fields that may not be null
	answered []*store.Age      // of checks of which more of the same age is read
	evidence []store.RecordKey // that will be read of hits
}

type scopeKey struct{}

// call is one call of a resolver.
type call struct {
	ctx  context.Context
	sc   *Scope
	src  any
	args map[string]any
	info *graphql.ResolveInfo
}

// reaches tells whether a field stands below the one that is resolved, by the names
// of those between.
func (c *call) reaches(names ...string) bool {
	for _, f := range c.selected(names[0]) {
		below := *c
		info := *c.info
		info.FieldASTs = []*ast.Field{f}
		below.info = &info
		if len(names) == 1 || below.reaches(names[1:]...) {
			return true
		}
	}
	return false
}

// selected gives the fields of a name right below the field that is resolved,
// whether their directives leave them in or not.
func (c *call) selected(name string) (out []*ast.Field) {
	var in func(set *ast.SelectionSet)
	in = func(set *ast.SelectionSet) {
		if set == nil {
			return
		}
		for _, s := range set.Selections {
			switch s := s.(type) {
			case *ast.Field:
				if s.Name.Value == name {
					out = append(out, s)
				}
			case *ast.InlineFragment:
				in(s.SelectionSet)
			case *ast.FragmentSpread:
				if f, ok := c.info.Fragments[s.Name.Value].(*ast.FragmentDefinition); ok {
					in(f.SelectionSet)
				}
			}
		}
	}
	for _, f := range c.info.FieldASTs {
		in(f.SelectionSet)
	}
	return out
}

func (c *call) text(name string) string {
	s, _ := c.args[name].(string)
	return s
}

func (c *call) first() int {
	n, _ := c.args["first"].(int)
	return n
}

func (c *call) time(name string) time.Time {
	t, _ := c.args[name].(time.Time)
	return t
}

// later is a value that is asked for when all other fields of the level have been.
func later(f func() (any, error)) any { return f }

// orNil makes a nil pointer a nil value.
func orNil[T any](v *T, err error) (any, error) {
	if v == nil || err != nil {
		return nil, err
	}
	return v, nil
}

// pointersTo makes a list of objects of their values.
func pointersTo[T any](all []T) []any {
	out := make([]any, len(all))
	for i := range all {
		out[i] = &all[i]
	}
	return out
}

// anyOf makes a list of values that are resolved already.
func anyOf[T any](all []T) []any {
	out := make([]any, len(all))
	for i, v := range all {
		out[i] = v
	}
	return out
}
