package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"

	"credithub/deploy/platform/sleep"
	"credithub/schema/feed"
)

// Errors that callers tell apart.
var (
	// ErrUnavailable is Kafka away, or without a leader, for longer than the
	// caller or the configuration would wait. What was to be written may or
	// may not have been.
	ErrUnavailable = errors.New("kafka is unavailable")
	// ErrDenied stands beside ErrUnavailable, or alone, when the brokers refuse user or
	// password, or close every connection that doesn't name one.
	ErrDenied = errors.New("kafka refuses the user or the password")
	// ErrBusy means that too much is pending; nothing of the refused rest was sent.
	ErrBusy = errors.New("too much is pending for kafka")
	// ErrTooLarge is a message above the limit.
	ErrTooLarge = errors.New("message is too large")
	// ErrUnknownTopic is a topic or partition that doesn't exist.
	ErrUnknownTopic = errors.New("unknown topic or partition")
)

// Client is the way to one Kafka cluster. It is safe for many goroutines.
type Client struct {
	cfg       Config
	addr      net.Addr
	transport *kafkago.Transport
	api       *kafkago.Client
	dialer    *kafkago.Dialer
	proof     *proof
	format    *kmsg.RequestFormatter // of the requests that travel as an exchange
	count     *counters

	forgotAt atomic.Int64 // unix ns
	mu       sync.Mutex
	topics   map[string]topicSize
}

type topicSize struct {
	partitions int
	at         time.Time
}

// New makes a client. It connects on first use.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	tlsConf, err := cfg.tls()
	if err != nil {
		return nil, err
	}
	mech, err := cfg.SASL.mechanism()
	if err != nil {
		return nil, err
	}
	proof := &proof{}
	if mech != nil {
		mech = watched{mech, proof}
	}
	dial := &net.Dialer{Timeout: cfg.DialTimeout / 2, KeepAlive: 10 * time.Second}
	c := &Client{
		cfg: cfg, proof: proof, addr: kafkago.TCP(cfg.Brokers...), count: newCounters(cfg.Metrics),
		topics: map[string]topicSize{}, format: kmsg.NewRequestFormatter(kmsg.FormatterClientID(cfg.ClientID)),
		transport: &kafkago.Transport{
			Dial: dial.DialContext, DialTimeout: cfg.DialTimeout, IdleTimeout: time.Minute,
			MetadataTTL: cfg.MetadataTTL, ClientID: cfg.ClientID, TLS: tlsConf, SASL: mech,
		},
		dialer: &kafkago.Dialer{
			ClientID: cfg.ClientID, Timeout: cfg.DialTimeout, TLS: tlsConf, SASLMechanism: mech,
			DialFunc: dial.DialContext,
		},
	}
	c.api = &kafkago.Client{Addr: c.addr, Transport: c.transport, Timeout: cfg.RequestTimeout}
	return c, nil
}

// Close drops idle connections. Calls that still run go on.
func (c *Client) Close() error {
	c.transport.CloseIdleConnections()
	return nil
}

// Ping asks the cluster for its brokers.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.brokers(ctx)
	return err
}

// brokers counts the brokers of the cluster.
func (c *Client) brokers(ctx context.Context) (int, error) {
	n := 0
	err := c.retry(ctx, opMetadata, func(ctx context.Context) error {
		m, err := c.api.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{}})
		if err != nil {
			return err
		}
		if n = len(m.Brokers); n == 0 {
			return kafkago.BrokerNotAvailable
		}
		return nil
	})
	return n, err
}

// Partitions tells how many partitions of a topic are used: all that it has, but only
// the first of a topic whose messages need one order (feed.Single).
func (c *Client) Partitions(ctx context.Context, topic string) (int, error) {
	const ttl = 5 * time.Second
	c.mu.Lock()
	t := c.topics[topic]
	c.mu.Unlock()
	if t.partitions > 0 && time.Since(t.at) < ttl {
		return t.partitions, nil
	}
	n := 0
	err := c.retry(ctx, opMetadata, func(ctx context.Context) error {
		var err error
		n, err = c.partitionsNow(ctx, topic)
		return err
	})
	if feed.Single(topic) {
		n = min(n, 1)
	}
	if err != nil && t.partitions > 0 {
		return t.partitions, nil // known once; what is sent there tells better what is wrong
	}
	if err != nil {
		return 0, fmt.Errorf("kafka: partitions of %s: %w", topic, err)
	}
	c.mu.Lock()
	c.topics[topic] = topicSize{n, time.Now()}
	c.mu.Unlock()
	return n, nil
}

func (c *Client) partitionsNow(ctx context.Context, topic string) (int, error) {
	m, err := c.api.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{topic}})
	switch {
	case err != nil:
		return 0, err
	case len(m.Topics) != 1:
		return 0, kafkago.UnknownTopicOrPartition
	case m.Topics[0].Error != nil:
		return 0, m.Topics[0].Error
	case len(m.Topics[0].Partitions) == 0:
		return 0, kafkago.LeaderNotAvailable
	}
	return len(m.Topics[0].Partitions), nil
}

// StartOffsets gives the first offset held of each partition of a topic.
func (c *Client) StartOffsets(ctx context.Context, topic string) ([]int64, error) {
	return c.offsets(ctx, topic, kafkago.FirstOffset)
}

// EndOffsets gives the offset that the next message of each partition gets.
func (c *Client) EndOffsets(ctx context.Context, topic string) ([]int64, error) {
	return c.offsets(ctx, topic, kafkago.LastOffset)
}

func (c *Client) offsets(ctx context.Context, topic string, which int64) ([]int64, error) {
	n, err := c.Partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make([]int64, n)
	ask := make([]kafkago.OffsetRequest, n)
	for i := range ask {
		ask[i] = kafkago.OffsetRequest{Partition: i, Timestamp: which}
	}
	err = c.retry(ctx, opOffsets, func(ctx context.Context) error {
		r, err := c.api.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{topic: ask}})
		if err != nil {
			return err
		}
		got := 0
		for _, p := range r.Topics[topic] {
			switch {
			case p.Error != nil:
				return p.Error
			case p.Partition < 0 || p.Partition >= n:
			case which == kafkago.FirstOffset:
				out[p.Partition] = p.FirstOffset
				got++
			default:
				out[p.Partition] = p.LastOffset
				got++
			}
		}
		if got != n {
			return kafkago.LeaderNotAvailable
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("kafka: offsets of %s: %w", topic, err)
	}
	return out, nil
}

// forget drops connections and what is known of leaders, at most a few times a
// second, so that the next request asks the living brokers anew.
func (c *Client) forget() {
	const least = 100 * time.Millisecond
	now, last := time.Now().UnixNano(), c.forgotAt.Load()
	if now-last < int64(least) || !c.forgotAt.CompareAndSwap(last, now) {
		return
	}
	c.count.forgotten.Inc()
	c.transport.CloseIdleConnections()
}

// retry repeats f while its error is one that passes, until Patience is over or
// ctx ends.
func (c *Client) retry(ctx context.Context, operation string, f func(context.Context) error) error {
	end := time.Now().Add(c.cfg.Patience)
	for attempt := 0; ; attempt++ {
		one, cancel := context.WithTimeout(ctx, c.cfg.RequestTimeout)
		err := f(one)
		cancel()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case permanent(err) || time.Now().After(end):
			return c.givenUp(operation, err)
		}
		c.count.retries.WithLabelValues(operation).Inc()
		c.forget()
		if !pause(ctx, attempt) {
			return context.Cause(ctx)
		}
	}
}

// givenUp counts an operation that is not repeated any more, and tells callers what
// kind of error it ended with.
func (c *Client) givenUp(operation string, err error) error {
	c.count.failures.WithLabelValues(operation).Inc()
	if unknownTopic(err) {
		return fmt.Errorf("%w: %w", ErrUnknownTopic, err)
	}
	if c.proof.denied(err) {
		err = fmt.Errorf("%w: %w", ErrDenied, err)
	}
	if !permanent(err) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// mostPause is the longest time between two attempts: a leader that was away is
// found soon after it is back.
const mostPause = 100 * time.Millisecond

// pause waits before attempt number n is repeated; false when ctx ended.
func pause(ctx context.Context, n int) bool {
	return sleep.For(ctx, min(20*time.Millisecond<<min(n, 5), mostPause))
}

// permanent tells an error that no repetition mends.
func permanent(err error) bool {
	if errors.Is(err, errOldBroker) || errors.Is(err, ErrTooLarge) {
		return true
	}
	var code kafkago.Error
	if !errors.As(err, &code) || code.Temporary() || code.Timeout() {
		return false
	}
	return !slices.Contains(passing, code)
}

// passing are errors that kafka-go counts as lasting though they pass.
var passing = []kafkago.Error{
	kafkago.Unknown, kafkago.BrokerNotAvailable, kafkago.ReplicaNotAvailable,
}

func unknownTopic(err error) bool {
	return errors.Is(err, kafkago.UnknownTopicOrPartition) ||
		errors.Is(err, protocol.ErrNoTopic) || errors.Is(err, protocol.ErrNoPartition)
}
