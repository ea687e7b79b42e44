package sink

import (
	"encoding/json"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/ingest/derive"
	"credithub/schema/audit"
	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/list"
)

// Names gathers rows of table names. Sending a row twice does nothing.
type Names struct {
	name, uscc text
	current    proto.ColBool
	recordedAt *instant
}

func (t *Names) init() { t.recordedAt = millis() }
func (t *Names) reset() {
	*t = Names{t.name.emptied(), t.uscc.emptied(), t.current[:0], t.recordedAt.emptied()}
}

// Append says that a code bears (current) or bore a folded name.
func (t *Names) Append(folded string, uscc []byte, current bool, at time.Time) {
	t.name.appendString(folded)
	t.uscc.append(uscc)
	t.current = append(t.current, current)
	t.recordedAt.ColInt64 = append(t.recordedAt.ColInt64, at.UnixMilli())
}

// Rows counts the rows.
func (t *Names) Rows() int { return t.name.n }

func (t *Names) input() proto.Input {
	return proto.Input{{Name: "name", Data: &t.name}, {Name: "uscc", Data: &t.uscc},
		{Name: "current", Data: &t.current}, {Name: "recorded_at", Data: t.recordedAt}}
}

// Entries gathers rows of table entries. Sending a row twice does nothing.
type Entries struct {
	id, uscc, cause, documentNo, exitDocumentNo, tellers, persons text
	seq                                                           proto.ColUInt64
	list, state, decidedBy, exitType                              *word
	decidedOn, servedOn, since, until, exitedOn                   proto.ColDate32
	annotated, gone                                               proto.ColBool
	recordedAt                                                    *instant
}

func (t *Entries) init() {
	t.list, t.state, t.decidedBy, t.exitType, t.recordedAt = newWord(), newWord(), newWord(), newWord(), millis()
}

func (t *Entries) reset() {
	for _, c := range []*text{&t.id, &t.uscc, &t.cause, &t.documentNo, &t.exitDocumentNo, &t.tellers, &t.persons} {
		c.reset()
	}
	for _, c := range []*word{t.list, t.state, t.decidedBy, t.exitType} {
		c.reset()
	}
	for _, c := range []*proto.ColDate32{&t.decidedOn, &t.servedOn, &t.since, &t.until, &t.exitedOn} {
		*c = (*c)[:0]
	}
	t.seq, t.annotated, t.gone, t.recordedAt = t.seq[:0], t.annotated[:0], t.gone[:0], t.recordedAt.emptied()
}

// Rows counts the rows.
func (t *Entries) Rows() int { return t.id.n }

// Append adds the rows of a change: the new state under its subject, and, when
// the entry moved, that it is gone under the old one.
func (t *Entries) Append(c *derive.Change, seq uint64, at time.Time) {
	if c.Was != "" {
		t.row(c.ID, c.Was, &list.Entry{DecidedOn: civil.NoDate, ServedOn: civil.NoDate, Since: civil.NoDate,
			Until: civil.NoDate, ExitedOn: civil.NoDate}, true, seq, at)
	}
	t.row(c.ID, c.USCC, &c.Entry, c.Gone, seq, at)
}

func (t *Entries) row(id, uscc string, e *list.Entry, gone bool, seq uint64, at time.Time) {
	t.id.appendString(id)
	t.seq = append(t.seq, seq)
	t.uscc.appendString(uscc)
	t.list.append(e.List.String())
	t.state.append(stateName(e.State))
	t.cause.appendString(e.Cause)
	t.documentNo.appendString(e.DocumentNo)
	t.decidedBy.append(e.DecidedBy)
	day := func(c *proto.ColDate32, d civil.Date) {
		if gone {
			d = civil.NoDate
		}
		*c = append(*c, stored(d))
	}
	day(&t.decidedOn, e.DecidedOn)
	day(&t.servedOn, e.ServedOn)
	day(&t.since, e.Since)
	day(&t.until, e.Until)
	day(&t.exitedOn, e.ExitedOn)
	t.annotated = append(t.annotated, e.Annotated)
	t.exitType.append(e.ExitType.String())
	t.exitDocumentNo.appendString(e.ExitDocumentNo)
	t.tellers.appendString(string(e.Tellers))
	t.persons.appendString(e.Persons)
	t.gone = append(t.gone, gone)
	t.recordedAt.ColInt64 = append(t.recordedAt.ColInt64, at.UnixMilli())
}

func stateName(s list.State) string {
	if s == list.NoState {
		return ""
	}
	return s.String()
}

func (t *Entries) input() proto.Input {
	return proto.Input{
		{Name: "entry_id", Data: &t.id}, {Name: "seq", Data: &t.seq}, {Name: "uscc", Data: &t.uscc}, {Name: "list", Data: t.list},
		{Name: "state", Data: t.state}, {Name: "cause", Data: &t.cause}, {Name: "document_no", Data: &t.documentNo},
		{Name: "decided_by", Data: t.decidedBy}, {Name: "decided_on", Data: &t.decidedOn}, {Name: "served_on", Data: &t.servedOn},
		{Name: "since", Data: &t.since}, {Name: "until", Data: &t.until}, {Name: "exited_on", Data: &t.exitedOn},
		{Name: "annotated", Data: &t.annotated}, {Name: "exit_type", Data: t.exitType},
		{Name: "exit_document_no", Data: &t.exitDocumentNo}, {Name: "tellers", Data: &t.tellers}, {Name: "persons", Data: &t.persons}, {Name: "gone", Data: &t.gone}, {Name: "recorded_at", Data: t.recordedAt},
	}
}

// Table is a batch of rows of one of the tables that are written at least once.
type Table interface {
	Rows() int
	Input() proto.Input
	Reset()
}

// Rejects gathers rows of table rejects: one for each fault of a row.
type Rejects struct {
	unit, domain, code, topic, kind   *word
	batchID, recordID, field, message text
	value, row                        text
	line                              proto.ColUInt32
	at                                *instant
	partition                         proto.ColUInt16
	offset                            proto.ColInt64
}

// NewRejects makes an empty batch.
func NewRejects() *Rejects {
	return &Rejects{unit: newWord(), domain: newWord(), code: newWord(), topic: newWord(), kind: newWord(), at: millis()}
}

// Append adds the faults of a row. Batch and line name a row that came through
// the gateway; its place in the log would not, as a write that was sent again
// after a broker's death stands there twice.
func (t *Rejects) Append(r *feed.Reject) {
	partition, offset := uint16(r.Partition), r.Offset-1 // the message counts from 1, so that 0 is none
	if r.BatchID != "" && offset > 0 {
		partition, offset = 0, 0
	}
	for i, f := range r.Faults {
		t.kind.append(r.Kind)
		t.value.appendString(f.Value)
		if i == 0 {
			t.row.append(r.Row)
		} else {
			t.row.append(nil)
		}
		t.unit.append(r.Unit)
		t.domain.append(r.Domain)
		t.batchID.appendString(r.BatchID)
		t.line = append(t.line, r.Line)
		t.recordID.appendString(r.RecordID)
		t.at.ColInt64 = append(t.at.ColInt64, r.At.UnixMilli())
		t.code.append(string(f.Code))
		t.field.appendString(f.Field)
		t.message.appendString(f.Message)
		t.topic.append(r.Topic)
		t.partition = append(t.partition, partition)
		t.offset = append(t.offset, offset)
	}
}

// Rows counts the rows.
func (t *Rejects) Rows() int { return t.batchID.n }

// Reset empties the batch.
func (t *Rejects) Reset() {
	for _, c := range []*word{t.unit, t.domain, t.code, t.topic, t.kind} {
		c.reset()
	}
	for _, c := range []*text{&t.batchID, &t.recordID, &t.field, &t.message, &t.value, &t.row} {
		c.reset()
	}
	t.line, t.at, t.partition, t.offset = t.line[:0], t.at.emptied(), t.partition[:0], t.offset[:0]
}

// Input gives the columns.
func (t *Rejects) Input() proto.Input {
	return proto.Input{
		{Name: "unit", Data: t.unit}, {Name: "domain", Data: t.domain}, {Name: "batch_id", Data: &t.batchID},
		{Name: "line", Data: &t.line}, {Name: "record_id", Data: &t.recordID}, {Name: "at", Data: t.at},
		{Name: "code", Data: t.code}, {Name: "field", Data: &t.field}, {Name: "message", Data: &t.message},
		{Name: "topic", Data: t.topic}, {Name: "partition", Data: &t.partition}, {Name: "offset", Data: &t.offset},
		{Name: "kind", Data: t.kind}, {Name: "value", Data: &t.value}, {Name: "row", Data: &t.row},
	}
}

// Batches gathers rows of table batches.
type Batches struct {
	id, positions      text
	unit               *word
	receivedAt         *instant
	accepted, rejected proto.ColUInt32
}

// NewBatches makes an empty batch.
func NewBatches() *Batches { return &Batches{unit: newWord(), receivedAt: millis()} }

// Append adds the head of a push.
func (t *Batches) Append(b *feed.Batch) error {
	positions, err := json.Marshal(b.Positions)
	if err != nil {
		return err
	}
	t.id.appendString(b.ID)
	t.unit.append(b.Unit)
	t.receivedAt.ColInt64 = append(t.receivedAt.ColInt64, b.ReceivedAt.UnixMilli())
	t.accepted = append(t.accepted, uint32(b.Accepted))
	t.rejected = append(t.rejected, uint32(b.Rejected))
	t.positions.append(positions)
	return nil
}

// Rows counts the rows.
func (t *Batches) Rows() int { return t.id.n }

// Reset empties the batch.
func (t *Batches) Reset() {
	t.id.reset()
	t.positions.reset()
	t.unit.reset()
	t.receivedAt, t.accepted, t.rejected = t.receivedAt.emptied(), t.accepted[:0], t.rejected[:0]
}

// Input gives the columns.
func (t *Batches) Input() proto.Input {
	return proto.Input{
		{Name: "batch_id", Data: &t.id}, {Name: "unit", Data: t.unit}, {Name: "received_at", Data: t.receivedAt},
		{Name: "accepted", Data: &t.accepted}, {Name: "rejected", Data: &t.rejected}, {Name: "positions", Data: &t.positions},
	}
}

// Audits gathers rows of table audit.
type Audits struct {
	writer, unit, role, action, matter, outcome         *word
	actor, subject, caseNo, purpose, digest, prev, hash text
	seq                                                 proto.ColUInt64
	at                                                  *instant
}

// NewAudits makes an empty batch.
func NewAudits() *Audits {
	return &Audits{writer: newWord(), unit: newWord(), role: newWord(), action: newWord(), matter: newWord(),
		outcome: newWord(), at: &instant{t: microsType}}
}

// Append adds a record of the audit log.
func (t *Audits) Append(r *audit.Record) {
	t.writer.append(r.Writer)
	t.seq = append(t.seq, r.Seq)
	t.at.ColInt64 = append(t.at.ColInt64, r.At.UnixMicro())
	t.actor.appendString(r.Actor)
	t.unit.append(r.Unit)
	t.role.append(r.Role)
	t.action.append(r.Action)
	t.subject.appendString(r.Subject)
	t.matter.append(r.Matter)
	t.caseNo.appendString(r.CaseNo)
	t.purpose.appendString(r.Purpose)
	t.outcome.append(r.Outcome)
	t.digest.appendString(r.Digest)
	t.prev.appendString(r.Prev)
	t.hash.appendString(r.Hash)
}

// Rows counts the rows.
func (t *Audits) Rows() int { return t.actor.n }

// Reset empties the batch.
func (t *Audits) Reset() {
	for _, c := range []*word{t.writer, t.unit, t.role, t.action, t.matter, t.outcome} {
		c.reset()
	}
	for _, c := range []*text{&t.actor, &t.subject, &t.caseNo, &t.purpose, &t.digest, &t.prev, &t.hash} {
		c.reset()
	}
	t.seq, t.at = t.seq[:0], t.at.emptied()
}

// Input gives the columns.
func (t *Audits) Input() proto.Input {
	return proto.Input{
		{Name: "writer", Data: t.writer}, {Name: "seq", Data: &t.seq}, {Name: "at", Data: t.at}, {Name: "actor", Data: &t.actor},
		{Name: "unit", Data: t.unit}, {Name: "role", Data: t.role}, {Name: "action", Data: t.action},
		{Name: "subject", Data: &t.subject}, {Name: "matter", Data: t.matter}, {Name: "case_no", Data: &t.caseNo}, {Name: "purpose", Data: &t.purpose},
		{Name: "outcome", Data: t.outcome}, {Name: "digest", Data: &t.digest}, {Name: "prev", Data: &t.prev}, {Name: "hash", Data: &t.hash},
	}
}

// LogPosition is one row of table log_positions.
func LogPosition(topic string, partition uint16, offset int64) proto.Input {
	t := newWord()
	t.append(topic)
	return proto.Input{{Name: "topic", Data: t}, {Name: "partition", Data: &proto.ColUInt16{partition}},
		{Name: "offset", Data: &proto.ColInt64{offset}}}
}
