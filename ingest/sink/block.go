package sink

import (
	"slices"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/schema/stored"
)

// Partition names a partition of a topic.
type Partition struct {
	Topic     string
	Partition uint16
}

// Block gathers rows of records as columns, with the rows of other tables that
// have to be there before them.
type Block struct {
	*columns[stored.Message]
	// Columns that say where a row stands.
	topic              *lowCardinality
	partition          *proto.ColUInt16
	offset, feedOffset *proto.ColInt64

	Names   Names
	Entries Entries

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
	t := newColumns(stored.Messages)
	return &Block{
		columns: t, topic: data[*lowCardinality](t, "topic"), partition: data[*proto.ColUInt16](t, "partition"),
		offset: data[*proto.ColInt64](t, "offset"), feedOffset: data[*proto.ColInt64](t, "feed_offset"),
		Names: newNames(), Entries: newEntries(),
	}
}

// Bytes is about the size of the block.
func (b *Block) Bytes() int { return b.bytes() }

// Append adds a row; its texts are copied, its words are kept and must not change.
// Rows of a partition come in the order of their offsets.
func (b *Block) Append(r *stored.Message) {
	b.append(r)
	b.span(r)
}

// span widens the partition's span. The last one is nearly always the right
// one.
func (b *Block) span(r *stored.Message) {
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
	for i := range want {
		p := Partition{b.topic.row(i), (*b.partition)[i]}
		want[i] = (*b.offset)[i] >= have.After(p)
	}
	b.keep(want)
	return b.rows
}

// fill writes the place in the feed into the rows of each chunk.
func (b *Block) fill() {
	from := 0
	for _, c := range b.chunks {
		for i := from; i < c.upto; i++ {
			(*b.feedOffset)[i] = c.FeedOffset
		}
		from = c.upto
	}
}

func (b *Block) reset() {
	b.Reset()
	b.Names.Reset()
	b.Entries.Reset()
	clear(b.chunks)
	b.spans, b.chunks, b.unfed = b.spans[:0], b.chunks[:0], 0
}
