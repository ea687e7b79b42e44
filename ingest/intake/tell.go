package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/derive"
	"credithub/ingest/sink"
	"credithub/schema/feed"
	"credithub/schema/receipt"
	"credithub/schema/record"
	"credithub/schema/uscc"
)

// newsBytes bounds the codes in one message on credit.subjects.
const newsBytes = uscc.Length * 16_384

// factBytes bounds what one message there says of facts, when it joins several.
const factBytes = 256 << 10

// feedDecisions tells the changes of entries and how far the decisions are read.
func (l *lane) feedDecisions(ctx context.Context, chunks []*sink.Chunk) error {
	var msgs, rejects, outcomes []kafka.Message
	last := feed.Progress{}
	through := int64(-1)
	partition := uint16(0)
	for _, c := range chunks {
		p := c.Payload.(*payload)
		for i := range p.changes {
			m, err := entryMessage(&p.changes[i])
			if err != nil {
				return err
			}
			msgs = append(msgs, m)
		}
		last.Reports = mergeReports(last.Reports, p.reports)
		through, partition = p.through, p.partition
		rejects, outcomes = appendRejects(rejects, p.rejects), appendOutcomes(outcomes, p)
	}
	last.Through = []receipt.Position{{Domain: record.Decision, Partition: partition, Offset: through}}
	value, err := json.Marshal(feed.EntryMessage{Seq: feed.ProgressSeq(through), RecordedAt: l.x.cfg.Now().UTC(), Progress: &last})
	if err != nil {
		return fmt.Errorf("intake: progress: %w", err)
	}
	msgs = append(msgs, kafka.Message{Key: []byte(feed.ProgressKey), Value: value})
	offset, err := l.produce(ctx, feed.EntriesTopic, msgs)
	if err != nil {
		return err
	}
	for _, c := range chunks {
		c.FeedOffset = offset
	}
	if _, err = l.produce(ctx, feed.RejectsTopic, rejects); err != nil {
		return err
	}
	_, err = l.produce(ctx, feed.OutcomesTopic, outcomes)
	return err
}

func entryMessage(c *change) (kafka.Message, error) {
	m := feed.EntryMessage{Seq: c.seq, RecordedAt: c.at, ID: c.ID, USCC: c.USCC, WasUSCC: c.Was}
	if !c.Gone {
		m.Entry = c.Entry.Wire()
	}
	value, err := json.Marshal(&m)
	if err != nil {
		return kafka.Message{}, fmt.Errorf("intake: entry message: %w", err)
	}
	return kafka.Message{Key: []byte(c.ID), Value: value}, nil
}

// feedBulk tells the news of subjects, the signs of life and how far the
// partitions are read. Each message speaks of one partition, because a reader
// passes over what it knows by partition; and it joins only what was read of it
// in one go, because the order of the messages of a domain is the order in which
// a process that follows reads again.
func (l *lane) feedBulk(ctx context.Context, chunks []*sink.Chunk) error {
	var order []*payload
	var rejects, outcomes []kafka.Message
	last := map[record.Domain]*payload{}
	for _, c := range chunks {
		p := c.Payload.(*payload)
		rejects, outcomes = appendRejects(rejects, p.rejects), appendOutcomes(outcomes, p)
		o := last[p.domain]
		if o == nil || o.partition != p.partition || len(o.news.Known)+len(p.news.Known) > newsBytes || o.facts.Size()+p.facts.Size() > factBytes {
			joined := *p // what is told next needs the payload as it is
			last[p.domain] = &joined
			order = append(order, &joined)
			continue
		}
		o.news.Merge(&p.news)
		o.facts.Merge(&p.facts)
		o.reports, o.through = mergeReports(o.reports, p.reports), p.through
	}
	msgs := make([]kafka.Message, 0, len(order))
	for _, p := range order {
		m, err := subjectsMessage(&p.news, &p.facts, feed.Progress{Reports: p.reports,
			Through: []receipt.Position{{Domain: p.domain, Partition: p.partition, Offset: p.through}}})
		if err != nil {
			return err
		}
		msgs = append(msgs, m)
	}
	if _, err := l.produce(ctx, feed.RejectsTopic, rejects); err != nil {
		return err
	}
	offset, err := l.produce(ctx, feed.SubjectsTopic, msgs)
	for _, c := range chunks {
		c.FeedOffset = offset
	}
	if err != nil {
		return err
	}
	_, err = l.produce(ctx, feed.OutcomesTopic, outcomes)
	return err
}

func subjectsMessage(n *derive.News, f *derive.FactNews, p feed.Progress) (kafka.Message, error) {
	value, err := json.Marshal(feed.SubjectsMessage{
		Known: string(n.Known), Gone: string(n.Gone), Ambiguous: string(n.Ambiguous), Facts: f.All(), Progress: p})
	if err != nil {
		return kafka.Message{}, fmt.Errorf("intake: subjects message: %w", err)
	}
	return kafka.Message{Value: value}, nil
}

// mergeReports adds newer signs of life.
func mergeReports(all, more []feed.Report) []feed.Report {
next:
	for _, r := range more {
		for i := range all {
			if a := &all[i]; a.Unit == r.Unit && a.Domain == r.Domain {
				if r.At.After(a.At) {
					a.At = r.At
				}
				continue next
			}
		}
		all = append(all, r)
	}
	return all
}

func appendRejects(msgs []kafka.Message, rejects []feed.Reject) []kafka.Message {
	for i := range rejects {
		value, err := json.Marshal(&rejects[i])
		if err != nil { // texts and numbers only: can't be
			panic("intake: reject: " + err.Error())
		}
		msgs = append(msgs, kafka.Message{Key: []byte(rejects[i].Unit), Value: value, Partition: kafka.ByKey})
	}
	return msgs
}

// appendOutcomes tells those who sent signed messages what became of them.
func appendOutcomes(msgs []kafka.Message, p *payload) []kafka.Message {
	if !p.unstamped {
		return msgs
	}
	o := feed.Outcomes{Topic: p.domain.Topic(), Partition: int(p.partition), Through: p.through}
	for i := range p.rejects {
		if r := &p.rejects[i]; r.BatchID == "" {
			faults := slices.Clone(r.Faults)
			for i := range faults {
				faults[i].Value = "" // places and faults only
			}
			o.Rejected = append(o.Rejected, feed.Outcome{Offset: r.Offset - 1, Faults: faults})
		}
	}
	value, err := json.Marshal(&o)
	if err != nil { // texts and numbers only: can't be
		panic("intake: outcomes: " + err.Error())
	}
	return append(msgs, kafka.Message{Value: value})
}

// produce writes messages, however long that takes, and gives the offset of the
// last one; −1 without messages. Whatever stands twice in the log does nothing
// the second time.
func (l *lane) produce(ctx context.Context, topic string, msgs []kafka.Message) (int64, error) {
	if len(msgs) == 0 {
		return -1, nil
	}
	for tries := 0; ; tries++ {
		placed, err := l.x.cfg.Producer.Produce(ctx, topic, msgs)
		if err == nil {
			return placed[len(placed)-1].Offset, nil
		}
		if ctx.Err() != nil {
			return -1, ctx.Err()
		}
		l.x.met.retries.Inc()
		if tries == 0 {
			l.x.cfg.Logger.Warn("can't write to Kafka, trying again", "topic", topic, "messages", len(msgs), "error", err)
		}
		pause(ctx, tries)
	}
}
