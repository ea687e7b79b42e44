package fields

import (
	"time"

	"credithub/query/graph/check"
	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/query/view"
	"credithub/schema/civil"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// Check is one decision of an answer.
type Check struct {
	*restrict.Decision
	answer   *check.Answer
	place    int
	code     string
	occasion *view.Occasion // on which what stands below it is read; not in a plan
	room     *Room          // nil: each value below it has memory of its own
}

// Hit is one hit of a check.
type Hit struct {
	*restrict.Hit
	of *Check
}

// Evidence is the record that brings a hit about.
type Evidence struct {
	*restrict.Evidence
	of *Check
}

// Room is memory for the values of a plan. A plan writes one value of a type at a
// time, so that it has room for one of each.
type Room struct {
	check    Check
	hit      Hit
	entry    view.Entry
	evidence Evidence
	record   view.Record
	source   Source
}

// Check gives the decision at a place of an answer, valid until the next one.
func (r *Room) Check(a *check.Answer, place int, code string) *Check {
	r.check = Check{Decision: &a.Decisions[place], answer: a, place: place, code: code, room: r}
	return &r.check
}

// in gives the room for a value: memory of its own without one.
func in[T any](r *Room, of func(*Room) *T) *T {
	if r == nil {
		return new(T)
	}
	return of(r)
}

func checkObject(matter *Object[policy.Matter], hit *Object[Hit], source *Object[Source], entity *Object[view.Entity]) *Object[Check] {
	return object("Check",
		leaf("id", "ID!", func(b []byte, k *Check) []byte { return append(k.appendID(append(b, '"')), '"') }, func(k *Check) any { return string(k.appendID(nil)) }),
		enum("outcome", "Outcome", func(k *Check) string { return k.Outcome.String() }),
		enum("obligation", "Obligation", func(k *Check) string { return k.Obligation.String() }),
		id("uscc", func(k *Check) string { return k.code }),
		child("matter", matter, func(k *Check) *policy.Matter { return k.answer.Matter }),
		slow("subject", entity.name, subjectOf),
		children("hits", hit, func(k *Check) int { return len(k.Hits) }, func(k *Check, i int) *Hit {
			h := in(k.room, func(r *Room) *Hit { return &r.hit })
			*h = Hit{&k.Hits[i], k}
			return h
		}),
		children("staleSources", source, func(k *Check) int { return len(k.Stale) }, func(k *Check, i int) *Source {
			return k.source(k.Stale[i], true)
		}),
		children("unconnectedSources", source, func(k *Check) int { return len(k.Unconnected) }, func(k *Check, i int) *Source {
			return k.source(k.Unconnected[i], false)
		}),
		instant("asOf", func(k *Check) time.Time { return k.At }),
		text("receipt", func(k *Check) string { return k.Receipt }),
	)
}

func (k *Check) appendID(b []byte) []byte { return k.answer.AppendID(b, k.place) }

func (k *Check) source(of policy.Source, stale bool) *Source {
	src := in(k.room, func(r *Room) *Source { return &r.source })
	*src = Source{Source: of, at: k.At, stale: stale}
	return src
}

// subjectOf is the enterprise at the age of a check.
func subjectOf(c *call, k *Check) (any, error) {
	when := view.When{Age: k.answer.Age, Occasion: k.occasion}
	if when.Age == nil {
		when.AsOf = k.At
	}
	c.sc.Viewer.Want(k.code, when)
	return later(func() (any, error) { return orNil(c.sc.Viewer.Entity(c.ctx, k.code, when)) }), nil
}

func hitObject(entry *Object[view.Entry], evidence *Object[Evidence], measure *Object[policy.Measure]) *Object[Hit] {
	return object("Hit",
		childOrNull("entry", entry, func(h *Hit) *view.Entry {
			if h.Evidence != nil {
				return nil
			}
			e := in(h.of.room, func(r *Room) *view.Entry { return &r.entry })
			*e = view.OnDay(h.Entry, civil.DateOf(h.of.At))
			return e
		}),
		childOrNull("evidence", evidence, func(h *Hit) *Evidence {
			if h.Evidence == nil {
				return nil
			}
			e := in(h.of.room, func(r *Room) *Evidence { return &r.evidence })
			*e = Evidence{h.Evidence, h.of}
			return e
		}),
		child("measure", measure, func(h *Hit) *policy.Measure { return h.Measure }),
		enum("obligation", "Obligation", func(h *Hit) string { return h.Obligation.String() }),
		enum("role", "Role", func(h *Hit) string { return h.Role.String() }),
		text("citation", func(h *Hit) string { return h.Citation }),
		boolean("proven", func(h *Hit) bool { return h.Proven }),
	)
}

func (s *Schema) evidenceObject(rec *Object[view.Record]) *Object[Evidence] {
	return object("Evidence",
		child("record", rec, (*Evidence).known).resolvedBy(s.evidenceRecord),
		id("code", func(e *Evidence) string { return e.Fact.Code }),
		text("reason", func(e *Evidence) string { return e.Fact.NameZh }),
		text("reasonEn", func(e *Evidence) string { return e.Fact.NameEn }),
		dateOrNull("since", func(e *Evidence) civil.Date { return e.Since }),
		dateOrNull("until", func(e *Evidence) civil.Date { return e.Until }),
	)
}

// known is what the index knows of the record. A query for more of it has no plan and
// is answered by Execute.
func (e *Evidence) known() *view.Record {
	r := in(e.of.room, func(r *Room) *view.Record { return &r.record })
	r.Record = store.Record{Domain: e.Fact.Domain.String(), Kind: e.Fact.Kind, Unit: e.Unit, RecordID: e.RecordID, Version: e.Version, Op: record.Upsert}
	return r
}

// evidenceRecord reads the version that the check rests on, with all others of the
// request at once.
func (s *Schema) evidenceRecord(c *call, e *Evidence) (any, error) {
	k := store.RecordKey{USCC: e.of.code, Domain: e.Fact.Domain.String(), Unit: e.Unit, RecordID: e.RecordID, Version: e.Version}
	c.sc.evidence = append(c.sc.evidence, k)
	return later(func() (any, error) {
		if err := e.of.answer.Age.Reach(c.ctx, s.Store.WaitStored, k.Domain); err != nil {
			return nil, err
		}
		for _, k := range c.sc.evidence { // wanted only now: other fields may read what is wanted at any time
			c.sc.Viewer.WantEvidence(k)
		}
		c.sc.evidence = nil
		return orNil(c.sc.Viewer.Evidence(c.ctx, k, e.Fact.Kind, e.of.occasion))
	}), nil
}
