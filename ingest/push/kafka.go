package push

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/keys"
	"credithub/ingest/body"
	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// Producer writes to Kafka and returns when all in-sync replicas have the
// messages; *kafka.Producer does.
type Producer interface {
	Produce(ctx context.Context, topic string, msgs []kafka.Message) ([]kafka.Placed, error)
}

// Kafka signs records with the key of a unit and writes them to the topics of
// their domains. Rows that the hub would reject are reported and not sent.
type Kafka struct {
	out  Producer
	unit []byte
	id   []byte
	key  ed25519.PrivateKey
	dec  *record.Decoder
	retry

	outcomes *outcomes // nil: nobody tells what becomes of what is sent
}

// NewKafka makes a target of a unit's private key, whose public half must be
// registered with the hub for that unit.
func NewKafka(out Producer, unit string, key ed25519.PrivateKey, limits Limits) (*Kafka, error) {
	if out == nil || unit == "" || len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("push: a producer, a unit and an Ed25519 key are needed")
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("push: the key has no public half")
	}
	return &Kafka{
		out: out, unit: []byte(unit), id: []byte(keys.ID(public)), key: key, dec: record.NewDecoder(), retry: newRetry(limits),
	}, nil
}

// Sign appends what a unit's signature of a message covers, and gives the
// signature in base64: Ed25519 over topic, LF, key, LF, value.
func Sign(priv ed25519.PrivateKey, topic string, key, value []byte) []byte {
	b := make([]byte, 0, len(topic)+len(key)+len(value)+2)
	b = append(append(b, topic...), '\n')
	b = append(append(b, key...), '\n')
	b = append(b, value...)
	return base64.StdEncoding.AppendEncode(nil, ed25519.Sign(priv, b))
}

// Send signs and writes the rows of a part. An error means that some of them
// may be in the log; sending the part again does no harm.
func (k *Kafka) Send(ctx context.Context, p Part) (Outcome, error) {
	src, done, err := open(p)
	if err != nil {
		return Outcome{}, shown(err)
	}
	defer done()
	b := k.sign(src)
	if b.rows == 0 && (p.Form == CSV || p.Form == XLSX) {
		return Outcome{}, errNoRows
	}
	k.beat(b, p)
	err = k.do(ctx, func() (err error) {
		b.Receipt, b.written, err = k.produce(ctx, b)
		if errors.Is(err, kafka.ErrDenied) {
			return err
		}
		if errors.Is(err, kafka.ErrUnavailable) || errors.Is(err, kafka.ErrBusy) {
			return &passing{error: err}
		}
		return err
	})
	return b.Outcome, err
}

// batch is what a part becomes: messages by their domains, and what is told of its
// rows.
type batch struct {
	Outcome
	rows     int // of the part, also those that are not sent
	msgs     map[record.Domain][]kafka.Message
	rowOf    map[record.Domain][]written // row of each message
	warnings *body.Tally
}

// sign reads all rows and signs those that the hub would take.
func (k *Kafka) sign(src body.Source) *batch {
	b := &batch{
		msgs: map[record.Domain][]kafka.Message{}, rowOf: map[record.Domain][]written{}, warnings: body.NewTally(maxTold),
	}
	var it body.Item
	var row record.Row
	for today := civil.DateOf(k.now()); src.Next(&it); b.rows++ {
		if it.Raw == nil {
			row = record.Row{Faults: it.Faults}
		} else {
			k.dec.Decode(it.Raw, today, &row)
			row.Faults = append(row.Faults, it.Faults...)
		}
		if b.take(it.Line, &row) {
			k.add(b, it.Line, &row)
		}
	}
	for _, n := range body.Notes(src) {
		b.warnings.Note(n)
	}
	for _, t := range b.warnings.All() {
		b.Findings = append(b.Findings, Finding{Line: int(t.Line), RecordID: t.RecordID, Count: max(t.Count, 1), Fault: t.Fault})
	}
	return b
}

// take counts a row and notes its faults; it tells whether the hub would take it.
func (b *batch) take(line uint32, row *record.Row) bool {
	rejected := row.Rejected()
	for _, f := range row.Faults {
		switch {
		case f.Code.Rejects():
			b.Findings = append(b.Findings, Finding{Line: int(line), RecordID: string(row.RecordID), Fault: f})
		case !rejected: // as the gateway tells it
			b.warnings.Add(line, string(row.RecordID), f)
		}
	}
	if rejected {
		b.Rejected++
		return false
	}
	if len(row.Faults) > 0 {
		b.Warned++
	}
	b.Accepted++
	return true
}

// add signs a row.
func (k *Kafka) add(b *batch, line uint32, row *record.Row) {
	d := row.Domain
	m := k.message(d.Topic(), bytes.Clone(row.MessageKey()), record.AppendEnvelope(nil, row, string(k.unit)))
	b.msgs[d] = append(b.msgs[d], m)
	b.rowOf[d] = append(b.rowOf[d], written{line: int(line), recordID: string(row.RecordID)})
}

// beat adds a heartbeat of each domain of the part: rows that were sent before are
// no sign of life, as anyone may repeat them.
func (k *Kafka) beat(b *batch, p Part) {
	alive := slices.Collect(maps.Keys(b.msgs))
	if b.rows == 0 && p.Domain != record.NoDomain {
		alive = append(alive, p.Domain)
	}
	for _, d := range alive {
		b.msgs[d] = append(b.msgs[d], k.message(d.Topic(), k.unit, record.AppendHeartbeat(nil, d, string(k.unit), k.now())))
		b.rowOf[d] = append(b.rowOf[d], written{recordID: "(heartbeat)"})
	}
}

func (k *Kafka) message(topic string, key, value []byte) kafka.Message {
	return kafka.Message{Key: key, Value: value, Partition: kafka.ByKey, Headers: []kafka.Header{
		{Key: feed.HeaderUnit, Value: k.unit}, {Key: feed.HeaderKey, Value: k.id},
		{Key: feed.HeaderSignature, Value: Sign(k.key, topic, key, value)},
	}}
}

// produce writes the messages and tells where they stand.
func (k *Kafka) produce(ctx context.Context, b *batch) (string, []written, error) {
	var ps []receipt.Position
	var all []written
	for _, d := range record.Domains() {
		if len(b.msgs[d]) == 0 {
			continue
		}
		placed, err := k.out.Produce(ctx, d.Topic(), b.msgs[d])
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", d.Topic(), err)
		}
		for i, to := range placed {
			ps = append(ps, receipt.Position{Domain: d, Partition: uint16(to.Partition), Offset: to.Offset})
			w := b.rowOf[d][i]
			w.at = at{d.Topic(), to.Partition, to.Offset}
			all = append(all, w)
		}
	}
	return receipt.Encode(ps), all, nil
}

// maxTold bounds the warnings of a part that are told row by row, as in the gateway.
const maxTold = 1000

// open reads a part here, as the gateway would there.
func open(p Part) (body.Source, func(), error) {
	lim := bodyLimits()
	nothing := func() {}
	switch p.Form {
	case NDJSON:
		s, err := body.NDJSON(p.Body, lim)
		return s, nothing, err
	case JSON:
		s, err := body.JSON(p.Body, lim)
		return s, nothing, err
	case CSV:
		s, err := body.CSV(p.Body, p.Kind, p.options(), lim)
		return s, nothing, err
	case XLSX:
		s, err := body.XLSX(p.Body, p.Kind, p.options(), lim, "")
		if err != nil {
			return nil, nothing, err
		}
		return s, func() { _ = s.Close() }, nil
	}
	return nil, nothing, fmt.Errorf("push: no form %q", p.Form)
}
