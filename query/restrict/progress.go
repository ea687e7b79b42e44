package restrict

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// applied is how far the log has been applied at one moment. It never changes;
// progress makes another one and closes next.
type applied struct {
	at      []receipt.Position // sorted as receipt.Merge sorts
	encoded atomic.Pointer[string]
	next    chan struct{}
}

func newApplied(ps []receipt.Position) *applied {
	return &applied{at: receipt.Merge(slices.Clone(ps)), next: make(chan struct{})}
}

// offset is the last offset applied of a partition, -1 when none.
func (a *applied) offset(d record.Domain, partition uint16) int64 {
	i, found := slices.BinarySearchFunc(a.at, receipt.Position{Domain: d, Partition: partition},
		func(x, y receipt.Position) int {
			if x.Domain != y.Domain {
				return int(x.Domain) - int(y.Domain)
			}
			return int(x.Partition) - int(y.Partition)
		})
	if !found {
		return -1
	}
	return a.at[i].Offset
}

// reaches tells whether every position has been applied. Of a topic that has one
// partition no other is ever read, so nothing there can have been applied.
func (a *applied) reaches(ps []receipt.Position) bool {
	for _, p := range ps {
		if p.Domain == record.Decision && p.Partition != 0 || a.offset(p.Domain, p.Partition) < p.Offset {
			return false
		}
	}
	return true
}

// receipt is encoded once, by the first who asks.
func (a *applied) receipt() string {
	if s := a.encoded.Load(); s != nil {
		return *s
	}
	s := receipt.Encode(a.at)
	a.encoded.Store(&s)
	return s
}

// progress is the moving end of applied.
type progress struct {
	now   atomic.Pointer[applied]
	write sync.Mutex // between the writer of entries and that of subjects
}

// advance raises positions, never lowers one, and wakes who waits.
func (p *progress) advance(ps []receipt.Position) {
	p.write.Lock()
	defer p.write.Unlock()
	old := p.now.Load()
	if old.reaches(ps) {
		return
	}
	p.now.Store(newApplied(append(slices.Clone(old.at), ps...)))
	close(old.next)
}

// sources is when each unit last reported each domain.
type sources struct {
	all    []policy.Source
	index  map[policy.Source]int
	last   []atomic.Int64 // unix ms, never when not heard
	matter [][]int        // sources of each matter
	period []int64        // seconds
	since  []civil.Date   // connected since; NoDate where nobody says, notConnected
	now    func() time.Time
}

// notConnected is later than any day.
const notConnected = civil.Date(1<<31 - 1)

func newSources(p *policy.Policy, now func() time.Time) *sources {
	s := &sources{index: map[policy.Source]int{}, now: now}
	add := func(src policy.Source) int {
		i, ok := s.index[src]
		if !ok {
			i = len(s.all)
			s.index[src] = i
			s.all = append(s.all, src)
			s.period = append(s.period, p.Period(src.Unit, src.Domain))
			since := civil.NoDate
			if c := p.Connection(src); c != nil {
				since = c.Since
			} else if !p.Connected(src, notConnected) {
				since = notConnected
			}
			s.since = append(s.since, since)
		}
		return i
	}
	for _, u := range p.Units {
		for _, d := range record.Domains() {
			if p.MayPush(u.Code, d) && (d != record.Decision || len(u.Lists) > 0) {
				add(policy.Source{Unit: u.Code, Domain: d})
			}
		}
	}
	s.matter = make([][]int, len(p.Matters))
	for _, m := range p.Matters {
		for _, src := range p.Sources(m) {
			s.matter[m.Index] = append(s.matter[m.Index], add(src))
		}
	}
	s.last = make([]atomic.Int64, len(s.all))
	return s
}

// heard notes a sign of life; false when the policy knows no such source. A
// report never makes a source older, but one that lies ahead of the clock, which
// ran ahead when it came, gives way to any other.
func (s *sources) heard(src policy.Source, at time.Time) bool {
	i, ok := s.index[src]
	if !ok {
		return false
	}
	ms, now := unixMilli(at), s.now().UnixMilli()
	if ahead(ms, now) {
		return true
	}
	for {
		old := s.last[i].Load()
		if ms <= old && !ahead(old, now) || s.last[i].CompareAndSwap(old, ms) {
			return true
		}
	}
}

func (s *sources) fresh(i int, atMs int64) bool {
	return fresh(s.last[i].Load(), s.period[i], atMs)
}

// uncertain puts the sources of a matter that are silent or not connected into a
// decision.
func (s *sources) uncertain(d *Decision, m *policy.Matter, day civil.Date) {
	ms := d.At.UnixMilli()
	for _, i := range s.matter[m.Index] {
		switch {
		case s.since[i] > day:
			d.Unconnected = append(d.Unconnected, s.all[i])
		case !s.fresh(i, ms):
			d.Stale = append(d.Stale, s.all[i])
		}
	}
}

// errNotCaughtUp is what WaitFor answers after waiting in vain.
func errNotCaughtUp() error {
	return fault.New(fault.NotCaughtUp, "the node has not yet applied the push that the receipt names")
}

// WaitFor returns when every position has been applied, so that every Check
// begun afterwards reflects it. It waits as long as Config.WaitLimit, then
// answers a fault.NotCaughtUp. It takes no lock and doesn't poll. An end of ctx
// before that answers fault.Timeout.
func (x *Index) WaitFor(ctx context.Context, ps []receipt.Position) error {
	st := x.cur.Load()
	now := st.progress.now.Load()
	if now.reaches(ps) {
		return nil
	}
	limit := time.NewTimer(x.waitLimit)
	defer limit.Stop()
	for {
		select {
		case <-now.next:
		case <-st.replaced:
		case <-limit.C:
			x.met.notCaughtUp.Inc()
			return errNotCaughtUp()
		case <-ctx.Done():
			return fault.Wrap(fault.Timeout, ctx.Err(), "waiting for the receipt")
		}
		st = x.cur.Load()
		now = st.progress.now.Load()
		if now.reaches(ps) {
			return nil
		}
	}
}
