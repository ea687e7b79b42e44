package sink

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/ingest/derive"
	"credithub/schema/civil"
	"credithub/schema/column"
	"credithub/schema/ddl"
	"credithub/schema/fault"
	"credithub/schema/record"
)

// Partition names a partition of a topic.
type Partition struct {
	Topic     string
	Partition uint16
}

// Row is one row of table records.
type Row struct {
	USCC, RecordID, Data, BatchID []byte
	Domain, Kind, Unit, Topic     string // of a small vocabulary, and never changed
	Version, Line                 uint32
	Op                            record.Op
	Status                        derive.Status
	OccurredOn                    civil.Date
	RecordedAt                    time.Time
	Hash                          uint64
	Faults                        []fault.Fault
	Sent                          derive.Sent // of a row without a version of its own
	Partition                     uint16
	Offset                        int64
}

// Block gathers rows of records as columns, with the rows of other tables that
// have to be there before them.
type Block struct {
	uscc, recordID, data, batchID, faults text
	domain, kind, unit, topic             *word
	version, line                         proto.ColUInt32
	op, status                            enum
	occurredOn                            proto.ColDate32
	recordedAt                            *instant
	hash, sent                            proto.ColUInt64
	partition                             proto.ColUInt16
	offset, feedOffset                    proto.ColInt64

	Names   Names
	Entries Entries

	rows   int
	spans  []span
	chunks []*Chunk
	unfed  int
	since  time.Time // when its first chunk came
}

// span is what a block holds of one partition.
type span struct {
	Partition
	first, last int64
}

func newBlock() *Block {
	b := &Block{
		domain: newWord(), kind: newWord(), unit: newWord(), topic: newWord(), recordedAt: millis(),
		op:     enum{t: columnType("op")},
		status: enum{t: columnType("status")},
	}
	b.Names.init()
	b.Entries.init()
	return b
}

// columnType is the type that the table gives a column.
func columnType(name string) proto.ColumnType {
	s := ddl.Desired()
	return proto.ColumnType(s.Table(ddl.Records).Column(name).Type)
}

// Rows counts the rows.
func (b *Block) Rows() int { return b.rows }

// Bytes is about the size of the block.
func (b *Block) Bytes() int {
	return len(b.uscc.buf) + len(b.recordID.buf) + len(b.data.buf) + len(b.batchID.buf) + len(b.faults.buf) + 64*b.rows
}

func stored(d civil.Date) proto.Date32 { return proto.Date32(column.StoreDay(d)) }

// Append adds a row; its bytes are copied. Rows of a partition come in the order
// of their offsets.
func (b *Block) Append(r *Row) {
	b.uscc.append(r.USCC)
	b.domain.append(r.Domain)
	b.kind.append(r.Kind)
	b.unit.append(r.Unit)
	b.recordID.append(r.RecordID)
	b.version = append(b.version, r.Version)
	b.op.ColInt8 = append(b.op.ColInt8, int8(max(r.Op, record.Upsert)))
	b.status.ColInt8 = append(b.status.ColInt8, int8(r.Status))
	b.occurredOn = append(b.occurredOn, stored(r.OccurredOn))
	b.recordedAt.ColInt64 = append(b.recordedAt.ColInt64, r.RecordedAt.UnixMilli())
	b.data.append(r.Data)
	b.hash = append(b.hash, r.Hash)
	b.sent = append(b.sent, uint64(r.Sent))
	b.batchID.append(r.BatchID)
	b.line = append(b.line, r.Line)
	b.faults.append(faultsJSON(r.Faults))
	b.topic.append(r.Topic)
	b.partition = append(b.partition, r.Partition)
	b.offset = append(b.offset, r.Offset)
	b.feedOffset = append(b.feedOffset, -1)
	b.rows++
	b.span(r)
}

func faultsJSON(fs []fault.Fault) []byte {
	if len(fs) == 0 {
		return nil
	}
	j, err := json.Marshal(fs)
	if err != nil { // texts and codes only: can't be
		panic("sink: faults: " + err.Error())
	}
	return j
}

// span widens the partition's span. The last one is nearly always the right
// one.
func (b *Block) span(r *Row) {
	for i := len(b.spans) - 1; i >= 0; i-- {
		if s := &b.spans[i]; s.Partition.Partition == r.Partition && s.Topic == r.Topic {
			s.last = r.Offset
			return
		}
	}
	b.spans = append(b.spans, span{Partition{r.Topic, r.Partition}, r.Offset, r.Offset})
}

// keepAbsent drops the rows that are stored, by the last stored offset of each
// partition, and tells how many are left.
func (b *Block) keepAbsent(have Positions) int {
	if !slices.ContainsFunc(b.spans, func(s span) bool { return have.After(s.Partition) > s.first }) {
		return b.rows
	}
	want := make([]bool, b.rows)
	n := 0
	for i := range want {
		p := Partition{b.topic.row(i), b.partition[i]}
		if want[i] = b.offset[i] >= have.After(p); want[i] {
			n++
		}
	}
	for _, c := range []*text{&b.uscc, &b.recordID, &b.data, &b.batchID, &b.faults} {
		c.keep(want)
	}
	for _, c := range []*word{b.domain, b.kind, b.unit, b.topic} {
		c.keep(want)
	}
	b.version, b.line = keep(b.version, want), keep(b.line, want)
	b.op.ColInt8, b.status.ColInt8 = keep(b.op.ColInt8, want), keep(b.status.ColInt8, want)
	b.occurredOn, b.recordedAt.ColInt64 = keep(b.occurredOn, want), keep(b.recordedAt.ColInt64, want)
	b.hash, b.partition = keep(b.hash, want), keep(b.partition, want)
	b.sent = keep(b.sent, want)
	b.offset, b.feedOffset = keep(b.offset, want), keep(b.feedOffset, want)
	b.rows = n
	return n
}

// fill writes the place in the feed into the rows of each chunk.
func (b *Block) fill() {
	from := 0
	for _, c := range b.chunks {
		for i := from; i < c.upto; i++ {
			b.feedOffset[i] = c.FeedOffset
		}
		from = c.upto
	}
}

func (b *Block) reset() {
	for _, c := range []*text{&b.uscc, &b.recordID, &b.data, &b.batchID, &b.faults} {
		c.reset()
	}
	for _, c := range []*word{b.domain, b.kind, b.unit, b.topic} {
		c.reset()
	}
	b.version, b.line = b.version[:0], b.line[:0]
	b.op.ColInt8, b.status.ColInt8 = b.op.ColInt8[:0], b.status.ColInt8[:0]
	b.occurredOn, b.recordedAt.ColInt64 = b.occurredOn[:0], b.recordedAt.ColInt64[:0]
	b.hash, b.partition, b.sent = b.hash[:0], b.partition[:0], b.sent[:0]
	b.offset, b.feedOffset = b.offset[:0], b.feedOffset[:0]
	b.Names.reset()
	b.Entries.reset()
	clear(b.chunks)
	b.rows, b.spans, b.chunks, b.unfed = 0, b.spans[:0], b.chunks[:0], 0
}

func (b *Block) input() proto.Input {
	return proto.Input{
		{Name: "uscc", Data: &b.uscc}, {Name: "domain", Data: b.domain}, {Name: "kind", Data: b.kind},
		{Name: "unit", Data: b.unit}, {Name: "record_id", Data: &b.recordID}, {Name: "version", Data: &b.version},
		{Name: "op", Data: &b.op}, {Name: "status", Data: &b.status}, {Name: "occurred_on", Data: &b.occurredOn},
		{Name: "recorded_at", Data: b.recordedAt}, {Name: "data", Data: &b.data}, {Name: "hash", Data: &b.hash},
		{Name: "batch_id", Data: &b.batchID}, {Name: "line", Data: &b.line}, {Name: "faults", Data: &b.faults},
		{Name: "topic", Data: b.topic}, {Name: "partition", Data: &b.partition}, {Name: "offset", Data: &b.offset},
		{Name: "feed_offset", Data: &b.feedOffset}, {Name: "sent", Data: &b.sent},
	}
}
