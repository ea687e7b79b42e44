//go:build suite

package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"credithub/deploy/gen"
	"credithub/deploy/platform/client"
)

// Pushers push a load, one a unit, each in order. A push that is not answered
// with 202 is sent again as it was; now and then one is sent again although it
// was answered.
type Pushers struct {
	Load  *Load
	URL   string // of the gateway
	Token func(role, unit string) (string, error)
	Seed  uint64
	Batch int                           // most rows of one push
	Pace  func(share float64) bool      // asked before each push: may this share of the load be exceeded
	Acked func(plan Plan)               // an entry's last event was acknowledged; nil: nobody listens
	Again float64                       // share of pushes that are sent again on purpose
	Log   func(format string, a ...any) // of what went wrong on the way

	Pushes, Retries, Repeats atomic.Int64
	sent                     atomic.Int64
	mu                       sync.Mutex
	batches                  map[string]string // id to unit
	waits                    []Wait
}

// Plan is a check that must hold from a receipt on.
type Plan struct {
	entryPlan
	Receipt string
}

// Wait is how long one body took from its first try to its acknowledgement.
type Wait struct {
	Began time.Time
	Took  time.Duration
}

// Run pushes everything and returns when all is acknowledged.
func (p *Pushers) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p.batches = map[string]string{}
	var wg sync.WaitGroup
	i := uint64(0)
	for unit, items := range p.Load.Units {
		i++
		rng := rand.New(rand.NewPCG(p.Seed, uint64(len(unit))<<32|uint64(unit[0])<<8|i))
		wg.Go(func() {
			if err := p.unit(ctx, unit, items, rng); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// Share of the load that has been acknowledged.
func (p *Pushers) Share() float64 { return float64(p.sent.Load()) / float64(p.Load.Rows) }

func (p *Pushers) unit(ctx context.Context, unit string, items []gen.Item, rng *rand.Rand) error {
	token, err := p.Token("agency", unit)
	if err != nil {
		return err
	}
	var before []gen.Item
	for len(items) > 0 {
		for p.Pace != nil && !p.Pace(p.Share()) {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(10 * time.Millisecond):
			}
		}
		n := min(len(items), 1+rng.IntN(p.Batch))
		part := items[:n]
		items = items[n:]
		taken, err := p.push(ctx, unit, token, part, rng)
		if err != nil {
			return err
		}
		p.sent.Add(int64(n))
		if p.Acked != nil {
			for i := range part {
				if plan, ok := p.Load.entries[part[i].Entry]; ok && part[i].Last {
					p.Acked(Plan{plan, taken.Receipt})
				}
			}
		}
		if rng.Float64() < p.Again {
			again := part
			if before != nil && rng.IntN(2) == 0 {
				again = before
			}
			p.Repeats.Add(1)
			if _, err := p.push(ctx, unit, token, again, rng); err != nil {
				return err
			}
		}
		before = part
	}
	return nil
}

// push sends one body until it is acknowledged, and holds the answer against
// the truth.
func (p *Pushers) push(ctx context.Context, unit, token string, items []gen.Item, rng *rand.Rand) (client.Batch, error) {
	b := body(items)
	began := time.Now()
	for {
		taken, again, err := p.once(ctx, token, b)
		if err == nil {
			p.mu.Lock()
			p.batches[taken.BatchID] = unit
			p.waits = append(p.waits, Wait{began, time.Since(began)})
			p.mu.Unlock()
			p.Pushes.Add(1)
			return taken, matches(items, taken)
		}
		if !again || ctx.Err() != nil {
			return taken, fmt.Errorf("push of %s: %w", unit, err)
		}
		p.Retries.Add(1)
		if p.Log != nil {
			p.Log("push of %s again: %.160s", unit, err)
		}
		time.Sleep(time.Duration(30+rng.IntN(120)) * time.Millisecond)
	}
}

func (p *Pushers) once(ctx context.Context, token string, b []byte) (t client.Batch, again bool, err error) {
	r, err := client.At(p.URL, token).Do(ctx, http.MethodPost, "/v1/records", "application/x-ndjson", b)
	if err != nil {
		return t, true, err
	}
	switch {
	case r.Status == http.StatusAccepted:
		return t, false, json.Unmarshal(r.Body, &t)
	case r.Status >= 500 || r.Status == http.StatusTooManyRequests:
		return t, true, fmt.Errorf("answered %d: %.200s", r.Status, r.Body)
	}
	return t, false, fmt.Errorf("answered %d: %.300s", r.Status, r.Body)
}

// matches compares the answer to a push with what its rows must become.
func matches(items []gen.Item, t client.Batch) error {
	want := map[string]string{}
	bad := 0
	for i := range items {
		if it := &items[i]; atGateway(it.Want) {
			want[it.RecordID] = string(it.Want)
			bad++
		}
	}
	if t.Rejected != bad || t.Accepted != len(items)-bad {
		return fmt.Errorf("batch %s: accepted %d and rejected %d of %d rows, %d are faulty", t.BatchID, t.Accepted, t.Rejected, len(items), bad)
	}
	for _, f := range t.Rejections {
		if want[f.RecordID] != string(f.Code) {
			return fmt.Errorf("batch %s: %s rejected with %s (%s: %s), want %q", t.BatchID, f.RecordID, f.Code, f.Field, f.Message, want[f.RecordID])
		}
	}
	return nil
}

// Batches gives the acknowledged batches with their units.
func (p *Pushers) Batches() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make(map[string]string, len(p.batches))
	for id, unit := range p.batches {
		out[id] = unit
	}
	return out
}

// Longest gives the longest wait for an acknowledgement among the pushes that
// were under way at some time from from to to.
func (p *Pushers) Longest(from, to time.Time) time.Duration {
	return p.longest(func(w Wait) bool { return w.Began.Before(to) && w.Began.Add(w.Took).After(from) })
}

// LongestWithin is Longest of the pushes that began and ended from from to to.
func (p *Pushers) LongestWithin(from, to time.Time) time.Duration {
	return p.longest(func(w Wait) bool { return w.Began.After(from) && w.Began.Add(w.Took).Before(to) })
}

func (p *Pushers) longest(counts func(Wait) bool) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var most time.Duration
	for _, w := range p.waits {
		if counts(w) {
			most = max(most, w.Took)
		}
	}
	return most
}
