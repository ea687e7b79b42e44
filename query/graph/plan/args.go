package plan

import (
	"credithub/query/graph/check"
	"credithub/query/graph/request"
)

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
