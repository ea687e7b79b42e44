package fields

import (
	"slices"
	"strings"
	"time"

	"github.com/graphql-go/graphql/language/ast"

	"credithub/query/graph/check"
	"credithub/query/view"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/uscc"
)

// queryObject is the root. check and checks say themselves who may ask, and have
// their refusals recorded.
func (s *Schema) queryObject(t *types) *Object[root] {
	return object("Query",
		slow("check", t.check.name+"!", s.resolveCheck).unguarded(),
		slow("checks", "["+t.check.name+"]!", s.resolveChecks).unguarded(),
		slow("entity", t.entity.name, s.resolveEntity),
		slow("search", t.entities.name+"!", s.beside(search)),
		slow("listEntries", t.entries.name+"!", s.beside(listEntries)),
		each("lists", t.creditList, func(*root) []*policy.List { return s.Policy.Lists }),
		each("measures", t.measure, func(*root) []*policy.Measure { return s.Policy.Measures }),
		slow("matters", "["+t.matter.name+"!]!", s.resolveMatters),
		each("purposes", t.purpose, func(*root) []*policy.Purpose { return s.Policy.Purposes }),
		slow("sources", "["+t.source.name+"!]!", s.resolveSources),
	)
}

func search(c *call) (any, error) {
	p, err := c.sc.Viewer.Search(c.ctx, c.text("text"), c.first(), c.text("after"))
	if err != nil {
		return nil, err
	}
	return pageOf(p, func(m *view.Match) *view.Entity { return m.Entity }), nil
}

func listEntries(c *call) (any, error) {
	p, err := c.sc.Viewer.ListEntries(c.ctx, view.EntryQuery{
		List: c.text("list"), USCC: uscc.Fold(c.text("uscc")), State: list.ParseState(c.text("state")), First: c.first(), After: c.text("after"),
	})
	if err != nil {
		return nil, err
	}
	return pageOf(p, func(e *view.Entry) *view.Entry { return e }), nil
}

func (s *Schema) resolveMatters(c *call, _ *root) (any, error) {
	text := c.text("text")
	out := []any{}
	for _, m := range s.Policy.Matters {
		if strings.TrimSpace(text) == "" || m.Holds(text) {
			out = append(out, m)
		}
	}
	return out, nil
}

func (s *Schema) resolveSources(c *call, _ *root) (any, error) {
	states := c.sc.Viewer.Sources()
	out := make([]Source, len(states))
	for i, x := range states {
		out[i] = Source{Source: x.Source, at: c.sc.Now}
		s.fill(&out[i], x)
	}
	return pointersTo(out), nil
}

// beside puts off a resolver that reads the store until all checks of the request
// have been answered and what they reflect is stored.
func (s *Schema) beside(read func(*call) (any, error)) func(*call, *root) (any, error) {
	return func(c *call, _ *root) (any, error) {
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
	for _, age := range c.sc.answered {
		if err := age.Reach(c.ctx, s.Store.WaitStored); err != nil {
			return err
		}
	}
	return nil
}

// resolveEntity waits for its receipt before anything is read, or even wanted:
// other fields of the request may read what is wanted at any time.
func (s *Schema) resolveEntity(c *call, _ *root) (any, error) {
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
		if ps, err = check.Positions(after); err != nil {
			return nil, err
		}
	}
	return later(func() (any, error) {
		if err := s.waitReceipt(c, ps); err != nil {
			return nil, err
		}
		if after == "" && len(c.sc.answered) == 1 {
			when.Age = c.sc.answered[0]
		} else if err := s.waitAnswered(c); err != nil {
			return nil, err
		}
		wantAhead(c, code, when)
		return orNil(c.sc.Viewer.Entity(c.ctx, code, when))
	}), nil
}

// waitReceipt returns when what a receipt names can be read. It waits for the index
// first, which the log wakes, and only then for the store, which has to be polled: a
// receipt of positions that never come costs no reads, and holds no slot of the public.
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
