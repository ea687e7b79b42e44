package fields

import (
	"credithub/query/view"
	"credithub/schema/civil"
	"credithub/schema/label"
	"credithub/schema/list"
	"credithub/schema/policy"
)

func (s *Schema) entryObject(creditList *Object[policy.List], unit *Object[policy.Unit], teller *Object[list.Teller]) *Object[view.Entry] {
	p := s.Policy
	return object("ListEntry",
		id("id", func(e *view.Entry) string { return e.ID }),
		child("list", creditList, func(e *view.Entry) *policy.List { return s.listOf(e.List) }),
		id("uscc", func(e *view.Entry) string { return e.USCC }),
		enum("state", "EntryState", func(e *view.Entry) string { return e.State.String() }),
		text("stateZh", func(e *view.Entry) string { return nameZh(label.State, e.State.String()) }),
		text("stateEn", func(e *view.Entry) string { return nameEn(label.State, e.State.String()) }),
		text("cause", func(e *view.Entry) string { return e.Cause }),
		text("causeZh", func(e *view.Entry) string { return s.causeOf(e).Zh }),
		textOrNull("causeEn", func(e *view.Entry) string { return s.causeOf(e).En }),
		text("documentNo", func(e *view.Entry) string { return e.DocumentNo }),
		child("decidedBy", unit, func(e *view.Entry) *policy.Unit { return s.unitOf(e.DecidedBy) }),
		slow("toldBy", "["+teller.name+"!]!", func(_ *call, e *view.Entry) (any, error) { return pointersTo(e.Told()), nil }),
		date("decidedOn", decidedOn),
		dateOrNull("servedOn", func(e *view.Entry) civil.Date { return e.ServedOn }),
		dateOrNull("since", func(e *view.Entry) civil.Date { return e.Since }),
		dateOrNull("until", func(e *view.Entry) civil.Date { return e.Until }),
		boolean("annotated", func(e *view.Entry) bool { return e.Annotated }),
		textOrNull("exitType", func(e *view.Entry) string { return e.ExitType.String() }),
		textOrNull("exitTypeZh", func(e *view.Entry) string { return nameZh(label.ExitType, e.ExitType.String()) }),
		textOrNull("exitTypeEn", func(e *view.Entry) string { return nameEn(label.ExitType, e.ExitType.String()) }),
		dateOrNull("exitedOn", func(e *view.Entry) civil.Date { return e.ExitedOn }),
		boolean("effective", func(e *view.Entry) bool { return !p.NoEffect(&e.Entry) }),
		textOrNull("noEffectReasonZh", func(e *view.Entry) string { return p.NoEffectWhy(&e.Entry).Zh }),
		textOrNull("noEffectReasonEn", func(e *view.Entry) string { return p.NoEffectWhy(&e.Entry).En }),
		text("wayOutZh", func(e *view.Entry) string { return wayOutZh(p.WayOut(&e.Entry)) }),
		text("wayOutEn", func(e *view.Entry) string { return p.WayOut(&e.Entry).En }),
	)
}

func (s *Schema) tellerObject(unit *Object[policy.Unit]) *Object[list.Teller] {
	return object("Teller",
		child("unit", unit, func(t *list.Teller) *policy.Unit { return s.unitOf(t.Unit) }),
		id("entryId", func(t *list.Teller) string { return t.EntryID }),
	)
}

// listOf is a list of the policy; one that it doesn't name has its code only.
func (s *Schema) listOf(c list.Code) *policy.List {
	if l := s.Policy.List(c); l != nil {
		return l
	}
	return &policy.List{Code: c, NameZh: c.String(), NameEn: c.String()}
}

// causeOf names the cause of an entry: in the unit's own words, which are Chinese,
// when the list knows none.
func (s *Schema) causeOf(e *view.Entry) label.Name {
	if l := s.Policy.List(e.List); l != nil {
		if c := l.Cause(e.Cause, e.DecidedOn); c != nil {
			return label.Name{Zh: c.NameZh, En: c.NameEn}
		}
	}
	return label.Name{Zh: e.Cause}
}

// wayOutZh is the way out with its clause.
func wayOutZh(x policy.Exit) string {
	if x.Basis == "" {
		return x.Zh
	}
	return x.Zh + "（" + x.Basis + "）"
}

// decidedOn is the day of the decision. Every decision has one; should it be
// missing, the first day in force stands for it.
func decidedOn(e *view.Entry) civil.Date {
	switch {
	case e.DecidedOn != civil.NoDate:
		return e.DecidedOn
	case e.Since != civil.NoDate:
		return e.Since
	case e.ServedOn != civil.NoDate:
		return e.ServedOn
	}
	return 0
}
