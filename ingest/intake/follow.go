package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/derive"
	"credithub/ingest/sink"
	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/receipt"
	"credithub/schema/uscc"
)

// changed gathers the codes of which something changed.
type changed struct {
	keys []derive.Subject
	odd  []byte // codes without a key, of 18 characters each
}

// note is add for a code whose subject is known, if it has a key.
func (c *changed) note(s derive.Subject, code []byte) {
	if uscc.Key(s).Valid() {
		c.keys = append(c.keys, s)
	} else {
		c.add(code)
	}
}

// add notes a code. Codes that are not of 18 characters can't be carried.
func (c *changed) add(code []byte) {
	if k, ok := uscc.Pack(code); ok {
		c.keys = append(c.keys, derive.Subject(k))
	} else if len(code) == uscc.Length {
		c.odd = append(c.odd, code...)
	}
}

func (c *changed) empty() bool { return len(c.keys)+len(c.odd) == 0 }

// appendTo appends each code once, those without a key last.
func (c *changed) appendTo(dst []byte) []byte {
	slices.Sort(c.keys)
	for _, k := range slices.Compact(c.keys) {
		dst = uscc.Key(k).AppendTo(dst)
	}
	if len(c.odd) == 0 {
		return dst
	}
	var odd []string
	for code := range slices.Chunk(c.odd, uscc.Length) {
		odd = append(odd, string(code))
	}
	slices.Sort(odd)
	for _, code := range slices.Compact(odd) {
		dst = append(dst, code...)
	}
	return dst
}

// stretch is what one message on credit.changes tells.
type stretch struct {
	first int64
	last  receipt.Position
	changed
}

// tellBulk tells those who follow, before the rows are stored.
func (l *lane) tellBulk(ctx context.Context, chunks []*sink.Chunk) error {
	_, err := l.produce(ctx, feed.ChangesTopic, l.changesOf(chunks))
	return err
}

// tellDecisions tells the units what they have to work off as well.
func (l *lane) tellDecisions(ctx context.Context, chunks []*sink.Chunk) error {
	notices, err := l.notices(chunks)
	if err != nil {
		return err
	}
	if _, err := l.produce(ctx, feed.NoticesTopic, notices); err != nil {
		return err
	}
	return l.tellBulk(ctx, chunks)
}

// changesOf joins what changed in each partition.
func (l *lane) changesOf(chunks []*sink.Chunk) []kafka.Message {
	var order []*stretch
	at := map[receipt.Position]*stretch{} // by domain and partition
	for _, c := range chunks {
		p := c.Payload.(*payload)
		if p.changed.empty() {
			continue
		}
		k := receipt.Position{Domain: p.domain, Partition: p.partition}
		s := at[k]
		if s == nil || uscc.Length*(len(s.keys)+len(p.changed.keys))+len(s.odd)+len(p.changed.odd) > newsBytes {
			s = &stretch{first: p.first, last: k}
			at[k] = s
			order = append(order, s)
		}
		s.last.Offset = p.through
		s.keys, s.odd = append(s.keys, p.changed.keys...), append(s.odd, p.changed.odd...)
	}
	now := l.x.cfg.Now()
	msgs := make([]kafka.Message, len(order))
	most := 0
	for _, s := range order {
		most = max(most, uscc.Length*len(s.keys)+len(s.odd))
	}
	codes := make([]byte, 0, most)
	for i, s := range order {
		codes = s.appendTo(codes[:0])
		msgs[i].Value = feed.AppendChanges(make([]byte, 0, 256+len(codes)), s.first, s.last, now, codes)
	}
	return msgs
}

// notices are the changes of entries that leave something to do.
func (l *lane) notices(chunks []*sink.Chunk) (msgs []kafka.Message, err error) {
	for _, c := range chunks {
		p := c.Payload.(*payload)
		for i := range p.changes {
			m, ok := l.notice(&p.changes[i])
			if !ok {
				continue
			}
			value, err := json.Marshal(m)
			if err != nil {
				return nil, fmt.Errorf("intake: notice: %w", err)
			}
			msgs = append(msgs, kafka.Message{Key: []byte(m.ID), Value: value})
		}
	}
	return msgs, nil
}

func (l *lane) notice(c *change) (*feed.Notice, bool) {
	now := &c.Entry
	if c.Successor != "" {
		now = &c.Before // another entry speaks for it from now on
	}
	w, ok := l.x.cfg.Policy.Work(&c.Before, now, civil.DateOf(c.at))
	if !ok {
		return nil, false
	}
	m := &feed.Notice{Seq: c.seq, At: c.at, Kind: w.Notice.Kind, ID: c.ID, USCC: c.USCC, WasUSCC: c.Was, Entry: c.Entry.Wire(),
		Gone: c.Gone, Successor: c.Successor, On: w.On.String(), DueOn: w.DueOn.String(), Provisional: w.Provisional}
	if c.Gone {
		m.Entry = c.Before.Wire()
	}
	m.Entry.Persons = "" // whom it names in person is for checks to match, and for nobody to follow
	for _, x := range w.Measures {
		m.Measures = append(m.Measures, feed.NoticedMeasure{Code: x.Code, Department: x.Department})
	}
	return m, true
}
