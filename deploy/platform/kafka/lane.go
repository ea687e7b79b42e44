package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// errBehind is what became of messages that waited behind a request that failed:
// they may belong to the same call, and none may stand in the log without those
// before it.
var errBehind = errors.New("behind a request that failed")

// lane is the way to one partition: one request is under way, the others
// gather.
type lane struct {
	p *Producer
	laneKey
	prefix []byte // of every request of the lane

	mu      sync.Mutex
	queue   []*batch // not yet under way; the last one takes more
	running bool
}

// add puts the messages of a call in [from, to) that belong to the lane's
// partition into batches. It takes all of them or, after an earlier part of the
// call failed here, none.
func (l *lane) add(c *call, from, to int) error {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.failed(c); err != nil {
		return fmt.Errorf("kafka: produce to %s: %w", l.topic, err)
	}
	var part *segment
	for i := from; i < to; i++ {
		if c.placed[i].Partition != l.partition {
			continue
		}
		m := &c.msgs[i]
		size := recordSize(m)
		b := l.room(size, now)
		if part == nil || part.b != b {
			c.segs = append(c.segs, segment{b: b, lane: l, from: i})
			part = &c.segs[len(c.segs)-1]
		}
		part.to = i + 1
		c.placed[i].Offset = int64(b.count)
		b.add(m)
		b.cost += int64(size)
	}
	if !l.running && len(l.queue) > 0 {
		l.running = true
		go l.run()
	}
	return nil
}

// failed is the error that the last part of the call in this lane ended with, nil
// while it is under way or when it did not fail. It is called under mu.
func (l *lane) failed(c *call) error {
	for i := len(c.segs) - 1; i >= 0; i-- {
		if c.segs[i].lane == l {
			return c.segs[i].b.err
		}
	}
	return nil
}

// room gives the batch that a record of at most size bytes goes to. It is called
// under mu.
func (l *lane) room(size int, now time.Time) *batch {
	if n := len(l.queue); n > 0 {
		if b := l.queue[n-1]; b.count == 0 || b.size()+size <= l.p.cfg.MaxRequest {
			return b
		}
	}
	b := l.p.newBatch(l.prefix, now)
	l.queue = append(l.queue, b)
	return b
}

// run sends batch after batch until none is left.
func (l *lane) run() {
	for {
		l.mu.Lock()
		if len(l.queue) == 0 {
			l.queue, l.running = nil, false
			l.mu.Unlock()
			return
		}
		b := l.queue[0]
		l.queue = l.queue[1:]
		l.mu.Unlock()

		base, err := l.deliver(b)

		l.mu.Lock()
		b.base, b.err = base, err
		var behind []*batch
		if err != nil {
			behind, l.queue = l.queue, nil
		}
		for _, b := range behind {
			b.err = fmt.Errorf("%w: %w", errBehind, err)
		}
		l.mu.Unlock()
		l.p.end(b)
		for _, b := range behind {
			l.p.end(b)
		}
	}
}

// lastTry is how long before its deadline a batch is not sent once more.
const lastTry = 10 * time.Millisecond

// deliver sends one batch until it is acknowledged or can't be.
func (l *lane) deliver(b *batch) (int64, error) {
	b.seal()
	finishProduce(b)
	c := l.p.client
	begun, deadline := time.Now(), b.born.Add(l.p.cfg.Delivery)
	for attempt := 0; ; attempt++ {
		base, err := l.attempt(b, deadline)
		if err == nil {
			c.count.requests.Inc()
			c.count.produced.Add(float64(b.count))
			c.count.produce.Observe(time.Since(begun).Seconds())
			return base, nil
		}
		b.abandoned = true
		switch {
		case permanent(err):
			c.count.failures.WithLabelValues(opProduce).Inc()
			return 0, err
		case time.Until(deadline) <= lastTry:
			c.count.failures.WithLabelValues(opProduce).Inc()
			return 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		c.count.retries.WithLabelValues(opProduce).Inc()
		c.forget()
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		pause(ctx, attempt)
		cancel()
	}
}

// attempt sends one batch once.
func (l *lane) attempt(b *batch, deadline time.Time) (int64, error) {
	if end := time.Now().Add(l.p.cfg.Attempt); end.Before(deadline) {
		deadline = end
	}
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	x := &exchange{key: protocol.Produce, version: produceVersion, topic: l.topic, partition: int32(l.partition),
		req: b.buf, limit: maxProduceAnswer}
	if _, err := l.p.client.transport.RoundTrip(ctx, l.p.client.addr, x); err != nil {
		return 0, err
	}
	return parseProduce(x.resp)
}

// maxProduceAnswer bounds the answer to a request with one batch, which is a few
// dozen bytes and perhaps a text.
const maxProduceAnswer = 1 << 20

// newBatch starts a batch in memory that an earlier one had.
func (p *Producer) newBatch(prefix []byte, now time.Time) *batch {
	b := &batch{}
	if buf, ok := p.bufs.Get().(*[]byte); ok {
		b.buf = *buf
	}
	b.begin(prefix, now)
	return b
}

// end tells the waiting calls and takes back what the batch held.
func (p *Producer) end(b *batch) {
	p.budget.Release(b.cost)
	if buf := b.buf; !b.abandoned {
		p.bufs.Put(&buf)
	}
	b.buf = nil
	close(b.done)
}
