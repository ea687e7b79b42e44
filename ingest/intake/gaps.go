package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/sink"
	"credithub/schema/feed"
	"credithub/schema/record"
)

// Gap is a partition whose log ends before what is stored of it: the log was
// damaged, or comes from an older copy than the tables. What it should hold up to
// Want is stored; whatever it gets below Want nobody would ever read.
type Gap struct {
	Topic     string
	Partition int
	End, Want int64 // the next offset of the log, and the first one that is not stored
}

func (g Gap) String() string {
	return fmt.Sprintf("%s/%d ends at %d, %d are stored", g.Topic, g.Partition, g.End, g.Want)
}

// Gaps lists the partitions whose log ends before what is stored.
func Gaps(ctx context.Context, s Store, k *kafka.Client) ([]Gap, error) {
	want, err := wanted(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("intake: %w", err)
	}
	ends := map[string][]int64{}
	for p := range want {
		if _, known := ends[p.Topic]; known {
			continue
		}
		e, err := k.EndOffsets(ctx, p.Topic)
		if err != nil && !errors.Is(err, kafka.ErrUnknownTopic) {
			return nil, fmt.Errorf("intake: end of %s: %w", p.Topic, err)
		}
		ends[p.Topic] = e
	}
	return gaps(want, ends), nil
}

// wanted is the offset behind what is stored of each partition: of the domains'
// topics, of the feeds that spoke of their rows, and of the topics that are kept
// as they are.
func wanted(ctx context.Context, s Store) (map[sink.Partition]int64, error) {
	var topics []string
	for _, d := range record.Domains() {
		topics = append(topics, d.Topic())
	}
	want := map[sink.Partition]int64{}
	raise := func(p sink.Partition, last int64) { want[p] = max(want[p], last+1) }
	stored, err := s.Positions(ctx, topics)
	if err != nil {
		return nil, err
	}
	kept, err := s.LogPositions(ctx)
	if err != nil {
		return nil, err
	}
	for _, positions := range []sink.Positions{stored, kept} {
		for p, last := range positions {
			raise(p, last)
		}
	}
	fed, err := s.Fed(ctx, topics)
	if err != nil {
		return nil, err
	}
	for topic, last := range fed {
		to := feed.SubjectsTopic
		if topic == record.Decision.Topic() {
			to = feed.EntriesTopic
		}
		raise(sink.Partition{Topic: to}, last)
	}
	return want, nil
}

func gaps(want map[sink.Partition]int64, ends map[string][]int64) []Gap {
	var out []Gap
	for p, first := range want {
		g := Gap{Topic: p.Topic, Partition: int(p.Partition), Want: first}
		if e := ends[p.Topic]; g.Partition < len(e) {
			g.End = e[g.Partition]
		}
		if g.End < g.Want {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return out
}

// fillStep is how many messages are written at once.
const fillStep = 10_000

// Fill makes the logs go on behind what is stored, with messages that nobody reads
// in the place of those that are gone. Nobody else may write meanwhile.
func Fill(ctx context.Context, p *kafka.Producer, all []Gap) error {
	for _, g := range all {
		for at := g.End; at < g.Want; {
			msgs := make([]kafka.Message, min(g.Want-at, fillStep))
			for i := range msgs {
				msgs[i] = kafka.Message{Key: []byte("gap"), Partition: g.Partition}
			}
			placed, err := p.Produce(ctx, g.Topic, msgs)
			if err != nil {
				return fmt.Errorf("intake: fill %s/%d: %w", g.Topic, g.Partition, err)
			}
			if at = placed[len(placed)-1].Offset + 1; placed[0].Offset < g.End {
				return fmt.Errorf("intake: fill %s/%d: the log moved back to %d", g.Topic, g.Partition, placed[0].Offset)
			}
		}
	}
	return nil
}
