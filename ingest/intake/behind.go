package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/metrics"
	"credithub/deploy/platform/sleep"
	"credithub/ingest/sink"
	"credithub/schema/record"
)

// Bounds of how far what is stored may be behind the log. However much arrives, the
// intake stores some of it every second; what it has in hand at most is a fraction of
// the most that may wait.
const (
	behindFor  = 15 * time.Second // messages of a topic wait and none is stored
	behindMost = 5_000_000        // messages of all topics wait
	lookFirst  = 100 * time.Millisecond
	lookEvery  = 3 * time.Second
)

// Behind tells whether anybody stores what arrives: not by this process's word, as
// another may have taken its topics away. After a start it demands first that what
// the log holds by then is stored, so that nobody is answered from less.
type Behind struct {
	kafka *kafka.Client
	store Store
	now   func() time.Time
	wait  *prometheus.GaugeVec

	// Only Run's goroutine touches these.
	topics map[string]*behind
	empty  map[sink.Partition]int64 // up to where the log holds nothing that could be stored

	mu  sync.Mutex
	why []string
}

// behind is one topic.
type behind struct {
	start  int64     // what must be stored first
	begun  bool      // that is so
	stored int64     // messages, by their offsets
	since  time.Time // when messages wait: since when no more are stored; zero: none wait
}

// NewBehind needs a store that it may ask now and then.
func NewBehind(k *kafka.Client, s Store, now func() time.Time, reg prometheus.Registerer) *Behind {
	return &Behind{kafka: k, store: s, now: now, topics: map[string]*behind{}, empty: map[sink.Partition]int64{},
		why:  []string{"intake: it is not known yet what is stored"},
		wait: metrics.Gauges(reg, "log", "waiting_messages", "Messages of a topic that are not stored yet.", "topic")}
}

// Run looks until ctx ends, at first more often. What can't be asked leaves the last
// answer standing: it has reasons of its own.
func (b *Behind) Run(ctx context.Context) error {
	for wait := lookFirst; ; wait = min(2*wait, lookEvery) {
		if stored, ends, err := b.ask(ctx); err == nil {
			b.take(stored, ends)
		}
		if len(b.Ready()) > 0 {
			wait = lookFirst
		}
		if !sleep.For(ctx, wait) {
			return nil
		}
	}
}

// ask gives, for each domain's topic, how many messages are stored and written.
func (b *Behind) ask(ctx context.Context) (stored, ends map[string]int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, behindFor)
	defer cancel()
	var topics []string
	for _, d := range record.Domains() {
		topics = append(topics, d.Topic())
	}
	have, err := b.store.Positions(ctx, topics)
	if err != nil {
		return nil, nil, err
	}
	stored, ends = map[string]int64{}, map[string]int64{}
	for _, topic := range topics {
		last, err := b.kafka.EndOffsets(ctx, topic)
		if err != nil {
			return nil, nil, err
		}
		for i, end := range last {
			ends[topic] += end
			at := sink.Partition{Topic: topic, Partition: uint16(i)}
			// A log that is damaged may end before what is stored of it.
			next := min(max(have.After(at), b.empty[at]), end)
			if t := b.topics[topic]; next < end && (t == nil || !t.begun || b.now().Sub(t.since) >= behindFor-lookEvery) {
				if next, err = b.skip(ctx, at, next, end); err != nil {
					return nil, nil, err
				}
			}
			stored[topic] += next
		}
	}
	return stored, ends, nil
}

// skip gives the offset of the next message: what retention has taken away and marks
// of transactions have offsets, but are nothing to be stored.
func (b *Behind) skip(ctx context.Context, p sink.Partition, next, end int64) (int64, error) {
	f := kafka.NewFetcher(b.kafka, p.Topic, int(p.Partition), next, 64<<10)
	f.MaxWait = time.Millisecond
	for f.Offset() < end {
		batch, err := f.Fetch(ctx)
		var out *kafka.OutOfRangeError
		switch {
		case errors.As(err, &out) && out.Offset < out.Start:
			f.SetOffset(out.Start)
		case err != nil:
			return 0, err
		case len(batch.Messages) > 0:
			end = min(end, batch.Messages[0].Offset)
		}
	}
	b.empty[p] = end
	return end, nil
}

// take compares with the last time.
func (b *Behind) take(stored, ends map[string]int64) {
	now := b.now()
	var why []string
	var all int64
	for topic, end := range ends {
		t := b.topics[topic]
		if t == nil {
			t = &behind{start: end}
			b.topics[topic] = t
		}
		t.begun = t.begun || stored[topic] >= t.start
		waiting := end - stored[topic]
		all += waiting
		b.wait.WithLabelValues(topic).Set(float64(waiting))
		if !t.begun {
			why = append(why, fmt.Sprintf("intake: %s: %d messages of before the start are not stored yet", topic, t.start-stored[topic]))
		}
		switch {
		case waiting == 0:
			t.since = time.Time{}
		case t.since.IsZero() || stored[topic] > t.stored:
			t.since = now
		case now.Sub(t.since) >= behindFor:
			why = append(why, fmt.Sprintf("intake: %s: %d messages wait and none was stored for %d s", topic, waiting, int(now.Sub(t.since).Seconds())))
		}
		t.stored = stored[topic]
	}
	if all > behindMost {
		why = append(why, fmt.Sprintf("intake: %d messages wait, more than %d", all, int64(behindMost)))
	}
	slices.Sort(why)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.why = why
}

// Ready gives the reasons why what arrives doesn't get in.
func (b *Behind) Ready() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.why)
}
