//go:build suite

package drill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"credithub/deploy/testing/probe"
)

// Killer kills parts at random moments and starts each again at once. Like a
// supervisor, it also starts again what ended by itself.
type Killer struct {
	Parts []*probe.Part
	Kills int
	Seed  uint64
	Pause time.Duration // longest pause between two kills
	Log   func(format string, a ...any)

	done atomic.Int64
	Of   map[string]int // kills by part
	Self map[string]int // parts that ended by themselves
}

// Share of the kills that are done.
func (k *Killer) Share() float64 {
	if k.Kills == 0 {
		return 1
	}
	return float64(k.done.Load()) / float64(k.Kills)
}

// Run kills until all kills are done or ctx ends.
func (k *Killer) Run(ctx context.Context) error {
	rng := rand.New(rand.NewPCG(k.Seed, 0x6b696c6c))
	k.Of, k.Self = map[string]int{}, map[string]int{}
	turn := slices.Clone(k.Parts)
	for n := range k.Kills {
		if n%len(turn) == 0 { // each part has its turn in every round
			rng.Shuffle(len(turn), func(i, j int) { turn[i], turn[j] = turn[j], turn[i] })
		}
		pause := k.Pause/20 + time.Duration(rng.Int64N(int64(k.Pause)))
		if err := k.watch(ctx, pause); err != nil {
			return err
		}
		p := turn[n%len(turn)]
		k.Log("kill %d of %d: %s after %s", n+1, k.Kills, p.Name, pause.Round(time.Millisecond))
		p.Kill()
		k.Of[p.Name]++
		if err := p.Start(); err != nil {
			return err
		}
		k.done.Add(1)
	}
	return nil
}

// watch waits and starts again what ended by itself.
func (k *Killer) watch(ctx context.Context, pause time.Duration) error {
	for end := time.Now().Add(pause); time.Now().Before(end); {
		if err := k.revive(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(50*time.Millisecond, time.Until(end)+time.Millisecond)):
		}
	}
	return nil
}

func (k *Killer) revive() error {
	for _, p := range k.Parts {
		if p.Running() {
			continue
		}
		k.Self[p.Name]++
		k.Log("%s ended by itself: %s", p.Name, p.Tail(3))
		if err := p.Start(); err != nil {
			return err
		}
	}
	return nil
}

// Keep revives parts until ctx ends.
func (k *Killer) Keep(ctx context.Context) {
	for ctx.Err() == nil {
		if err := k.watch(ctx, time.Second); err != nil {
			return
		}
	}
}

// Panics looks for crashes of their own in the logs of the parts.
func Panics(parts []*probe.Part) error {
	for _, p := range parts {
		b, err := os.ReadFile(p.Log)
		if err != nil {
			return err
		}
		all := string(b)
		for _, mark := range []string{"panic: ", "fatal error: ", "DATA RACE", "SIGSEGV"} {
			if i := strings.Index(all, mark); i >= 0 {
				return fmt.Errorf("%s: %.1500s", p.Name, all[i:])
			}
		}
	}
	return nil
}
