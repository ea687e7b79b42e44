package fields

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/parser"
	"github.com/graphql-go/graphql/language/source"
)

// root is schema.graphql as graphql-go's types, and the value on which every
// operation is executed.
type root struct {
	graphql.Schema
	description string
	specifiedBy map[string]string // scalar → URL
}

// builder makes types from definitions.
type builder struct {
	resolve   func(typ string, f *ast.FieldDefinition) (graphql.FieldResolveFn, error)
	out       root
	types     map[string]graphql.Type
	fieldRank map[string][]string // order of fields as written
	enumRank  map[string][]string
	argRank   map[string][]string // "Type.field"
	query     string
	errs      []error
}

// buildSchema makes an executable schema from a text in the schema definition
// language. resolve gives the function of each field; its errors are faults of the
// text, as is everything in it that isn't understood.
func buildSchema(sdl string, resolve func(typ string, f *ast.FieldDefinition) (graphql.FieldResolveFn, error)) (*root, error) {
	b := &builder{resolve: resolve, types: map[string]graphql.Type{
		"ID": graphql.ID, "String": graphql.String, "Int": graphql.Int, "Boolean": graphql.Boolean, "Float": graphql.Float,
	}, fieldRank: map[string][]string{}, enumRank: map[string][]string{}, argRank: map[string][]string{}}
	b.out.specifiedBy = map[string]string{}
	sdl = b.takeDescription(sdl)
	doc, err := parser.Parse(parser.ParseParams{Source: source.NewSource(&source.Source{Body: []byte(sdl), Name: "schema.graphql"})})
	if err != nil {
		return nil, fmt.Errorf("schema.graphql: %w", err)
	}
	for _, d := range doc.Definitions {
		b.declare(d)
	}
	for _, d := range doc.Definitions {
		if o, ok := d.(*ast.ObjectDefinition); ok {
			b.object(o)
		}
	}
	root, _ := b.types[b.query].(*graphql.Object)
	if root == nil {
		b.fail("no query type %q", b.query)
	}
	if len(b.errs) > 0 {
		return nil, fmt.Errorf("schema.graphql: %w", errors.Join(b.errs...))
	}
	extendIntrospection()
	if b.out.Schema, err = graphql.NewSchema(graphql.SchemaConfig{Query: root}); err != nil {
		return nil, fmt.Errorf("schema.graphql: %w", err)
	}
	b.settle()
	return &b.out, nil
}

func (b *builder) fail(format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf(format, args...))
}

// takeDescription blanks out the description of the schema itself, which the
// parser doesn't know, and keeps it.
func (b *builder) takeDescription(sdl string) string {
	const quote = `"""`
	rest, ok := strings.CutPrefix(sdl, quote)
	if !ok {
		return sdl
	}
	text, after, ok := strings.Cut(rest, quote)
	if !ok || !strings.HasPrefix(strings.TrimSpace(after), "schema") {
		return sdl
	}
	b.out.description = strings.TrimSpace(text)
	return strings.Repeat("\n", strings.Count(text, "\n")) + after
}

// words are those of a description.
func words(d *ast.StringValue) string {
	if d == nil {
		return ""
	}
	return strings.TrimSpace(d.Value)
}

// declare makes a type without its fields.
func (b *builder) declare(d ast.Node) {
	switch d := d.(type) {
	case *ast.SchemaDefinition:
		for _, op := range d.OperationTypes {
			if op.Operation != ast.OperationTypeQuery {
				b.fail("operation %s is not served", op.Operation)
				continue
			}
			b.query = op.Type.Name.Value
		}
	case *ast.ScalarDefinition:
		b.scalar(d)
	case *ast.EnumDefinition:
		values := graphql.EnumValueConfigMap{}
		for _, v := range d.Values {
			n := v.Name.Value
			values[n] = &graphql.EnumValueConfig{Value: n, Description: words(v.Description), DeprecationReason: b.deprecation(n, v.Directives)}
			b.enumRank[d.Name.Value] = append(b.enumRank[d.Name.Value], n)
		}
		b.types[d.Name.Value] = graphql.NewEnum(graphql.EnumConfig{Name: d.Name.Value, Description: words(d.Description), Values: values})
	case *ast.ObjectDefinition:
		if len(d.Interfaces) > 0 {
			b.fail("type %s: interfaces are not served", d.Name.Value)
		}
		b.types[d.Name.Value] = graphql.NewObject(graphql.ObjectConfig{Name: d.Name.Value, Description: words(d.Description), Fields: graphql.Fields{}})
	default:
		b.fail("a %T is not served", d)
	}
}

func (b *builder) scalar(d *ast.ScalarDefinition) {
	name := d.Name.Value
	c, ok := scalars[name]
	if !ok {
		b.fail("scalar %s has no reader and writer", name)
		return
	}
	c.Name, c.Description = name, words(d.Description)
	b.types[name] = graphql.NewScalar(c)
	for _, dir := range d.Directives {
		if dir.Name.Value == "specifiedBy" && len(dir.Arguments) == 1 {
			if v, ok := dir.Arguments[0].Value.(*ast.StringValue); ok {
				b.out.specifiedBy[name] = v.Value
				continue
			}
		}
		b.fail("scalar %s: directive @%s", name, dir.Name.Value)
	}
}

// deprecation reads @deprecated; another directive is a fault.
func (b *builder) deprecation(where string, ds []*ast.Directive) string {
	for _, d := range ds {
		if d.Name.Value == "deprecated" && len(d.Arguments) == 1 {
			if v, ok := d.Arguments[0].Value.(*ast.StringValue); ok && v.Value != "" {
				return v.Value
			}
		}
		b.fail("%s: directive @%s", where, d.Name.Value)
	}
	return ""
}

func (b *builder) object(d *ast.ObjectDefinition) {
	name := d.Name.Value
	obj := b.types[name].(*graphql.Object)
	for _, f := range d.Fields {
		where := name + "." + f.Name.Value
		field := &graphql.Field{
			Name: f.Name.Value, Description: words(f.Description), Type: b.typ(where, f.Type),
			DeprecationReason: b.deprecation(where, f.Directives), Args: graphql.FieldConfigArgument{},
		}
		for _, a := range f.Arguments {
			def, ok := literal(a.DefaultValue)
			if !ok {
				b.fail("%s(%s:): default value", where, a.Name.Value)
			}
			field.Args[a.Name.Value] = &graphql.ArgumentConfig{Type: b.typ(where, a.Type), Description: words(a.Description), DefaultValue: def}
			b.argRank[where] = append(b.argRank[where], a.Name.Value)
		}
		var err error
		if field.Resolve, err = b.resolve(name, f); err != nil {
			b.errs = append(b.errs, err)
		}
		if field.Type != nil {
			obj.AddFieldConfig(f.Name.Value, field)
		}
		b.fieldRank[name] = append(b.fieldRank[name], f.Name.Value)
	}
}

// typ makes a type reference.
func (b *builder) typ(where string, t ast.Type) graphql.Output {
	switch t := t.(type) {
	case *ast.NonNull:
		if in := b.typ(where, t.Type); in != nil {
			return graphql.NewNonNull(in)
		}
	case *ast.List:
		if in := b.typ(where, t.Type); in != nil {
			return graphql.NewList(in)
		}
	case *ast.Named:
		if known, ok := b.types[t.Name.Value]; ok {
			return known.(graphql.Output)
		}
		b.fail("%s: unknown type %s", where, t.Name.Value)
	}
	return nil
}

// literal is a default value as a Go value; nil without one.
func literal(v ast.Value) (any, bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case *ast.IntValue:
		n, err := strconv.Atoi(v.Value)
		return n, err == nil
	case *ast.StringValue:
		return v.Value, true
	case *ast.BooleanValue:
		return v.Value, true
	}
	return nil, false
}

// settle puts fields' arguments and enum values in the order of the text and
// touches everything that graphql-go builds at first use, which would be a data
// race later.
func (b *builder) settle() {
	for name, t := range b.out.TypeMap() {
		switch t := t.(type) {
		case *graphql.Object:
			for f, def := range t.Fields() {
				rank := b.argRank[name+"."+f]
				slices.SortStableFunc(def.Args, func(x, y *graphql.Argument) int {
					return slices.Index(rank, x.PrivateName) - slices.Index(rank, y.PrivateName)
				})
			}
			t.Interfaces()
		case *graphql.Enum:
			rank := b.enumRank[name]
			slices.SortStableFunc(t.Values(), func(x, y *graphql.EnumValueDefinition) int {
				return slices.Index(rank, x.Name) - slices.Index(rank, y.Name)
			})
			t.ParseValue("")
			t.Serialize("")
		case *graphql.InputObject:
			t.Fields()
		}
	}
}
