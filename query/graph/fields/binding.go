package fields

import (
	"fmt"
	"sort"
	"strings"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"

	"credithub/schema/fault"
)

// resolver answers one field for graphql-go. It may answer a func() (any, error),
// which is called when all other fields of the level have been, so that reads
// gather.
type resolver func(c *call) (any, error)

// binding ties the fields of the table to those of schema.graphql, each to one.
type binding struct {
	s    *Schema
	used map[string]bool
}

// resolver gives the function of a field, or what is wrong with it.
func (b *binding) resolver(typ string, f *ast.FieldDefinition) (graphql.FieldResolveFn, error) {
	name := typ + "." + f.Name.Value
	declared, ok := b.s.table[name]
	if !ok {
		return nil, fmt.Errorf("%s: no resolver", name)
	}
	b.used[name] = true
	if want := typeText(f.Type); declared.typ != want {
		return nil, fmt.Errorf("%s: is answered as %s, not %s", name, declared.typ, want)
	}
	return b.s.guarded(typ, f, declared), nil
}

// unused names fields of the table that schema.graphql hasn't.
func (b *binding) unused() error {
	var left []string
	for name := range b.s.table {
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

// typeText is a type as schema.graphql writes it.
func typeText(t ast.Type) string {
	switch t := t.(type) {
	case *ast.NonNull:
		return typeText(t.Type) + "!"
	case *ast.List:
		return "[" + typeText(t.Type) + "]"
	case *ast.Named:
		return t.Name.Value
	}
	return ""
}

// guarded puts deadline, access table and error handling around a resolver.
func (s *Schema) guarded(typ string, f *ast.FieldDefinition, b bound) graphql.FieldResolveFn {
	field := f.Name.Value
	_, required := f.Type.(*ast.NonNull)
	empty := required && isList(f.Type)
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
		if !b.open && !s.Access.Allows(sc.By, typ, field) {
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
		out, err = b.resolve(&call{ctx: ctx, sc: sc, src: p.Source, args: p.Args, info: &p.Info})
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
