package kafka

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// lane is the way to one partition: one request is under way, the others
// gather.
type lane struct {
	p *Producer
	laneKey
	prefix []byte

	mu      sync.Mutex
	queue   []*batch // not yet under way; the last one takes more
	running bool
}

// add puts the messages of a call in [from, to) that belong to the lane's
// partition into batches. It takes all of them or, after an earlier part of the
// call failed here, none.
func (l *lane) add(c *call, partition, from, to int) error {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(c.segs) - 1; i >= 0; i-- {
		if c.segs[i].lane == l {
			if err := c.segs[i].b.err; err != nil {
				return fmt.Errorf("kafka: produce to %s: %w", l.topic, err)
			}
			break
		}
	}
	var b *batch
	if n := len(l.queue); n > 0 {
		b = l.queue[n-1]
	}
	var seg *segment
	for i := from; i < to; i++ {
		if c.placed[i].Partition != partition {
			continue
		}
		m := &c.msgs[i]
		size := recordSize(m)
		if b == nil || b.size()+size > l.p.cfg.MaxRequest && b.count > 0 {
			b = l.p.newBatch(l.prefix, now)
			l.queue = append(l.queue, b)
		}
		if seg == nil || seg.b != b {
			c.segs = append(c.segs, segment{b: b, lane: l, partition: partition, from: i})
			seg = &c.segs[len(c.segs)-1]
		}
		seg.to = i + 1
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

		ended := []*batch{b}
		l.mu.Lock()
		b.base, b.err = base, err
		if err != nil {
			// Those behind may belong to the same calls: none may stand in
			// the log without those before it.
			for _, other := range l.queue {
				other.err = fmt.Errorf("behind a request that failed: %w", err)
				other.abandoned = true
				ended = append(ended, other)
			}
			l.queue = nil
		}
		l.mu.Unlock()
		for _, b := range ended {
			l.p.end(b)
		}
	}
}

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
			c.count.failures.WithLabelValues("produce").Inc()
			return 0, err
		case !time.Now().Add(10 * time.Millisecond).Before(deadline):
			c.count.failures.WithLabelValues("produce").Inc()
			return 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		c.count.retries.WithLabelValues("produce").Inc()
		c.forget()
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		pause(ctx, attempt)
		cancel()
	}
}

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

const maxProduceAnswer = 1 << 20

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
