package document

import (
	"strconv"

	"github.com/graphql-go/graphql/language/ast"

	"credithub/query/graph/refusal"
	"credithub/query/view"
	"credithub/schema/fault"
)

// guard walks a parsed document before it is validated, because validation
// doesn't survive fragment cycles and takes seconds for nested ones.
type guard struct {
	limits    *refusal.Limits
	fragments map[string]*ast.FragmentDefinition
	usual     counters
	meta      counters // what stands below __schema and __type
	many      counters // what stands below checks

	limit string // name of the limit that was passed
	err   error
}

// counters are what is left of limits; most is what they began with.
type counters struct {
	depth, fields, cost int
	most                *counters
}

func newCounters(depth, fields, cost int) counters {
	c := counters{depth: depth, fields: fields, cost: cost}
	c.most = &counters{depth: depth, fields: fields, cost: cost}
	return c
}

// inspect gives the one operation of a document and its fragments, or the limit
// that it passes and why.
func inspect(doc *ast.Document, l *refusal.Limits) (op *ast.OperationDefinition, frags map[string]*ast.FragmentDefinition, limit string, err error) {
	g := &guard{limits: l, fragments: map[string]*ast.FragmentDefinition{},
		usual: newCounters(l.Depth, l.Fields, l.Cost), meta: newCounters(l.IntrospectionDepth, l.IntrospectionFields, l.IntrospectionCost), many: newCounters(l.Depth, l.Fields, l.ChecksCost)}
	operations := 0
	for _, d := range doc.Definitions {
		switch d := d.(type) {
		case *ast.OperationDefinition:
			operations++
			op = d
		case *ast.FragmentDefinition:
			g.fragments[d.Name.Value] = d
		default:
			return nil, nil, "", fault.New(fault.BadInput, "only operations and fragments can be executed")
		}
	}
	switch {
	case operations == 0:
		return nil, nil, "", fault.New(fault.BadInput, "the document has no operation")
	case operations > l.Operations:
		return nil, nil, "operations", fault.New(fault.TooComplex, "the document has more than %d operation", l.Operations)
	case op.Operation != ast.OperationTypeQuery:
		return nil, nil, "", fault.New(fault.BadInput, "only queries can be executed here")
	}
	g.countParts(doc)
	g.cycles()
	g.aliases(op.SelectionSet, 0, new(int))
	g.walk(op.SelectionSet, &g.usual, 1, 1)
	return op, g.fragments, g.limit, g.err
}

// pass notes that a limit was passed.
func (g *guard) pass(limit string, format string, args ...any) {
	if g.err == nil {
		g.limit, g.err = limit, fault.New(fault.TooComplex, format, args...)
	}
}

// parts counts what validation looks at one by one, or each beside each, wherever
// it stands in the document. Fragments are definitions and inline fragments.
type parts struct{ fragments, arguments, elements, keys, variables, directives int }

// countParts bounds fragments, arguments, values, variables and directives.
func (g *guard) countParts(doc *ast.Document) {
	n := parts{fragments: len(g.fragments)}
	for _, d := range doc.Definitions {
		switch d := d.(type) {
		case *ast.OperationDefinition:
			n.variables += len(d.VariableDefinitions)
			for _, v := range d.VariableDefinitions {
				n.value(v.DefaultValue)
			}
			n.directed(d.Directives)
			n.selected(d.SelectionSet)
		case *ast.FragmentDefinition:
			n.directed(d.Directives)
			n.selected(d.SelectionSet)
		}
	}
	for _, b := range []struct {
		what    string
		n, most int
	}{
		{"fragments", n.fragments, g.limits.Fragments}, {"arguments", n.arguments, g.limits.Arguments}, {"elements", n.elements, g.limits.Elements}, {"keys", n.keys, g.limits.Keys},
		{"variables", n.variables, g.limits.Variables}, {"directives", n.directives, g.limits.Directives},
	} {
		if b.n > b.most {
			g.pass(b.what, "the document has more than %d %s", b.most, b.what)
		}
	}
}

func (n *parts) selected(set *ast.SelectionSet) {
	if set == nil {
		return
	}
	for _, s := range set.Selections {
		switch s := s.(type) {
		case *ast.Field:
			n.argued(s.Arguments)
			n.directed(s.Directives)
			n.selected(s.SelectionSet)
		case *ast.InlineFragment:
			n.fragments++
			n.directed(s.Directives)
			n.selected(s.SelectionSet)
		case *ast.FragmentSpread:
			n.directed(s.Directives)
		}
	}
}

func (n *parts) directed(ds []*ast.Directive) {
	n.directives += len(ds)
	for _, d := range ds {
		n.argued(d.Arguments)
	}
}

func (n *parts) argued(as []*ast.Argument) {
	n.arguments += len(as)
	for _, a := range as {
		n.value(a.Value)
	}
}

func (n *parts) value(v ast.Value) {
	switch v := v.(type) {
	case *ast.ListValue:
		n.elements += len(v.Values)
		for _, x := range v.Values {
			n.value(x)
		}
	case *ast.ObjectValue:
		n.keys += len(v.Fields)
		for _, f := range v.Fields {
			n.value(f.Value)
		}
	}
}

// cycles refuses fragments that spread themselves, also those that no operation
// uses: validation looks at them too.
func (g *guard) cycles() {
	const (
		fresh = iota
		open
		closed
	)
	state := map[string]int{}
	var visit func(name string)
	var within func(*ast.SelectionSet)
	within = func(set *ast.SelectionSet) {
		if set == nil || g.err != nil {
			return
		}
		for _, s := range set.Selections {
			switch s := s.(type) {
			case *ast.Field:
				within(s.SelectionSet)
			case *ast.InlineFragment:
				within(s.SelectionSet)
			case *ast.FragmentSpread:
				visit(s.Name.Value)
			}
		}
	}
	visit = func(name string) {
		f := g.fragments[name]
		switch {
		case f == nil || state[name] == closed:
			return
		case state[name] == open:
			g.err = fault.New(fault.BadInput, "fragments spread each other in a circle")
			return
		}
		state[name] = open
		within(f.SelectionSet)
		state[name] = closed
	}
	for name := range g.fragments {
		visit(name)
	}
}

// aliases counts aliases with fragments spread out, and stops early.
func (g *guard) aliases(set *ast.SelectionSet, visits int, n *int) int {
	if set == nil || g.err != nil {
		return visits
	}
	for _, s := range set.Selections {
		if visits++; visits > g.limits.Fields+g.limits.IntrospectionFields {
			return visits // walk refuses it
		}
		switch s := s.(type) {
		case *ast.Field:
			if s.Alias != nil {
				if *n++; *n > g.limits.Aliases {
					g.pass("aliases", "the document has more than %d aliases", g.limits.Aliases)
					return visits
				}
			}
			visits = g.aliases(s.SelectionSet, visits, n)
		case *ast.InlineFragment:
			visits = g.aliases(s.SelectionSet, visits, n)
		case *ast.FragmentSpread:
			if f := g.fragments[s.Name.Value]; f != nil {
				visits = g.aliases(f.SelectionSet, visits, n)
			}
		}
	}
	return visits
}

// walk counts depth, fields and cost with fragments spread out, and stops at the
// first limit. objects is how many objects of this kind the answer may hold.
func (g *guard) walk(set *ast.SelectionSet, c *counters, depth, objects int) {
	if set == nil {
		return
	}
	for _, s := range set.Selections {
		if c.fields--; g.err == nil && c.fields < 0 {
			g.pass("fields", "the document selects more than %d fields", c.most.fields)
		}
		if g.err != nil {
			return
		}
		switch s := s.(type) {
		case *ast.Field:
			g.field(s, c, depth, objects)
		case *ast.InlineFragment:
			g.walk(s.SelectionSet, c, depth, objects)
		case *ast.FragmentSpread:
			if f := g.fragments[s.Name.Value]; f != nil {
				g.walk(f.SelectionSet, c, depth, objects)
			}
		}
	}
}

func (g *guard) field(f *ast.Field, c *counters, depth, objects int) {
	name := f.Name.Value
	if c == &g.usual && (name == "__schema" || name == "__type") {
		c = &g.meta
	}
	if c == &g.usual && name == "checks" {
		c = &g.many
	}
	if depth > c.depth {
		g.pass("depth", "the document is nested deeper than %d fields", c.depth)
		return
	}
	if f.SelectionSet == nil {
		return
	}
	n := objects * g.items(f)
	if c.cost -= n + objects*reads[name]; c.cost < 0 {
		g.pass("cost", "the answer could hold more than %d objects; ask for smaller pages or less nesting", c.most.cost)
		return
	}
	g.walk(f.SelectionSet, c, depth+1, n)
}

// several tells how many objects a field of a list may bring for each object it
// stands on; one where it is no list.
var several = map[string]int{
	"lists": 30, "measures": 60, "matters": 30, "purposes": 10, "sources": 180, "entries": 10, "toldBy": 2, "hits": 2,
	"staleSources": 3, "unconnectedSources": 3,
	"types": 40, "fields": 10, "args": 3, "inputFields": 2, "enumValues": 6, "interfaces": 1, "possibleTypes": 1, "directives": 6,
}

// reads are fields for which the store looks through much more than they bring:
// what that costs in objects.
var reads = map[string]int{"search": 200, "listEntries": 200}

// defaultFirst is the page size that schema.graphql names.
const defaultFirst = 20

// items tells how many objects a field may bring.
func (g *guard) items(f *ast.Field) int {
	switch f.Name.Value {
	case "search", "listEntries", "records":
		return pageSize(f)
	case "checks":
		for _, a := range f.Arguments {
			if v, ok := a.Value.(*ast.ListValue); ok && a.Name.Value == "usccs" {
				return max(1, min(len(v.Values), g.limits.Checks))
			}
		}
		return g.limits.Checks
	}
	if n, ok := several[f.Name.Value]; ok {
		return n
	}
	return 1
}

// pageSize is first where it is written, the default where it is missing, and
// the most it can be where it is a variable.
func pageSize(f *ast.Field) int {
	for _, a := range f.Arguments {
		if a.Name.Value != "first" {
			continue
		}
		if v, ok := a.Value.(*ast.IntValue); ok {
			n, err := strconv.Atoi(v.Value)
			if err == nil && n >= 0 && n <= view.MaxFirst {
				return max(1, n)
			}
		}
		return view.MaxFirst
	}
	return defaultFirst
}
