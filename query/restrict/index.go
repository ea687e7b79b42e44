package restrict

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/clickhouse"
	"credithub/query/restrict/memory"
	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// Config says where the index takes its content from.
type Config struct {
	Policy   *policy.Policy // required
	Snapshot Snapshot       // required; see ClickHouse
	Log      Log            // required; see Kafka

	WaitLimit  time.Duration         // how long WaitFor waits; 2 s when zero
	AwayLimit  time.Duration         // how long the log may be out of reach before Ready turns false; 10 s when zero
	RetryFirst time.Duration         // wait before the first new attempt after an error, doubling; 100 ms when zero
	RetryMost  time.Duration         // longest wait between attempts; 5 s when zero
	Now        func() time.Time      // time.Now when nil
	Logger     *slog.Logger          // slog.Default when nil
	Metrics    prometheus.Registerer // not registered when nil
}

// Validate joins everything that is wrong with the configuration.
func (c *Config) Validate() error {
	var errs []error
	if c.Policy == nil {
		errs = append(errs, errors.New("no policy"))
	}
	if c.Snapshot == nil {
		errs = append(errs, errors.New("no snapshot source"))
	}
	if c.Log == nil {
		errs = append(errs, errors.New("no log"))
	}
	if c.WaitLimit < 0 || c.AwayLimit < 0 || c.RetryFirst < 0 || c.RetryMost < 0 {
		errs = append(errs, errors.New("negative duration"))
	}
	if len(errs) > 0 {
		return fmt.Errorf("restrict: configuration: %w", errors.Join(errs...))
	}
	return nil
}

// Index is the restriction index of one node. Check, Lookup, Subject, WaitFor,
// Receipt, Fresh, Sources and Ready may be called by any number of goroutines;
// Run is called once.
type Index struct {
	policy     *policy.Policy
	snapshot   Snapshot
	log        Log
	waitLimit  time.Duration
	awayLimit  time.Duration
	retryFirst time.Duration
	retryMost  time.Duration
	now        func() time.Time
	logger     *slog.Logger
	met        *metrics

	cur     atomic.Pointer[state]
	damaged atomic.Bool // the snapshot can't be read back from the disk of ClickHouse

	away [2]atomic.Int64 // unix ns since when a tail has been away, 0 when it's there

	entries  sync.Mutex // one writer of entries
	subjects sync.Mutex // one writer of subjects
}

// state is one generation of everything the index knows. A new snapshot makes
// a new one.
type state struct {
	live     bool // has been caught up once; false for the one at birth
	policy   *policy.Policy
	subjects memory.Subjects
	entries  *memory.Entries // that are or can come into force, or that a bar outlives
	facts    *memory.Facts
	seq      uint64 // every EntryMessage below this Seq has been applied
	progress progress
	sources  *sources
	replaced chan struct{} // closed when another state has taken its place
}

func newState(p *policy.Policy, now func() time.Time) *state {
	st := &state{policy: p, entries: memory.NewEntries(), facts: memory.NewFacts(p.Facts), sources: newSources(p, now), replaced: make(chan struct{})}
	st.progress.now.Store(newApplied(nil))
	return st
}

// Open makes an index that knows nothing and is not ready. Run fills it.
func Open(c Config) (*Index, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	x := &Index{
		policy: c.Policy, snapshot: c.Snapshot, log: c.Log,
		waitLimit:  cmp.Or(c.WaitLimit, 2*time.Second),
		awayLimit:  cmp.Or(c.AwayLimit, 10*time.Second),
		retryFirst: cmp.Or(c.RetryFirst, 100*time.Millisecond),
		retryMost:  cmp.Or(c.RetryMost, 5*time.Second),
		now:        c.Now, logger: cmp.Or(c.Logger, slog.Default()),
	}
	if x.now == nil {
		x.now = time.Now
	}
	x.cur.Store(newState(c.Policy, x.now))
	x.met = newMetrics(c.Metrics, x)
	return x, nil
}

// publish makes a caught-up state the current one.
func (x *Index) publish(st *state) {
	st.live = true
	old := x.cur.Swap(st)
	if old != st {
		close(old.replaced)
	}
}

// Ready tells whether the index may answer, and if not, why: it must have been
// caught up once, and the log must not have been out of reach for longer than
// Config.AwayLimit. While it isn't ready, callers must answer
// fault.Unavailable. It costs a few loads when all is well.
func (x *Index) Ready() (bool, []string) {
	var reasons []string
	switch live := x.cur.Load().live; {
	case !live && x.damaged.Load():
		reasons = append(reasons, clickhouse.DamagedHint)
	case !live:
		reasons = append(reasons, "restriction index is catching up")
	}
	for i := range x.away {
		since := x.away[i].Load()
		if since == 0 {
			continue
		}
		if d := x.now().Sub(time.Unix(0, since)); d > x.awayLimit {
			reasons = append(reasons, fmt.Sprintf("%s has been out of reach for %s", tails[i], d.Round(time.Second)))
		}
	}
	return len(reasons) == 0, reasons
}

// Receipt names the log positions applied so far. Whoever takes it before a
// Check knows that the answer reflects it; Check puts it in the Decision.
func (x *Index) Receipt() string { return x.cur.Load().progress.now.Load().receipt() }

// Check answers for one code at a matter; m must come from the index's policy.
// See CheckInto.
func (x *Index) Check(code string, m *policy.Matter, at time.Time) Decision {
	var d Decision
	x.CheckInto(&d, code, m, at, math.MaxInt)
	return d
}

// CheckInto is Check that reuses the slices of dst. The answer is for the
// present: at is the caller's now, and entries that ended before it may be
// absent. Hits keep code and alias the index's memory; both may be kept. It
// takes no lock and allocates only when dst's slices are too short, the id of
// a hit that holds the code, and the evidence of a hit that is no entry.
//
// It is false, and dst is no answer and holds no hits, when there are more than most.
func (x *Index) CheckInto(dst *Decision, code string, m *policy.Matter, at time.Time, most int) bool {
	mustMatter(m)
	st := x.cur.Load()
	*dst = Decision{Hits: dst.Hits[:0], Stale: dst.Stale[:0], Unconnected: dst.Unconnected[:0], At: at,
		Receipt: st.progress.now.Load().receipt()} // before anything is looked up
	day := civil.DateOf(at)
	key := memory.KeyOf(code)
	var e list.Entry
	for rest := st.entries.Of(key); len(rest) > 0; {
		rules := x.policy.Rules(m, rest.List())
		if len(rules) == 0 {
			rest = st.entries.Skip(rest)
			continue
		}
		rest = st.entries.Next(&e, rest, key)
		if dst.Hits = bear(dst.Hits, &e, rules, day); len(dst.Hits) > most {
			return dst.unanswered()
		}
	}
	if x.policy.RestsOnFacts(m) {
		if dst.Hits = st.testify(dst.Hits, key, m, day, most); len(dst.Hits) > most {
			return dst.unanswered()
		}
	}
	dst.Subject = st.subjects.Of(key)
	st.sources.uncertain(dst, m, day)
	dst.conclude()
	return true
}

// unanswered makes a decision of which the hits are too many one that nobody made.
func (d *Decision) unanswered() bool {
	*d = Decision{Hits: d.Hits[:0], Stale: d.Stale[:0], Unconnected: d.Unconnected[:0]}
	return false
}

// Still runs f while nothing is applied, and gives what Checks in it reflect exactly:
// every position up to through and nothing behind it, and of entries the states
// below a Seq. It holds up the writers, so that it is for those alone who read more
// of the same age elsewhere; a Check needs none of it.
func (x *Index) Still(f func()) (through []receipt.Position, entriesBelow uint64) {
	x.subjects.Lock() // first: a decision waits for what follows, not for a load of subjects
	defer x.subjects.Unlock()
	x.entries.Lock()
	defer x.entries.Unlock()
	for {
		st := x.cur.Load()
		f()
		if x.cur.Load() != st {
			continue // another snapshot took its place
		}
		through = slices.Clone(st.progress.now.Load().at)
		if st.seq > 0 { // an entry counts before the progress that follows it says so
			through = receipt.Merge(append(through, receipt.Position{Domain: record.Decision, Offset: feed.SeqOffset(st.seq - 1)}))
		}
		return through, st.seq
	}
}

// Lookup gives the entries on a code that are or can come into force by the
// passing of days; those that have exited, are suspended or not yet so far are
// in query/store only.
func (x *Index) Lookup(code string) []list.Entry { return x.AppendEntries(nil, code) }

// AppendEntries is Lookup that appends to dst.
func (x *Index) AppendEntries(dst []list.Entry, code string) []list.Entry {
	st := x.cur.Load()
	var e list.Entry
	key := memory.KeyOf(code)
	for rest := st.entries.Of(key); len(rest) > 0; {
		if rest = st.entries.Next(&e, rest, key); e.State == list.InForce {
			dst = append(dst, e)
		}
	}
	return dst
}

// Subject tells what is known of a code.
func (x *Index) Subject(code string) SubjectState {
	return x.cur.Load().subjects.Of(memory.KeyOf(code))
}

// SourceState is when a source was last heard.
type SourceState struct {
	policy.Source
	LastReceivedAt time.Time // zero when never
	Fresh          bool      // within its period; false when never heard
}

// Sources lists all sources of the policy with their freshness at an instant.
func (x *Index) Sources(at time.Time) []SourceState {
	s := x.cur.Load().sources
	out := make([]SourceState, len(s.all))
	for i, src := range s.all {
		out[i] = SourceState{Source: src, Fresh: s.fresh(i, at.UnixMilli())}
		if ms := s.last[i].Load(); ms != never {
			out[i].LastReceivedAt = time.UnixMilli(ms).UTC()
		}
	}
	return out
}

// Fresh tells whether a source has reported within its period; false for one
// that was never heard or that the policy doesn't know.
func (x *Index) Fresh(src policy.Source, at time.Time) bool {
	s := x.cur.Load().sources
	i, ok := s.index[src]
	return ok && s.fresh(i, at.UnixMilli())
}
