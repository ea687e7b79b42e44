package store

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"credithub/schema/stored"
)

// Sight says which records may be shown by what they are, without their data: those
// of some domain/kind pairs, and of more pairs when a unit pushed them.
type Sight struct {
	Kinds    []string
	Unit     string // "": no unit's
	OwnKinds []string
}

func (v *Sight) add(t *sqlBuilder) {
	t.add(" AND (")
	t.in(kindOf, v.Kinds)
	if v.Unit != "" {
		t.add(" OR unit = ? AND ", v.Unit)
		t.in(kindOf, v.OwnKinds)
	}
	t.add(")")
}

// RecordCursor is where a record stands in the order of pages: the newest first,
// then by domain, unit and number.
type RecordCursor struct {
	RecordedAt             time.Time
	Domain, Unit, RecordID string
}

// RecordPage asks for one enterprise's current records behind a cursor, without
// their data: all that the enterprise has must be looked through, and data are most
// of it.
type RecordPage struct {
	Code   string
	Domain string // "": all
	AsOf   time.Time
	Age    *Age
	Sight  Sight
	After  *RecordCursor // nil: from the start
	Limit  int
}

func (q *RecordPage) identities() *Identities {
	all := &Identities{Codes: []string{q.Code}, AsOf: q.AsOf, Age: q.Age}
	if q.Domain != "" {
		all.Domains = []string{q.Domain}
	}
	return all
}

// SQL implements Statement.
func (q *RecordPage) SQL() (string, []any) {
	var t sqlBuilder
	t.add("SELECT " + recordOuter + ", data_ FROM (SELECT " + recordColumns + ", '' AS data_")
	q.identities().from(&t)
	t.add(stored.Latest + ") WHERE " + recordHolds)
	q.Sight.add(&t)
	if a := q.After; a != nil {
		t.add(" AND (-recorded_, toString(domain), toString(unit), record_id) > (?, ?, ?, ?)", -a.RecordedAt.UnixMilli(), a.Domain, a.Unit, a.RecordID)
	}
	t.add(" ORDER BY recorded_ DESC, domain, unit, record_id LIMIT ?", q.Limit)
	return t.done()
}

// RecordPage reads them in that order.
func (s *Store) RecordPage(ctx context.Context, q *RecordPage) ([]Record, error) {
	return s.readRecords(ctx, q)
}

// readRecords reads rows of recordOuter and data.
func (s *Store) readRecords(ctx context.Context, q Statement) (out []Record, err error) {
	in := newScanner(stored.Records)
	err = s.read(ctx, q, func(rows driver.Rows) error {
		r, err := in.scan(rows)
		out = append(out, r)
		return err
	})
	return out, err
}

// CountRecords asks how many records one enterprise has at present that may be
// shown by what they are.
type CountRecords struct {
	Code   string
	Domain string // "": all
	AsOf   time.Time
	Age    *Age
	Sight  Sight
}

// SQL implements Statement.
func (q *CountRecords) SQL() (string, []any) {
	var t sqlBuilder
	t.add("SELECT count() FROM (SELECT " + recordColumns)
	(&RecordPage{Code: q.Code, Domain: q.Domain, AsOf: q.AsOf, Age: q.Age}).identities().from(&t)
	t.add(stored.Latest + ") WHERE " + recordHolds)
	q.Sight.add(&t)
	return t.done()
}

// CountRecords reads the number.
func (s *Store) CountRecords(ctx context.Context, q *CountRecords) (int, error) {
	return s.count(ctx, q)
}

// LooksPersonal asks which codes of those entries that a filter lets through have
// the shape of a citizen's identity number, and how many entries each has. Whether
// one is such a number is for the reader to say.
type LooksPersonal struct{ EntryFilter }

// SQL implements Statement.
func (q *LooksPersonal) SQL() (string, []any) {
	var t sqlBuilder
	t.add("SELECT uscc, count() FROM (SELECT " + entryColumns + " FROM {db}.entries WHERE ")
	q.inner(&t)
	t.add(" AND match(uscc, '^[0-9]{6}(19|20)[0-9]{9}[0-9X]$')" + entryLatest + ")")
	q.outer(&t)
	t.add(" GROUP BY uscc")
	return t.done()
}

// LooksPersonal reads them.
func (s *Store) LooksPersonal(ctx context.Context, q *LooksPersonal) (map[string]int, error) {
	out := map[string]int{}
	err := s.read(ctx, q, func(rows driver.Rows) error {
		var code string
		var n uint64
		err := rows.Scan(&code, &n)
		out[code] = int(n)
		return err
	})
	return out, err
}

// CursorOf is where a record stands among the pages.
func CursorOf(r *Record) *RecordCursor {
	return &RecordCursor{r.RecordedAt, r.Domain, r.Unit, r.RecordID}
}
