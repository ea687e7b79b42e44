package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/derive"
	"credithub/ingest/sink"
	"credithub/schema/feed"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// turns is the order in which the partitions of a domain were read by a process
// before this one, as far as that was told and is not stored.
//
// The versions of a record may stand in several partitions, so what a message
// means may depend on the order in which partitions are read. Readers have heard
// what it meant then, and pass over it when it comes again. So the rows that were
// told but not stored are read again in just that order, which credit.subjects
// has kept, and mean the same again. Rows are stored in the order in which they
// are told, so that what is stored is always a beginning of it.
type turns struct {
	mu      sync.Mutex
	list    []receipt.Position
	changed chan struct{}
}

func newTurns() *turns { return &turns{changed: make(chan struct{})} }

// add appends a turn as it was told. A log that ends before it, as after the loss
// of a machine, can't be waited for.
func (t *turns) add(p receipt.Position, stored, end int64) {
	p.Offset = min(p.Offset, end-1)
	last := stored
	for i := range t.list {
		if t.list[i].Partition == p.Partition {
			last = t.list[i].Offset
		}
	}
	if p.Offset <= last {
		return
	}
	if n := len(t.list); n > 0 && t.list[n-1].Partition == p.Partition {
		t.list[n-1].Offset = p.Offset
		return
	}
	t.list = append(t.list, p)
}

// wait returns when it is the partition's turn, with the last offset of it; −1
// when all turns are over.
func (t *turns) wait(ctx context.Context, partition uint16) (int64, error) {
	for {
		t.mu.Lock()
		if len(t.list) == 0 {
			t.mu.Unlock()
			return -1, nil
		}
		first, c := t.list[0], t.changed
		t.mu.Unlock()
		if first.Partition == partition {
			return first.Offset, nil
		}
		select {
		case <-c:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// done says that a partition has been read up to an offset, exclusively.
func (t *turns) done(partition uint16, next int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.list) > 0 && t.list[0].Partition == partition && t.list[0].Offset < next {
		t.list = t.list[1:]
		close(t.changed)
		t.changed = make(chan struct{})
	}
}

// loadTurns reads the turns of the domains that have messages beyond what is
// stored.
func (l *lane) loadTurns(ctx context.Context, parts []partition) (map[record.Domain]*turns, error) {
	out := map[record.Domain]*turns{}
	stored, ends := map[receipt.Position]int64{}, map[string][]int64{}
	var topics []string
	for _, p := range parts {
		stored[receipt.Position{Domain: p.domain, Partition: uint16(p.number)}] = p.from - 1
		if out[p.domain] == nil {
			out[p.domain] = newTurns()
			topics = append(topics, p.domain.Topic())
			var err error
			if ends[p.domain.Topic()], err = l.x.cfg.Kafka.EndOffsets(ctx, p.domain.Topic()); err != nil {
				return nil, err
			}
		}
	}
	from, err := l.turnsFrom(ctx, topics, parts, ends)
	if err != nil || from < 0 {
		return out, err
	}
	feedEnds, err := l.x.cfg.Kafka.EndOffsets(ctx, feed.SubjectsTopic)
	if err != nil {
		return nil, err
	}
	starts, err := l.x.cfg.Kafka.StartOffsets(ctx, feed.SubjectsTopic)
	if err != nil {
		return nil, err
	}
	if len(feedEnds) == 0 || len(starts) == 0 {
		return nil, fmt.Errorf("intake: topic %s has no partition", feed.SubjectsTopic)
	}
	f := kafka.NewFetcher(l.x.cfg.Kafka, feed.SubjectsTopic, 0, max(from, starts[0]), l.x.cfg.MaxBytes)
	for f.Offset() < feedEnds[0] {
		b, err := f.Fetch(ctx)
		if err != nil {
			return nil, err
		}
		for i := range b.Messages {
			var m struct {
				Progress feed.Progress `json:"progress"`
			}
			if json.Unmarshal(b.Messages[i].Value, &m) != nil {
				l.x.met.malformed.Inc()
				continue
			}
			for _, p := range m.Progress.Through {
				e := ends[p.Domain.Topic()]
				if t := out[p.Domain]; t != nil && int(p.Partition) < len(e) {
					t.add(p, stored[receipt.Position{Domain: p.Domain, Partition: p.Partition}], e[p.Partition])
				}
			}
		}
	}
	return out, nil
}

// turnsFrom is the lowest place in the feed after what is stored of a domain
// that has more; −1 when none has.
func (l *lane) turnsFrom(ctx context.Context, topics []string, parts []partition, ends map[string][]int64) (int64, error) {
	fed, err := l.x.cfg.Store.Fed(ctx, topics)
	if err != nil {
		return 0, err
	}
	from := int64(-1)
	for _, topic := range topics {
		for _, p := range parts {
			if e := ends[topic]; p.domain.Topic() != topic || p.number >= len(e) || e[p.number] <= p.from {
				continue
			}
			at := int64(0)
			if f, ok := fed[topic]; ok {
				at = f + 1
			}
			if from < 0 || at < from {
				from = at
			}
		}
	}
	return from, nil
}

// inTurn appends the messages of one fetch when their turn has come.
func (l *lane) inTurn(ctx context.Context, p partition, next int64, msgs []kafka.Message, origins []origin) error {
	t := l.turns[p.domain]
	for len(msgs) > 0 {
		n := len(msgs)
		if t != nil {
			t.done(uint16(p.number), msgs[0].Offset)
			last, err := t.wait(ctx, uint16(p.number))
			if err != nil {
				return err
			}
			for n = 0; n < len(msgs) && (last < 0 || msgs[n].Offset <= last); {
				n++
			}
		}
		if n > 0 {
			if err := l.append(ctx, p, msgs[:n], origins[:n]); err != nil {
				return err
			}
			if t != nil {
				t.done(uint16(p.number), msgs[n-1].Offset+1)
			}
		}
		msgs, origins = msgs[n:], origins[n:]
	}
	if t != nil {
		t.done(uint16(p.number), next)
	}
	return nil
}

// rowsTold bounds the rows of one payload, and so what one message of the feed can
// have to say of them.
const rowsTold = 1000

// append judges messages and adds their rows to the block.
func (l *lane) append(ctx context.Context, p partition, msgs []kafka.Message, origins []origin) error {
	for len(msgs) > rowsTold {
		if err := l.append(ctx, p, msgs[:rowsTold], origins[:rowsTold]); err != nil {
			return err
		}
		msgs, origins = msgs[rowsTold:], origins[rowsTold:]
	}
	pl := &payload{domain: p.domain, partition: uint16(p.number), first: msgs[0].Offset}
	pl.changed.keys = make([]derive.Subject, 0, len(msgs))
	topic := p.domain.Topic()
	return l.sink.Append(ctx, &sink.Chunk{Payload: pl, FeedOffset: -1}, func(b *sink.Block) {
		for i := range msgs {
			l.judge.message(b, pl, topic, &msgs[i], &origins[i])
		}
	})
}
