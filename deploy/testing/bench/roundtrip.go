package bench

import (
	"context"
	"time"

	"credithub/deploy/platform/kafka"
)

// roundTrip measures bare round trips through the broker.
type roundTrip struct {
	producer *kafka.Producer
	came     chan time.Time
	failed   chan error
	value    []byte
	stop     context.CancelFunc
}

// roundTripBytes is about the size of a decision.
const roundTripBytes = 600

// newRoundTrip starts the reader at the end of the topic.
func newRoundTrip(ctx context.Context, c *kafka.Client) (*roundTrip, error) {
	ends, err := c.EndOffsets(ctx, roundTripTopic)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	t := &roundTrip{
		producer: kafka.NewProducer(c, kafka.ProducerConfig{}), came: make(chan time.Time, 1), failed: make(chan error, 1),
		value: make([]byte, roundTripBytes), stop: stop,
	}
	f := kafka.NewFetcher(c, roundTripTopic, 0, ends[0], kafka.DefaultMaxBytes)
	go func() {
		for {
			b, err := f.Fetch(ctx)
			now := time.Now()
			if err != nil {
				t.failed <- err
				return
			}
			if len(b.Messages) > 0 {
				t.came <- now
			}
		}
	}()
	return t, nil
}

// once sends a message and waits until the reader has it.
func (t *roundTrip) once(ctx context.Context) (time.Duration, error) {
	t0 := time.Now()
	if _, err := t.producer.Produce(ctx, roundTripTopic, []kafka.Message{{Key: []byte("k"), Value: t.value}}); err != nil {
		return 0, err
	}
	select {
	case at := <-t.came:
		return at.Sub(t0), nil
	case err := <-t.failed:
		return 0, err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
