package sink

import (
	"encoding/json"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/ingest/derive"
	"credithub/schema/audit"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/stored"
)

// Table is a batch of rows of one table.
type Table interface {
	Rows() int
	Input() proto.Input
	Reset()
}

// Names gathers rows of table names. Sending a row twice does nothing.
type Names struct{ *columns[stored.Name] }

func newNames() Names { return Names{newColumns(stored.Names)} }

// Append says that a code bears (current) or bore a folded name.
func (t Names) Append(r stored.Name) {
	t.row = r
	t.append(&t.row)
}

// Entries gathers rows of table entries. Sending a row twice does nothing.
type Entries struct{ *columns[stored.Entry] }

func newEntries() Entries { return Entries{newColumns(stored.Entries)} }

// Append adds the rows of a change: the new state under its subject, and, when
// the entry moved, that it is gone under the old one.
func (t Entries) Append(c *derive.Change, seq uint64, at time.Time) {
	row := &t.row
	*row = stored.Entry{Seq: seq, RecordedAt: at}
	if c.Was != "" {
		row.Entry, row.Gone = list.Undated(), true
		row.ID, row.USCC = c.ID, c.Was
		t.append(row)
	}
	if row.Entry, row.Gone = c.Entry, c.Gone; c.Gone {
		row.Entry = list.Undated()
	}
	row.ID, row.USCC = c.ID, c.USCC
	t.append(row)
}

// Rejects gathers rows of table rejects: one for each fault of a row.
type Rejects struct{ *columns[stored.Reject] }

// NewRejects makes an empty batch.
func NewRejects() *Rejects { return &Rejects{newColumns(stored.Rejects)} }

// Append adds the faults of a row. Batch and line name a row that came through
// the gateway; its place in the log would not, as a write that was sent again
// after a broker's death stands there twice.
func (t *Rejects) Append(r *feed.Reject) {
	row := &t.row
	*row = stored.Reject{
		Unit: r.Unit, Domain: r.Domain, BatchID: r.BatchID, Line: r.Line, RecordID: r.RecordID, At: r.At, Topic: r.Topic,
		Partition: uint16(r.Partition), Offset: r.Offset - 1, // the message counts from 1, so that 0 is none
		Kind: r.Kind, Row: r.Row,
	}
	if r.BatchID != "" && row.Offset > 0 {
		row.Partition, row.Offset = 0, 0
	}
	for _, f := range r.Faults {
		row.Code, row.Field, row.Message, row.Value = string(f.Code), f.Field, f.Message, f.Value
		t.append(row)
		row.Row = nil
	}
}

// Batches gathers rows of table batches.
type Batches struct{ *columns[stored.Batch] }

// NewBatches makes an empty batch.
func NewBatches() *Batches { return &Batches{newColumns(stored.Batches)} }

// Append adds the head of a push.
func (t *Batches) Append(b *feed.Batch) error {
	positions, err := json.Marshal(b.Positions)
	if err != nil {
		return err
	}
	t.row = stored.Batch{ID: b.ID, Unit: b.Unit, ReceivedAt: b.ReceivedAt, Accepted: uint32(b.Accepted),
		Rejected: uint32(b.Rejected), Positions: positions}
	t.append(&t.row)
	return nil
}

// Audits gathers rows of table audit.
type Audits struct{ *columns[audit.Record] }

// NewAudits makes an empty batch.
func NewAudits() *Audits { return &Audits{newColumns(stored.Audits)} }

// Append adds a record of the audit log.
func (t *Audits) Append(r *audit.Record) { t.append(r) }

// LogPosition is one row of table log_positions.
func LogPosition(topic string, partition uint16, offset int64) proto.Input {
	t := newColumns(stored.LogPositions)
	t.append(&stored.LogPosition{Topic: topic, Partition: partition, Offset: offset})
	return t.Input()
}
