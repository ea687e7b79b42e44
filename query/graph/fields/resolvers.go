package fields

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/graphql-go/graphql/language/ast"

	"credithub/query/graph/check"
	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/query/view"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/label"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/uscc"
)

// Values that resolvers hand to each other, besides those of view and policy.
type (
	checkValue struct {
		rep  *asked
		i    int
		code string
	}
	hitValue struct {
		*restrict.Hit
		day  civil.Date
		code string
		rep  *asked
	}
	evidenceValue struct {
		*restrict.Evidence
		code string
		rep  *asked
	}
	listValue   struct{ *policy.List }
	unitValue   struct{ code, zh, en string }
	sourceValue struct {
		policy.Source
		last  time.Time
		fresh bool

		connected bool
		how       policy.Connection
	}
	edgeValue struct {
		node   any
		cursor string
	}
	pageValue struct {
		edges             []any
		next, previous    bool
		start, end, total any
	}
)

// resolvers is every field that can be asked.
func (s *Schema) resolvers() map[string]resolver {
	all := map[string]resolver{}
	for _, group := range []map[string]resolver{
		s.queryResolvers(), s.checkResolvers(), s.evidenceResolvers(), entryResolvers(s), catalogueResolvers(), entityResolvers(),
		recordResolvers(s), sourceResolvers(s), connectionResolvers(),
	} {
		for name, r := range group {
			all[name] = r
		}
	}
	return all
}

func (s *Schema) queryResolvers() map[string]resolver {
	return map[string]resolver{
		"Query.check":  func(c *call) (any, error) { return s.resolveCheck(c) },
		"Query.checks": func(c *call) (any, error) { return s.resolveChecks(c) },
		"Query.entity": func(c *call) (any, error) { return s.resolveEntity(c) },
		"Query.search": s.beside(func(c *call) (any, error) {
			p, err := c.sc.Viewer.Search(c.ctx, c.text("text"), c.first(), c.text("after"))
			if err != nil {
				return nil, err
			}
			return pageOf(c, p, func(m view.Match) any { return m.Entity }), nil
		}),
		"Query.listEntries": s.beside(func(c *call) (any, error) {
			p, err := c.sc.Viewer.ListEntries(c.ctx, view.EntryQuery{
				List: c.text("list"), USCC: uscc.Fold(c.text("uscc")), State: list.ParseState(c.text("state")), First: c.first(), After: c.text("after"),
			})
			if err != nil {
				return nil, err
			}
			return pageOf(c, p, func(e view.Entry) any { return &e }), nil
		}),
		"Query.lists": func(*call) (any, error) {
			return each(s.Policy.Lists, func(l *policy.List) any { return listValue{l} }), nil
		},
		"Query.measures": func(*call) (any, error) {
			return each(s.Policy.Measures, func(m *policy.Measure) any { return m }), nil
		},
		"Query.matters": func(c *call) (any, error) {
			text := c.text("text")
			out := []any{}
			for _, m := range s.Policy.Matters {
				if strings.TrimSpace(text) == "" || m.Holds(text) {
					out = append(out, m)
				}
			}
			return out, nil
		},
		"Query.purposes": func(*call) (any, error) {
			return each(s.Policy.Purposes, func(p *policy.Purpose) any { return p }), nil
		},
		"Query.sources": func(c *call) (any, error) {
			return each(c.sc.Viewer.Sources(), func(x restrict.SourceState) any {
				v := s.sourceOf(x, c.sc.Now)
				return &v
			}), nil
		},
	}
}

// beside puts off a resolver that reads the store until all checks of the request
// have been answered and what they reflect is stored.
func (s *Schema) beside(read resolver) resolver {
	return func(c *call) (any, error) {
		if !c.sc.Mixed {
			return read(c)
		}
		return later(func() (any, error) {
			if err := s.waitAnswered(c); err != nil {
				return nil, err
			}
			return read(c)
		}), nil
	}
}

// waitAnswered returns when what the checks of the request reflect is stored.
func (s *Schema) waitAnswered(c *call) error {
	for _, rep := range c.sc.answered {
		if err := rep.Age.Reach(c.ctx, s.Store.WaitStored); err != nil {
			return err
		}
	}
	return nil
}

// resolveEntity waits for its receipt before anything is read, or even wanted:
// other fields of the request may read what is wanted at any time.
func (s *Schema) resolveEntity(c *call) (any, error) {
	code, when, after := uscc.Fold(c.text("uscc")), view.When{AsOf: c.time("asOf")}, c.text("after")
	if err := view.CheckCode("uscc", code); err != nil {
		return nil, err
	}
	if err := mayAskPast(c, when.AsOf); err != nil {
		return nil, err
	}
	var err error
	if when.Occasion, err = s.occasionOf(c); err != nil {
		return nil, err
	}
	if after == "" && (!c.sc.Mixed || !when.AsOf.IsZero()) {
		wantAhead(c, code, when)
		return later(func() (any, error) { return orNil(c.sc.Viewer.Entity(c.ctx, code, when)) }), nil
	}
	if !when.AsOf.IsZero() {
		return nil, fault.New(fault.BadInput, "asOf and after exclude each other")
	}
	var ps []receipt.Position
	if after != "" {
		var err error
		if ps, err = check.Positions(after); err != nil {
			return nil, err
		}
	}
	return later(func() (any, error) {
		if err := s.waitReceipt(c, ps); err != nil {
			return nil, err
		}
		if after == "" && len(c.sc.answered) == 1 {
			when.Age = c.sc.answered[0].Age
		} else if err := s.waitAnswered(c); err != nil {
			return nil, err
		}
		wantAhead(c, code, when)
		return orNil(c.sc.Viewer.Entity(c.ctx, code, when))
	}), nil
}

// waitReceipt returns when what a receipt names can be read. The index is woken by
// the log, where the store has to be asked again and again: a receipt of nothing
// costs it no reads, and the public no place.
func (s *Schema) waitReceipt(c *call, ps []receipt.Position) (err error) {
	if len(ps) == 0 {
		return nil
	}
	c.sc.Aside(c.ctx, func() { err = s.Index.WaitFor(c.ctx, ps) })
	if err != nil {
		return err
	}
	return s.Store.WaitStored(c.ctx, ps)
}

// wantAhead notes what the fields below entity will ask, so that it is read at the
// same time as the entity itself.
func wantAhead(c *call, code string, when view.When) {
	c.sc.Viewer.Want(code, when)
	for _, name := range []string{"entries", "blacklisted", "abnormal", "grade", "gradeReasons"} {
		if len(c.selected(name)) > 0 {
			c.sc.Viewer.WantEntries(code, when)
			break
		}
	}
	for _, f := range c.selected("records") {
		if !slices.ContainsFunc(f.Arguments, func(a *ast.Argument) bool { return a.Name.Value == "domain" || a.Name.Value == "after" }) {
			c.sc.Viewer.WantRecords(code, when, "")
			break
		}
	}
}

// mayAskPast refuses asOf to those who may not look back, and to the future.
func mayAskPast(c *call, asOf time.Time) error {
	switch {
	case asOf.IsZero():
		return nil
	case c.sc.By.Anonymous():
		return fault.New(fault.Unauthenticated, "sign in to ask about the past")
	case !view.MayLookBack(c.sc.By):
		return fault.New(fault.Forbidden, "your role may not ask about the past")
	case asOf.After(c.sc.Now):
		return fault.New(fault.BadInput, "asOf: lies in the future")
	}
	return nil
}

// occasionOf is why an enterprise is looked at.
func (s *Schema) occasionOf(c *call) (*view.Occasion, error) {
	return c.sc.Viewer.Occasion(c.text("purpose"), c.text("matter"), c.text("caseNo"), s.Limits.CaseNo)
}

func later(f func() (any, error)) any { return f }

// orNil makes a nil pointer a nil value.
func orNil[T any](v *T, err error) (any, error) {
	if v == nil || err != nil {
		return nil, err
	}
	return v, nil
}

func each[T any](in []T, f func(T) any) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

// readsMore tells whether the store is read for a check, or beside it.
func readsMore(c *call) bool {
	return c.sc.Mixed || c.reaches("subject") || c.reaches("hits", "evidence", "record")
}

// asked is a question that was answered, and the occasion on which what stands
// below it is read.
type asked struct {
	check.Answer
	occasion *view.Occasion
}

// question is what check and checks have in common.
func (s *Schema) question(c *call) *check.Question {
	return &check.Question{
		By: c.sc.By, Peer: c.sc.Peer, At: c.sc.Now, Asks: c.sc.Asks, Still: readsMore(c),
		Matter: c.text("matter"), CaseNo: c.text("caseNo"), Purpose: c.text("purpose"), After: c.text("after"),
	}
}

// ask answers a question and notes what is read of the same age.
func (s *Schema) ask(c *call, q *check.Question) (*asked, error) {
	a := &asked{}
	if err := s.Desk.Ask(c.ctx, q, &a.Answer); err != nil {
		return nil, err
	}
	a.occasion = q.Occasion(&a.Answer)
	c.sc.Viewer.Note(a.occasion)
	if a.Age != nil {
		c.sc.answered = append(c.sc.answered, a)
	}
	return a, nil
}

func (s *Schema) resolveCheck(c *call) (any, error) {
	q := s.question(c)
	q.Joined, q.AsOf = c.text("uscc"), c.time("asOf")
	q.Codes = []string{q.Joined}
	if key, given := c.args["personKey"].(string); given {
		if q.Person = key; key == "" {
			q.Person = "-" // no key, and not the same as none asked about
		}
	}
	a, err := s.ask(c, q)
	if err != nil {
		return nil, err
	}
	return &checkValue{a, 0, q.Codes[0]}, nil
}

func (s *Schema) resolveChecks(c *call) (any, error) {
	q := s.question(c)
	q.Many = true
	raw, _ := c.args["usccs"].([]any)
	for _, v := range raw {
		code, _ := v.(string)
		q.Codes = append(q.Codes, code)
	}
	q.Joined = strings.Join(q.Codes, ",")
	a, err := s.ask(c, q)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(q.Codes))
	for i, code := range q.Codes {
		out[i] = &checkValue{a, i, code}
	}
	for _, f := range a.Faults {
		r := s.Refuse.Of(c.ctx, f.Err)
		out[f.At] = func() (interface{}, error) { return nil, r } // so the error has the path of its place
	}
	return out, nil
}

func (s *Schema) checkResolvers() map[string]resolver {
	d := func(f func(v *checkValue, d *restrict.Decision) any) resolver {
		return func(c *call) (any, error) {
			v := c.src.(*checkValue)
			return f(v, &v.rep.Decisions[v.i]), nil
		}
	}
	hit := func(f func(h hitValue) any) resolver {
		return func(c *call) (any, error) { return f(c.src.(hitValue)), nil }
	}
	return map[string]resolver{
		"Check.id":         d(func(v *checkValue, _ *restrict.Decision) any { return string(v.rep.AppendID(nil, v.i)) }),
		"Check.outcome":    d(func(_ *checkValue, d *restrict.Decision) any { return d.Outcome.String() }),
		"Check.obligation": d(func(_ *checkValue, d *restrict.Decision) any { return d.Obligation.String() }),
		"Check.uscc":       d(func(v *checkValue, _ *restrict.Decision) any { return v.code }),
		"Check.matter":     d(func(v *checkValue, _ *restrict.Decision) any { return v.rep.Matter }),
		"Check.asOf":       d(func(_ *checkValue, d *restrict.Decision) any { return d.At }),
		"Check.receipt":    d(func(_ *checkValue, d *restrict.Decision) any { return d.Receipt }),
		"Check.hits": d(func(v *checkValue, d *restrict.Decision) any {
			out := make([]any, len(d.Hits))
			for i := range d.Hits {
				out[i] = hitValue{&d.Hits[i], civil.DateOf(d.At), v.code, v.rep}
			}
			return out
		}),
		"Check.unconnectedSources": d(func(_ *checkValue, d *restrict.Decision) any {
			return each(d.Unconnected, func(src policy.Source) any {
				v := s.sourceAt(src, d.At, false)
				return &v
			})
		}),
		"Check.staleSources": d(func(_ *checkValue, d *restrict.Decision) any {
			return each(d.Stale, func(src policy.Source) any {
				v := s.sourceAt(src, d.At, true)
				return &v
			})
		}),
		"Check.subject": func(c *call) (any, error) {
			v := c.src.(*checkValue)
			when := view.When{Age: v.rep.Age, Occasion: v.rep.occasion}
			if when.Age == nil {
				when.AsOf = v.rep.Decisions[v.i].At
			}
			c.sc.Viewer.Want(v.code, when)
			return later(func() (any, error) { return orNil(c.sc.Viewer.Entity(c.ctx, v.code, when)) }), nil
		},
		"Hit.entry": hit(func(h hitValue) any {
			if h.Evidence != nil {
				return nil
			}
			e := view.OnDay(h.Entry, h.day)
			return &e
		}),
		"Hit.measure":    hit(func(h hitValue) any { return h.Measure }),
		"Hit.obligation": hit(func(h hitValue) any { return h.Obligation.String() }),
		"Hit.citation":   hit(func(h hitValue) any { return h.Citation }),
		"Hit.role":       hit(func(h hitValue) any { return h.Role.String() }),
		"Hit.proven":     hit(func(h hitValue) any { return h.Proven }),
	}
}

func (s *Schema) evidenceResolvers() map[string]resolver {
	e := func(f func(e evidenceValue) any) resolver {
		return func(c *call) (any, error) { return f(c.src.(evidenceValue)), nil }
	}
	return map[string]resolver{
		"Hit.evidence": func(c *call) (any, error) {
			h := c.src.(hitValue)
			if h.Evidence == nil {
				return nil, nil
			}
			return evidenceValue{h.Evidence, h.code, h.rep}, nil
		},
		"Evidence.code":     e(func(e evidenceValue) any { return e.Fact.Code }),
		"Evidence.reason":   e(func(e evidenceValue) any { return e.Fact.NameZh }),
		"Evidence.reasonEn": e(func(e evidenceValue) any { return e.Fact.NameEn }),
		"Evidence.since":    e(func(e evidenceValue) any { return e.Since }),
		"Evidence.until":    e(func(e evidenceValue) any { return e.Until }),
		"Evidence.record": func(c *call) (any, error) {
			e := c.src.(evidenceValue)
			k := store.RecordKey{USCC: e.code, Domain: e.Fact.Domain.String(), Unit: e.Unit, RecordID: e.RecordID, Version: e.Version}
			c.sc.evidence = append(c.sc.evidence, k)
			return later(func() (any, error) {
				if err := e.rep.Age.Reach(c.ctx, s.Store.WaitStored, k.Domain); err != nil {
					return nil, err
				}
				for _, k := range c.sc.evidence { // wanted only now: other fields may read what is wanted at any time
					c.sc.Viewer.WantEvidence(k)
				}
				c.sc.evidence = nil
				return orNil(c.sc.Viewer.Evidence(c.ctx, k, e.Fact.Kind, e.rep.occasion))
			}), nil
		},
	}
}

func entryResolvers(s *Schema) map[string]resolver {
	e := func(f func(e *view.Entry) any) resolver {
		return func(c *call) (any, error) { return f(c.src.(*view.Entry)), nil }
	}
	return map[string]resolver{
		"ListEntry.id":               e(func(e *view.Entry) any { return e.ID }),
		"ListEntry.list":             e(func(e *view.Entry) any { return listValue{s.listOf(e.List)} }),
		"ListEntry.uscc":             e(func(e *view.Entry) any { return e.USCC }),
		"ListEntry.state":            e(func(e *view.Entry) any { return e.State.String() }),
		"ListEntry.cause":            e(func(e *view.Entry) any { return e.Cause }),
		"ListEntry.stateZh":          e(func(e *view.Entry) any { return nameZh(label.State, e.State.String()) }),
		"ListEntry.stateEn":          e(func(e *view.Entry) any { return nameEn(label.State, e.State.String()) }),
		"ListEntry.causeZh":          e(func(e *view.Entry) any { return s.causeOf(&e.Entry, e.Cause).NameZh }),
		"ListEntry.causeEn":          e(func(e *view.Entry) any { return textOrNil(s.causeOf(&e.Entry, e.Cause).NameEn) }),
		"ListEntry.exitTypeZh":       e(func(e *view.Entry) any { return nameZh(label.ExitType, e.ExitType.String()) }),
		"ListEntry.exitTypeEn":       e(func(e *view.Entry) any { return nameEn(label.ExitType, e.ExitType.String()) }),
		"ListEntry.documentNo":       e(func(e *view.Entry) any { return e.DocumentNo }),
		"ListEntry.decidedBy":        e(func(e *view.Entry) any { return s.unitOf(e.DecidedBy) }),
		"ListEntry.decidedOn":        e(func(e *view.Entry) any { return decidedOn(e) }),
		"ListEntry.servedOn":         e(func(e *view.Entry) any { return e.ServedOn }),
		"ListEntry.since":            e(func(e *view.Entry) any { return e.Since }),
		"ListEntry.until":            e(func(e *view.Entry) any { return e.Until }),
		"ListEntry.annotated":        e(func(e *view.Entry) any { return e.Annotated }),
		"ListEntry.exitedOn":         e(func(e *view.Entry) any { return e.ExitedOn }),
		"ListEntry.toldBy":           e(func(e *view.Entry) any { return e.Told() }),
		"Teller.unit":                func(c *call) (any, error) { return s.unitOf(c.src.(list.Teller).Unit), nil },
		"Teller.entryId":             func(c *call) (any, error) { return c.src.(list.Teller).EntryID, nil },
		"ListEntry.effective":        e(func(e *view.Entry) any { return !s.Policy.NoEffect(&e.Entry) }),
		"ListEntry.noEffectReasonZh": e(func(e *view.Entry) any { return textOrNil(s.Policy.NoEffectWhy(&e.Entry).Zh) }),
		"ListEntry.noEffectReasonEn": e(func(e *view.Entry) any { return textOrNil(s.Policy.NoEffectWhy(&e.Entry).En) }),
		"ListEntry.wayOutZh":         e(func(e *view.Entry) any { return wayOutZh(s.Policy.WayOut(&e.Entry)) }),
		"ListEntry.wayOutEn":         e(func(e *view.Entry) any { return s.Policy.WayOut(&e.Entry).En }),
		"ListEntry.exitType": e(func(e *view.Entry) any {
			if e.ExitType == list.NoExit {
				return nil
			}
			return e.ExitType.String()
		}),
	}
}

// textOrNil is null for an empty text.
func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// wayOutZh is the way out with its clause.
func wayOutZh(x policy.Exit) string {
	if x.Basis == "" {
		return x.Zh
	}
	return x.Zh + "（" + x.Basis + "）"
}

func catalogueResolvers() map[string]resolver {
	l := func(f func(l listValue) any) resolver {
		return func(c *call) (any, error) { return f(c.src.(listValue)), nil }
	}
	me := func(f func(m *policy.Measure) any) resolver {
		return func(c *call) (any, error) { return f(c.src.(*policy.Measure)), nil }
	}
	ma := func(f func(m *policy.Matter) any) resolver {
		return func(c *call) (any, error) { return f(c.src.(*policy.Matter)), nil }
	}
	pu := func(f func(p *policy.Purpose) any) resolver {
		return func(c *call) (any, error) { return f(c.src.(*policy.Purpose)), nil }
	}
	u := func(f func(u unitValue) any) resolver {
		return func(c *call) (any, error) { return f(c.src.(unitValue)), nil }
	}
	return map[string]resolver{
		"CreditList.code":    l(func(l listValue) any { return l.Code.String() }),
		"CreditList.nameZh":  l(func(l listValue) any { return l.NameZh }),
		"CreditList.nameEn":  l(func(l listValue) any { return l.NameEn }),
		"CreditList.serious": l(func(l listValue) any { return l.Serious }),
		"Measure.code":       me(func(m *policy.Measure) any { return m.Code }),
		"Measure.nameZh":     me(func(m *policy.Measure) any { return m.NameZh }),
		"Measure.nameEn":     me(func(m *policy.Measure) any { return m.NameEn }),
		"Measure.kind":       me(func(m *policy.Measure) any { return m.Kind }),
		"Measure.kindZh":     me(func(m *policy.Measure) any { return nameZh(label.MeasureKind, m.Kind) }),
		"Measure.kindEn":     me(func(m *policy.Measure) any { return nameEn(label.MeasureKind, m.Kind) }),
		"Measure.citation":   me(func(m *policy.Measure) any { return m.Citation }),
		"Measure.department": me(func(m *policy.Measure) any { return m.Department }),
		"Purpose.code":       pu(func(p *policy.Purpose) any { return p.Code }),
		"Purpose.nameZh":     pu(func(p *policy.Purpose) any { return p.NameZh }),
		"Purpose.nameEn":     pu(func(p *policy.Purpose) any { return p.NameEn }),
		"Purpose.legalBasis": pu(func(p *policy.Purpose) any { return p.LegalBasis }),
		"Matter.code":        ma(func(m *policy.Matter) any { return m.Code }),
		"Matter.nameZh":      ma(func(m *policy.Matter) any { return m.NameZh }),
		"Matter.nameEn":      ma(func(m *policy.Matter) any { return m.NameEn }),
		"Matter.department":  ma(func(m *policy.Matter) any { return m.Department }),
		"Unit.code":          u(func(u unitValue) any { return u.code }),
		"Unit.name":          u(func(u unitValue) any { return u.zh }),
		"Unit.nameZh":        u(func(u unitValue) any { return u.zh }),
		"Unit.nameEn":        u(func(u unitValue) any { return u.en }),
	}
}

func recordResolvers(s *Schema) map[string]resolver {
	r := func(f func(r *view.Record) any) resolver {
		return func(c *call) (any, error) { return f(c.src.(*view.Record)), nil }
	}
	return map[string]resolver{
		"Record.id":         r(func(r *view.Record) any { return r.ID }),
		"Record.domain":     r(func(r *view.Record) any { return r.Domain }),
		"Record.kind":       r(func(r *view.Record) any { return r.Kind }),
		"Record.unit":       r(func(r *view.Record) any { return s.unitOf(r.Unit) }),
		"Record.version":    r(func(r *view.Record) any { return int(min(r.Version, math.MaxInt32)) }),
		"Record.op":         r(func(r *view.Record) any { return r.Op }),
		"Record.occurredOn": r(func(r *view.Record) any { return r.OccurredOn }),
		"Record.recordedAt": r(func(r *view.Record) any { return r.RecordedAt }),
		"Record.data": func(c *call) (any, error) {
			r := c.src.(*view.Record)
			r.WantContent()
			return later(func() (any, error) {
				data, _, err := r.Content(c.ctx)
				if data == nil {
					return nil, err
				}
				return json.RawMessage(data), err
			}), nil
		},
		"Record.kindZh":  r(func(r *view.Record) any { return nameZh(label.RecordKind, r.Domain+"/"+r.Kind) }),
		"Record.kindEn":  r(func(r *view.Record) any { return nameEn(label.RecordKind, r.Domain+"/"+r.Kind) }),
		"Record.eventZh": eventOf(nameZh),
		"Record.eventEn": eventOf(nameEn),
		"Record.withheld": func(c *call) (any, error) {
			r := c.src.(*view.Record)
			r.WantContent()
			return later(func() (any, error) {
				data, withheld, err := r.Content(c.ctx)
				if data == nil && len(withheld) > 0 {
					err = nil // which is what the field tells
				}
				return each(withheld, func(name string) any { return name }), err
			}), nil
		},
	}
}

func sourceResolvers(s *Schema) map[string]resolver {
	src := func(f func(v *sourceValue) any) resolver {
		return func(c *call) (any, error) { return f(c.src.(*sourceValue)), nil }
	}
	count := func(f func(n store.Counts) int) resolver {
		return func(c *call) (any, error) {
			v := c.src.(*sourceValue)
			return later(func() (any, error) {
				n, err := c.sc.Viewer.Counts(c.ctx, v.Source)
				return min(f(n), math.MaxInt32), err
			}), nil
		}
	}
	return map[string]resolver{
		"Source.unit":           src(func(v *sourceValue) any { return s.unitOf(v.Unit) }),
		"Source.domain":         src(func(v *sourceValue) any { return v.Domain.String() }),
		"Source.lastReceivedAt": src(func(v *sourceValue) any { return v.last }),
		"Source.fresh":          src(func(v *sourceValue) any { return v.fresh }),
		"Source.connected":      src(func(v *sourceValue) any { return v.connected }),
		"Source.connectedSince": src(func(v *sourceValue) any { return v.how.Since }),
		"Source.decidedBy":      src(func(v *sourceValue) any { return textOrNil(v.how.DecidedBy) }),
		"Source.decision":       src(func(v *sourceValue) any { return textOrNil(v.how.Decision) }),
		"Source.accepted":       count(func(n store.Counts) int { return n.Accepted }),
		"Source.rejected":       count(func(n store.Counts) int { return n.Rejected }),
	}
}

// pageOf makes a connection of a page.
func pageOf[T any](c *call, p *view.Page[T], node func(T) any) *pageValue {
	out := &pageValue{edges: make([]any, len(p.Items)), next: p.HasNext, previous: p.HasPrevious}
	for i, item := range p.Items {
		out.edges[i] = edgeValue{node(item), p.Cursors[i]}
	}
	if n := len(p.Cursors); n > 0 {
		out.start, out.end = p.Cursors[0], p.Cursors[n-1]
	}
	out.total = later(func() (any, error) {
		n, err := p.Total(c.ctx)
		return min(n, math.MaxInt32), err
	})
	return out
}

func connectionResolvers() map[string]resolver {
	page := func(f func(p *pageValue) any) resolver {
		return func(c *call) (any, error) { return f(c.src.(*pageValue)), nil }
	}
	edge := func(f func(e edgeValue) any) resolver {
		return func(c *call) (any, error) { return f(c.src.(edgeValue)), nil }
	}
	all := map[string]resolver{
		"PageInfo.hasNextPage":     page(func(p *pageValue) any { return p.next }),
		"PageInfo.hasPreviousPage": page(func(p *pageValue) any { return p.previous }),
		"PageInfo.startCursor":     page(func(p *pageValue) any { return p.start }),
		"PageInfo.endCursor":       page(func(p *pageValue) any { return p.end }),
	}
	for _, t := range []string{"Entity", "ListEntry", "Record"} {
		all[t+"Connection.edges"] = page(func(p *pageValue) any { return p.edges })
		all[t+"Connection.pageInfo"] = page(func(p *pageValue) any { return p })
		all[t+"Connection.totalCount"] = page(func(p *pageValue) any { return p.total })
		all[t+"Edge.node"] = edge(func(e edgeValue) any { return e.node })
		all[t+"Edge.cursor"] = edge(func(e edgeValue) any { return e.cursor })
	}
	return all
}
