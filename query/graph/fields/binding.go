package fields

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"

	"credithub/query/store"
	"credithub/query/view"
	"credithub/schema/access"
	"credithub/schema/fault"
)

// Scope is what the resolvers of one request share. It belongs to the goroutine
// of Execute; the endpoint looks into it only when that has ended in time.
type Scope struct {
	By     access.Principal
	Peer   string // address of an anonymous caller
	Now    time.Time
	Viewer *view.Viewer
	Asks   int                                    // checks that share what a request may have of hits
	Mixed  bool                                   // asks checks and for more that is read beside them
	Aside  func(ctx context.Context, wait func()) // runs what only waits

	failed   []failure         // deferred fields that may not be null
	answered []*asked          // to checks of which more of the same age is read
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

// resolver answers one field. It may answer a func() (any, error), which is
// called when all other fields of the level have been, so that reads gather.
type resolver func(c *call) (any, error)

// binding ties resolvers to the fields of schema.graphql, each to one.
type binding struct {
	s    *Schema
	all  map[string]resolver
	used map[string]bool
}

func newBinding(s *Schema) *binding {
	return &binding{s: s, all: s.resolvers(), used: map[string]bool{}}
}

// resolver gives the function of a field, nil when there is none.
func (b *binding) resolver(typ string, f *ast.FieldDefinition) graphql.FieldResolveFn {
	name := typ + "." + f.Name.Value
	r, ok := b.all[name]
	if !ok {
		return nil
	}
	b.used[name] = true
	return b.s.guarded(typ, f, r)
}

// unused names resolvers that no field of schema.graphql has.
func (b *binding) unused() error {
	var left []string
	for name := range b.all {
		if !b.used[name] {
			left = append(left, name)
		}
	}
	if len(left) == 0 {
		return nil
	}
	sort.Strings(left)
	return fmt.Errorf("schema.graphql: resolvers without a field: %s", strings.Join(left, ", "))
}

// guarded puts deadline, access table and error handling around a resolver.
func (s *Schema) guarded(typ string, f *ast.FieldDefinition, r resolver) graphql.FieldResolveFn {
	field := f.Name.Value
	_, required := f.Type.(*ast.NonNull)
	empty := required && isList(f.Type)
	// check and checks say themselves who may ask: their refusals are recorded.
	self := typ == "Query" && (field == "check" || field == "checks")
	return func(p graphql.ResolveParams) (out interface{}, err error) {
		ctx := p.Context
		defer func() {
			if v := recover(); v != nil {
				out, err = nil, s.Refuse.Of(ctx, fmt.Errorf("resolver %s.%s: %v", typ, field, v))
			}
		}()
		if ctx.Err() != nil {
			return nil, s.Refuse.Of(ctx, ctx.Err())
		}
		sc, ok := ctx.Value(scopeKey{}).(*Scope)
		if !ok {
			return nil, s.Refuse.Of(ctx, fmt.Errorf("resolver %s.%s: no scope", typ, field))
		}
		if _, ok := p.Source.(absent); ok {
			if required {
				return s.blank(f.Type), nil
			}
			return nil, nil
		}
		if !self && !s.Access.Allows(sc.By, typ, field) {
			switch {
			case empty:
				return []any{}, nil
			case !required:
				return nil, nil
			case sc.By.Anonymous():
				return nil, s.Refuse.Of(ctx, fault.New(fault.Unauthenticated, "sign in to see %s.%s", typ, field))
			}
			return nil, s.Refuse.Of(ctx, fault.New(fault.Forbidden, "your role may not see %s.%s", typ, field))
		}
		out, err = r(&call{ctx: ctx, sc: sc, src: p.Source, args: p.Args, info: &p.Info})
		if err != nil {
			return nil, s.Refuse.Of(ctx, err)
		}
		if later, ok := out.(func() (any, error)); ok {
			return s.later(&p, sc, typ, f, later), nil
		}
		return out, nil
	}
}

// later guards what a resolver put off.
func (s *Schema) later(p *graphql.ResolveParams, sc *Scope, typ string, def *ast.FieldDefinition, f func() (any, error)) func() (interface{}, error) {
	ctx, info := p.Context, p.Info
	return func() (out interface{}, err error) {
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("resolver %s.%s: %v", typ, info.FieldName, v)
			}
			if err != nil {
				out, err = s.fail(sc, &info, def, s.Refuse.Of(ctx, err))
			}
		}()
		return f()
	}
}

func isList(t ast.Type) bool {
	if n, ok := t.(*ast.NonNull); ok {
		t = n.Type
	}
	_, ok := t.(*ast.List)
	return ok
}
