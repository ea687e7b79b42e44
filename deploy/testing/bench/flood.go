package bench

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"credithub/deploy/platform/child"
	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/supervise"
	"credithub/ingest/stamp"
	"credithub/schema/civil"
	"credithub/schema/record"
)

// FloodConfig says where a bulk load goes.
type FloodConfig struct {
	Data  string // data directory, for the secret of stamps
	Kafka []string
	Nice  int
}

const (
	floodDomain  = record.Tax
	floodRecords = 60_000 // records of each producer, sent again and again in higher versions
	flooders     = 2
)

// floodChild starts Flood in a process of its own.
func (s *stage) floodChild(ctx context.Context) (*supervise.Process, error) {
	p, err := s.supervise(ctx, supervise.Child{Name: "flood", Env: s.env(),
		Args: []string{"bench", "flood", "--data", s.dir, "--nice", fmt.Sprint(bulkNice)}})
	if p != nil {
		s.children = append(s.children, p)
	}
	return p, err
}

// Flood writes stamped messages of one bulk domain as fast as the broker takes
// them, until ctx ends: every message is new, a higher version of a record.
func Flood(ctx context.Context, cfg FloodConfig) error {
	if err := child.FollowParent(); err != nil {
		return err
	}
	if err := child.Nice(cfg.Nice); err != nil {
		return err
	}
	st, err := newStamped(cfg.Data)
	if err != nil {
		return err
	}
	c, err := brokerClient(cfg.Data, cfg.Kafka...)
	if err != nil {
		return err
	}
	defer c.Close()
	g, ctx := errgroup.WithContext(ctx)
	p := kafka.NewProducer(c, kafka.ProducerConfig{})
	for i := range flooders {
		g.Go(func() error {
			err := flood(ctx, p, st, uint64(i)+1)
			if ctx.Err() != nil {
				return nil
			}
			return err
		})
	}
	return g.Wait()
}

// flood is one producer.
func flood(ctx context.Context, p *kafka.Producer, st *stamped, seed uint64) error {
	src := &source{rows: floodRecords, seed: seed, at: time.Now().Truncate(time.Millisecond), domains: map[record.Domain]bool{floodDomain: true}}
	var raws [][]byte
	var units []string
	err := src.each(func(row *record.Row, unit string, _ stamp.Stamp) error {
		raws, units = append(raws, record.AppendEnvelope(nil, row, unit)), append(units, unit)
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	dec := record.NewDecoder()
	today := civil.DateOf(src.at)
	var row record.Row
	msgs := make([]kafka.Message, 0, produceChunk)
	for version := uint32(1); ; version++ {
		for i, raw := range raws {
			dec.Decode(raw, today, &row)
			row.Version = version
			at := stamp.Stamp{BatchID: fmt.Appendf(nil, "flood-%d-%d", seed, version), Line: uint32(i + 1), ReceivedAt: src.at}
			if msgs = append(msgs, st.message(&row, units[i], at)); len(msgs) < produceChunk {
				continue
			}
			if _, err := p.Produce(ctx, floodDomain.Topic(), msgs); err != nil {
				return err
			}
			msgs = msgs[:0]
		}
	}
}
