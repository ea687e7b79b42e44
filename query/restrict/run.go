package restrict

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sync/errgroup"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/sleep"
	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/record"
)

// The two tails.
const (
	entriesTail = iota
	subjectsTail
)

var tails = [2]string{feed.EntriesTopic, feed.SubjectsTopic}

// Run fills the index and keeps it until ctx ends; it returns then, with nil.
// It answers every error by trying again, for ever: what the index holds stays
// valid meanwhile, and Ready tells when it has been too long.
//
// # Why a snapshot and the tail make one truth
//
// Head is read first: for each partition p of the domains' topics, the offset
// O(p) of the last stored row and F(p), the offset of the feed message that
// spoke of it. Rows of a partition are stored in order and without gaps, and
// the message that speaks of rows is in the feed before they are stored.
//
//  1. The snapshot is cut at the head: Entries takes only versions whose Seq is
//     of a record at or before O(credit.decision), Subjects and Facts only rows at
//     or before O(p). Entry rows are stored before the block of records that they
//     come from, so all of them are there. Rows stored while the snapshot is
//     being read are left out. So the snapshot equals the effect of exactly the
//     records up to O, and O is where the applied positions start.
//  2. Everything after O is in the feed behind the place where reading starts.
//     credit.entries speaks of one partition, in order: after F. On
//     credit.subjects the partitions mix, and a message of one may stand before
//     F of another while its rows are not stored yet: see subjectsFrom.
//  3. Reading from further back than needed does no harm: an entry message
//     counts only if its Seq is above all applied, a subjects message only if it
//     leads some partition beyond what is applied. A message that reaches from
//     before O to beyond it speaks for its end, so its older part can't bring
//     back older truth.
//  4. An ingestor that was killed after it wrote to the feed and before its rows
//     were stored does the same records again: the same messages, later in the
//     log. By 3 they do nothing to who has seen them; who starts between the two
//     sees them for the first time, and until then stands at O, which its
//     receipts say.
//  5. The state is published only when both tails have reached the ends that the
//     feed had after the snapshot was read: a node answers only when caught up.
func (x *Index) Run(ctx context.Context) error {
	wait := backoff{first: x.retryFirst, most: x.retryMost}
	for ctx.Err() == nil {
		err := x.generation(ctx, &wait)
		if ctx.Err() != nil {
			break
		}
		x.damaged.Store(clickhouse.Damaged(err))
		x.logger.Warn("restriction index starts over from a snapshot", "error", err)
		x.met.retries.Inc()
		wait.sleep(ctx)
	}
	return nil
}

// generation loads one snapshot and follows the log until a new snapshot is
// needed. It never returns nil.
func (x *Index) generation(ctx context.Context, wait *backoff) error {
	began := x.now()
	st, from, ends, err := x.load(ctx)
	if err != nil {
		return err
	}
	x.met.snapshots.Inc()
	x.logger.Info("restriction index loaded from a snapshot", "known", st.subjects.Known(), "restricted", st.entries.Codes(),
		"entries", st.entries.Len(), "ms", x.now().Sub(began).Milliseconds())

	g, ctx := errgroup.WithContext(ctx)
	var caught sync.WaitGroup
	caught.Add(2)
	g.Go(func() error { return x.follow(ctx, st, entriesTail, from[entriesTail], ends[entriesTail], caught.Done) })
	g.Go(func() error {
		return x.follow(ctx, st, subjectsTail, from[subjectsTail], ends[subjectsTail], caught.Done)
	})
	all := make(chan struct{})
	go func() { caught.Wait(); close(all) }()
	g.Go(func() error {
		<-all
		if ctx.Err() == nil {
			x.publish(st)
			x.away[entriesTail].Store(0)
			x.away[subjectsTail].Store(0)
			wait.reset()
			x.logger.Info("restriction index caught up", "ms", x.now().Sub(began).Milliseconds())
		}
		return nil
	})
	return g.Wait()
}

// load reads a snapshot and says where to read on, and where the feed ended
// afterwards.
func (x *Index) load(ctx context.Context) (st *state, from, ends [2]int64, err error) {
	fail := func(what string, err error) (*state, [2]int64, [2]int64, error) {
		return nil, from, ends, fmt.Errorf("restrict: %s: %w", what, err)
	}
	h, err := x.snapshot.Head(ctx)
	if err != nil {
		return fail("read stored positions", err)
	}
	from[entriesTail] = entriesFrom(&h)
	if from[subjectsTail], err = x.subjectsFrom(ctx, &h); err != nil {
		return fail("read ends of the domains' topics", err)
	}
	st = newState(x.policy, x.now)
	if err := x.fill(ctx, st, &h); err != nil {
		return fail("read snapshot", err)
	}
	for i, topic := range tails {
		e, err := x.log.Ends(ctx, topic)
		if err != nil {
			return fail("read end of "+topic, err)
		}
		if len(e) > 0 {
			ends[i] = e[0]
		}
		if from[i] > ends[i] {
			return fail(topic, fmt.Errorf("the log ends at %d, before position %d that is stored", ends[i], from[i]))
		}
	}
	return st, from, ends, nil
}

func (x *Index) fill(ctx context.Context, st *state, h *Head) error {
	err := x.snapshot.Subjects(ctx, h, func(code []byte, s SubjectState) error {
		if len(code) > 0 {
			st.subjects.Set(unsafe.String(&code[0], len(code)), s) // keeps no code as it is
		}
		return nil
	})
	if err != nil {
		return err
	}
	today, l := civil.DateOf(x.now()), st.entries.Load()
	err = x.snapshot.Entries(ctx, h, func(e *list.Entry) error {
		if (e.Until == civil.NoDate || e.Until >= today-1 || x.policy.Outlives(e.List)) && st.canRestrict(e) {
			l.Add(e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	l.End()
	err = x.snapshot.Facts(ctx, h, x.policy, func(code []byte, records []FactRecord) error {
		st.addFacts(string(code), records)
		return nil
	})
	if err != nil {
		return err
	}
	st.facts.Tidy()
	for _, r := range h.Reports {
		st.heard(r, x.met)
	}
	st.start(h)
	return nil
}

// entriesFrom is where to read credit.entries on.
func entriesFrom(h *Head) int64 {
	from := int64(0)
	for _, s := range h.Stored {
		if s.Domain == record.Decision {
			from = max(from, s.Feed+1)
		}
	}
	return from
}

// subjectsFrom is where to read credit.subjects on. A partition whose topic
// ends right after its last stored row has nothing under way: whatever comes
// later gets a place in the feed behind everything that is stored. For one that
// has more, messages may be in the feed from F(p) on, so the lowest of those
// counts. Without any, it is the highest F. The ends are asked for after the
// head was read.
func (x *Index) subjectsFrom(ctx context.Context, h *Head) (int64, error) {
	last := int64(-1)
	stored := newApplied(h.positions())
	for _, s := range h.Stored {
		if s.Domain != record.Decision {
			last = max(last, s.Feed)
		}
	}
	from := last + 1
	domains := record.Domains()
	ends := make([][]int64, len(domains))
	g, ctx := errgroup.WithContext(ctx)
	for i, d := range domains {
		if d != record.Decision {
			g.Go(func() (err error) {
				ends[i], err = x.log.Ends(ctx, d.Topic())
				return err
			})
		}
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	for i, d := range domains {
		for p, end := range ends[i] {
			if end > stored.offset(d, uint16(p))+1 {
				from = min(from, feedOf(h, d, uint16(p))+1)
			}
		}
	}
	return from, nil
}

func feedOf(h *Head, d record.Domain, partition uint16) int64 {
	f := int64(-1)
	for _, s := range h.Stored {
		if s.Domain == d && s.Partition == partition {
			f = max(f, s.Feed)
		}
	}
	return f
}

// follow applies one tail from an offset on, for ever. caught is called once,
// when end is reached or ctx has ended. It returns when ctx ends or the log no
// longer holds the offset.
func (x *Index) follow(ctx context.Context, st *state, which int, from, end int64, caught func()) error {
	var once sync.Once
	defer once.Do(caught)
	tail := x.log.Tail(tails[which], from)
	defer func() { tail.Close() }()
	wait := backoff{first: x.retryFirst, most: x.retryMost}
	for started := false; ; {
		if from >= end {
			once.Do(caught)
		}
		values, next, err := tail.Fetch(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrOutOfRange) && !started && which == subjectsTail:
			// The oldest messages that could be under way have been dropped from the
			// log: what it still holds is all there is to know.
			tail.Close()
			tail = x.log.Tail(tails[which], -1)
			started = true
			continue
		case errors.Is(err, ErrOutOfRange):
			x.gone(which)
			return fmt.Errorf("restrict: %s from %d: %w", tails[which], from, err)
		case err != nil:
			x.gone(which)
			x.met.retries.Inc()
			x.logger.Warn("restriction index can't read the log", "topic", tails[which], "error", err)
			wait.sleep(ctx)
			continue
		}
		if x.cur.Load() == st {
			x.away[which].Store(0)
		}
		wait.reset()
		started, from = true, max(from, next)
		x.applyAll(st, which, values)
	}
}

// gone notes since when a tail has been away. It is back when the state that
// answers is fed again: a state that is still catching up doesn't count.
func (x *Index) gone(which int) { x.away[which].CompareAndSwap(0, x.now().UnixNano()) }

// applyAll applies fetched messages, and tidies when there is nothing more to
// do.
func (x *Index) applyAll(st *state, which int, values [][]byte) {
	lock := &x.entries
	if which == subjectsTail {
		lock = &x.subjects
	}
	lock.Lock()
	defer lock.Unlock()
	for _, v := range values {
		if len(v) == 0 {
			continue
		}
		if err := x.applyOne(st, which, v); err != nil {
			x.met.malformed.Inc()
			x.logger.Error("restriction index can't read a message", "topic", tails[which], "error", err)
		}
	}
	if len(values) == 0 {
		return
	}
	tidy := st.entries.Tidy
	if which == subjectsTail {
		tidy = st.facts.Tidy
	}
	x.met.rebuilds.Add(float64(tidy()))
}

func (x *Index) applyOne(st *state, which int, v []byte) error {
	if which == entriesTail {
		var m feed.EntryMessage
		if err := json.Unmarshal(v, &m); err != nil {
			return err
		}
		st.applyEntry(&m, x.met)
		return nil
	}
	var m feed.SubjectsMessage
	if err := json.Unmarshal(v, &m); err != nil {
		return err
	}
	st.applySubjects(&m, x.met)
	return nil
}

// backoff waits longer after each error.
type backoff struct{ first, most, now time.Duration }

func (b *backoff) reset() { b.now = 0 }

func (b *backoff) sleep(ctx context.Context) {
	b.now = min(max(b.now*2, b.first), b.most)
	sleep.For(ctx, b.now)
}
