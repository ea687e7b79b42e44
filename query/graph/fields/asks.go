package fields

import (
	"strings"

	"credithub/query/graph/check"
)

// readsMore tells whether the store is read for a check, or beside it.
func readsMore(c *call) bool {
	return c.sc.Mixed || c.reaches("subject") || c.reaches("hits", "evidence", "record")
}

// question is what check and checks have in common.
func question(c *call) *check.Question {
	return &check.Question{
		By: c.sc.By, Peer: c.sc.Peer, At: c.sc.Now, Asks: c.sc.Asks, Still: readsMore(c),
		Matter: c.text("matter"), CaseNo: c.text("caseNo"), Purpose: c.text("purpose"), After: c.text("after"),
	}
}

// ask answers a question, notes what is read of the same age, and gives a check for
// each of its codes.
func (s *Schema) ask(c *call, q *check.Question) ([]Check, *check.Answer, error) {
	a := &check.Answer{}
	if err := s.Checker.Ask(c.ctx, q, a); err != nil {
		return nil, nil, err
	}
	occasion := q.Occasion(a)
	c.sc.Viewer.Note(occasion)
	if a.Age != nil {
		c.sc.answered = append(c.sc.answered, a.Age)
	}
	out := make([]Check, len(q.Codes))
	for i, code := range q.Codes {
		out[i] = Check{Decision: &a.Decisions[i], answer: a, place: i, code: code, occasion: occasion}
	}
	return out, a, nil
}

func (s *Schema) resolveCheck(c *call, _ *root) (any, error) {
	q := question(c)
	q.Joined, q.AsOf = c.text("uscc"), c.time("asOf")
	q.Codes = []string{q.Joined}
	if key, given := c.args["personKey"].(string); given {
		if q.Person = key; key == "" {
			q.Person = "-" // no key, and not the same as none asked about
		}
	}
	checks, _, err := s.ask(c, q)
	if err != nil {
		return nil, err
	}
	return &checks[0], nil
}

func (s *Schema) resolveChecks(c *call, _ *root) (any, error) {
	q := question(c)
	q.Many = true
	raw, _ := c.args["usccs"].([]any)
	for _, v := range raw {
		code, _ := v.(string)
		q.Codes = append(q.Codes, code)
	}
	q.Joined = strings.Join(q.Codes, ",")
	checks, a, err := s.ask(c, q)
	if err != nil {
		return nil, err
	}
	out := pointersTo(checks)
	for _, f := range a.Faults {
		r := s.Refuse.Of(c.ctx, f.Err)
		out[f.At] = func() (interface{}, error) { return nil, r } // so the error has the path of its place
	}
	return out, nil
}
