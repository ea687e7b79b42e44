package sink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"credithub/deploy/platform/random"
	"credithub/deploy/platform/sleep"
)

// Chunk is what one fetch gave: rows that follow each other in a block, and what
// has to be told about them before they are stored.
type Chunk struct {
	// Payload is for Feed.
	Payload any
	// FeedOffset is where Feed told it; −1 for nowhere.
	FeedOffset int64

	block *Block
	upto  int
}

// Config of a Sink. Zero limits take the defaults.
type Config struct {
	Engine Engine
	// Feed tells the log about chunks of one block, in their order, and sets
	// their FeedOffset. It is called from one goroutine and tries again by itself; an
	// error ends Run.
	Feed func(ctx context.Context, chunks []*Chunk) error
	// Tell tells those who wait for nothing, after Feed and beside it: what comes
	// next is fed meanwhile. It is called and fails as Feed does; what it has not
	// told is not stored. nil: nobody.
	Tell   func(ctx context.Context, chunks []*Chunk) error
	Logger *slog.Logger
	// Registerer takes the metrics, under the label lane; nil for none.
	Registerer prometheus.Registerer
	Lane       string
	Now        func() time.Time

	MaxRows     int           // rows of a block; default 50,000, at most 60,000
	MaxBytes    int           // bytes of a block; default 48 MiB
	PendingRows int           // rows that may wait; default 3 × MaxRows
	Linger      time.Duration // how long rows wait for more of them; default 200 ms
	Idle        time.Duration // how long, when none come; default 20 ms
	Rest        time.Duration // how long nothing comes until memory is given back; default 10 s
	Timeout     time.Duration // of one insertion; default 60 s
	RetryFirst  time.Duration // default 50 ms
	RetryMost   time.Duration // default 2 s
}

func (c Config) withDefaults() (Config, error) {
	if c.Engine == nil || c.Feed == nil || c.Logger == nil || c.Now == nil {
		return c, errors.New("sink: engine, feed, logger and clock are needed")
	}
	c.MaxRows = cmp.Or(c.MaxRows, 50_000)
	c.MaxBytes = cmp.Or(c.MaxBytes, 48<<20)
	c.PendingRows = cmp.Or(c.PendingRows, 3*c.MaxRows)
	c.Linger = cmp.Or(c.Linger, 200*time.Millisecond)
	c.Idle = cmp.Or(c.Idle, 20*time.Millisecond)
	c.Rest = cmp.Or(c.Rest, 10*time.Second)
	c.Timeout = cmp.Or(c.Timeout, time.Minute)
	c.RetryFirst = cmp.Or(c.RetryFirst, 50*time.Millisecond)
	c.RetryMost = cmp.Or(c.RetryMost, 2*time.Second)
	if c.MaxRows < 1 || c.MaxRows > 60_000 {
		return c, fmt.Errorf("sink: %d rows a block, must be 1 … 60000", c.MaxRows)
	}
	return c, nil
}

// Sink gathers, feeds and stores. Append may be called by several goroutines.
type Sink struct {
	cfg    Config
	met    *counters
	writer string

	mu      sync.Mutex
	changed chan struct{} // closed and renewed when anything below changes
	open    *Block
	full    []*Block
	pending int // rows in open and full and under way
	unfed   []*Chunk
	untold  []*Chunk // fed
	free    []*Block
	last    time.Time // when rows came last
	failing time.Time // since when insertions fail; zero: they don't
	busy    time.Time // since when a block is being stored; zero: none is
	blocks  uint64
}

// New makes a Sink. Nothing moves before Run.
func New(cfg Config) (*Sink, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Sink{cfg: cfg, writer: random.Hex(8), changed: make(chan struct{})}
	s.met = newCounters(cfg.Registerer, cfg.Lane)
	return s, nil
}

// wake tells everybody who waits to look again. s.mu is held.
func (s *Sink) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// await waits until ok says so, which is asked with s.mu held; it returns with
// s.mu held.
func (s *Sink) await(ctx context.Context, ok func() bool) error {
	s.mu.Lock()
	for !ok() {
		c := s.changed
		s.mu.Unlock()
		select {
		case <-c:
		case <-ctx.Done():
			s.mu.Lock()
			return ctx.Err()
		}
		s.mu.Lock()
	}
	return nil
}

// Append waits for room, then lets f add the rows of one chunk. Everything f does
// is in the order of the block; f must be quick and may not call the sink. A chunk
// without rows is fed all the same.
func (s *Sink) Append(ctx context.Context, c *Chunk, f func(b *Block)) error {
	err := s.await(ctx, func() bool { return s.pending < s.cfg.PendingRows })
	defer s.mu.Unlock()
	if err != nil {
		return err
	}
	now := s.cfg.Now()
	if s.open == nil {
		s.open = s.newBlock()
		s.open.since = now
	}
	b := s.open
	before := b.rows
	f(b)
	c.block, c.upto = b, b.rows
	b.chunks = append(b.chunks, c)
	b.unfed++
	s.unfed = append(s.unfed, c)
	s.pending += b.rows - before
	s.met.pending.Set(float64(s.pending))
	s.last = now
	if b.rows >= s.cfg.MaxRows || b.Bytes() >= s.cfg.MaxBytes {
		s.full, s.open = append(s.full, b), nil
	}
	s.wake()
	return nil
}

func (s *Sink) newBlock() *Block {
	if n := len(s.free); n > 0 {
		b := s.free[n-1]
		s.free = s.free[:n-1]
		return b
	}
	return newBlock()
}

// Room tells whether Append would not wait.
func (s *Sink) Room() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending < s.cfg.PendingRows
}

// Stuck tells since when ClickHouse refuses rows or hasn't answered; zero when
// nothing waits for it.
func (s *Sink) Stuck() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.failing.IsZero() {
		return s.failing
	}
	return s.busy
}

// Run feeds and stores until ctx ends. What is not stored by then is lost to this
// Sink and read again from the log by the next one.
func (s *Sink) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	if s.cfg.Tell == nil {
		g.Go(func() error { return s.pass(ctx, &s.unfed, s.cfg.Feed, s.release) })
	} else {
		g.Go(func() error {
			return s.pass(ctx, &s.unfed, s.cfg.Feed, func(cs []*Chunk) { s.untold = append(s.untold, cs...) })
		})
		g.Go(func() error { return s.pass(ctx, &s.untold, s.cfg.Tell, s.release) })
	}
	g.Go(func() error { return s.storeAll(ctx) })
	return g.Wait()
}

// pass hands the chunks of a queue to f and then on, which holds s.mu.
func (s *Sink) pass(ctx context.Context, queue *[]*Chunk, f func(context.Context, []*Chunk) error, on func([]*Chunk)) error {
	for {
		if err := s.await(ctx, func() bool { return len(*queue) > 0 }); err != nil {
			s.mu.Unlock()
			return err
		}
		// What is told together is stored together, so that a place in the feed
		// that is stored stands for everything told up to it.
		q := *queue
		n := 1
		for n < len(q) && q[n].block == q[0].block {
			n++
		}
		chunks := q[:n:n]
		if *queue = q[n:]; len(*queue) == 0 {
			*queue = nil
		}
		s.mu.Unlock()
		if err := f(ctx, chunks); err != nil {
			return err
		}
		s.mu.Lock()
		on(chunks)
		s.wake()
		s.mu.Unlock()
	}
}

// release lets chunks be stored.
func (s *Sink) release(chunks []*Chunk) {
	for _, c := range chunks {
		c.Payload = nil
		c.block.unfed--
	}
}

func (s *Sink) storeAll(ctx context.Context) error {
	for {
		b, err := s.next(ctx)
		if err != nil {
			return err
		}
		rows := b.rows
		s.mu.Lock()
		s.busy = s.cfg.Now()
		s.mu.Unlock()
		if rows > 0 {
			if err := s.store(ctx, b); err != nil {
				return err
			}
		}
		b.reset()
		s.mu.Lock()
		s.busy = time.Time{}
		s.pending -= rows
		s.met.pending.Set(float64(s.pending))
		if len(s.free) < 3 {
			s.free = append(s.free, b)
		}
		s.wake()
		s.mu.Unlock()
	}
}

// rest gives the memory of blocks back when nothing has come for a while.
func (s *Sink) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending == 0 && s.open == nil {
		s.free = nil
	}
}

// next takes the next block: a full one, or the open one when it has waited long
// enough or no more rows come.
func (s *Sink) next(ctx context.Context) (*Block, error) {
	for {
		rest := time.AfterFunc(s.cfg.Rest, s.rest)
		err := s.await(ctx, func() bool { return len(s.full) > 0 || s.open != nil })
		rest.Stop()
		if err != nil {
			s.mu.Unlock()
			return nil, err
		}
		now := s.cfg.Now()
		var b *Block
		switch {
		case len(s.full) > 0:
			b = s.full[0]
			s.full = s.full[1:]
		case now.Sub(s.open.since) >= s.cfg.Linger || now.Sub(s.last) >= s.cfg.Idle:
			b, s.open = s.open, nil
		}
		if b == nil {
			wait := min(s.cfg.Linger-now.Sub(s.open.since), s.cfg.Idle-now.Sub(s.last))
			s.mu.Unlock()
			if !sleep.For(ctx, max(wait, time.Millisecond)) {
				return nil, ctx.Err()
			}
			continue
		}
		s.mu.Unlock()
		err = s.await(ctx, func() bool { return b.unfed == 0 })
		s.mu.Unlock()
		return b, err
	}
}

func appendNew(list []string, s string) []string {
	for _, x := range list {
		if x == s {
			return list
		}
	}
	return append(list, s)
}
