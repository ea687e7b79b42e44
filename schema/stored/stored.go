// Package stored declares the rows that ClickHouse holds: of each table the Go value
// that is one row, and its columns. A column stands here and nowhere else, those of an
// entry beside the entry (schema/list). From here take schema/ddl the tables,
// ingest/sink what it inserts, query/store what it selects and reads, and
// query/restrict what it reads of a snapshot.
//
// It also says once which row of a record counts, and what the registrations under a
// code make of it, in Go and in SQL (fold.go).
package stored

import (
	"time"

	"credithub/schema/audit"
	"credithub/schema/civil"
	"credithub/schema/column"
	"credithub/schema/list"
	"credithub/schema/record"
)

// Record is one version of a record, as a row of table records holds it.
type Record struct {
	USCC       string // "" when the row stands under no code
	Domain     string
	Kind       string
	Unit       string
	RecordID   string
	Version    uint32
	Op         record.Op
	Status     Status
	OccurredOn civil.Date
	RecordedAt time.Time // when the hub learned of it; milliseconds
	Data       []byte    // canonical JSON object; nil when there is none, or it was not asked for
}

// Key names one version of a record.
type Key struct {
	USCC, Domain, Unit, RecordID string
	Version                      uint32
}

// Key is the key of the version.
func (r *Record) Key() Key { return Key{r.USCC, r.Domain, r.Unit, r.RecordID, r.Version} }

// Records are the columns of what a version of a record says: its identity, then its
// data.
var Records = append(Identity[:len(Identity):len(Identity)],
	column.Bytes("data", func(r *Record) *[]byte { return &r.Data }))

// Identity are the columns of a record without its data, which are most of it.
var Identity = []column.Column[Record]{
	column.Text("uscc", func(r *Record) *string { return &r.USCC }),
	column.Word("domain", func(r *Record) *string { return &r.Domain }),
	column.Word("kind", func(r *Record) *string { return &r.Kind }),
	column.Word("unit", func(r *Record) *string { return &r.Unit }),
	column.Text("record_id", func(r *Record) *string { return &r.RecordID }),
	column.U32("version", func(r *Record) *uint32 { return &r.Version }),
	column.Enum("op", record.Heartbeat, record.Op.String, func(r *Record) *record.Op { return &r.Op }),
	column.Enum("status", Moved, Status.String, func(r *Record) *Status { return &r.Status }),
	column.Day("occurred_on", func(r *Record) *civil.Date { return &r.OccurredOn }),
	column.Millis("recorded_at", func(r *Record) *time.Time { return &r.RecordedAt }),
}

// Message is a row of table records: a message of a domain topic with the version that
// it brought, or that a record left a subject with it.
type Message struct {
	Record
	Hash       uint64 // of the content, see record.Row
	BatchID    string
	Line       uint32
	Faults     string // JSON array of fault.Fault, "" for none
	Topic      string
	Partition  uint16
	Offset     int64
	FeedOffset int64  // of the message on a feed that spoke of it; −1: none
	Sent       uint64 // of a row that came without a version, when it was sent; else 0
}

// Messages are the columns of table records.
var Messages = append(column.Lift(Records, func(m *Message) *Record { return &m.Record }),
	column.U64("hash", func(m *Message) *uint64 { return &m.Hash }),
	column.Text("batch_id", func(m *Message) *string { return &m.BatchID }),
	column.U32("line", func(m *Message) *uint32 { return &m.Line }),
	column.Text("faults", func(m *Message) *string { return &m.Faults }),
	column.Word("topic", func(m *Message) *string { return &m.Topic }),
	column.U16("partition", func(m *Message) *uint16 { return &m.Partition }),
	column.I64("offset", func(m *Message) *int64 { return &m.Offset }),
	column.I64("feed_offset", func(m *Message) *int64 { return &m.FeedOffset }),
	column.U64("sent", func(m *Message) *uint64 { return &m.Sent }),
)

// Entry is a row of table entries: a state of an entry.
type Entry struct {
	list.Entry
	Seq        uint64    // place on credit.entries; the highest of (uscc, entry_id) holds
	Gone       bool      // the entry is not under the code (any more)
	RecordedAt time.Time // milliseconds
}

// Entries are the columns of table entries.
var Entries = func() []column.Column[Entry] {
	state := column.Lift(list.Columns, func(e *Entry) *list.Entry { return &e.Entry })
	all := append(state[:1:1], column.U64("seq", func(e *Entry) *uint64 { return &e.Seq }))
	return append(append(all, state[1:]...),
		column.Bool("gone", func(e *Entry) *bool { return &e.Gone }),
		column.Millis("recorded_at", func(e *Entry) *time.Time { return &e.RecordedAt }))
}()

// Name is a row of table names: that a code bears or bore a name.
type Name struct {
	Name       string // folded, see record.FoldName
	USCC       string
	Current    bool
	RecordedAt time.Time // milliseconds
}

// Names are the columns of table names.
var Names = []column.Column[Name]{
	column.Text("name", func(r *Name) *string { return &r.Name }),
	column.Text("uscc", func(r *Name) *string { return &r.USCC }),
	column.Bool("current", func(r *Name) *bool { return &r.Current }),
	column.Millis("recorded_at", func(r *Name) *time.Time { return &r.RecordedAt }),
}

// Reject is a row of table rejects: one fault of a row that was not accepted.
type Reject struct {
	Unit, Domain string
	BatchID      string
	Line         uint32
	RecordID     string
	At           time.Time // milliseconds
	Code, Field  string
	Message      string
	Topic        string // where a message stands that came with no push
	Partition    uint16
	Offset       int64
	Kind         string
	Value        string
	Row          []byte // as sent and masked, with the first fault of a row only
}

// Rejects are the columns of table rejects.
var Rejects = []column.Column[Reject]{
	column.Word("unit", func(r *Reject) *string { return &r.Unit }),
	column.Word("domain", func(r *Reject) *string { return &r.Domain }),
	column.Text("batch_id", func(r *Reject) *string { return &r.BatchID }),
	column.U32("line", func(r *Reject) *uint32 { return &r.Line }),
	column.Text("record_id", func(r *Reject) *string { return &r.RecordID }),
	column.Millis("at", func(r *Reject) *time.Time { return &r.At }),
	column.Word("code", func(r *Reject) *string { return &r.Code }),
	column.Text("field", func(r *Reject) *string { return &r.Field }),
	column.Text("message", func(r *Reject) *string { return &r.Message }),
	column.Word("topic", func(r *Reject) *string { return &r.Topic }),
	column.U16("partition", func(r *Reject) *uint16 { return &r.Partition }),
	column.I64("offset", func(r *Reject) *int64 { return &r.Offset }),
	column.Word("kind", func(r *Reject) *string { return &r.Kind }),
	column.Text("value", func(r *Reject) *string { return &r.Value }),
	column.Bytes("row", func(r *Reject) *[]byte { return &r.Row }),
}

// Batch is a row of table batches: the head of a push.
type Batch struct {
	ID         string
	Unit       string
	ReceivedAt time.Time // milliseconds
	Accepted   uint32
	Rejected   uint32
	Positions  []byte // JSON array of receipt.Position
}

// Batches are the columns of table batches.
var Batches = []column.Column[Batch]{
	column.Text("batch_id", func(r *Batch) *string { return &r.ID }),
	column.Word("unit", func(r *Batch) *string { return &r.Unit }),
	column.Millis("received_at", func(r *Batch) *time.Time { return &r.ReceivedAt }),
	column.U32("accepted", func(r *Batch) *uint32 { return &r.Accepted }),
	column.U32("rejected", func(r *Batch) *uint32 { return &r.Rejected }),
	column.Bytes("positions", func(r *Batch) *[]byte { return &r.Positions }),
}

// Audits are the columns of table audit.
var Audits = []column.Column[audit.Record]{
	column.Word("writer", func(r *audit.Record) *string { return &r.Writer }),
	column.U64("seq", func(r *audit.Record) *uint64 { return &r.Seq }),
	column.Micros("at", func(r *audit.Record) *time.Time { return &r.At }),
	column.Text("actor", func(r *audit.Record) *string { return &r.Actor }),
	column.Word("unit", func(r *audit.Record) *string { return &r.Unit }),
	column.Word("role", func(r *audit.Record) *string { return &r.Role }),
	column.Word("action", func(r *audit.Record) *string { return &r.Action }),
	column.Text("subject", func(r *audit.Record) *string { return &r.Subject }),
	column.Word("matter", func(r *audit.Record) *string { return &r.Matter }),
	column.Text("case_no", func(r *audit.Record) *string { return &r.CaseNo }),
	column.Word("outcome", func(r *audit.Record) *string { return &r.Outcome }),
	column.Text("digest", func(r *audit.Record) *string { return &r.Digest }),
	column.Text("prev", func(r *audit.Record) *string { return &r.Prev }),
	column.Text("hash", func(r *audit.Record) *string { return &r.Hash }),
	column.Text("purpose", func(r *audit.Record) *string { return &r.Purpose }),
}

// LogPosition is a row of table log_positions: how far a partition of a log topic is
// stored.
type LogPosition struct {
	Topic     string
	Partition uint16
	Offset    int64
}

// LogPositions are the columns of table log_positions.
var LogPositions = []column.Column[LogPosition]{
	column.Word("topic", func(r *LogPosition) *string { return &r.Topic }),
	column.U16("partition", func(r *LogPosition) *uint16 { return &r.Partition }),
	column.I64("offset", func(r *LogPosition) *int64 { return &r.Offset }),
}

// Fingerprint is a row of table fingerprints.
type Fingerprint struct {
	Name        string // of a secret
	Fingerprint string
	At          time.Time // microseconds
}

// Fingerprints are the columns of table fingerprints.
var Fingerprints = []column.Column[Fingerprint]{
	column.Word("name", func(r *Fingerprint) *string { return &r.Name }),
	column.Text("fingerprint", func(r *Fingerprint) *string { return &r.Fingerprint }),
	column.Micros("at", func(r *Fingerprint) *time.Time { return &r.At }),
}
