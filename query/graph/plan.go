package graph

import (
	"strconv"

	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/location"
)

// plan is a document compiled for the hot fields check and checks: what to ask,
// and how to write the answer without values in between. Whatever it doesn't
// understand makes no plan, and graphql-go's Execute answers.
type plan struct {
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
	key    []byte // "key":
	check  bool   // else __typename
	many   bool   // checks
	args   planArgs
	sub    selection
	path   string
	line   int
	column int
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

// selection is what to write of an object, in the order of the query.
type selection []step

// step writes one field.
type step struct {
	key []byte // "key":
	op  op
	sub selection
}

// planner compiles.
type planner struct {
	frags map[string]*ast.FragmentDefinition
	vars  map[string]int
	p     *plan
}

// planOf compiles a validated document; nil when only Execute can answer it.
func (s *Server) planOf(o *ast.OperationDefinition, frags map[string]*ast.FragmentDefinition) *plan {
	c := &planner{frags: frags, vars: map[string]int{}, p: &plan{}}
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
				if k := responseKey(s); len(s.Directives) > 0 || keys[k] {
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

func quotedKey(f *ast.Field) []byte { return append(appendString(nil, responseKey(f)), ':') }

func (c *planner) root(f *ast.Field) (planRoot, bool) {
	r := planRoot{key: quotedKey(f), path: responseKey(f)}
	if l := f.GetLoc(); l != nil {
		at := location.GetLocation(l.Source, l.Start)
		r.line, r.column = at.Line, at.Column
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
	r.sub, ok = c.selection(f.SelectionSet, "Check")
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

// selection compiles a selection set on a type.
func (c *planner) selection(set *ast.SelectionSet, typ string) (selection, bool) {
	fields, ok := c.flatten(set, typ)
	if !ok {
		return nil, false
	}
	out := make(selection, 0, len(fields))
	for _, f := range fields {
		st := step{key: quotedKey(f)}
		name := f.Name.Value
		if name == "__typename" {
			st.op = opTypename
			st.key = append(append(st.key, '"'), typ...)
			st.key = append(st.key, '"')
			out = append(out, st)
			continue
		}
		w, ok := writers[typ+"."+name]
		if !ok || len(f.Arguments) > 0 {
			return nil, false
		}
		st.op = w.op
		if w.typ != "" {
			if st.sub, ok = c.selection(f.SelectionSet, w.typ); !ok {
				return nil, false
			}
		}
		out = append(out, st)
	}
	return out, true
}

// bound is the value of a declared variable in one request.
type bound struct {
	set  bool
	text []byte
	list [][]byte
}

// bind gives the declared variables their values; false when they have shapes
// that only Execute can judge.
func (p *plan) bind(r *request, vars []bound) ([]bound, bool) {
	if r.loose && len(p.vars) > 0 {
		return vars, false
	}
	for i := range p.vars {
		d := &p.vars[i]
		v := r.find(d.name)
		b := bound{}
		switch {
		case v == nil || v.kind == varNull:
			if d.nonNull {
				return vars, false
			}
			if d.hasDef {
				b = bound{set: true, text: []byte(d.def)}
			}
		case v.kind == varString && !d.list:
			b = bound{set: true, text: v.text}
		case v.kind == varList && d.list:
			b = bound{set: true, list: v.list}
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
func (a *planArgs) question(q *question, many bool, vars []bound) bool {
	if _, set := a.asOf.value(vars); set {
		return false
	}
	if person, set := a.person.value(vars); set {
		if q.person = person; person == "" {
			return false
		}
	}
	q.many = many
	var set bool
	if q.matter, set = a.matter.value(vars); !set {
		return false
	}
	q.caseNo, _ = a.caseNo.value(vars)
	q.purpose, _ = a.purpose.value(vars)
	q.after, _ = a.after.value(vars)
	if !many {
		if q.joined, set = a.uscc.value(vars); set {
			q.codes = append(q.codes[:0], q.joined)
		}
		return set
	}
	return a.usccs.codes(q, vars)
}

// codes gives a list of codes, which share one text with commas between.
func (a *argument) codes(q *question, vars []bound) bool {
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
	q.joined = string(joined)
	q.codes = q.codes[:0]
	from := 0
	for _, to := range ends {
		q.codes = append(q.codes, q.joined[from:to])
		from = to + 1
	}
	return true
}

// appendError writes the error entry of a root field; of one of its places when at
// is none below zero.
func (r *planRoot) appendError(b []byte, at int, e *refusal) []byte {
	b = append(b, `{"message":`...)
	b = appendString(b, e.message)
	b = append(b, `,"locations":[{"line":`...)
	b = strconv.AppendInt(b, int64(r.line), 10)
	b = append(b, `,"column":`...)
	b = strconv.AppendInt(b, int64(r.column), 10)
	b = append(b, `}],"path":[`...)
	b = appendString(b, r.path)
	if at >= 0 {
		b = strconv.AppendInt(append(b, ','), int64(at), 10)
	}
	return append(appendExtensions(append(b, ']'), code(e.kind), e.near), '}')
}
