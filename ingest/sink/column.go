package sink

import (
	"encoding/binary"

	"github.com/ClickHouse/ch-go/proto"
)

// stringColumn is a column of strings, kept as it goes over the wire: each with its
// length before it.
type stringColumn struct {
	buf []byte
	n   int
}

func appendString[V string | []byte](c *stringColumn, v V) {
	c.buf = binary.AppendUvarint(c.buf, uint64(len(v)))
	c.buf = append(c.buf, v...)
	c.n++
}

func (c *stringColumn) reset() { c.buf, c.n = c.buf[:0], 0 }

// keep drops the rows that are not wanted.
func (c *stringColumn) keep(want []bool) {
	from, to, n := 0, 0, 0
	for i := range c.n {
		l, w := binary.Uvarint(c.buf[from:])
		end := from + w + int(l)
		if want[i] {
			to += copy(c.buf[to:], c.buf[from:end])
			n++
		}
		from = end
	}
	c.buf, c.n = c.buf[:to], n
}

// Type of the column.
func (c *stringColumn) Type() proto.ColumnType { return proto.ColumnTypeString }

// Rows of the column.
func (c *stringColumn) Rows() int { return c.n }

// EncodeColumn writes the column.
func (c *stringColumn) EncodeColumn(b *proto.Buffer) { b.PutRaw(c.buf) }

// WriteColumn hands the column over without copying it.
func (c *stringColumn) WriteColumn(w *proto.Writer) { w.ChainWrite(c.buf) }

// lowCardinality is a column of LowCardinality(String): a dictionary and the number of
// each row's word in it. The rows of a block have few.
type lowCardinality struct {
	keys  proto.ColUInt16
	dict  stringColumn
	at    map[string]uint16
	last  string
	lastN uint16
}

func newLowCardinality() *lowCardinality {
	w := &lowCardinality{at: map[string]uint16{}}
	w.reset()
	return w
}

func (c *lowCardinality) append(s string) {
	if s != c.last {
		c.lastN, c.last = c.number(s), s
	}
	c.keys = append(c.keys, c.lastN)
}

// number gives the number of a word. The dictionary of a block that has 65,535
// words is full; the caller bounds words long before.
func (c *lowCardinality) number(s string) uint16 {
	n, ok := c.at[s]
	if !ok {
		n = uint16(len(c.at))
		c.at[s] = n
		appendString(&c.dict, s)
	}
	return n
}

// reset empties the column; the empty word is always the first one.
func (c *lowCardinality) reset() {
	clear(c.at)
	c.dict.reset()
	c.last, c.lastN = "", c.number("")
	c.keys = c.keys[:0]
}

func (c *lowCardinality) keep(want []bool) { c.keys = keep(c.keys, want) }

// row is the word of a row.
func (c *lowCardinality) row(i int) string {
	for s, n := range c.at {
		if n == c.keys[i] {
			return s
		}
	}
	return ""
}

// Type of the column.
func (c *lowCardinality) Type() proto.ColumnType { return "LowCardinality(String)" }

// Rows of the column.
func (c *lowCardinality) Rows() int { return len(c.keys) }

// EncodeState writes the version of the encoding.
func (c *lowCardinality) EncodeState(b *proto.Buffer) { b.PutInt64(1) }

// cardinalityMeta says: additional keys, a new dictionary, numbers of 16 bits.
const cardinalityMeta = 1<<9 | 1<<10 | int64(proto.KeyUInt16)

// EncodeColumn writes dictionary and numbers.
func (c *lowCardinality) EncodeColumn(b *proto.Buffer) {
	if c.Rows() == 0 {
		return
	}
	b.PutInt64(cardinalityMeta)
	b.PutInt64(int64(c.dict.n))
	c.dict.EncodeColumn(b)
	b.PutInt64(int64(len(c.keys)))
	c.keys.EncodeColumn(b)
}

// WriteColumn hands the column over.
func (c *lowCardinality) WriteColumn(w *proto.Writer) { w.ChainBuffer(c.EncodeColumn) }

// keep drops the elements that are not wanted.
func keep[T any](s []T, want []bool) []T {
	to := 0
	for i := range s {
		if want[i] {
			s[to] = s[i]
			to++
		}
	}
	return s[:to]
}

// enum is an Enum8 column.
type enum struct {
	proto.ColInt8
	t proto.ColumnType
}

// Type of the column, with its values.
func (c *enum) Type() proto.ColumnType { return c.t }

// instant is a DateTime64 column in UTC; milliseconds or microseconds, as its
// type says.
type instant struct {
	proto.ColInt64
	t proto.ColumnType
}

// Type of the column, with its precision.
func (c *instant) Type() proto.ColumnType { return c.t }
