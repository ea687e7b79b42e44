package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"credithub/deploy/gen"
	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/node"
	"credithub/ingest/stamp"
	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/record"
)

// bulkDomains are the domains whose records arrive in bulk.
var bulkDomains = map[record.Domain]bool{
	record.Registration: true, record.Tax: true, record.SocialSecurity: true, record.Bank: true,
}

// pushRows is the number of rows that share a batch id.
const pushRows = 20_000

// source makes rows as the gateway has them after validation.
type source struct {
	rows    int
	seed    uint64
	at      time.Time // when the gateway received them; milliseconds
	domains map[record.Domain]bool
}

var errEnough = errors.New("enough rows")

// each calls f with every row, its unit and its stamp. The same source gives the
// same rows each time; they hold until f returns.
func (s *source) each(f func(row *record.Row, unit string, st stamp.Stamp) error) error {
	today := civil.DateOf(s.at)
	dec := record.NewDecoder()
	var row record.Row
	n := 0
	g := gen.New(gen.Config{Entities: s.rows, Seed: s.seed, Today: today})
	_, err := g.Run(func(it gen.Item) error {
		if !s.domains[it.Domain] {
			return nil
		}
		dec.Decode(it.Line, today, &row)
		if row.Rejected() {
			return fmt.Errorf("bench: generated row %d of %s is refused: %v", n, it.Domain, row.Faults)
		}
		st := stamp.Stamp{BatchID: fmt.Appendf(nil, "bench-%08d", n/pushRows), Line: uint32(n%pushRows + 1), ReceivedAt: s.at}
		if err := f(&row, it.Unit, st); err != nil {
			return err
		}
		if n++; n == s.rows {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("bench: only %d rows made of %d", n, s.rows)
	}
	return err
}

// stamped makes messages as the gateway writes them.
type stamped struct {
	stamper *stamp.Stamper
}

// newStamped takes the secret of a data directory.
func newStamped(dir string) (*stamped, error) {
	secret, err := node.Secret(dir, "stamp.key")
	if err != nil {
		return nil, err
	}
	s, err := stamp.New(secret)
	return &stamped{s}, err
}

// message is the stamped message of a row; everything in it is new memory.
func (s *stamped) message(row *record.Row, unit string, st stamp.Stamp) kafka.Message {
	key := bytes.Clone(row.MessageKey())
	value := record.AppendEnvelope(make([]byte, 0, len(row.Data)+256), row, unit)
	return kafka.Message{Key: key, Value: value, Partition: kafka.ByKey, Headers: []kafka.Header{{
		Key: feed.HeaderStamp, Value: s.stamper.Append(nil, row.Domain.Topic(), key, value, st)}}}
}

// produced tells what was written.
type produced struct {
	rows    int
	bytes   int64
	elapsed time.Duration
}

// produceChunk is how many messages of a topic are written at once.
const produceChunk = 4000

// produce writes all rows of a source to their topics.
func (s *source) produce(ctx context.Context, p *kafka.Producer, st *stamped) (produced, error) {
	var got produced
	began := time.Now()
	waiting := map[record.Domain][]kafka.Message{}
	send := func(d record.Domain) error {
		_, err := p.Produce(ctx, d.Topic(), waiting[d])
		waiting[d] = waiting[d][:0]
		return err
	}
	err := s.each(func(row *record.Row, unit string, at stamp.Stamp) error {
		m := st.message(row, unit, at)
		got.rows++
		got.bytes += int64(len(m.Value))
		waiting[row.Domain] = append(waiting[row.Domain], m)
		if len(waiting[row.Domain]) == produceChunk {
			return send(row.Domain)
		}
		return nil
	})
	for d := range waiting {
		if err == nil {
			err = send(d)
		}
	}
	got.elapsed = time.Since(began)
	return got, err
}
