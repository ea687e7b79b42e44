package push

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"credithub/deploy/platform/client"
	"credithub/schema/fault"
)

// ErrUnsettled means that the hub did not tell in time what became of rows that it
// holds: they are durable, and what intake finds in them is not known yet.
var ErrUnsettled = errors.New("the hub has the rows, but did not tell in time what became of them")

// Settler is a target that can tell what became of a part after it was durable:
// what only intake finds, such as another content under the same version.
type Settler interface {
	// Settled waits until every row of an outcome is settled and gives the counts
	// and the findings that hold then, those of before among them. ErrUnsettled when that takes
	// too long.
	Settled(ctx context.Context, o Outcome) (Outcome, error)
}

// maxOpen bounds the parts whose outcome is not asked for yet.
const maxOpen = 16

// sent is a part that is durable and not yet settled.
type sent struct {
	file string
	line func(int) int
	Outcome
}

// await notes a part, and settles the oldest ones when there are many.
func (p *pusher) await(ctx context.Context, s sent) error {
	if !p.Wait {
		return nil
	}
	p.open = append(p.open, s)
	if len(p.open) <= maxOpen {
		return nil
	}
	err := p.settle(ctx, &p.open[0])
	p.open = slices.Delete(p.open, 0, 1)
	return err
}

// settleAll asks for every part that is still open.
func (p *pusher) settleAll(ctx context.Context) error {
	for i := range p.open {
		if err := p.settle(ctx, &p.open[i]); err != nil {
			return err
		}
	}
	p.open = nil
	return nil
}

// settle adds what intake found in a part to the summary. A part that isn't
// settled in time is counted as such; the others go on.
func (p *pusher) settle(ctx context.Context, s *sent) error {
	to, ok := p.To.(Settler)
	if !ok {
		p.sum.Unsettled++
		return nil
	}
	o, err := to.Settled(ctx, s.Outcome)
	if errors.Is(err, ErrUnsettled) {
		p.sum.Unsettled++
		return nil
	}
	if err != nil {
		return err
	}
	p.sum.Accepted += o.Accepted - s.Accepted
	p.sum.Rejected += o.Rejected - s.Rejected
	p.sum.Cut = p.sum.Cut || o.Cut
	known := map[findingKey]bool{}
	for _, f := range s.Findings {
		at := keyOf(f)
		known[at] = true
		if !f.Code.Rejects() { // warnings may have been told once for a column
			known[findingKey{0, at.code, at.field}] = true
		}
	}
	for _, f := range o.Findings {
		if at := keyOf(f); known[at] || !f.Code.Rejects() && known[findingKey{0, at.code, at.field}] {
			continue
		}
		f.File, f.Line = s.file, s.line(f.Line)
		p.note(f)
	}
	return nil
}

// findingKey tells findings of one part apart.
type findingKey struct {
	line  int
	code  fault.Code
	field string
}

func keyOf(f Finding) findingKey { return findingKey{f.Line, f.Code, f.Field} }

// poll asks until f has an answer, ever more seldom, or the time is over.
func (r *retry) poll(ctx context.Context, f func() (done bool, err error)) error {
	deadline := r.now().Add(r.limits.WaitFor)
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		done, err := f()
		var again *passing
		switch {
		case done || err != nil && !errors.As(err, &again):
			return err
		case r.now().Add(wait).After(deadline):
			return ErrUnsettled
		}
		var told *client.Refusal
		if err != nil && r.OnRetry != nil && !(errors.As(err, &told) && told.Status == http.StatusNotFound) {
			r.OnRetry(again.error, wait)
		}
		if !r.sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}
