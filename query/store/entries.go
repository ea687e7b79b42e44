package store

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"credithub/schema/civil"
	"credithub/schema/column"
	"credithub/schema/list"
	"credithub/schema/stored"
)

var (
	entryColumns = selected(stored.Entries)
	entryOuter   = outer(list.Columns)
	// derived is list.Entry.At in SQL; a test holds the two together.
	derived = strings.ReplaceAll("multiIf(state IN ('IN_FORCE', 'SUSPENDED') AND until_ != {none} AND until_ < ?, 'EXITED', "+
		"state = 'IN_FORCE' AND since_ != {none} AND since_ > ?, 'SERVED', state)", "{none}", strconv.Itoa(int(column.NoDay)))
)

const entryLatest = " ORDER BY uscc, entry_id, seq DESC LIMIT 1 BY uscc, entry_id"

// Entries asks for the entries of some codes, whatever their state.
type Entries struct {
	Codes []string
	AsOf  time.Time // zero: now
	Age   *Age      // nil: everything that is stored
	Most  Most
}

// SQL implements Statement.
func (q *Entries) SQL() (string, []any) {
	var t sqlBuilder
	q.latest(&t)
	return t.done()
}

func (q *Entries) latest(t *sqlBuilder) {
	t.add("SELECT " + entryColumns)
	q.from(t)
	t.add(entryLatest)
}

// from adds the table and the conditions on its rows.
func (q *Entries) from(t *sqlBuilder) {
	t.add(" FROM {db}.entries WHERE ")
	t.in("uscc", q.Codes)
	t.known(q.AsOf)
	q.Age.entries(t)
}

func (q *Entries) census(t *sqlBuilder) {
	t.add("SELECT uscc, uniqExact(entry_id)")
	q.from(t)
	t.add(" GROUP BY uscc")
}

func (q *Entries) asked() []string { return q.Codes }

func (q *Entries) about(codes []string) Statement {
	part := *q
	part.Codes = codes
	return &part
}

func (q *Entries) what() string { return "list entries" }

// Entries reads them, by code, the latest decided first.
func (s *Store) Entries(ctx context.Context, q *Entries) (map[string][]list.Entry, Over, error) {
	out := make(map[string][]list.Entry, len(q.Codes))
	over, err := gather(ctx, s, q, q.Most, newScanner(stored.Entries).scan, func(e *stored.Entry) {
		if !e.Gone && shown(&e.Entry) {
			out[e.USCC] = append(out[e.USCC], e.Entry)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	for _, es := range out {
		slices.SortFunc(es, func(a, b list.Entry) int {
			return cmp.Or(cmp.Compare(b.DecidedOn, a.DecidedOn), cmp.Compare(a.ID, b.ID))
		})
	}
	return out, over, nil
}

// EntryFilter says which entries count: on the day, those in one of the states
// on one of the lists, and all that the unit decided.
type EntryFilter struct {
	Day    civil.Date
	List   string   // only this list; "": all
	USCC   string   // only this code; "": all
	State  string   // only this state on the day; "": all
	Lists  []string // lists that may be shown; nil: all
	States []string // states that may be shown; nil: all
	Unit   string   // or decided by this unit, whatever the state; "": none

	Withheld []Withheld // of those that may be shown, entries that may not
}

// Withheld are entries of a list for one of some causes, or for any but some, decided
// from a day to another and in force since a day before a third; civil.NoDate: no bound.
type Withheld struct {
	List             string
	Causes           []string
	Except           []string // when there are no Causes
	From, To, Before civil.Date
}

// inner narrows the rows down without hiding the latest state of an entry: one that
// left the list, or is gone altogether, is on it in older rows only.
func (f *EntryFilter) inner(t *sqlBuilder) {
	t.add("1")
	if f.List != "" {
		t.add(" AND (uscc, entry_id) IN (SELECT uscc, entry_id FROM {db}.entries WHERE list = ?)", f.List)
	}
	if f.USCC != "" {
		t.add(" AND uscc = ?", f.USCC)
	}
}

func (f *EntryFilter) outer(t *sqlBuilder) {
	t.add(" WHERE NOT gone")
	if f.List != "" {
		t.add(" AND list = ?", f.List)
	}
	if f.State != "" {
		t.add(" AND "+derived+" = ?", int32(f.Day), int32(f.Day), f.State)
	}
	if f.Lists == nil && f.States == nil {
		return
	}
	t.add(" AND (1")
	if f.Lists != nil {
		t.add(" AND ")
		t.in("list", f.Lists)
	}
	if f.States != nil {
		t.add(" AND ")
		t.args = append(t.args, int32(f.Day), int32(f.Day))
		t.in(derived, f.States)
	}
	for _, w := range f.Withheld {
		t.add(" AND NOT (list = ? AND ", w.List)
		if len(w.Causes) > 0 {
			t.in("cause", w.Causes)
		} else {
			t.add("NOT ")
			t.in("cause", w.Except)
		}
		for _, bound := range []struct {
			term string
			day  civil.Date
		}{{" AND decided_ >= ?", w.From}, {" AND decided_ <= ?", w.To}, {" AND since_ < ?", w.Before}} {
			if bound.day != civil.NoDate {
				t.add(bound.term, int32(bound.day))
			}
		}
		t.add(")")
	}
	if f.Unit != "" {
		// Or told by it beside another one, see list.Tellers.
		t.add(" OR decided_by = ? OR position(concat('\\n', tellers), ?) > 0", f.Unit, "\n"+f.Unit+"\t")
	}
	t.add(")")
}

// ListEntries asks for a page of entries, ordered by code and number.
type ListEntries struct {
	EntryFilter
	AfterUSCC, AfterID string // behind this one; both "": from the start
	Limit              int
}

// SQL implements Statement.
func (q *ListEntries) SQL() (string, []any) {
	var t sqlBuilder
	t.add("SELECT " + entryOuter + " FROM (SELECT " + entryColumns + " FROM {db}.entries WHERE ")
	q.inner(&t)
	if q.AfterUSCC != "" || q.AfterID != "" {
		t.add(" AND (uscc, entry_id) > (?, ?)", q.AfterUSCC, q.AfterID)
	}
	t.add(entryLatest + ")")
	q.outer(&t)
	t.add(" ORDER BY uscc, entry_id LIMIT ?", q.Limit)
	return t.done()
}

// ListEntries reads the page.
func (s *Store) ListEntries(ctx context.Context, q *ListEntries) ([]list.Entry, error) {
	var out []list.Entry
	err := s.readEntries(ctx, q, func(e *list.Entry) { out = append(out, *e) })
	return out, err
}

// CountEntries asks how many entries a filter lets through.
type CountEntries struct{ EntryFilter }

// SQL implements Statement.
func (q *CountEntries) SQL() (string, []any) {
	var t sqlBuilder
	t.add("SELECT count() FROM (SELECT " + entryColumns + " FROM {db}.entries WHERE ")
	q.inner(&t)
	t.add(entryLatest + ")")
	q.outer(&t)
	return t.done()
}

// CountEntries reads the number.
func (s *Store) CountEntries(ctx context.Context, q *CountEntries) (int, error) {
	return s.count(ctx, q)
}

func (s *Store) count(ctx context.Context, q Statement) (int, error) {
	var n uint64
	err := s.read(ctx, q, func(rows driver.Rows) error { return rows.Scan(&n) })
	return int(n), err
}

func (s *Store) readEntries(ctx context.Context, q Statement, each func(*list.Entry)) error {
	in := newScanner(list.Columns)
	return s.read(ctx, q, func(rows driver.Rows) error {
		e, err := in.scan(rows)
		if err == nil && shown(&e) {
			each(&e)
		}
		return err
	})
}

// shown is false for an entry on a list that this version doesn't know: it restricts
// and shows nothing.
func shown(e *list.Entry) bool { return e.List != 0 }
