package restrict

import (
	"context"
	"errors"
	"fmt"

	"credithub/deploy/platform/kafka"
)

// Kafka is the Log of a cluster.
func Kafka(c *kafka.Client) Log {
	if c == nil {
		panic("restrict: log without a client")
	}
	return kafkaLog{c}
}

type kafkaLog struct{ c *kafka.Client }

func (l kafkaLog) Ends(ctx context.Context, topic string) ([]int64, error) {
	ends, err := l.c.EndOffsets(ctx, topic)
	if errors.Is(err, kafka.ErrUnknownTopic) {
		return nil, nil
	}
	return ends, err
}

func (l kafkaLog) Tail(topic string, offset int64) Tail {
	if offset < 0 {
		offset = kafka.First
	}
	return &kafkaTail{f: kafka.NewFetcher(l.c, topic, 0, offset, kafka.DefaultMaxBytes)}
}

type kafkaTail struct {
	f      *kafka.Fetcher
	values [][]byte
}

func (t *kafkaTail) Close() error { return nil }

func (t *kafkaTail) Fetch(ctx context.Context) ([][]byte, int64, error) {
	b, err := t.f.Fetch(ctx)
	if err != nil {
		var out *kafka.OutOfRangeError
		if errors.As(err, &out) {
			err = fmt.Errorf("%w: %w", ErrOutOfRange, err)
		}
		return nil, 0, err
	}
	t.values = t.values[:0]
	for i := range b.Messages {
		v := b.Messages[i].Value
		if err := b.Messages[i].Err; err != nil {
			v = []byte(err.Error()) // is counted and logged as what can't be read
		}
		t.values = append(t.values, v)
	}
	return t.values, b.Next, nil
}
