package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/sink"
	"credithub/schema/audit"
	"credithub/schema/ddl"
	"credithub/schema/feed"
)

// Limits of the log topics: how many rows go into one insertion and how often
// the position is noted. Rows that are read again after a restart do nothing.
const (
	logRows      = 20_000
	logNoteEvery = 5 * time.Second
)

// logTopic is one of the hub's own topics whose messages become rows, at least
// once and under keys that make a repetition do nothing.
type logTopic struct {
	topic, table string
	linger       time.Duration // how long rows wait for more of them
	fresh        func() (sink.Table, func(value []byte) error)
}

func logTopics() []logTopic {
	return []logTopic{
		{feed.RejectsTopic, ddl.Rejects, 100 * time.Millisecond, func() (sink.Table, func([]byte) error) {
			t := sink.NewRejects()
			return t, func(v []byte) error {
				var r feed.Reject
				if err := json.Unmarshal(v, &r); err != nil {
					return err
				}
				t.Append(&r)
				return nil
			}
		}},
		{feed.BatchesTopic, ddl.Batches, 50 * time.Millisecond, func() (sink.Table, func([]byte) error) {
			t := sink.NewBatches()
			return t, func(v []byte) error {
				var b feed.Batch
				if err := json.Unmarshal(v, &b); err != nil {
					return err
				}
				return t.Append(&b)
			}
		}},
		{feed.AuditTopic, ddl.Audit, time.Second, func() (sink.Table, func([]byte) error) {
			t := sink.NewAudits()
			return t, func(v []byte) error {
				r, err := audit.Parse(v) // a third of the cost of encoding/json
				if err != nil {
					return err
				}
				t.Append(&r)
				return nil
			}
		}},
	}
}

// logGeneration copies the log topics that this process may read.
func (x *Intake) logGeneration(ctx context.Context, a kafka.Assignment) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, t := range logTopics() {
		for _, p := range a.Partitions[t.topic] {
			c := &copier{logTopic: t, partition: p, store: x.cfg.Store, now: x.cfg.Now, log: x.cfg.Logger, met: x.met}
			g.Go(func() error { return c.run(ctx, x.cfg.Kafka, x.cfg.MaxBytes) })
		}
	}
	<-ctx.Done()
	return g.Wait()
}

// copier copies one partition of a log topic into its table.
type copier struct {
	logTopic
	partition int
	store     Store
	now       func() time.Time
	log       *slog.Logger
	met       *counters

	rows    sink.Table
	add     func([]byte) error
	next    int64 // offset after the last message in rows
	noted   int64 // offset that is noted in ClickHouse
	notedAt time.Time
	sent    uint64
}

func (c *copier) run(ctx context.Context, client *kafka.Client, maxBytes int) error {
	c.rows, c.add = c.fresh()
	from, err := c.start(ctx)
	if err != nil {
		return err
	}
	f := kafka.NewFetcher(client, c.topic, c.partition, from, maxBytes)
	var first time.Time
	for tries := 0; ; {
		f.MaxWait = 2 * time.Second
		if c.rows.Rows() > 0 {
			f.MaxWait = max(c.linger-c.now().Sub(first), time.Millisecond)
		}
		b, err := f.Fetch(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			c.failed(ctx, f, err, tries)
			tries++
			continue
		}
		tries = 0
		if c.rows.Rows() == 0 {
			first = c.now()
		}
		c.take(&b)
		if c.rows.Rows() >= logRows || c.rows.Rows() > 0 && c.now().Sub(first) >= c.linger {
			if err := c.flush(ctx); err != nil {
				return err
			}
		}
		if c.rows.Rows() == 0 {
			c.note(ctx)
		}
	}
}

func (c *copier) take(b *kafka.Batch) {
	for i := range b.Messages {
		m := &b.Messages[i]
		err := m.Err
		if err == nil && len(m.Value) > 0 {
			err = c.add(m.Value)
		}
		if err != nil {
			c.met.malformed.Inc()
			c.log.Error("message of the hub's own log can't be read", "topic", c.topic, "offset", m.Offset, "error", err)
		}
	}
	c.next = b.Next
}

// start asks where to go on.
func (c *copier) start(ctx context.Context) (int64, error) {
	for tries := 0; ; tries++ {
		have, err := c.store.LogPositions(ctx)
		if err == nil {
			c.next = have.After(sink.Partition{Topic: c.topic, Partition: uint16(c.partition)})
			c.noted = c.next
			return c.next, nil
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		c.met.retries.Inc()
		pause(ctx, tries)
	}
}

// flush stores the rows, however long that takes.
func (c *copier) flush(ctx context.Context) error {
	for tries := 0; ; tries++ {
		c.sent++
		err := c.store.Insert(ctx, c.table, c.rows.Input(), fmt.Sprintf("%s-%d-%d-%d", c.topic, c.partition, c.next, c.sent))
		if err == nil {
			c.rows.Reset()
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.met.retries.Inc()
		if tries == 0 {
			c.log.Warn("can't store rows of a log topic, trying again", "topic", c.topic, "rows", c.rows.Rows(), "error", err)
		}
		pause(ctx, tries)
	}
}

// note keeps the position now and then; a failure is made good by the next time.
func (c *copier) note(ctx context.Context) {
	if c.next == c.noted || c.now().Sub(c.notedAt) < logNoteEvery {
		return
	}
	c.notedAt = c.now()
	in := sink.LogPosition(c.topic, uint16(c.partition), c.next-1)
	if err := c.store.Insert(ctx, ddl.LogPositions, in, fmt.Sprintf("%s-%d-note-%d", c.topic, c.partition, c.next)); err != nil {
		c.met.retries.Inc()
		return
	}
	c.noted = c.next
}

func (c *copier) failed(ctx context.Context, f *kafka.Fetcher, err error, tries int) {
	c.met.retries.Inc()
	var out *kafka.OutOfRangeError
	if errors.As(err, &out) {
		// Older messages went with retention, or the log is a new one; both times
		// the first message there is comes next.
		c.log.Warn("position of a log topic is out of the log's range", "topic", c.topic, "offset", out.Offset, "start", out.Start, "end", out.End)
		f.SetOffset(out.Start)
		return
	}
	if tries == 0 {
		c.log.Warn("can't read a log topic, trying again", "topic", c.topic, "error", err)
	}
	pause(ctx, tries)
}
