package policy

import (
	"slices"

	"credithub/schema/civil"
	"credithub/schema/list"
)

// Rule is one cell of list × matter: the measure that answers the matter, whom it
// binds and what it obliges to.
type Rule struct {
	Measure    *Measure
	Obligation Obligation
	Role       Role     // whom it binds at the matter
	Proven     bool     // an article that was read covers this list and this matter
	Citation   string   // what covers them, in one line
	Causes     []string // only these causes, by code and by name; empty: all
	Known      []string // every cause that the list knows, the same; empty: the rule is of no list
	TermMonths int      // ends that long after the first day in force; 0: with the entry
	Outlives   Outlives
	// DecidedFrom is the first day of decisions that it is about: those before the
	// list was law are none. NoDate: all.
	DecidedFrom civil.Date
	From, To    civil.Date // days on which the measure is law; NoDate: open
}

// Bears tells what the rule obliges to on a day because of an entry; None when it
// doesn't. An entry bears while it is in force, and where the bar outlives it,
// after an exit that doesn't say that it was never validly listed. A term
// includes its last day. For a cause that the list doesn't know it says CAUTION at
// most: whether it applies is for a person to see.
func (r *Rule) Bears(e *list.Entry, day civil.Date) Obligation {
	o := r.On(day)
	switch {
	case o == None:
		return None
	case r.DecidedFrom != civil.NoDate && e.DecidedOn != civil.NoDate && e.DecidedOn < r.DecidedFrom:
		return None
	case !r.runs(e, day):
		return None
	case slices.Contains(r.Causes, e.Cause):
		return o
	case slices.Contains(r.Known, e.Cause):
		if len(r.Causes) > 0 {
			return None
		}
		return o
	case len(r.Causes) == 0 && len(r.Known) == 0:
		return o
	}
	return min(o, Caution)
}

// On is what the rule obliges to while its measure is law, None on other days.
func (r *Rule) On(day civil.Date) Obligation {
	if r.From != civil.NoDate && day < r.From || r.To != civil.NoDate && day > r.To {
		return None
	}
	return r.Obligation
}

// runs tells whether the measure runs on a day, by the state of the entry and
// its own term.
func (r *Rule) runs(e *list.Entry, day civil.Date) bool {
	switch state, exit := e.At(day); {
	case state == list.InForce:
		return r.TermMonths == 0 || e.Since == civil.NoDate || day <= e.Since.AddMonths(r.TermMonths)
	case state != list.Exited || exit == list.Corrected || exit == list.Revoked || r.Outlives.Months == 0:
		return false
	}
	from := e.Since
	if r.Outlives.FromExit && from != civil.NoDate {
		from = e.EndedOn()
	}
	return from != civil.NoDate && day <= from.AddMonths(r.Outlives.Months)
}

// Weight is what an obligation of the rule counts for in an answer about the
// enterprise on which the entry stands: for persons whom it binds CAUTION at
// most, and when it binds them in other enterprises only, no more than word of it.
func (r *Rule) Weight(o Obligation) Obligation {
	switch {
	case !r.Role.Personal():
		return o
	case r.Measure.Elsewhere:
		return min(o, Inform)
	}
	return min(o, Caution)
}

// newRule is what a trigger says about entries of its list at a matter. The law
// that means a person's own entry says of an enterprise's no more than that it
// calls for a look; on a list of persons an entry that names one is their own.
func newRule(m *Measure, t *Trigger, l *List, x *Matter, c cover) Rule {
	ownOnly := t.EntryOf == Person && !l.OfPersons
	r := Rule{Measure: m, Obligation: t.Obligation, Role: x.binds(), Proven: c.proven, Citation: c.text(ownOnly),
		Known:      l.names(func(*Cause) bool { return true }),
		TermMonths: t.TermMonths, Outlives: t.Outlives, DecidedFrom: max(l.From, t.DecidedFrom), From: m.From, To: m.To}
	if ownOnly {
		r.Obligation, r.Proven = min(r.Obligation, Caution), false
	}
	if len(t.Causes) > 0 {
		r.Causes = l.names(func(c *Cause) bool { return slices.Contains(t.Causes, c.Code) })
	}
	return r
}

// binds is whom a measure binds at the matter: of a person the role is not known,
// and he is named as the one responsible.
func (m *Matter) binds() Role {
	if m.Role == Person {
		return ResponsiblePerson
	}
	return m.Role
}

// Rules are the measures by which an entry of a list on an enterprise bears on
// a matter; the caller asks each what it Bears. The slice is shared and must not
// be changed. It allocates nothing.
func (p *Policy) Rules(m *Matter, l list.Code) []Rule {
	if m == nil || m.Index >= len(p.rules) || l >= list.CodeEnd {
		return nil
	}
	return p.rules[m.Index][l]
}

// Outlives tells whether some bar outlives entries of a list, so that an entry
// that has ended may still bear.
func (p *Policy) Outlives(l list.Code) bool { return l < list.CodeEnd && p.outlives[l] }

// MeasuresOf are the measures that rest on an entry in force on a day and reach
// the enterprise itself or the persons in it, in table order.
func (p *Policy) MeasuresOf(e *list.Entry, day civil.Date) (out []*Measure) {
	if state, _ := e.At(day); state != list.InForce {
		return nil
	}
	for _, m := range p.Measures {
		if slices.ContainsFunc(m.Matters, func(code string) bool { return p.restsOn(m, p.Matter(code), e, day) }) {
			out = append(out, m)
		}
	}
	return out
}

// restsOn tells whether a measure rests on an entry at a matter, by a cause that
// the list knows and not only on a person's own entry.
func (p *Policy) restsOn(m *Measure, x *Matter, e *list.Entry, day civil.Date) bool {
	if slices.ContainsFunc(m.Triggers, func(t Trigger) bool { return t.List == e.List && t.EntryOf == Person }) {
		return false
	}
	rules := p.Rules(x, e.List)
	for i := range rules {
		r := &rules[i]
		if r.Measure == m && (len(r.Causes) == 0 || slices.Contains(r.Causes, e.Cause)) && r.Bears(e, day) != None {
			return true
		}
	}
	return false
}
