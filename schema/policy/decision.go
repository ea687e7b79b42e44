package policy

import (
	"fmt"
	"slices"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/fold"
	"credithub/schema/list"
	"credithub/schema/record"
)

// Law is what the fold of events asks.
func (p *Policy) Law() list.Law {
	return list.Law{Until: p.Until, Latest: p.Latest, RepairFrom: p.RepairFrom, NoService: p.NoService, NoEffect: p.NoEffect, SameCause: p.SameCause}
}

// SameCause tells whether two causes of a list are one, by code and by name.
func (p *Policy) SameCause(l list.Code, a, b string) bool {
	if fold.Name(a) == fold.Name(b) {
		return true
	}
	t := p.List(l)
	return t != nil && slices.ContainsFunc(t.Causes, func(c Cause) bool {
		return (a == c.Code || a == c.NameZh) && (b == c.Code || b == c.NameZh)
	})
}

// NoEffect tells whether an entry was decided by a rule that was not law on that
// day: not yet, or no longer.
func (p *Policy) NoEffect(e *list.Entry) bool { return p.noLaw(e) != lawful }

// lawless says which rule was not law.
type lawless uint8

const (
	lawful lawless = iota
	listNotYet
	listNoLonger
	causeNotThen
)

func (p *Policy) noLaw(e *list.Entry) lawless {
	l := p.List(e.List)
	switch {
	case l == nil || e.DecidedOn == civil.NoDate:
		return lawful
	case e.DecidedOn < l.From:
		return listNotYet
	case l.To != civil.NoDate && e.DecidedOn > l.To:
		return listNoLonger
	case l.Cause(e.Cause, e.DecidedOn) == nil && l.ever(e.Cause) != nil:
		return causeNotThen
	}
	return lawful
}

// Why is a reason in the languages of the hub.
type Why struct{ Zh, En string }

// NoEffectWhy says why an entry has no effect; the zero value when it has.
func (p *Policy) NoEffectWhy(e *list.Entry) Why {
	l := p.List(e.List)
	switch on := e.DecidedOn.String(); p.noLaw(e) {
	case listNotYet:
		return Why{fmt.Sprintf("%s作出决定时，该名单的依据尚未施行（自%s起施行：%s），不产生效力", on, l.From, l.Basis[0].Text),
			fmt.Sprintf("decided on %s, before the rule of the list was law (from %s on): without effect", on, l.From)}
	case listNoLonger:
		return Why{fmt.Sprintf("%s作出决定时，该名单的依据已经失效（至%s止：%s），不产生效力", on, l.To, l.Basis[0].Text),
			fmt.Sprintf("decided on %s, after the rule of the list had ceased to be law (on %s): without effect", on, l.To)}
	case causeNotThen:
		c := l.ever(e.Cause)
		return Why{fmt.Sprintf("%s作出决定时，该列入事由的依据未在施行（%s），不产生效力", on, c.Basis),
			fmt.Sprintf("decided on %s, when this ground was not law: without effect", on)}
	}
	return Why{}
}

// ever is the cause of a code or name whenever its wording was in use; nil when
// the list never knew it.
func (l *List) ever(cause string) *Cause {
	for i := range l.Causes {
		if c := &l.Causes[i]; c.Code == cause || c.NameZh == cause {
			return c
		}
	}
	return nil
}

// Knows tells whether a cause, by code or by name, is one of the list's.
func (l *List) Knows(cause string) bool { return l.ever(cause) != nil }

// term is that of the entry's cause or its list. A cause that the list doesn't know
// has none but the list's maximum: nothing is made up for it.
func (p *Policy) term(e *list.Entry) Term {
	l := p.List(e.List)
	switch {
	case l == nil:
		return Term{}
	case !l.Knows(e.Cause):
		return Term{Max: l.Term.Max, Basis: l.Term.Basis}
	}
	if c := l.Cause(e.Cause, e.DecidedOn); c != nil && c.Term != (Term{}) {
		return c.Term
	}
	return l.Term
}

// Until is the last day of an entry whose decision names none, NoDate when the law
// names none either: a term in years ends on the same day number.
func (p *Policy) Until(e *list.Entry) civil.Date { return yearsOn(e.Since, p.term(e).Years) }

// Latest is the last day that a decision can name, NoDate when the law sets none.
func (p *Policy) Latest(e *list.Entry) civil.Date { return yearsOn(e.Since, p.term(e).Max) }

func yearsOn(since civil.Date, years int) civil.Date {
	if since == civil.NoDate || years == 0 {
		return civil.NoDate
	}
	return since.AddMonths(12 * years)
}

// RepairFrom is the first day on which an entry may be repaired, NoDate when the law
// sets none.
func (p *Policy) RepairFrom(e *list.Entry) civil.Date {
	if x := p.WayOut(e); x.RepairMonths > 0 && e.Since != civil.NoDate {
		return e.Since.AddMonths(x.RepairMonths)
	}
	return civil.NoDate
}

// Warn tells what a listing loses by law, from its own record: it has no effect, its
// cause is unknown, its term is cut or its first day put off. row is a decision
// record; of exits, stays and resumptions, which repeat the listing, it says nothing.
func (p *Policy) Warn(row *record.Row) {
	r := record.EventOf(row, "", 0)
	l := p.List(r.List)
	if l == nil || r.Event > list.EventInForce || r.Event == list.NoEvent {
		return
	}
	e := list.Entry{List: r.List, Cause: r.Cause, DecidedOn: r.DecidedOn, ServedOn: r.ServedOn, ExitedOn: civil.NoDate, Until: civil.NoDate}
	if why := p.NoEffectWhy(&e); why != (Why{}) {
		row.Add(fault.W07NoEffect, "decidedOn", why.En)
	}
	if !l.Knows(r.Cause) {
		row.Add(fault.W09UnknownCause, "cause", "the list knows no such cause: it counts as CAUTION at most, and no term is added")
	}
	early := false
	if e.Since, early = list.First(r.DecidedOn, r.ServedOn, r.EffectiveFrom, l.NoService); early {
		row.Add(fault.W10Service, "effectiveFrom", BeforeService(r.ServedOn))
	}
	t := p.term(&e)
	switch last := p.Latest(&e); {
	case r.TermUntil == civil.NoDate || e.Since == civil.NoDate:
	case last != civil.NoDate && r.TermUntil > last:
		row.Add(fault.W08TermCapped, "termUntil", TermCut(last, t))
	case t.Min > 0 && r.TermUntil < yearsOn(e.Since, t.Min):
		row.Add(fault.W08TermCapped, "termUntil", fmt.Sprintf("is shorter than the %d years of %s; it counts as decided", t.Min, t.Basis))
	}
}

// BeforeService says that an effect before service counts from service.
func BeforeService(served civil.Date) string {
	return "lies before service on " + served.String() + ": the entry takes effect from service"
}

// TermCut says that a term counts up to the longest that the law allows.
func TermCut(last civil.Date, t Term) string {
	return fmt.Sprintf("is longer than the %d years of %s: it counts until %s", t.Max, t.Basis, last)
}
