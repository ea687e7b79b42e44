package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/stamp"
	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// maxChunkRejects bounds the rejections that wait for a chunk to fill.
const maxChunkRejects = 4096

// maxDomains is one past the last domain.
const maxDomains = 64

// chunk gathers messages of a push until they are worth a round trip. Keys,
// values and stamps lie in one arena; when it grows, older messages keep the
// memory they point to.
type chunk struct {
	arena     []byte
	headers   []kafka.Header
	messages  [maxDomains][]kafka.Message
	used      []record.Domain // domains with messages
	rejects   []kafka.Message
	rejected  int                // bytes of rejects
	positions []receipt.Position // after production
}

func newChunk(bytes int) *chunk { return &chunk{arena: make([]byte, 0, bytes)} }

func (c *chunk) size() int { return len(c.arena) }

func (c *chunk) reset() {
	c.rejected = 0
	c.arena, c.headers, c.rejects, c.positions = c.arena[:0], c.headers[:0], c.rejects[:0], c.positions[:0]
	for _, d := range c.used {
		clear(c.messages[d])
		c.messages[d] = c.messages[d][:0]
	}
	c.used = c.used[:0]
}

// stamp is what the stamps of this push say about a line.
func (p *push) stamp(line uint32) stamp.Stamp {
	return stamp.Stamp{BatchID: []byte(p.id), Line: line, ReceivedAt: p.at}
}

// add appends an accepted row as a stamped message, keyed by its subject or,
// without one, by its record.
func (c *chunk) add(s *stamp.Stamper, row *record.Row, unit string, st stamp.Stamp) {
	from := len(c.arena)
	c.arena = append(c.arena, row.MessageKey()...)
	mid := len(c.arena)
	c.arena = record.AppendEnvelope(c.arena, row, unit)
	c.message(s, row.Domain, c.arena[from:mid:mid], c.arena[mid:len(c.arena):len(c.arena)], st)
}

// addHeartbeat appends the sign of life of a unit in a domain.
func (c *chunk) addHeartbeat(s *stamp.Stamper, d record.Domain, unit string, st stamp.Stamp) {
	c.message(s, d, []byte(unit), record.AppendHeartbeat(nil, d, unit, time.Time{}), st)
}

func (c *chunk) message(s *stamp.Stamper, d record.Domain, key, value []byte, st stamp.Stamp) {
	from := len(c.arena)
	c.arena = s.Append(c.arena, d.Topic(), key, value, st)
	h := len(c.headers)
	c.headers = append(c.headers, kafka.Header{Key: feed.HeaderStamp, Value: c.arena[from:len(c.arena):len(c.arena)]})
	if len(c.messages[d]) == 0 {
		c.used = append(c.used, d)
	}
	c.messages[d] = append(c.messages[d], kafka.Message{
		Key: key, Value: value, Headers: c.headers[h : h+1 : h+1], Partition: kafka.ByKey,
	})
}

func (c *chunk) addReject(r *feed.Reject) {
	value, err := json.Marshal(r)
	if err != nil {
		return // a struct of texts and numbers: can't happen
	}
	c.rejected += len(value)
	c.rejects = append(c.rejects, kafka.Message{Key: []byte(r.Unit), Value: value, Partition: kafka.ByKey})
}

// produce makes a chunk durable and notes where its records stand. The topics go
// side by side; within a topic the order of the push holds.
func (g *Gateway) produce(ctx context.Context, c *chunk) error {
	if len(c.used) == 0 && len(c.rejects) == 0 {
		return nil
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, g.Limits.ProduceWait)
	defer cancel()
	if err := g.produceAll(ctx, c); err != nil {
		return unavailable(err)
	}
	g.metrics.produce.Observe(time.Since(start).Seconds())
	return nil
}

func (g *Gateway) produceAll(ctx context.Context, c *chunk) (err error) {
	if len(c.used) == 1 && len(c.rejects) == 0 { // by far the most pushes: no goroutine
		d := c.used[0]
		c.positions, err = g.place(ctx, d, c.messages[d])
		return err
	}
	found := make([][]receipt.Position, len(c.used))
	group, ctx := errgroup.WithContext(ctx)
	for i, d := range c.used {
		group.Go(func() (err error) {
			found[i], err = g.place(ctx, d, c.messages[d])
			return err
		})
	}
	if len(c.rejects) > 0 {
		group.Go(func() error {
			_, err := g.Producer.Produce(ctx, feed.RejectsTopic, c.rejects)
			return err
		})
	}
	err = group.Wait()
	for _, f := range found {
		c.positions = append(c.positions, f...)
	}
	return err
}

// place produces the messages of a domain and gives the last offset of each
// partition.
func (g *Gateway) place(ctx context.Context, d record.Domain, msgs []kafka.Message) ([]receipt.Position, error) {
	placed, err := g.Producer.Produce(ctx, d.Topic(), msgs)
	if err != nil {
		return nil, err
	}
	if len(placed) != len(msgs) {
		return nil, errors.New("gateway: producer placed another number of messages than it was given")
	}
	var last []receipt.Position
	for _, p := range placed {
		at := -1
		for i := range last {
			if int(last[i].Partition) == p.Partition {
				at = i
			}
		}
		if at < 0 {
			last = append(last, receipt.Position{Domain: d, Partition: uint16(p.Partition), Offset: p.Offset})
		} else if p.Offset > last[at].Offset {
			last[at].Offset = p.Offset
		}
	}
	return last, nil
}

// produceHead makes the head of a batch durable, after its records.
func (g *Gateway) produceHead(ctx context.Context, h *feed.Batch) error {
	value, err := json.Marshal(h)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the push could not be recorded")
	}
	ctx, cancel := context.WithTimeout(ctx, g.Limits.ProduceWait)
	defer cancel()
	msg := []kafka.Message{{Key: []byte(h.ID), Value: value, Partition: kafka.ByKey}}
	if _, err := g.Producer.Produce(ctx, feed.BatchesTopic, msg); err != nil {
		return unavailable(err)
	}
	return nil
}

func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, err, "the log of the hub is away: send the whole push again; rows of it that are durable already count, and count once")
}
