package sink

import (
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/schema/civil"
	"credithub/schema/column"
)

// stringCell is a column of strings.
type stringCell[R any, V string | []byte] struct {
	col stringColumn
	at  column.Field[R, V]
}

func (c *stringCell[R, V]) append(r *R)          { appendString(&c.col, *c.at.At(r)) }
func (c *stringCell[R, V]) keep(want []bool)     { c.col.keep(want) }
func (c *stringCell[R, V]) reset()               { c.col.reset() }
func (c *stringCell[R, V]) data() proto.ColInput { return &c.col }

// lowCardinalityCell is a column of words.
type lowCardinalityCell[R any] struct {
	*lowCardinality
	at column.Field[R, string]
}

func (c *lowCardinalityCell[R]) append(r *R)          { c.lowCardinality.append(*c.at.At(r)) }
func (c *lowCardinalityCell[R]) data() proto.ColInput { return c.lowCardinality }

// namedCell is a column of numbers that are stored by their names.
type namedCell[R any] struct {
	*lowCardinality
	at    column.Field[R, uint8]
	names []string
}

func (c *namedCell[R]) append(r *R)          { c.lowCardinality.append(column.Name(c.names, *c.at.At(r))) }
func (c *namedCell[R]) data() proto.ColInput { return c.lowCardinality }

// numbersCell is a column of numbers or truths.
type numbersCell[R, V any, C ~[]V] struct {
	col C
	in  proto.ColInput // col
	at  column.Field[R, V]
}

// newNumbers makes a column whose type is that of C.
func newNumbers[C ~[]V, R, V any, P interface {
	*C
	proto.ColInput
}](at column.Field[R, V]) cell[R] {
	c := &numbersCell[R, V, C]{at: at}
	c.in = P(&c.col)
	return c
}

func (c *numbersCell[R, V, C]) append(r *R)          { c.col = append(c.col, *c.at.At(r)) }
func (c *numbersCell[R, V, C]) keep(want []bool)     { c.col = keep(c.col, want) }
func (c *numbersCell[R, V, C]) reset()               { c.col = c.col[:0] }
func (c *numbersCell[R, V, C]) data() proto.ColInput { return c.in }

// enumCell is a column of an Enum8. It has no 0, so that what nobody said is the
// first value.
type enumCell[R any] struct {
	col enum
	at  column.Field[R, uint8]
}

func (c *enumCell[R]) append(r *R)          { c.col.ColInt8 = append(c.col.ColInt8, int8(max(*c.at.At(r), 1))) }
func (c *enumCell[R]) keep(want []bool)     { c.col.ColInt8 = keep(c.col.ColInt8, want) }
func (c *enumCell[R]) reset()               { c.col.ColInt8 = c.col.ColInt8[:0] }
func (c *enumCell[R]) data() proto.ColInput { return &c.col }

// dayCell is a column of days.
type dayCell[R any] struct {
	col proto.ColDate32
	at  column.Field[R, civil.Date]
}

func (c *dayCell[R]) append(r *R) {
	c.col = append(c.col, proto.Date32(column.StoreDay(*c.at.At(r))))
}
func (c *dayCell[R]) keep(want []bool)     { c.col = keep(c.col, want) }
func (c *dayCell[R]) reset()               { c.col = c.col[:0] }
func (c *dayCell[R]) data() proto.ColInput { return &c.col }

// instantCell is a column of instants.
type instantCell[R any] struct {
	col    instant
	at     column.Field[R, time.Time]
	micros bool
}

func (c *instantCell[R]) append(r *R) {
	at := c.at.At(r)
	n := int64(0)
	if c.micros {
		n = at.UnixMicro()
	} else {
		n = at.UnixMilli()
	}
	c.col.ColInt64 = append(c.col.ColInt64, n)
}
func (c *instantCell[R]) keep(want []bool)     { c.col.ColInt64 = keep(c.col.ColInt64, want) }
func (c *instantCell[R]) reset()               { c.col.ColInt64 = c.col.ColInt64[:0] }
func (c *instantCell[R]) data() proto.ColInput { return &c.col }
