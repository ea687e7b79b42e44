//go:build suite

package drill

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"credithub/deploy/platform/client"
)

// Receipts asks checks that name the receipt of a push. Whatever happens to the
// nodes, an answer that comes reflects that push.
type Receipts struct {
	Nodes []string // URLs of query nodes
	Token string   // of an officer

	Answered, Again atomic.Int64
	queue           chan Plan
	wg              sync.WaitGroup
	mu              sync.Mutex
	faults          []error
}

const checkAfter = `query($u:ID!,$m:ID!,$a:String){check(uscc:$u,matter:$m,after:$a){outcome obligation hits{obligation entry{id state}}}}`

type checked struct {
	Check struct {
		Outcome, Obligation string
		Hits                []struct {
			Obligation string
			Entry      struct{ ID, State string }
		}
	}
}

// patience is how long a node may stay away or behind before a check fails.
const patience = 90 * time.Second

// Start starts workers a node.
func (r *Receipts) Start(ctx context.Context, workers int) {
	r.queue = make(chan Plan, 100_000)
	for range workers {
		r.wg.Go(func() {
			for plan := range r.queue {
				for _, node := range r.Nodes {
					if err := r.ask(ctx, node, plan); err != nil {
						r.mu.Lock()
						r.faults = append(r.faults, err)
						r.mu.Unlock()
					}
				}
			}
		})
	}
}

// Add queues a check; it never waits.
func (r *Receipts) Add(p Plan) {
	select {
	case r.queue <- p:
	default:
	}
}

// Finish waits for the checks that are queued and gives what was wrong.
func (r *Receipts) Finish() []error {
	close(r.queue)
	r.wg.Wait()
	return r.faults
}

func (r *Receipts) ask(ctx context.Context, node string, p Plan) error {
	last := error(nil)
	for end := time.Now().Add(patience); time.Now().Before(end) && ctx.Err() == nil; {
		var a checked
		err := client.At(node, r.Token).Query(ctx, checkAfter, map[string]any{"u": p.uscc, "m": p.matter, "a": p.Receipt}, &a)
		switch code := client.Code(err); {
		case err == nil:
			r.Answered.Add(1)
			return p.holds(a, node)
		case code == "" || code == "NOT_CAUGHT_UP" || code == "UNAVAILABLE" || code == "TIMEOUT":
			last = err
			r.Again.Add(1)
			time.Sleep(50 * time.Millisecond)
		default:
			return fmt.Errorf("%s: entry %s at %s: %w", node, p.id, p.matter, err)
		}
	}
	return fmt.Errorf("%s: entry %s at %s: no answer in %s: %w", node, p.id, p.matter, patience, last)
}

func (p Plan) holds(a checked, node string) error {
	hit := false
	for _, h := range a.Check.Hits {
		// A bar by statute may outlive its entry; that the entry has ended is seen.
		hit = hit || h.Entry.ID == p.id && h.Entry.State != "EXITED"
	}
	if hit != p.inForce {
		return fmt.Errorf("%s: AN OLDER TRUTH: entry %s in force %t, but hit %t at %s after %s: %+v", node, p.id, p.inForce, hit, p.matter, p.Receipt, a.Check)
	}
	return nil
}
