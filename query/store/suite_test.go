package store_test

import (
	"strings"
	"testing"
	"time"

	"credithub/query/store/storetest"
	"credithub/schema/civil"
	"credithub/schema/column"
	"credithub/schema/stored"
)

// The store on the engine keeps the rules that the one in memory keeps.
func TestRules(t *testing.T) {
	s := open(t)
	storetest.Run(t, func(t *testing.T, rows storetest.Rows) storetest.Store {
		s := &server{t, s.db, s.Store}
		for _, table := range []string{"records", "entries", "names", "rejects"} {
			s.exec("TRUNCATE TABLE credithub." + table)
		}
		insert(s, "records", stored.Messages, rows.Records)
		insert(s, "entries", stored.Entries, rows.Entries)
		insert(s, "names", stored.Names, rows.Names)
		insert(s, "rejects", stored.Rejects, rows.Rejects)
		return s.Store
	})
}

// insert puts rows into a table.
func insert[R any](s *server, table string, columns []column.Column[R], rows []R) {
	s.t.Helper()
	if len(rows) == 0 {
		return
	}
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	row := "(" + strings.Repeat("?, ", len(columns)-1) + "?)"
	var args []any
	for i := range rows {
		for c := range columns {
			args = append(args, cell(&columns[c], &rows[i]))
		}
	}
	s.exec("INSERT INTO credithub."+table+" ("+strings.Join(names, ", ")+") VALUES "+strings.Repeat(row+", ", len(rows)-1)+row, args...)
}

// cell is the value of a column as a statement says it.
func cell[R any](c *column.Column[R], r *R) any {
	switch f := c.Field().(type) {
	case column.Field[R, string]:
		return *f.At(r)
	case column.Field[R, []byte]:
		return string(*f.At(r))
	case column.Field[R, uint8]:
		return column.Name(c.Names, *f.At(r))
	case column.Field[R, uint16]:
		return *f.At(r)
	case column.Field[R, uint32]:
		return *f.At(r)
	case column.Field[R, uint64]:
		return *f.At(r)
	case column.Field[R, int64]:
		return *f.At(r)
	case column.Field[R, bool]:
		return *f.At(r)
	case column.Field[R, civil.Date]:
		return column.StoreDay(*f.At(r)).String()
	case column.Field[R, time.Time]:
		if f.At(r).IsZero() {
			return "1970-01-01 00:00:00.000"
		}
		return f.At(r).Format("2006-01-02 15:04:05.000")
	}
	panic("a column of an unknown type: " + c.Name)
}
