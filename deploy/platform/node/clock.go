package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/metrics"
)

// Clock is the hub's time: that of the machine, but it never runs back, not over a
// restart either. What the hub said to be so at a moment must not be changed by
// what it learns later, and a machine's clock may be set back.
//
// While it is ahead it runs at half the speed, so that the machine's catches up.
type Clock struct {
	path string
	wall func() time.Time

	mu   sync.Mutex
	top  time.Time // the latest that was told
	seen time.Time // by the machine, then
}

const (
	clockFile  = "clock"
	clockEvery = time.Second
	// clockNamed is from where on a step back is told of: smaller ones are how
	// clocks are kept right.
	clockNamed = 2 * time.Second
)

// OpenClock goes on where the clock of a data directory stood.
func OpenClock(dir string, wall func() time.Time) (*Clock, error) {
	c := &Clock{path: filepath.Join(dir, clockFile), wall: wall}
	b, err := os.ReadFile(c.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("clock: %w", err)
	default:
		// A torn file is one that a loss of power left: without it the clock starts
		// from the machine's.
		if ms, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil {
			c.top = time.UnixMilli(ms)
		}
	}
	c.seen = wall()
	return c, nil
}

// Now is the hub's time.
func (c *Clock) Now() time.Time {
	_, t := c.read()
	return t
}

// Ahead is how far the hub's time is ahead of the machine's.
func (c *Clock) Ahead() time.Duration {
	now, t := c.read()
	return t.Sub(now)
}

func (c *Clock) read() (now, hub time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now = c.wall()
	passed := max(now.Sub(c.seen), 0) // by the monotonic clock, where there is one
	c.seen = now
	now = now.Round(0)
	if c.top = c.top.Add(passed / 2); now.After(c.top) {
		c.top = now
	}
	return now, c.top
}

// Run keeps the time on disk until ctx ends, and tells when the machine's clock was
// set back.
func (c *Clock) Run(ctx context.Context, log *slog.Logger, reg prometheus.Registerer) error {
	behind := metrics.Gauge(reg, "intake", "clock_behind_seconds", "How far the machine's clock is behind what it has shown before.")
	t := time.NewTicker(clockEvery)
	defer t.Stop()
	told := false
	for {
		d := c.Ahead()
		behind.Set(d.Seconds())
		if d > clockNamed && !told {
			log.Error("the machine's clock was set back; what arrives is recorded as later than all before", "behind", d)
		}
		told = d > clockNamed
		c.keep()
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// keep writes in place: a file of the same length is whole or as it was.
func (c *Clock) keep() {
	f, err := os.OpenFile(c.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return // the next time makes it good
	}
	_, _ = fmt.Fprintf(f, "%020d\n", c.Now().UnixMilli())
	_ = f.Close()
}
