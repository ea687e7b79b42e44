package sink

import (
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/schema/civil"
	"credithub/schema/column"
)

// columns gathers rows R as columns, made from how the columns are declared.
type columns[R any] struct {
	cells []cell[R]
	in    proto.Input
	rows  int
	row   R // room for one that is about to be added
}

// cell is a column that takes its value out of a row.
type cell[R any] interface {
	append(r *R) // the value is copied
	keep(want []bool)
	reset()
	data() proto.ColInput
}

func newColumns[R any](declared []column.Column[R]) *columns[R] {
	t := &columns[R]{cells: make([]cell[R], len(declared)), in: make(proto.Input, len(declared))}
	for i := range declared {
		t.cells[i] = newCell(&declared[i])
		t.in[i] = proto.InputColumn{Name: declared[i].Name, Data: t.cells[i].data()}
	}
	return t
}

// Rows counts the rows.
func (t *columns[R]) Rows() int { return t.rows }

// Input gives the columns, which change with the next row.
func (t *columns[R]) Input() proto.Input { return t.in }

// Reset drops the rows and keeps their room.
func (t *columns[R]) Reset() {
	for _, c := range t.cells {
		c.reset()
	}
	t.rows = 0
}

func (t *columns[R]) append(r *R) {
	for _, c := range t.cells {
		c.append(r)
	}
	t.rows++
}

// keep drops the rows that are not wanted.
func (t *columns[R]) keep(want []bool) {
	t.rows = 0
	for _, w := range want {
		if w {
			t.rows++
		}
	}
	for _, c := range t.cells {
		c.keep(want)
	}
}

// bytes is about what the columns take: texts as they are, and 64 bytes a row for the
// rest.
func (t *columns[R]) bytes() int {
	n := 64 * t.rows
	for i := range t.in {
		if c, ok := t.in[i].Data.(*stringColumn); ok {
			n += len(c.buf)
		}
	}
	return n
}

// data is a column of a table by its name.
func data[C proto.ColInput, R any](t *columns[R], name string) C {
	for i := range t.in {
		if t.in[i].Name == name {
			return t.in[i].Data.(C)
		}
	}
	panic("sink: no column " + name)
}

func newCell[R any](c *column.Column[R]) cell[R] {
	switch f := c.Field().(type) {
	case column.Field[R, string]:
		if c.Kind == column.KindWord {
			return &lowCardinalityCell[R]{newLowCardinality(), f}
		}
		return &stringCell[R, string]{at: f}
	case column.Field[R, []byte]:
		return &stringCell[R, []byte]{at: f}
	case column.Field[R, uint8]:
		if c.Kind == column.KindNamed {
			return &namedCell[R]{newLowCardinality(), f, c.Names}
		}
		return &enumCell[R]{col: enum{t: proto.ColumnType(c.Type)}, at: f}
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
		return &instantCell[R]{col: instant{t: proto.ColumnType(c.Type)}, at: f, micros: c.Kind == column.KindMicros}
	}
	panic("sink: column " + c.Name + " is of an unknown type")
}
