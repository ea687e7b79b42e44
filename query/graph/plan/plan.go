// Package plan answers the hot fields check and checks without graphql-go: a
// document is compiled once to what to ask and how to write the answer, and run for
// each request without building values in between. It promises that a plan answers what
// Execute would answer, only faster and in the order of the query; what it doesn't
// understand makes no plan.
package plan

import (
	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/location"

	"credithub/query/graph/fields"
	"credithub/query/graph/refusal"
	"credithub/query/graph/response"
)

// Plan is a document compiled for the hot fields check and checks: what to ask,
// and how to write the answer without values in between. Whatever it doesn't
// understand makes no plan, and graphql-go's Execute answers.
type Plan struct {
	vars  []planVar
	roots []planRoot
	asks  int // roots that check
}

// planVar is a declared variable.
type planVar struct {
	name    string
	list    bool // a list of codes; else a text
	nonNull bool
	def     string
	hasDef  bool
}

// planRoot is a root field.
type planRoot struct {
	key       []byte // "key":
	check     bool   // else __typename
	many      bool   // checks
	args      planArgs
	write     fields.Writer[fields.Check]
	path      string
	locations []location.SourceLocation
}

// planner compiles.
type planner struct {
	schema *fields.Schema
	frags  map[string]*ast.FragmentDefinition
	vars   map[string]int
	p      *Plan
}

// Compile compiles a validated document; nil when only Execute can answer it.
func Compile(schema *fields.Schema, o *ast.OperationDefinition, frags map[string]*ast.FragmentDefinition) *Plan {
	c := &planner{schema: schema, frags: frags, vars: map[string]int{}, p: &Plan{}}
	if len(o.Directives) > 0 || !c.variables(o) {
		return nil
	}
	fields, ok := c.flatten(o.SelectionSet, "Query")
	if !ok {
		return nil
	}
	for _, f := range fields {
		root, ok := c.root(f)
		if !ok {
			return nil
		}
		if root.check {
			c.p.asks++
		}
		c.p.roots = append(c.p.roots, root)
	}
	if c.p.asks == 0 {
		return nil
	}
	return c.p
}

// variables takes the declared variables: texts and lists of codes.
func (c *planner) variables(o *ast.OperationDefinition) bool {
	for _, d := range o.VariableDefinitions {
		v := planVar{name: d.Variable.Name.Value}
		t := d.Type
		if n, ok := t.(*ast.NonNull); ok {
			v.nonNull, t = true, n.Type
		}
		switch t := t.(type) {
		case *ast.Named:
			switch t.Name.Value {
			case "ID", "String", "DateTime":
			default:
				return false
			}
		case *ast.List:
			v.list = true
			in := t.Type
			if n, ok := in.(*ast.NonNull); ok {
				in = n.Type
			}
			if n, ok := in.(*ast.Named); !ok || n.Name.Value != "ID" {
				return false
			}
		}
		if d.DefaultValue != nil {
			s, ok := d.DefaultValue.(*ast.StringValue)
			if !ok || v.list {
				return false
			}
			v.def, v.hasDef = s.Value, true
		}
		c.vars[v.name] = len(c.p.vars)
		c.p.vars = append(c.p.vars, v)
	}
	return true
}

// flatten spreads fragments out. Directives and repeated keys are left to
// Execute.
func (c *planner) flatten(set *ast.SelectionSet, typ string) ([]*ast.Field, bool) {
	var out []*ast.Field
	keys := map[string]bool{}
	var spread func(*ast.SelectionSet) bool
	spread = func(set *ast.SelectionSet) bool {
		for _, s := range set.Selections {
			switch s := s.(type) {
			case *ast.Field:
				if k := response.Key(s); len(s.Directives) > 0 || keys[k] {
					return false
				} else {
					keys[k] = true
				}
				out = append(out, s)
			case *ast.InlineFragment:
				if len(s.Directives) > 0 || s.TypeCondition != nil && s.TypeCondition.Name.Value != typ || !spread(s.SelectionSet) {
					return false
				}
			case *ast.FragmentSpread:
				f := c.frags[s.Name.Value]
				if len(s.Directives) > 0 || f == nil || len(f.Directives) > 0 || f.TypeCondition.Name.Value != typ || !spread(f.SelectionSet) {
					return false
				}
			}
		}
		return true
	}
	if set == nil || !spread(set) {
		return nil, false
	}
	return out, true
}

func (c *planner) root(f *ast.Field) (planRoot, bool) {
	r := planRoot{key: fields.Key(f), path: response.Key(f)}
	if l := f.GetLoc(); l != nil {
		r.locations = []location.SourceLocation{location.GetLocation(l.Source, l.Start)}
	}
	switch f.Name.Value {
	case "__typename":
		return r, true
	case "check":
		r.check = true
	case "checks":
		r.check, r.many = true, true
	default:
		return r, false
	}
	for _, a := range f.Arguments {
		src, ok := c.argument(a.Value)
		if !ok {
			return r, false
		}
		switch a.Name.Value {
		case "uscc":
			r.args.uscc = src
		case "usccs":
			r.args.usccs = src
		case "matter":
			r.args.matter = src
		case "caseNo":
			r.args.caseNo = src
		case "personKey":
			r.args.person = src
		case "purpose":
			r.args.purpose = src
		case "asOf":
			r.args.asOf = src
		case "after":
			r.args.after = src
		default:
			return r, false
		}
	}
	var ok bool
	r.write, ok = c.schema.CompileCheck(c.flatten, f.SelectionSet)
	return r, ok
}

func (c *planner) argument(v ast.Value) (argument, bool) {
	switch v := v.(type) {
	case *ast.StringValue:
		return argument{from: fromLiteral, text: v.Value}, true
	case *ast.Variable:
		n, ok := c.vars[v.Name.Value]
		return argument{from: fromVariable, v: n}, ok
	case *ast.ListValue:
		src := argument{from: fromLiteral, list: make([]string, 0, len(v.Values))}
		for _, e := range v.Values {
			s, ok := e.(*ast.StringValue)
			if !ok {
				return src, false
			}
			src.list = append(src.list, s.Value)
		}
		return src, true
	}
	return argument{}, false
}

// told is a refusal of the root field, or of the code at one of its places; at is -1
// for the field as a whole.
func (r *planRoot) told(at int, bad *refusal.Refusal) *refusal.Told {
	t := &refusal.Told{Refusal: bad, Locations: r.locations, Path: []any{r.path}}
	if at >= 0 {
		t.Path = append(t.Path, at)
	}
	return t
}
