package store

import (
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"credithub/schema/civil"
	"credithub/schema/column"
)

// known is the name of a column in an answer: its own, or, where it is read by an
// expression, one that no column has, such as since_ and decided_ for decided_on.
func known[R any](c *column.Column[R]) string {
	switch c.Kind {
	case column.KindEnum, column.KindDay, column.KindMillis, column.KindMicros:
		return strings.TrimSuffix(strings.TrimSuffix(c.Name, "_on"), "_at") + "_"
	}
	return c.Name
}

// selected are the expressions by which columns are read, such as toInt32(since) AS
// since_, and outer the names under which a query around them has them.
func selected[R any](columns []column.Column[R]) string {
	return listed(columns, func(c *column.Column[R]) string {
		as := " AS " + known(c)
		switch c.Kind {
		case column.KindEnum:
			return "toString(" + c.Name + ")" + as
		case column.KindDay:
			return "toInt32(" + c.Name + ")" + as
		case column.KindMillis:
			return "toUnixTimestamp64Milli(" + c.Name + ")" + as
		case column.KindMicros:
			return "toUnixTimestamp64Micro(" + c.Name + ")" + as
		}
		return c.Name
	})
}

func outer[R any](columns []column.Column[R]) string { return listed(columns, known[R]) }

func listed[R any](columns []column.Column[R], f func(*column.Column[R]) string) string {
	all := make([]string, len(columns))
	for i := range columns {
		all[i] = f(&columns[i])
	}
	return strings.Join(all, ", ")
}

// scanner reads rows of selected columns into R. One read has one of its own.
type scanner[R any] struct {
	row  R
	into []any
	take []func() // what isn't scanned into the row itself
}

func newScanner[R any](columns []column.Column[R]) *scanner[R] {
	s := &scanner[R]{}
	for i := range columns {
		s.into = append(s.into, s.destination(&columns[i]))
	}
	return s
}

// scan reads a row.
func (s *scanner[R]) scan(rows driver.Rows) (R, error) {
	if err := rows.Scan(s.into...); err != nil {
		return *new(R), err
	}
	for _, f := range s.take {
		f()
	}
	return s.row, nil
}

// destination is where the driver writes a column.
func (s *scanner[R]) destination(c *column.Column[R]) any {
	switch f := c.Field().(type) {
	case column.Field[R, string]:
		return f.At(&s.row)
	case column.Field[R, uint16]:
		return f.At(&s.row)
	case column.Field[R, uint32]:
		return f.At(&s.row)
	case column.Field[R, uint64]:
		return f.At(&s.row)
	case column.Field[R, int64]:
		return f.At(&s.row)
	case column.Field[R, bool]:
		return f.At(&s.row)
	case column.Field[R, []byte]:
		return by(s, f.At(&s.row), bytesOf)
	case column.Field[R, uint8]:
		names := c.Names
		return by(s, f.At(&s.row), func(name string) uint8 { return column.Value(names, name) })
	case column.Field[R, civil.Date]:
		return by(s, f.At(&s.row), column.LoadDay)
	case column.Field[R, time.Time]:
		unit := time.UnixMilli
		if c.Kind == column.KindMicros {
			unit = time.UnixMicro
		}
		return by(s, f.At(&s.row), func(n int64) time.Time { return unit(n).UTC() })
	}
	panic("store: column " + c.Name + " is of an unknown type")
}

// by is a destination for what a function has to turn into the value.
func by[R, D, V any](s *scanner[R], to *V, f func(D) V) *D {
	from := new(D)
	s.take = append(s.take, func() { *to = f(*from) })
	return from
}

// bytesOf are the bytes of a text, nil when there are none.
func bytesOf(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}
