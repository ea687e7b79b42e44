package fields

import (
	"sync"

	"github.com/graphql-go/graphql"
)

// described carries what graphql-go's schema can't: the root value of every
// execution, so that introspection finds it.
type described interface {
	schemaDescription() string
	specifiedByURL(scalar string) (string, bool)
}

func (s *root) schemaDescription() string { return s.description }

func (s *root) specifiedByURL(scalar string) (string, bool) {
	u, ok := s.specifiedBy[scalar]
	return u, ok
}

var extendOnce sync.Once

// extendIntrospection adds what the October 2021 specification and its drafts
// ask of introspection and graphql-go 0.8.1 lacks. The introspection types are
// graphql-go's own and shared by all schemas, so it is done once.
func extendIntrospection() { extendOnce.Do(extend) }

func extend() {
	never := func(graphql.ResolveParams) (interface{}, error) { return false, nil }
	null := func(graphql.ResolveParams) (interface{}, error) { return nil, nil }
	isDeprecated := &graphql.Field{Type: graphql.NewNonNull(graphql.Boolean), Resolve: never}
	reason := &graphql.Field{Type: graphql.String, Resolve: null}

	graphql.SchemaType.AddFieldConfig("description", &graphql.Field{Type: graphql.String, Resolve: func(p graphql.ResolveParams) (interface{}, error) {
		if d, ok := p.Info.RootValue.(described); ok && d.schemaDescription() != "" {
			return d.schemaDescription(), nil
		}
		return nil, nil
	}})
	graphql.TypeType.AddFieldConfig("specifiedByURL", &graphql.Field{Type: graphql.String, Resolve: func(p graphql.ResolveParams) (interface{}, error) {
		if d, ok := p.Info.RootValue.(described); ok {
			if t, ok := p.Source.(*graphql.Scalar); ok {
				if u, ok := d.specifiedByURL(t.Name()); ok {
					return u, nil
				}
			}
		}
		return nil, nil
	}})
	graphql.TypeType.AddFieldConfig("isOneOf", &graphql.Field{Type: graphql.Boolean, Resolve: func(p graphql.ResolveParams) (interface{}, error) {
		if _, ok := p.Source.(*graphql.InputObject); ok {
			return false, nil
		}
		return nil, nil
	}})
	graphql.DirectiveType.AddFieldConfig("isRepeatable", &graphql.Field{Type: graphql.NewNonNull(graphql.Boolean), Resolve: never})
	graphql.InputValueType.AddFieldConfig("isDeprecated", isDeprecated)
	graphql.InputValueType.AddFieldConfig("deprecationReason", reason)

	includeDeprecated := graphql.FieldConfigArgument{"includeDeprecated": &graphql.ArgumentConfig{Type: graphql.Boolean, DefaultValue: false}}
	again := func(owner *graphql.Object, name string) {
		f := owner.Fields()[name]
		owner.AddFieldConfig(name, &graphql.Field{Type: f.Type, Description: f.Description, Resolve: f.Resolve, Args: includeDeprecated})
	}
	again(graphql.FieldType, "args")
	again(graphql.DirectiveType, "args")
	again(graphql.TypeType, "inputFields")
	for _, t := range []*graphql.Object{
		graphql.SchemaType, graphql.TypeType, graphql.DirectiveType, graphql.InputValueType, graphql.FieldType, graphql.EnumValueType,
	} {
		t.Fields()
	}
}
