// Package plan answers the hot fields check and checks without graphql-go: a
// document is compiled once to what to ask and how to write the answer, and run for
// each request without values in between. It promises that a plan answers what
// Execute would answer, only faster and in the order of the query; what it doesn't
// understand makes no plan.
package plan

import (
	"credithub/query/graph/answer"
	"credithub/query/graph/check"
	"credithub/query/graph/fields"
	"credithub/query/graph/refusal"
	"credithub/query/graph/request"

	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/location"
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

// planArgs tells where arguments come from.
type planArgs struct{ uscc, usccs, matter, caseNo, purpose, asOf, after, person argument }

// argument is where one argument comes from.
type argument struct {
	from argFrom
	text string
	list []string
	v    int // number of the variable
}

type argFrom uint8

const (
	fromNowhere argFrom = iota
	fromLiteral
	fromVariable
)

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
				if k := answer.ResponseKey(s); len(s.Directives) > 0 || keys[k] {
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
	r := planRoot{key: fields.Key(f), path: answer.ResponseKey(f)}
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

// bound is the value of a declared variable in one request.
type bound struct {
	set  bool
	text []byte
	list [][]byte
}

// bind gives the declared variables their values; false when they have shapes
// that only Execute can judge.
func (p *Plan) bind(r *request.Request, vars []bound) ([]bound, bool) {
	if r.Loose && len(p.vars) > 0 {
		return vars, false
	}
	for i := range p.vars {
		d := &p.vars[i]
		v := r.Find(d.name)
		b := bound{}
		switch {
		case v == nil || v.Kind == request.Null:
			if d.nonNull {
				return vars, false
			}
			if d.hasDef {
				b = bound{set: true, text: []byte(d.def)}
			}
		case v.Kind == request.String && !d.list:
			b = bound{set: true, text: v.Text}
		case v.Kind == request.List && d.list:
			b = bound{set: true, list: v.List}
		default:
			return vars, false
		}
		vars = append(vars, b)
	}
	return vars, true
}

// value gives a text argument.
func (a *argument) value(vars []bound) (s string, set bool) {
	switch a.from {
	case fromLiteral:
		return a.text, true
	case fromVariable:
		if b := &vars[a.v]; b.set {
			return string(b.text), true
		}
	}
	return "", false
}

// question fills a question from the arguments; false when only Execute can.
func (a *planArgs) question(q *check.Question, many bool, vars []bound) bool {
	if _, set := a.asOf.value(vars); set {
		return false
	}
	if person, set := a.person.value(vars); set {
		if q.Person = person; person == "" {
			return false
		}
	}
	q.Many = many
	var set bool
	if q.Matter, set = a.matter.value(vars); !set {
		return false
	}
	q.CaseNo, _ = a.caseNo.value(vars)
	q.Purpose, _ = a.purpose.value(vars)
	q.After, _ = a.after.value(vars)
	if !many {
		if q.Joined, set = a.uscc.value(vars); set {
			q.Codes = append(q.Codes[:0], q.Joined)
		}
		return set
	}
	return a.usccs.codes(q, vars)
}

// codes gives a list of codes, which share one text with commas between.
func (a *argument) codes(q *check.Question, vars []bound) bool {
	var joined []byte
	var ends []int
	add := func(s []byte) {
		if len(ends) > 0 {
			joined = append(joined, ',')
		}
		joined = append(joined, s...)
		ends = append(ends, len(joined))
	}
	switch {
	case a.from == fromLiteral && a.list != nil:
		for _, s := range a.list {
			add([]byte(s))
		}
	case a.from == fromVariable && vars[a.v].set && vars[a.v].list != nil:
		list := vars[a.v].list
		joined, ends = make([]byte, 0, 20*len(list)), make([]int, 0, len(list))
		for _, s := range list {
			add(s)
		}
	case a.from == fromVariable && vars[a.v].set && vars[a.v].text == nil: // an empty list
	default:
		return false
	}
	q.Joined = string(joined)
	q.Codes = q.Codes[:0]
	from := 0
	for _, to := range ends {
		q.Codes = append(q.Codes, q.Joined[from:to])
		from = to + 1
	}
	return true
}

// told is a refusal of the root field; of one of its places when at is none below
// zero.
func (r *planRoot) told(at int, bad *refusal.Refusal) *refusal.Told {
	t := &refusal.Told{Refusal: bad, Locations: r.locations, Path: []any{r.path}}
	if at >= 0 {
		t.Path = append(t.Path, at)
	}
	return t
}
