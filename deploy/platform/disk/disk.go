// Package disk knows whether the disks of a data directory have room, so that a hub
// that runs out of it says so, and stops taking records before the last byte is gone:
// what is left is for the audit log, for merges and for putting things right.
package disk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/metrics"
)

// DefaultFloor is kept free.
const DefaultFloor = 256 << 20

// Config of a Watch.
type Config struct {
	Dirs    []string                         // what is written to; those that are absent don't count
	Floor   uint64                           // bytes kept free; 0: DefaultFloor
	Free    func(dir string) (uint64, error) // bytes that this user may still write; nil: the system's
	Now     func() time.Time                 // nil: time.Now
	Log     *slog.Logger                     // needed
	Metrics prometheus.Registerer            // nil: not registered
}

// Watch looks at the disks again and again.
type Watch struct {
	cfg  Config
	free prometheus.Gauge

	mu      sync.Mutex
	low     error     // what Look found; nil: room
	refused time.Time // when a write last failed for want of room
}

const (
	every = 2 * time.Second
	// remembered is how long a write that failed for want of room counts: a quota may
	// be used up on a disk that has room.
	remembered = 10 * time.Second
)

// New makes a Watch. Nothing is known before Look.
func New(c Config) *Watch {
	c.Floor = cmp.Or(c.Floor, DefaultFloor)
	if c.Free == nil {
		c.Free = free
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	w := &Watch{cfg: c, free: metrics.Gauge(c.Metrics, "disk", "free_bytes", "Room on the fullest disk of the data directory.")}
	metrics.Gauge(c.Metrics, "disk", "floor_bytes", "Room below which no more records are taken.").Set(float64(c.Floor))
	return w
}

// Run looks until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		w.Look()
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// Look asks the disks once. Room counts as back when there is a tenth more than the
// floor, so that nobody is let in and out by turns.
func (w *Watch) Look() {
	var least uint64
	where := ""
	for _, dir := range w.cfg.Dirs {
		n, err := w.cfg.Free(dir)
		if err != nil {
			if !errors.Is(err, os.ErrNotExist) {
				w.cfg.Log.Warn("the room on a disk can't be asked for", "dir", dir, "error", err)
			}
			continue
		}
		if where == "" || n < least {
			least, where = n, dir
		}
	}
	if where == "" {
		return
	}
	w.free.Set(float64(least))
	w.mu.Lock()
	defer w.mu.Unlock()
	floor := w.cfg.Floor
	if w.low != nil {
		floor += floor / 10
	}
	if least >= floor {
		if w.low != nil {
			w.cfg.Log.Info("the disk has room again", "dir", where, "free", least)
		}
		w.low = nil
		return
	}
	if w.low == nil {
		w.cfg.Log.Error("no space left on the disk of "+where+"; no more records are taken", "free", least, "floor", w.cfg.Floor)
	}
	w.low = fmt.Errorf("no space left on the disk of %s: %d MiB are free, %d MiB are kept free", where, least>>20, w.cfg.Floor>>20)
}

// Wrote notes how a write below the data directory ended.
func (w *Watch) Wrote(err error) {
	if !Full(err) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.cfg.Now()
	if now.Sub(w.refused) > remembered {
		w.cfg.Log.Error("no space left on the disk of "+w.dir()+"; no more records are taken", "error", err)
	}
	w.refused = now
}

func (w *Watch) dir() string {
	if len(w.cfg.Dirs) == 0 {
		return "the hub"
	}
	return w.cfg.Dirs[0]
}

// Err is nil while there is room, else it names the disk.
func (w *Watch) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.low == nil && !w.refused.IsZero() && w.cfg.Now().Sub(w.refused) <= remembered {
		return errors.New("no space left on the disk of " + w.dir() + ": a write failed for want of it")
	}
	return w.low
}

// Full tells an error for want of room: of the disk, of a quota, of a file's size.
func Full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, errQuota)
}
