package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"credithub/deploy/platform/sleep"
)

// Where to begin when no offset is known.
const (
	First = kafkago.FirstOffset // the first message there is
	Last  = kafkago.LastOffset  // behind the last message there is
)

// Limits of fetching.
const (
	DefaultMaxBytes = 1 << 20                // of one answer
	DefaultMaxWait  = 250 * time.Millisecond // for the first message
	maxUnpacked     = 32 << 20               // of one compressed batch
)

// Batch is what one Fetch brought. Everything in it is valid until the next
// Fetch.
type Batch struct {
	Messages  []Message
	Next      int64 // offset to go on from; beyond the last message where records were compacted away
	HighWater int64 // offset that the next produced message gets
	LogStart  int64 // first offset held
}

// OutOfRangeError says that the log doesn't hold the offset asked for: it was
// deleted by retention, or is beyond the end, as after the loss of a log.
type OutOfRangeError struct {
	Topic      string
	Partition  int
	Offset     int64
	Start, End int64 // what the log holds
}

func (e *OutOfRangeError) Error() string {
	return fmt.Sprintf("kafka: offset %d of %s/%d is out of the log's range %d..%d", e.Offset, e.Topic, e.Partition, e.Start, e.End)
}

// Fetcher reads one partition from an offset on. It has one user; HighWater may
// be asked by others.
type Fetcher struct {
	MaxWait time.Duration // for the first message; DefaultMaxWait

	c         *Client
	topic     string
	partition int
	offset    int64
	maxBytes  int
	x         *exchange // whose buffers are used again; nil after an error
	u         unpacker
	highWater atomic.Int64
}

// NewFetcher reads a partition from an offset, First or Last on. maxBytes bounds
// an answer, 0 means DefaultMaxBytes; a larger batch comes whole all the same.
func NewFetcher(c *Client, topic string, partition int, offset int64, maxBytes int) *Fetcher {
	if c == nil {
		panic("kafka: fetcher without a client")
	}
	maxBytes = cmp.Or(maxBytes, DefaultMaxBytes)
	f := &Fetcher{MaxWait: DefaultMaxWait, c: c, topic: topic, partition: partition, offset: offset, maxBytes: maxBytes,
		u: unpacker{partition: partition, limit: maxUnpacked}}
	f.highWater.Store(-1)
	return f
}

// Offset is where the next Fetch reads.
func (f *Fetcher) Offset() int64 { return f.offset }

// SetOffset makes the next Fetch read from an offset, First or Last on.
func (f *Fetcher) SetOffset(offset int64) { f.offset = offset }

// HighWater is the end of the log as last heard, −1 before the first answer.
func (f *Fetcher) HighWater() int64 { return f.highWater.Load() }

// Fetch waits MaxWait for messages; none is no error. Errors that pass are
// repeated with pauses until the client's Patience is over; then, and after an
// *OutOfRangeError, the next Fetch tries again at the same place. A batch that
// was stored in a form nobody can read comes as one Message with Err.
func (f *Fetcher) Fetch(ctx context.Context) (Batch, error) {
	end := time.Now().Add(f.c.cfg.Patience)
	for attempt := 0; ; attempt++ {
		b, err := f.once(ctx)
		if err == nil {
			f.c.count.fetched.Add(float64(len(b.Messages)))
			return b, nil
		}
		f.x = nil // its connection may still use the buffers
		switch {
		case ctx.Err() != nil:
			return Batch{}, context.Cause(ctx)
		case errors.Is(err, kafkago.OffsetOutOfRange):
			if err = f.outOfRange(ctx); err != nil {
				return Batch{}, err
			}
			continue // the log moved meanwhile
		case permanent(err) || time.Now().After(end):
			return Batch{}, fmt.Errorf("kafka: fetch %s/%d at %d: %w", f.topic, f.partition, f.offset, f.c.givenUp(opFetch, err))
		}
		f.c.count.retries.WithLabelValues(opFetch).Inc()
		f.c.forget()
		pause(ctx, attempt)
	}
}

// once asks for messages until an answer holds a whole batch or says that there is
// nothing more, and goes on behind what it brought.
func (f *Fetcher) once(ctx context.Context) (Batch, error) {
	if f.offset < 0 {
		if err := f.resolve(ctx); err != nil {
			return Batch{}, err
		}
	}
	maxBytes := f.maxBytes
	for {
		got, err := f.ask(ctx, maxBytes)
		if err != nil {
			return Batch{}, err
		}
		f.highWater.Store(got.highWater)
		f.u.reset()
		next, err := f.u.read(got.set, f.offset)
		if err != nil && next == f.offset {
			return Batch{}, err
		}
		if next == f.offset && len(got.set) > 0 && maxBytes < f.c.cfg.MaxResponse {
			maxBytes = min(4*maxBytes, f.c.cfg.MaxResponse) // one batch is larger than that
			continue
		}
		f.c.count.broken.Add(float64(f.u.broken))
		f.c.count.unproven.Add(float64(f.unproven()))
		f.offset = next
		return Batch{Messages: f.u.msgs, Next: next, HighWater: got.highWater, LogStart: got.logStart}, nil
	}
}

// unproven marks messages without the seal of their topic and counts them.
func (f *Fetcher) unproven() (n int) {
	s := f.c.cfg.Seal
	if s == nil || !s.Covers(f.topic) {
		return 0
	}
	for i := range f.u.msgs {
		m := &f.u.msgs[i]
		if m.Err == nil && !s.Proves(f.topic, m.Key, m.Value, m.Header(sealHeader)) {
			m.Err = ErrUnproven
			n++
		}
	}
	return n
}

// ask makes one request and gives what was answered, which stands in f.x.
func (f *Fetcher) ask(ctx context.Context, maxBytes int) (fetched, error) {
	ctx, cancel := context.WithTimeout(ctx, f.MaxWait+f.c.cfg.RequestTimeout)
	defer cancel()
	if f.x == nil {
		f.x = &exchange{key: protocol.Fetch, version: fetchVersion, topic: f.topic, partition: int32(f.partition),
			limit: 2 * f.c.cfg.MaxResponse}
	}
	f.x.req = appendFetch(f.x.req, f.c.format, f.topic, int32(f.partition), f.offset, int32(maxBytes), f.MaxWait)
	if _, err := f.c.transport.RoundTrip(ctx, f.c.addr, f.x); err != nil {
		return fetched{}, err
	}
	return parseFetch(f.x.resp)
}

// resolve turns First and Last into an offset.
func (f *Fetcher) resolve(ctx context.Context) error {
	which := f.c.StartOffsets
	if f.offset == Last {
		which = f.c.EndOffsets
	}
	offsets, err := which(ctx, f.topic)
	if err != nil {
		return err
	}
	if f.partition >= len(offsets) {
		return kafkago.UnknownTopicOrPartition
	}
	f.offset = offsets[f.partition]
	return nil
}

// outOfRange tells what the log holds; nil when it holds the offset after all.
func (f *Fetcher) outOfRange(ctx context.Context) error {
	start, err := f.c.StartOffsets(ctx, f.topic)
	if err != nil {
		return err
	}
	end, err := f.c.EndOffsets(ctx, f.topic)
	if err != nil {
		return err
	}
	if f.partition >= len(start) || f.partition >= len(end) {
		return fmt.Errorf("kafka: %s/%d: %w", f.topic, f.partition, ErrUnknownTopic)
	}
	s, e := start[f.partition], end[f.partition]
	if f.offset >= s && f.offset <= e {
		sleep.For(ctx, mostPause)
		return nil
	}
	return &OutOfRangeError{Topic: f.topic, Partition: f.partition, Offset: f.offset, Start: s, End: e}
}
