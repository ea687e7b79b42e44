package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"credithub/deploy/platform/sleep"
)

// Timing of groups: a dead member is noticed after the session, and a new one
// has its partitions within the rebalance.
const (
	groupHeartbeat = 800 * time.Millisecond
	groupSession   = 8 * time.Second
	groupRebalance = 6 * time.Second
	groupBackoff   = 200 * time.Millisecond
	groupWatch     = 5 * time.Second
)

// Assignment is what one member of a group may read in one generation.
type Assignment struct {
	Generation int32
	Partitions map[string][]int // by topic, sorted
	commit     func(map[string]map[int]int64) error
}

// CommitOffsets tells the broker, for its displays, from where the group would
// go on: the offset after the last message done. Nothing of the hub reads it.
func (a *Assignment) CommitOffsets(offsets map[string]map[int]int64) error {
	if a.commit == nil {
		return errors.New("kafka: assignment of no group")
	}
	return a.commit(offsets)
}

// Group joins a consumer group and calls f with each assignment. The context
// that f gets ends when the partitions must be given up; f must return soon
// after, as the group waits for it. When f returns earlier the group is joined
// anew. Group itself returns when ctx ends, or when the group can't be made.
func (c *Client) Group(ctx context.Context, group string, topics []string, f func(context.Context, Assignment) error) error {
	cg, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{
		ID: group, Brokers: c.cfg.Brokers, Dialer: c.dialer, Topics: topics,
		HeartbeatInterval: groupHeartbeat, SessionTimeout: groupSession, RebalanceTimeout: groupRebalance,
		JoinGroupBackoff: groupBackoff, WatchPartitionChanges: true, PartitionWatchInterval: groupWatch,
		Timeout: c.cfg.RequestTimeout, StartOffset: kafkago.FirstOffset,
	})
	if err != nil {
		return fmt.Errorf("kafka: group %s: %w", group, err)
	}
	// Close waits for f, which waits for ctx: it must not run before that ended.
	stop := context.AfterFunc(ctx, func() { _ = cg.Close() })
	defer func() {
		stop()
		_ = cg.Close()
	}()
	for {
		gen, err := cg.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, kafkago.ErrGroupClosed):
			return fmt.Errorf("kafka: group %s: %w", group, err)
		case err != nil:
			c.count.retries.WithLabelValues(opGroup).Inc()
			continue // kafka-go paused already
		}
		err = generation(ctx, gen, f)
		c.count.rejoins.Inc()
		if err != nil && ctx.Err() == nil {
			c.count.failures.WithLabelValues(opGroup).Inc()
			sleep.For(ctx, mostPause)
		}
	}
}

// generation runs f for one generation of the group until f returns, and gives its
// error, but none when f was told to stop.
func generation(ctx context.Context, gen *kafkago.Generation, f func(context.Context, Assignment) error) error {
	a := Assignment{Generation: gen.ID, Partitions: map[string][]int{}, commit: gen.CommitOffsets}
	for topic, ps := range gen.Assignments {
		for _, p := range ps {
			a.Partitions[topic] = append(a.Partitions[topic], p.ID)
		}
		slices.Sort(a.Partitions[topic])
	}
	done := make(chan error, 1)
	gen.Start(func(genCtx context.Context) {
		run, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		stop := context.AfterFunc(genCtx, func() { cancel(kafkago.ErrGenerationEnded) })
		defer stop()
		err := f(run, a)
		if run.Err() != nil {
			err = nil
		}
		done <- err
	})
	return <-done
}
