package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// ProducerConfig bounds a producer; zero values take the defaults.
type ProducerConfig struct {
	MaxRequest int           // bytes of one batch; 900 KB
	MaxMessage int           // bytes of one message, which then travels alone; 2 MiB − 4 KiB
	MaxPending int64         // bytes of all messages that wait; 64 MiB
	BusyWait   time.Duration // how long a call waits for room before ErrBusy; 5 s
	Delivery   time.Duration // after which a batch is given up; 10 s
	Attempt    time.Duration // of one request; 5 s
}

func (c ProducerConfig) withDefaults() ProducerConfig {
	c.MaxRequest = cmp.Or(c.MaxRequest, 900<<10)
	c.MaxMessage = cmp.Or(c.MaxMessage, 2<<20-4096)
	c.MaxPending = cmp.Or(c.MaxPending, 64<<20)
	c.BusyWait = cmp.Or(c.BusyWait, 5*time.Second)
	c.Delivery = cmp.Or(c.Delivery, 10*time.Second)
	c.Attempt = cmp.Or(c.Attempt, 5*time.Second)
	c.MaxPending = max(c.MaxPending, int64(4*c.MaxMessage))
	return c
}

// Placed is where a message stands.
type Placed struct {
	Partition int
	Offset    int64
}

// Producer writes messages. Those for one partition gather while a request is
// under way and leave together when it is answered; there is no timer, so that
// a lone message leaves at once. It is safe for many goroutines.
type Producer struct {
	client *Client
	cfg    ProducerConfig
	budget *semaphore.Weighted
	turn   atomic.Uint32
	bufs   sync.Pool

	mu    sync.RWMutex
	lanes map[laneKey]*lane
}

type laneKey struct {
	topic     string
	partition int
}

// NewProducer makes a producer on a client, which must not be nil.
func NewProducer(c *Client, cfg ProducerConfig) *Producer {
	if c == nil {
		panic("kafka: producer without a client")
	}
	cfg = cfg.withDefaults()
	return &Producer{client: c, cfg: cfg, budget: semaphore.NewWeighted(cfg.MaxPending), lanes: map[laneKey]*lane{}}
}

// Produce writes messages of one topic and returns when all in-sync replicas
// have them, with the place of each in the order given. Keys, values and
// headers may be used again when it returns.
//
// An error means that some messages may stand in the log and some may not; for
// one partition those that do are the first ones of the call. When ctx ends
// before the answer the messages still go their way.
func (p *Producer) Produce(ctx context.Context, topic string, msgs []Message) ([]Placed, error) {
	if len(msgs) == 0 {
		return nil, nil
	}
	n, err := p.client.Partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	if s := p.client.cfg.Seal; s != nil && s.Covers(topic) {
		msgs = withSeals(s, topic, msgs)
	}
	call := &call{p: p, topic: topic, msgs: msgs, placed: make([]Placed, len(msgs))}
	if err := call.assign(n); err != nil {
		return nil, err
	}
	for call.next < len(msgs) {
		if err := call.send(ctx); err != nil {
			return nil, call.settle(ctx, err)
		}
	}
	if err := call.settle(ctx, nil); err != nil {
		return nil, err
	}
	return call.placed, nil
}

// withSeals are copies of messages with their seals.
func withSeals(s Seal, topic string, msgs []Message) []Message {
	out := make([]Message, len(msgs))
	headers := make([]Header, 0, len(msgs))
	var seals []byte
	for i := range msgs {
		from := len(seals)
		seals = s.Append(seals, topic, msgs[i].Key, msgs[i].Value)
		own := Header{Key: sealHeader, Value: seals[from:len(seals):len(seals)]}
		out[i] = msgs[i]
		if len(msgs[i].Headers) > 0 {
			out[i].Headers = append(slices.Clone(msgs[i].Headers), own)
			continue
		}
		headers = append(headers, own)
		out[i].Headers = headers[len(headers)-1 : len(headers) : len(headers)]
	}
	return out
}

// call is one Produce.
type call struct {
	p      *Producer
	topic  string
	msgs   []Message
	placed []Placed // Offset holds the index in the batch until it is settled
	parts  []int    // partitions that have messages
	next   int
	segs   []segment
}

// segment is a part of a call in one batch.
type segment struct {
	b        *batch
	lane     *lane
	from, to int // messages, of which those of the lane's partition belong to b
}

// assign chooses the partitions, so that nothing is sent of a call that has a
// message which can't be.
func (c *call) assign(n int) error {
	turn := -1
	for i := range c.msgs {
		m := &c.msgs[i]
		if size := recordSize(m); size > c.p.cfg.MaxMessage {
			return fmt.Errorf("kafka: message of %d bytes for %s, at most %d: %w", size, c.topic, c.p.cfg.MaxMessage, ErrTooLarge)
		}
		switch {
		case m.Partition >= n || m.Partition < ByKey:
			return fmt.Errorf("kafka: partition %d of %s, which has %d: %w", m.Partition, c.topic, n, ErrUnknownTopic)
		case m.Partition != ByKey:
			c.placed[i].Partition = m.Partition
		case m.Key != nil:
			c.placed[i].Partition = PartitionOf(m.Key, n)
		default:
			if turn < 0 {
				turn = int(c.p.turn.Add(1) % uint32(n))
			}
			c.placed[i].Partition = turn
		}
		if q := c.placed[i].Partition; !slices.Contains(c.parts, q) {
			c.parts = append(c.parts, q)
		}
	}
	return nil
}

// send hands over as many messages as go into a part of the budget.
func (c *call) send(ctx context.Context) error {
	most := c.p.cfg.MaxPending / 4
	var cost int64
	to := c.next
	for to < len(c.msgs) {
		size := int64(recordSize(&c.msgs[to]))
		if cost+size > most && to > c.next {
			break
		}
		cost += size
		to++
	}
	if err := c.p.acquire(ctx, cost); err != nil {
		return err
	}
	from := c.next
	c.next = to
	for k, q := range c.parts {
		if err := c.p.lane(c.topic, q).add(c, from, to); err != nil {
			c.p.budget.Release(c.cost(c.parts[k:], from, to))
			return err
		}
	}
	return nil
}

// cost is what was reserved for the messages of some partitions.
func (c *call) cost(parts []int, from, to int) (n int64) {
	for i := from; i < to; i++ {
		if slices.Contains(parts, c.placed[i].Partition) {
			n += int64(recordSize(&c.msgs[i]))
		}
	}
	return n
}

func (p *Producer) acquire(ctx context.Context, n int64) error {
	if p.budget.TryAcquire(n) {
		return nil
	}
	wait, cancel := context.WithTimeout(ctx, p.cfg.BusyWait)
	defer cancel()
	if err := p.budget.Acquire(wait, n); err != nil {
		p.client.count.busy.Inc()
		if ctx.Err() != nil {
			return fmt.Errorf("kafka: %w: %w", ErrBusy, context.Cause(ctx))
		}
		return fmt.Errorf("kafka: %w", ErrBusy)
	}
	return nil
}

// settle waits for everything that was handed over and fills in the offsets.
// The first error wins; cause is one from before.
func (c *call) settle(ctx context.Context, cause error) error {
	for _, s := range c.segs {
		select {
		case <-s.b.done:
		case <-ctx.Done():
			return errors.Join(cause, fmt.Errorf("kafka: produce to %s: %w: %w", c.topic, ErrUnavailable, context.Cause(ctx)))
		}
		if s.b.err != nil {
			if cause == nil {
				cause = fmt.Errorf("kafka: produce to %s: %w", c.topic, s.b.err)
			}
			continue
		}
		for i := s.from; i < s.to; i++ {
			if c.placed[i].Partition == s.lane.partition {
				c.placed[i].Offset += s.b.base
			}
		}
	}
	return cause
}

func (p *Producer) lane(topic string, partition int) *lane {
	k := laneKey{topic, partition}
	p.mu.RLock()
	l := p.lanes[k]
	p.mu.RUnlock()
	if l != nil {
		return l
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if l = p.lanes[k]; l == nil {
		l = &lane{p: p, laneKey: k,
			prefix: producePrefix(p.client.format, topic, int32(partition), p.cfg.Attempt)}
		p.lanes[k] = l
	}
	return l
}
