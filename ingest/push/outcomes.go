package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/schema/fault"
	"credithub/schema/feed"
)

// at is the place of a message.
type at struct {
	topic     string
	partition int
	offset    int64
}

// written is a row that stands in the log.
type written struct {
	at
	line     int
	recordID string
}

// outcomes follows credit.outcomes, where the hub tells what became of signed
// messages.
type outcomes struct {
	fetch    *kafka.Fetcher
	through  map[at]int64 // by partition, with offset 0
	rejected map[at][]fault.Fault
}

// Follow makes the target learn what becomes of what it sends from now on. The
// user of the connection needs the right to read credit.outcomes.
func (k *Kafka) Follow(ctx context.Context, c *kafka.Client) error {
	var ends []int64
	err := k.do(ctx, func() (err error) {
		if ends, err = c.EndOffsets(ctx, feed.OutcomesTopic); errors.Is(err, kafka.ErrUnavailable) && !errors.Is(err, kafka.ErrDenied) {
			return &passing{error: err}
		}
		return err
	})
	if err == nil && len(ends) == 0 {
		err = errors.New("no partition")
	}
	if err != nil {
		return fmt.Errorf("push: %s can't be read, so that nobody will tell what becomes of the rows: %w", feed.OutcomesTopic, err)
	}
	k.outcomes = &outcomes{fetch: kafka.NewFetcher(c, feed.OutcomesTopic, 0, ends[0], 1<<20), through: map[at]int64{}, rejected: map[at][]fault.Fault{}}
	k.outcomes.fetch.MaxWait = 500 * time.Millisecond
	return nil
}

// Settled waits until intake has judged every message of a part.
func (k *Kafka) Settled(ctx context.Context, o Outcome) (Outcome, error) {
	if k.outcomes == nil {
		return o, ErrUnsettled
	}
	deadline := k.now().Add(k.limits.WaitFor)
	for !k.outcomes.passed(o.written) {
		if k.now().After(deadline) {
			return o, ErrUnsettled
		}
		if err := k.outcomes.read(ctx); err != nil {
			if ctx.Err() != nil {
				return o, ctx.Err()
			}
			if !k.sleep(ctx, 200*time.Millisecond) {
				return o, ctx.Err()
			}
		}
	}
	for _, w := range o.written {
		faults := k.outcomes.rejected[w.at]
		if faults == nil {
			continue
		}
		delete(k.outcomes.rejected, w.at)
		switch {
		case w.line > 0:
			o.Accepted, o.Rejected = o.Accepted-1, o.Rejected+1
		case len(o.written) == 1: // a heartbeat is no row, but here it is all there was
			o.Rejected++
		}
		for _, f := range faults {
			if f.Code.Rejects() {
				o.Findings = append(o.Findings, Finding{Line: w.line, RecordID: w.recordID, Fault: f})
			}
		}
	}
	return o, nil
}

// passed tells whether the last message of every partition is judged.
func (x *outcomes) passed(all []written) bool {
	for _, w := range all {
		if through, ok := x.through[at{w.topic, w.partition, 0}]; !ok || through < w.offset {
			return false
		}
	}
	return true
}

// read takes in what the hub has told since.
func (x *outcomes) read(ctx context.Context) error {
	b, err := x.fetch.Fetch(ctx)
	if err != nil {
		return err
	}
	for i := range b.Messages {
		var o feed.Outcomes
		if json.Unmarshal(b.Messages[i].Value, &o) != nil {
			continue
		}
		p := at{o.Topic, o.Partition, 0}
		if through, ok := x.through[p]; !ok || o.Through > through {
			x.through[p] = o.Through
		}
		for _, r := range o.Rejected {
			x.rejected[at{o.Topic, o.Partition, r.Offset}] = r.Faults
		}
	}
	return nil
}
