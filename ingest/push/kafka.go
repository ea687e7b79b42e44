package push

import (
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
	var o Outcome
	msgs := map[record.Domain][]kafka.Message{}
	rows := map[record.Domain][]written{} // of each message
	var it body.Item
	var row record.Row
	warnings := body.NewTally(maxTold)
	today := civil.DateOf(k.now())
	n := 0
	for src.Next(&it) {
		n++
		if it.Raw == nil {
			row = record.Row{Faults: it.Faults}
		} else {
			k.dec.Decode(it.Raw, today, &row)
			row.Faults = append(row.Faults, it.Faults...)
		}
		rejected := row.Rejected()
		for _, f := range row.Faults {
			if !f.Code.Rejects() {
				if !rejected { // as the gateway tells it
					warnings.Add(it.Line, string(row.RecordID), f)
				}
				continue
			}
			o.Findings = append(o.Findings, Finding{Line: int(it.Line), RecordID: string(row.RecordID), Fault: f})
		}
		switch {
		case rejected:
			o.Rejected++
			continue
		case len(row.Faults) > 0:
			o.Warned++
		}
		o.Accepted++
		key := row.USCC
		if len(key) == 0 {
			key = row.RecordID
		}
		msgs[row.Domain] = append(msgs[row.Domain], k.message(row.Domain.Topic(), append([]byte(nil), key...),
			record.AppendEnvelope(nil, &row, string(k.unit))))
		rows[row.Domain] = append(rows[row.Domain], written{line: int(it.Line), recordID: string(row.RecordID)})
	}
	for _, n := range body.Notes(src) {
		warnings.Note(n)
	}
	for _, t := range warnings.All() {
		o.Findings = append(o.Findings, Finding{Line: int(t.Line), RecordID: t.RecordID, Count: max(t.Count, 1), Fault: t.Fault})
	}
	if n == 0 && (p.Form == CSV || p.Form == XLSX) {
		return Outcome{}, errNoRows
	}
	alive := slices.Collect(maps.Keys(msgs))
	if n == 0 && p.Domain != record.NoDomain {
		alive = append(alive, p.Domain)
	}
	for _, d := range alive { // rows that were sent before are no sign of life, as anyone may repeat them
		msgs[d] = append(msgs[d], k.message(d.Topic(), k.unit, record.AppendHeartbeat(nil, d, string(k.unit), k.now())))
		rows[d] = append(rows[d], written{recordID: "(heartbeat)"})
	}
	err = k.do(ctx, func() (err error) {
		o.Receipt, o.written, err = k.produce(ctx, msgs, rows)
		if errors.Is(err, kafka.ErrDenied) {
			return err
		}
		if errors.Is(err, kafka.ErrUnavailable) || errors.Is(err, kafka.ErrBusy) {
			return &passing{error: err}
		}
		return err
	})
	return o, err
}

func (k *Kafka) message(topic string, key, value []byte) kafka.Message {
	return kafka.Message{Key: key, Value: value, Partition: kafka.ByKey, Headers: []kafka.Header{
		{Key: feed.HeaderUnit, Value: k.unit}, {Key: feed.HeaderKey, Value: k.id},
		{Key: feed.HeaderSignature, Value: Sign(k.key, topic, key, value)},
	}}
}

func (k *Kafka) produce(ctx context.Context, msgs map[record.Domain][]kafka.Message, rows map[record.Domain][]written) (string, []written, error) {
	var ps []receipt.Position
	var all []written
	for _, d := range record.Domains() {
		if len(msgs[d]) == 0 {
			continue
		}
		placed, err := k.out.Produce(ctx, d.Topic(), msgs[d])
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", d.Topic(), err)
		}
		for i, to := range placed {
			ps = append(ps, receipt.Position{Domain: d, Partition: uint16(to.Partition), Offset: to.Offset})
			w := rows[d][i]
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
