package plan

import (
	"context"
	"errors"
	"time"

	"credithub/query/graph/check"
	"credithub/query/graph/fields"
	"credithub/query/graph/metrics"
	"credithub/query/graph/refusal"
	"credithub/query/graph/request"
	"credithub/query/restrict"
	"credithub/schema/access"
)

// ErrNotPlanned tells that a request needs Execute after all. Nothing has been asked
// or recorded then.
var ErrNotPlanned = errors.New("not planned")

// Runner runs plans. All fields are required.
type Runner struct {
	Checker *check.Checker
	Refuse  *refusal.Maker
	Metrics *metrics.Counters
	Limits  *refusal.Limits
}

// Call is one run of a plan: who asks what, the answer, and memory that the next can
// use again.
type Call struct {
	By      access.Principal
	Peer    string // address of an anonymous caller
	Now     time.Time
	Request request.Request
	Out     []byte // the answer

	vars     []bound
	question check.Question
	answer   check.Answer
	room     fields.Room
	errs     []byte // errors of single places
}

// Reset makes a call ready for the next request.
func (c *Call) Reset() {
	c.By, c.Peer, c.Out = access.Principal{}, "", c.Out[:0]
	c.Request.Reset()
	c.answer.Reset()
	c.room = fields.Room{}
}

// Kept is how much memory a call keeps for the next request, in bytes.
func (c *Call) Kept() int {
	return c.Request.Kept() + cap(c.Out) + cap(c.errs) + c.answer.Kept()
}

// Run answers a call into c.Out. Its error is ErrNotPlanned or that there is no more
// time.
func (r *Runner) Run(ctx context.Context, p *Plan, c *Call) error {
	if !p.ready(c) {
		return ErrNotPlanned
	}
	c.errs = c.errs[:0]
	b := append(c.Out[:0], `{"data":{`...)
	for i := range p.roots {
		root := &p.roots[i]
		if i > 0 {
			b = append(b, ',')
			if err := r.Checker.InTime(ctx, c.Now); err != nil {
				return err
			}
		}
		b = append(b, root.key...)
		if !root.check {
			b = append(b, `"Query"`...)
			continue
		}
		var err error
		if b, err = r.root(ctx, root, p.asks, c, b); errors.Is(err, ErrNotPlanned) {
			return err
		} else if err != nil {
			bad := r.refuse(ctx, err)
			b = append(b[:0], `{"data":null,"errors":[`...)
			c.Out = append(root.told(-1, bad).Append(b), "]}"...)
			return nil
		}
	}
	b = append(b, '}')
	if len(c.errs) > 0 {
		b = append(append(append(b, `,"errors":[`...), c.errs...), ']')
	}
	c.Out = append(b, '}')
	return nil
}

// ready gives variables their values; false when the plan can't answer all of its
// roots by them.
func (p *Plan) ready(c *Call) (ok bool) {
	if c.vars, ok = p.bind(&c.Request, c.vars[:0]); !ok {
		return false
	}
	if len(p.roots) > 1 { // all or none: the first may be asked only when the last can be
		for i := range p.roots {
			var q check.Question
			if root := &p.roots[i]; root.check && !root.args.question(&q, root.many, c.vars) {
				return false
			}
		}
	}
	return true
}

func (r *Runner) refuse(ctx context.Context, err error) *refusal.Refusal {
	bad := r.Refuse.Of(ctx, err)
	r.Metrics.Refuse(bad.Code())
	return bad
}

// root answers one check or checks, of as many as share what a request may have.
// What comes after an answer that is too large is asked and not written.
func (r *Runner) root(ctx context.Context, root *planRoot, asks int, c *Call, b []byte) ([]byte, error) {
	q, a := &c.question, &c.answer
	*q = check.Question{By: c.By, Peer: c.Peer, At: c.Now, Codes: q.Codes[:0], Asks: asks}
	if !root.args.question(q, root.many, c.vars) {
		return b, ErrNotPlanned
	}
	if err := r.Checker.Ask(ctx, q, a); err != nil {
		return b, err
	}
	if root.many {
		b = append(b, '[')
	}
	for i := range a.Decisions {
		if len(b) > r.Limits.AnswerBytes {
			break
		}
		if i > 0 {
			b = append(b, ',')
		}
		if a.Decisions[i].Outcome == restrict.NoOutcome { // its fault is told apart
			b = append(b, "null"...)
			continue
		}
		b = root.write(b, c.room.Check(a, i, q.Codes[i]))
	}
	if root.many {
		b = append(b, ']')
	}
	for _, f := range a.Faults {
		if len(c.errs) > 0 {
			c.errs = append(c.errs, ',')
		}
		c.errs = root.told(f.At, r.refuse(ctx, f.Err)).Append(c.errs)
	}
	return b, nil
}
