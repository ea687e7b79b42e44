package sink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drive feeds rows through sinks on one engine, each of which starts where the
// engine says and may be cut off at any time, until all rows are there.
func drive(t interface {
	Fatalf(string, ...any)
}, e *fakeEngine, total map[Partition]int64, lives []time.Duration, chunk int) {
	for life := 0; ; life++ {
		ctx, cancel := context.WithCancel(context.Background())
		if life < len(lives) {
			time.AfterFunc(lives[life], cancel)
		}
		cfg := quietConfig(e)
		cfg.MaxRows, cfg.PendingRows = 2*chunk, 6*chunk
		s, err := New(cfg)
		if err != nil {
			t.Fatalf("%v", err)
		}
		for e.Quiet(ctx) != nil && ctx.Err() == nil {
		}
		var have Positions
		for have, err = e.Positions(ctx, nil); err != nil && ctx.Err() == nil; have, err = e.Positions(ctx, nil) {
		}
		var wg sync.WaitGroup
		wg.Go(func() { _ = s.Run(ctx) })
		for p, n := range total {
			wg.Go(func() {
				for i := have.After(p); i < n; {
					to := min(i+int64(chunk), n)
					if s.Append(ctx, &Chunk{FeedOffset: -1}, func(b *Block) {
						for ; i < to; i++ {
							b.Append(row(p.Topic, p.Partition, i))
						}
					}) != nil {
						return
					}
				}
			})
		}
		done := func() bool {
			e.mu.Lock()
			defer e.mu.Unlock()
			for p, n := range total {
				if e.have.After(p) < n {
					return false
				}
			}
			return true
		}
		for end := time.Now().Add(20 * time.Second); !done() && ctx.Err() == nil; {
			if time.Now().After(end) {
				t.Fatalf("not everything is stored: %v", e.have)
			}
			time.Sleep(200 * time.Microsecond)
		}
		finished := done()
		cancel()
		wg.Wait()
		if finished {
			return
		}
	}
}

func once(t interface {
	Fatalf(string, ...any)
}, e *fakeEngine, total map[Partition]int64) {
	n := int64(0)
	for k, c := range e.rows {
		if c != 1 {
			t.Fatalf("row %s stands %d times; sent %q", k, c, e.sent)
		}
	}
	for _, x := range total {
		n += x
	}
	if int64(len(e.rows)) != n {
		t.Fatalf("%d rows of %d", len(e.rows), n)
	}
}

func TestEachFailureOnce(t *testing.T) {
	total := map[Partition]int64{{"a", 0}: 40, {"b", 3}: 25}
	for f := acked; f < fates; f++ {
		t.Run(fmt.Sprint(f), func(t *testing.T) {
			e := newFake()
			n := 0
			e.next = func() fate {
				if n++; n == 1 {
					return f
				}
				return acked
			}
			drive(t, e, total, nil, 5)
			once(t, e, total)
		})
	}
}

// An acknowledgement after a doubt proves nothing: the token may be burnt.
func TestBurntTokenGetsANewGeneration(t *testing.T) {
	e := newFake()
	n := 0
	e.next = func() fate {
		if n++; n == 1 {
			return burnt
		}
		return acked
	}
	total := map[Partition]int64{{"a", 0}: 5}
	drive(t, e, total, nil, 5)
	once(t, e, total)
	if len(e.sent) != 3 || e.sent[0] != e.sent[1] || e.sent[1] == e.sent[2] {
		t.Errorf("sent %q: want the own token again, then a new one", e.sent)
	}
}

// Whatever happens to insertions and questions, and whenever the process ends,
// every row is there once.
func TestEveryRowOnceWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := newFake()
		plan := rapid.SliceOfN(rapid.IntRange(0, int(fates)-1), 0, 12).Draw(t, "fates")
		asks := rapid.SliceOfN(rapid.Bool(), 0, 12).Draw(t, "questions fail")
		e.next = func() fate {
			if len(plan) == 0 {
				return acked
			}
			f := plan[0]
			plan = plan[1:]
			return fate(f)
		}
		e.away = func() bool {
			if len(asks) == 0 {
				return false
			}
			f := asks[0]
			asks = asks[1:]
			return f
		}
		total := map[Partition]int64{}
		for i := range rapid.IntRange(1, 3).Draw(t, "partitions") {
			total[Partition{"t", uint16(i)}] = int64(rapid.IntRange(1, 60).Draw(t, "rows"))
		}
		var lives []time.Duration
		for range rapid.IntRange(0, 3).Draw(t, "restarts") {
			lives = append(lives, time.Duration(rapid.IntRange(0, 3000).Draw(t, "life"))*time.Microsecond)
		}
		drive(t, e, total, lives, rapid.IntRange(1, 9).Draw(t, "chunk"))
		once(t, e, total)
	})
}

func TestDoubtNeverEndsByAcknowledgement(t *testing.T) {
	lost := errors.New("lost")
	var d doubt
	steps := []step{d.sent(lost), d.quieted(lost), d.quieted(nil), d.asked(lost, 0), d.quieted(nil), d.asked(nil, 3), d.sent(nil),
		d.quieted(nil), d.asked(nil, 3), d.sent(nil), d.quieted(nil), d.asked(nil, 0)}
	want := []step{quiet, quiet, ask, quiet, ask, send, quiet, ask, send, quiet, ask, settled}
	if !slices.Equal(steps, want) || d.generation != 1 {
		t.Errorf("got %v, generation %d; want %v", steps, d.generation, want)
	}
	if d = (doubt{}); d.sent(nil) != settled {
		t.Error("without a doubt the acknowledgement counts")
	}
}

func TestPartlyStoredBlockLosesItsStoredRows(t *testing.T) {
	b := newBlock()
	for i := range int64(4) {
		b.Append(row("a", 0, i))
		b.Append(row("b", 1, i))
	}
	if n := b.keepAbsent(Positions{{"a", 0}: 3}); n != 4 {
		t.Fatalf("%d rows left", n)
	}
	keys, _, _ := content(b.Input())
	if want := []string{"b/1@0=0", "b/1@1=1", "b/1@2=2", "b/1@3=3"}; !slices.Equal(keys, want) {
		t.Errorf("left %q", keys)
	}
	if n := b.keepAbsent(Positions{{"b", 1}: 1}); n != 2 {
		t.Errorf("%d rows left", n)
	}
}

func TestNothingIsStoredBeforeItIsTold(t *testing.T) {
	e := newFake()
	cfg := quietConfig(e)
	told := make(chan struct{})
	cfg.Feed = func(ctx context.Context, cs []*Chunk) error {
		select {
		case <-told:
		case <-ctx.Done():
			return ctx.Err()
		}
		for i, c := range cs {
			c.FeedOffset = int64(10 + i)
		}
		return nil
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Run(ctx) })
	for i := range int64(3) {
		_ = s.Append(ctx, &Chunk{FeedOffset: -1}, func(b *Block) { b.Append(row("a", 0, i)) })
	}
	time.Sleep(20 * time.Millisecond)
	e.mu.Lock()
	if len(e.rows) > 0 {
		t.Error("stored before it was told")
	}
	e.mu.Unlock()
	close(told)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		e.mu.Lock()
		n := len(e.rows)
		e.mu.Unlock()
		if n == 3 {
			break
		}
	}
	cancel()
	wg.Wait()
	once(t, e, map[Partition]int64{{"a", 0}: 3})
}

func TestRowsWaitForRoom(t *testing.T) {
	e := newFake()
	var open atomic.Bool
	e.next = func() fate {
		if open.Load() {
			return acked
		}
		return refused
	}
	cfg := quietConfig(e)
	cfg.MaxRows, cfg.PendingRows = 10, 30
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { _ = s.Run(ctx) }()
	var appended atomic.Int64
	go func() {
		for i := range int64(100) {
			if s.Append(ctx, &Chunk{FeedOffset: -1}, func(b *Block) { b.Append(row("a", 0, i)) }) != nil {
				return
			}
			appended.Add(1)
		}
	}()
	time.Sleep(50 * time.Millisecond)
	if n := appended.Load(); n != 30 {
		t.Errorf("%d rows taken while nothing is stored, want 30", n)
	}
	if s.Stuck().IsZero() {
		t.Error("does not say that it fails")
	}
	open.Store(true)
	for end := time.Now().Add(10 * time.Second); appended.Load() < 100 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := appended.Load(); n != 100 {
		t.Errorf("%d rows taken", n)
	}
}

// What is told behind the feed holds up storing and never the feed; it hears all
// chunks in their order.
func TestCase_P6_TellingHoldsUpNoFeed(t *testing.T) {
	e := newFake()
	cfg := quietConfig(e)
	open := make(chan struct{})
	var fed atomic.Int64
	cfg.Feed = func(_ context.Context, cs []*Chunk) error { fed.Add(int64(len(cs))); return nil }
	var told []int
	cfg.Tell = func(ctx context.Context, cs []*Chunk) error {
		select {
		case <-open:
		case <-ctx.Done():
			return ctx.Err()
		}
		for _, c := range cs {
			told = append(told, c.Payload.(int))
		}
		return nil
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.Run(ctx) })
	const n = 5
	for i := range int64(n) {
		_ = s.Append(ctx, &Chunk{Payload: int(i), FeedOffset: -1}, func(b *Block) { b.Append(row("a", 0, i)) })
		for end := time.Now().Add(10 * time.Second); fed.Load() <= i && time.Now().Before(end); time.Sleep(time.Millisecond) {
		}
	}
	if fed.Load() != n {
		t.Errorf("%d of %d fed while nobody was told", fed.Load(), n)
	}
	time.Sleep(20 * time.Millisecond)
	e.mu.Lock()
	if len(e.rows) > 0 {
		t.Error("stored before it was told")
	}
	e.mu.Unlock()
	close(open)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		e.mu.Lock()
		stored := len(e.rows)
		e.mu.Unlock()
		if stored == n {
			break
		}
	}
	cancel()
	wg.Wait()
	once(t, e, map[Partition]int64{{"a", 0}: n})
	if !slices.Equal(told, []int{0, 1, 2, 3, 4}) {
		t.Errorf("told %v", told)
	}
}
