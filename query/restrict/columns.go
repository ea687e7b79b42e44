package restrict

import (
	"fmt"
	"strings"
	"time"
	"unsafe"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/schema/civil"
	"credithub/schema/column"
)

// block is a block of an answer in FORMAT Native whose columns are those of rows R.
type block[R any] struct {
	results proto.Results
	exprs   []string
	cells   []cell[R]
}

// cell is one column of a block.
type cell[R any] interface {
	result() proto.ColResult
	read(i int, r *R)
}

func newBlock[R any](columns []column.Column[R]) *block[R] {
	b := &block[R]{}
	for i := range columns {
		c := &columns[i]
		x := newCell(c)
		b.exprs = append(b.exprs, expression(c))
		b.cells = append(b.cells, x)
		b.results = append(b.results, proto.ResultColumn{Data: x.result()})
	}
	return b
}

// selected are the expressions by which the columns are read.
func (b *block[R]) selected() string { return strings.Join(b.exprs, ", ") }

// read fills a row from row i of the block. Its texts hold until the next block.
func (b *block[R]) read(i int, r *R) {
	for _, c := range b.cells {
		c.read(i, r)
	}
}

// expression brings a column into a form that is read without a dictionary or a
// conversion: words as texts, names and days as numbers. A name that this version
// doesn't know becomes 0.
func expression[R any](c *column.Column[R]) string {
	switch c.Kind {
	case column.KindWord:
		return "CAST(" + c.Name + ", 'String')"
	case column.KindNamed:
		var names, numbers []string
		for i, n := range c.Names[1:] {
			names, numbers = append(names, quote(n)), append(numbers, fmt.Sprintf("toUInt8(%d)", i+1))
		}
		return fmt.Sprintf("CAST(transform(%s, [%s], [%s], toUInt8(0)), 'UInt8')", c.Name, strings.Join(names, ", "), strings.Join(numbers, ", "))
	case column.KindEnum:
		return "CAST(toInt8(" + c.Name + "), 'UInt8')"
	case column.KindDay:
		return "toInt32(" + c.Name + ")"
	case column.KindMillis:
		return "toUnixTimestamp64Milli(" + c.Name + ")"
	case column.KindMicros:
		return "toUnixTimestamp64Micro(" + c.Name + ")"
	}
	return c.Name
}

func newCell[R any](c *column.Column[R]) cell[R] {
	switch f := c.Field().(type) {
	case column.Field[R, string]:
		return &stringCell[R]{at: f}
	case column.Field[R, []byte]:
		return &bytesCell[R]{at: f}
	case column.Field[R, uint8]:
		return newNumbers[proto.ColUInt8](f)
	case column.Field[R, uint16]:
		return newNumbers[proto.ColUInt16](f)
	case column.Field[R, uint32]:
		return newNumbers[proto.ColUInt32](f)
	case column.Field[R, uint64]:
		return newNumbers[proto.ColUInt64](f)
	case column.Field[R, int64]:
		return newNumbers[proto.ColInt64](f)
	case column.Field[R, bool]:
		return newNumbers[proto.ColBool](f)
	case column.Field[R, civil.Date]:
		return &dayCell[R]{at: f}
	case column.Field[R, time.Time]:
		unit := time.UnixMilli
		if c.Kind == column.KindMicros {
			unit = time.UnixMicro
		}
		return &instantCell[R]{at: f, unit: unit}
	}
	panic("restrict: column " + c.Name + " is of an unknown type")
}

type stringCell[R any] struct {
	col proto.ColStr
	at  column.Field[R, string]
}

func (c *stringCell[R]) result() proto.ColResult { return &c.col }
func (c *stringCell[R]) read(i int, r *R) {
	b := c.col.RowBytes(i)
	*c.at.At(r) = unsafe.String(unsafe.SliceData(b), len(b))
}

type bytesCell[R any] struct {
	col proto.ColStr
	at  column.Field[R, []byte]
}

func (c *bytesCell[R]) result() proto.ColResult { return &c.col }
func (c *bytesCell[R]) read(i int, r *R)        { *c.at.At(r) = c.col.RowBytes(i) }

type numbersCell[R, V any, C ~[]V] struct {
	col C
	in  proto.ColResult // col
	at  column.Field[R, V]
}

func newNumbers[C ~[]V, R, V any, P interface {
	*C
	proto.ColResult
}](at column.Field[R, V]) cell[R] {
	c := &numbersCell[R, V, C]{at: at}
	c.in = P(&c.col)
	return c
}

func (c *numbersCell[R, V, C]) result() proto.ColResult { return c.in }
func (c *numbersCell[R, V, C]) read(i int, r *R)        { *c.at.At(r) = c.col[i] }

type dayCell[R any] struct {
	col proto.ColInt32
	at  column.Field[R, civil.Date]
}

func (c *dayCell[R]) result() proto.ColResult { return &c.col }
func (c *dayCell[R]) read(i int, r *R)        { *c.at.At(r) = column.LoadDay(c.col[i]) }

type instantCell[R any] struct {
	col  proto.ColInt64
	at   column.Field[R, time.Time]
	unit func(int64) time.Time
}

func (c *instantCell[R]) result() proto.ColResult { return &c.col }
func (c *instantCell[R]) read(i int, r *R)        { *c.at.At(r) = c.unit(c.col[i]).UTC() }
