package restrict

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// running opens an index on a world and runs it until the test ends.
func running(t *testing.T, w *world, change func(*Config)) *Index {
	t.Helper()
	c := Config{Policy: testPolicy(t), Snapshot: w, Log: w, Logger: quiet(), RetryFirst: time.Millisecond, RetryMost: 5 * time.Millisecond}
	if change != nil {
		change(&c)
	}
	x, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = x.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return x
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func ready(x *Index) func() bool { return func() bool { ok, _ := x.Ready(); return ok } }

// Whoever pushes, waits for the receipt and asks, gets the push or something
// newer, on every node, while the ingestor is killed, nodes start, the log
// fails, and readers ask all the time.
func TestNoOlderTruth(t *testing.T) {
	w := newWorld()
	rng := rand.New(rand.NewPCG(3, 4))
	w.fail = func() error {
		if rng.IntN(20) == 0 {
			return errors.New("broker is away")
		}
		return nil
	}
	nodes := []*Index{running(t, w, nil), running(t, w, nil)}
	first := slices.Clone(nodes)
	m := testPolicy(t).Matter("SIMPLE_DEREGISTRATION")
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Add(2)
	go func() { // the ingestor
		defer wg.Done()
		rng := rand.New(rand.NewPCG(5, 6))
		for !stop.Load() {
			w.mu.Lock()
			switch rng.IntN(12) {
			case 0:
				w.kill()
			case 1:
				w.decide(3, rng.IntN(4))
			case 2, 3:
				w.storeEntries()
				w.storeRecords()
			case 4:
				for p := range w.took {
					w.took[p].store()
				}
			default:
				w.decide(1+rng.IntN(3), 99)
				w.take(rng.IntN(partitions), 1+rng.IntN(3))
			}
			w.mu.Unlock()
			time.Sleep(50 * time.Microsecond)
		}
	}()
	go func() { // readers of anything
		defer wg.Done()
		var d Decision
		for i := 0; !stop.Load(); i++ {
			x := first[i%2]
			x.CheckInto(&d, worldCodes[i%len(worldCodes)], m, noon, math.MaxInt)
			if d.Receipt == "" || d.Outcome == NoOutcome {
				t.Error("no answer")
			}
			x.Sources(noon)
		}
	}()
	for i := range 250 {
		id, code := fmt.Sprint("E-", i%7), worldCodes[i%len(worldCodes)]
		w.mu.Lock()
		offset := int64(len(w.decisions))
		w.decisions = append(w.decisions, decision{id: id, code: code, state: list.InForce})
		w.mu.Unlock()
		if i == 120 {
			nodes = append(nodes, running(t, w, nil)) // one that starts late
		}
		for n, x := range nodes {
			err := x.WaitFor(t.Context(), []receipt.Position{{Domain: record.Decision, Offset: offset}})
			if err != nil {
				t.Fatalf("node %d, push %d: %v", n, i, err)
			}
			found := slices.ContainsFunc(x.Check(code, m, noon).Hits, func(h Hit) bool {
				return h.Entry.ID == id && h.Entry.DocumentNo == fmt.Sprint(offset) && h.Entry.USCC == code
			})
			if !found {
				t.Fatalf("node %d answers without push %d: %+v", n, i, x.Lookup(code))
			}
		}
	}
	stop.Store(true)
	wg.Wait()
}

func TestWaitingInVainIsNotCaughtUp(t *testing.T) {
	w := newWorld()
	x := running(t, w, func(c *Config) { c.WaitLimit = 30 * time.Millisecond })
	eventually(t, "ready", ready(x))
	err := x.WaitFor(t.Context(), []receipt.Position{{Domain: record.Decision, Offset: 0}})
	var fe *fault.Error
	if !errors.As(err, &fe) || fe.Kind != fault.NotCaughtUp {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = x.WaitFor(ctx, []receipt.Position{{Domain: record.Tax, Partition: 3, Offset: 9}})
	if !errors.As(err, &fe) || fe.Kind != fault.Timeout {
		t.Errorf("got %v", err)
	}
	if err := x.WaitFor(t.Context(), nil); err != nil {
		t.Errorf("nothing to wait for: %v", err)
	}
}

func TestReadyOnlyWhenCaughtUp(t *testing.T) {
	w := newWorld()
	w.decisions = []decision{{id: "E", code: worldCodes[0], state: list.InForce}}
	w.decide(1, 9)
	broken := true
	w.fail = func() error {
		if broken {
			return errors.New("broker is away")
		}
		return nil
	}
	now := atomic.Int64{}
	now.Store(noon.UnixNano())
	x := running(t, w, func(c *Config) {
		c.AwayLimit = time.Minute
		c.Now = func() time.Time { return time.Unix(0, now.Load()) }
	})
	if ok, reasons := x.Ready(); ok || !strings.Contains(strings.Join(reasons, ";"), "catching up") {
		t.Errorf("ready before it is: %v", reasons)
	}
	if d := x.Check(worldCodes[0], testPolicy(t).Matters[0], noon); d.Outcome == Clear {
		t.Error("CLEAR before anything is known")
	}
	set := func(b bool) { w.mu.Lock(); broken = b; w.mu.Unlock() }
	set(false)
	eventually(t, "ready", ready(x))
	if len(x.Lookup(worldCodes[0])) != 1 {
		t.Error("ready without what the log held")
	}
	set(true)
	eventually(t, "away", func() bool { return x.away[entriesTail].Load() != 0 && x.away[subjectsTail].Load() != 0 })
	if ok, _ := x.Ready(); !ok {
		t.Error("a moment's absence of the log is no reason")
	}
	now.Add(int64(2 * time.Minute))
	if ok, reasons := x.Ready(); ok || len(reasons) != 2 {
		t.Errorf("ready though the log has been away for minutes: %v", reasons)
	}
	if len(x.Lookup(worldCodes[0])) != 1 {
		t.Error("what is known stays")
	}
	set(false)
	eventually(t, "ready again", ready(x))
}

// When retention has dropped what a node had not read yet, a new snapshot takes
// its place, and who waits is told.
func TestDroppedLogLeadsToANewSnapshot(t *testing.T) {
	w := newWorld()
	x := running(t, w, nil)
	eventually(t, "ready", ready(x))
	w.mu.Lock()
	for i := range 5 {
		w.decisions = append(w.decisions, decision{id: fmt.Sprint("E", i), code: worldCodes[0], state: list.InForce})
	}
	w.decide(5, 99)
	w.storeEntries()
	w.storeRecords()
	w.trimmed = [2]int64{int64(len(w.feeds[0])), 0}
	w.mu.Unlock()
	if err := x.WaitFor(t.Context(), []receipt.Position{{Domain: record.Decision, Offset: 4}}); err != nil {
		t.Fatal(err)
	}
	if n := len(x.Lookup(worldCodes[0])); n != 5 {
		t.Errorf("%d entries", n)
	}
}

// The start may name messages that could be under way but are dropped already:
// then the log's first is where to begin.
func TestSubjectsUnderWayMayBeDropped(t *testing.T) {
	w := newWorld()
	w.changes[0] = []fact{{code: worldCodes[0], to: Known}, {code: worldCodes[3], to: Known}}
	w.take(0, 1)
	w.took[0].store()
	for range 3 {
		w.send(subjectsTail, feed.SubjectsMessage{})
	}
	w.trimmed[subjectsTail] = 3
	x := running(t, w, nil)
	eventually(t, "ready", ready(x))
	if x.Subject(worldCodes[0]) != Known {
		t.Error("snapshot lost")
	}
}

func TestALogThatEndsBeforeWhatIsStoredIsRefused(t *testing.T) {
	w := newWorld()
	w.decisions = []decision{{id: "E", code: worldCodes[0], state: list.InForce}}
	w.decide(1, 9)
	w.storeEntries()
	w.storeRecords()
	w.feeds[entriesTail] = nil
	x, err := Open(Config{Policy: testPolicy(t), Snapshot: w, Log: w, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := x.load(t.Context()); err == nil {
		t.Error("goes on behind the end of the log")
	}
}

func TestSourcesReportFreshness(t *testing.T) {
	w := newWorld()
	x := running(t, w, nil)
	eventually(t, "ready", ready(x))
	src := policy.Source{Unit: "MOF", Domain: record.Decision}
	if x.Fresh(src, noon) {
		t.Error("fresh without ever having reported")
	}
	m := testPolicy(t).Matter("GOVERNMENT_PROCUREMENT")
	x.ApplySubjects(&feed.SubjectsMessage{Known: worldCodes[0]})
	if d := x.Check(worldCodes[0], m, noon); d.Outcome != SourceStale || !slices.Contains(d.Stale, src) {
		t.Errorf("%s, silent: %v", d.Outcome, d.Stale)
	}
	var reports []feed.Report
	for _, s := range testPolicy(t).Sources(m) {
		reports = append(reports, feed.Report{Unit: s.Unit, Domain: s.Domain.String(), At: noon.Add(-time.Hour)})
	}
	reports = append(reports, feed.Report{Unit: "NOBODY", Domain: "decision", At: noon})
	x.Apply(&feed.EntryMessage{Progress: &feed.Progress{Reports: reports,
		Through: []receipt.Position{{Domain: record.Decision, Offset: 7}}}})
	d := x.Check(worldCodes[0], m, noon)
	if d.Outcome != Clear || len(d.Stale) > 0 {
		t.Errorf("%s, silent: %v", d.Outcome, d.Stale)
	}
	if ps, err := receipt.Parse(d.Receipt); err != nil || len(ps) != 1 || ps[0].Offset != 7 || d.Receipt != x.Receipt() {
		t.Errorf("receipt %v %v", ps, err)
	}
	if !x.Fresh(src, noon) || x.Fresh(src, noon.AddDate(0, 0, 30)) {
		t.Error("freshness lasts as long as the period")
	}
	for _, s := range x.Sources(noon) {
		if s.Source == src && (!s.Fresh || !s.LastReceivedAt.Equal(noon.Add(-time.Hour))) {
			t.Errorf("%+v", s)
		}
	}
}

func TestConfigurationIsCheckedWhole(t *testing.T) {
	_, err := Open(Config{WaitLimit: -1})
	for _, want := range []string{"policy", "snapshot", "log", "duration"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %s in %v", want, err)
		}
	}
}

func TestChecksDontAllocate(t *testing.T) {
	w := newWorld()
	x := running(t, w, nil)
	eventually(t, "ready", ready(x))
	p := testPolicy(t)
	m := p.Matter("SIMPLE_DEREGISTRATION")
	e := inForce(list.L01)
	x.ApplySubjects(&feed.SubjectsMessage{Known: worldCodes[0] + worldCodes[1]})
	x.Apply(&feed.EntryMessage{ID: e.ID, USCC: worldCodes[1], Entry: e.Wire()})
	var d Decision
	for i, code := range worldCodes[:2] {
		x.CheckInto(&d, code, m, noon, math.MaxInt)
		if len(d.Hits) != i {
			t.Fatalf("%d hits", len(d.Hits))
		}
		if n := testing.AllocsPerRun(100, func() { x.CheckInto(&d, code, m, noon, math.MaxInt) }); n > 0 {
			t.Errorf("%d hits: %.0f allocations", i, n)
		}
	}
}
