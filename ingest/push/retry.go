package push

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"credithub/deploy/platform/sleep"
)

// passing is a failure that may mend itself.
type passing struct {
	error
	after time.Duration // asked for by the hub, 0 when it said nothing
}

func (p *passing) Unwrap() error { return p.error }

// retry tries something until it is done, fails for good, or patience is over.
type retry struct {
	limits Limits
	// OnRetry is told of every attempt that failed and how long the next one
	// waits; it may be nil.
	OnRetry func(err error, wait time.Duration)

	sleep func(ctx context.Context, d time.Duration) bool
	now   func() time.Time
}

func newRetry(l Limits) retry {
	return retry{limits: l.withDefaults(), sleep: sleep.For, now: time.Now}
}

// do waits after each passing failure as long as was asked for, or ever longer,
// each time shortened at random so that many clients don't come back at once.
func (r *retry) do(ctx context.Context, f func() error) error {
	deadline := r.now().Add(r.limits.Patience)
	wait := r.limits.FirstWait
	for {
		err := f()
		var again *passing
		if err == nil || !errors.As(err, &again) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		pause := max(again.after, wait/2+rand.N(wait/2+1))
		if r.now().Add(pause).After(deadline) {
			return fmt.Errorf("given up after %v: %w", r.limits.Patience, again.error)
		}
		if r.OnRetry != nil {
			r.OnRetry(again.error, pause)
		}
		if !r.sleep(ctx, pause) {
			return ctx.Err()
		}
		wait = min(2*wait, r.limits.LongWait)
	}
}
