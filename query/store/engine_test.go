package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/migrate"
	"credithub/deploy/testing/embedtest"
	"credithub/query/store"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

// server is a migrated engine with a store over it.
type server struct {
	t  *testing.T
	db *clickhouse.DB
	*store.Store
}

func open(t *testing.T) *server {
	t.Helper()
	db, err := clickhouse.Open(clickhouse.Config{URL: embedtest.Engine(t), Database: "credithub"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := migrate.Apply(t.Context(), db, migrate.Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := store.New(store.Config{Conn: db.Conn(), CaughtUp: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return &server{t, db, s}
}

func (s *server) exec(q string, args ...any) {
	s.t.Helper()
	if err := s.db.Conn().Exec(s.t.Context(), q, args...); err != nil {
		s.t.Fatalf("%s: %v", q, err)
	}
}

var ten = store.Most{Each: 10, All: 10}

func second(n int) time.Time { return time.UnixMilli(1772400000000 + 1000*int64(n)).UTC() }

// record inserts a row of records; offset is also the second it came.
func (s *server) record(code, domain, kind, unit, id string, version int, op, status, data string, offset int) {
	s.t.Helper()
	s.exec(`INSERT INTO credithub.records (uscc, domain, kind, unit, record_id, version, op, status, occurred_on, recorded_at, data, topic, partition, offset)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, '2026-03-01', fromUnixTimestamp64Milli(?, 'UTC'), ?, ?, 0, ?)`,
		code, domain, kind, unit, id, version, op, status, second(offset).UnixMilli(), data, "credit."+domain, offset)
}

func (s *server) entry(code, id string, l string, state string, since, until string, seq int, gone bool) {
	s.t.Helper()
	s.exec(`INSERT INTO credithub.entries (entry_id, seq, uscc, list, state, cause, document_no, decided_by, decided_on, served_on, since, until, exited_on, annotated, exit_type, exit_document_no, gone, recorded_at)
		VALUES (?, ?, ?, ?, ?, '1', '示例''决字', 'MOF', '2026-01-02', '1900-01-01', ?, ?, '1900-01-01', true, '', '', ?, fromUnixTimestamp64Milli(?, 'UTC'))`,
		id, seq, code, l, state, since, until, gone, second(seq).UnixMilli())
}

const (
	a = "91420100MA0000007L"
	b = "91310000MA0000015F"
)

// The highest accepted version counts, unless it moved away or was retracted;
// and so it was known at each earlier time.
func TestCurrentVersions(t *testing.T) {
	s := open(t)
	reg := func(code, id string, v int, op, status, name string, offset int) {
		s.record(code, "registration", "registration", "SAMR", id, v, op, status, fmt.Sprintf(`{"name":%q}`, name), offset)
	}
	reg(a, "R-1", 1, "upsert", "ACCEPTED", "一", 1)
	reg(a, "R-1", 2, "upsert", "ACCEPTED", "二", 2)
	reg(a, "R-1", 3, "upsert", "REJECTED", "错", 3)
	reg(a, "R-1", 2, "upsert", "DUPLICATE", "二", 4)
	reg(b, "R-1", 4, "upsert", "ACCEPTED", "三", 5)
	reg(a, "R-1", 4, "upsert", "MOVED", "", 5)
	reg(b, "R-1", 5, "retract", "ACCEPTED", "", 6)
	s.record(a, "permit", "permit", "MOF", "P'1", 1, "upsert", "ACCEPTED", `{"documentName":"许可"}`, 3)
	f := func(at int, want map[string]string) {
		t.Helper()
		q := &store.Registrations{Codes: []string{a, b}, Most: ten}
		if at > 0 {
			q.AsOf = second(at)
		}
		got, _, err := s.Registrations(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range []string{a, b} {
			text := ""
			for _, r := range got[code] {
				text += string(r.Data)
			}
			if want[code] != "" {
				want[code] = fmt.Sprintf(`{"name":%q}`, want[code])
			}
			if text != want[code] {
				t.Errorf("at %d: %s: %s, want %s", at, code, text, want[code])
			}
		}
	}
	f(1, map[string]string{a: "一"})
	f(2, map[string]string{a: "二"})
	f(4, map[string]string{a: "二"})
	f(5, map[string]string{b: "三"})
	f(6, map[string]string{})
	f(0, map[string]string{})

	ids, _, err := s.Identities(t.Context(), &store.Identities{Codes: []string{a}, Plain: []string{"permit/permit"}, Most: ten})
	if err != nil || len(ids[a]) != 1 || ids[a][0].Data != nil || ids[a][0].OccurredOn.String() != "2026-03-01" || !ids[a][0].RecordedAt.Equal(second(3)) {
		t.Fatalf("%+v %v", ids, err)
	}
	k := ids[a][0].Key()
	data, err := s.Contents(t.Context(), &store.Contents{Keys: []store.RecordKey{k}})
	if err != nil || string(data[k]) != `{"documentName":"许可"}` {
		t.Errorf("%v %v", data, err)
	}
	ids, _, err = s.Identities(t.Context(), &store.Identities{Codes: []string{a}, Domains: []string{"tax"}, Most: ten})
	if err != nil || len(ids) != 0 {
		t.Errorf("another domain: %v %v", ids, err)
	}
}

func TestEntries(t *testing.T) {
	s := open(t)
	s.entry(a, "E-1", "L09", "DECIDED", "1900-01-01", "1900-01-01", 1, false)
	s.entry(a, "E-1", "L09", "IN_FORCE", "2026-01-05", "1900-01-01", 2, false)
	s.entry(a, "E-2", "L01", "IN_FORCE", "2026-01-05", "2026-02-01", 3, false)
	s.entry(b, "E-3", "L09", "IN_FORCE", "2026-01-05", "1900-01-01", 4, false)
	s.entry(b, "E-3", "L09", "IN_FORCE", "2026-01-05", "1900-01-01", 5, true)
	get := func(at int) string {
		q := &store.Entries{Codes: []string{a, b}, Most: ten}
		if at > 0 {
			q.AsOf = second(at)
		}
		got, _, err := s.Entries(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, code := range []string{a, b} {
			for _, e := range got[code] {
				text += e.ID + " " + e.State.String() + ";"
			}
		}
		return text
	}
	for at, want := range map[int]string{1: "E-1 DECIDED;", 2: "E-1 IN_FORCE;", 4: "E-1 IN_FORCE;E-2 IN_FORCE;E-3 IN_FORCE;", 0: "E-1 IN_FORCE;E-2 IN_FORCE;"} {
		if got := get(at); got != want {
			t.Errorf("at %d: %q, want %q", at, got, want)
		}
	}
	got, _, _ := s.Entries(t.Context(), &store.Entries{Codes: []string{a}, Most: ten})
	if e := got[a][0]; e.ServedOn != civil.NoDate || e.Since.String() != "2026-01-05" || !e.Annotated || e.DocumentNo != "示例'决字" || e.DecidedBy != "MOF" {
		t.Errorf("%+v", e)
	}
}

// Pages of entries come out full, in order and once each, and the count is
// theirs.
func TestListEntriesPages(t *testing.T) {
	s := open(t)
	for i := range 7 {
		s.entry(a, fmt.Sprintf("E-%d", i), []string{"L01", "L09"}[i%2], "IN_FORCE", "2026-01-05", []string{"1900-01-01", "2026-02-01"}[i/4], 10+i, i == 6)
	}
	day, _ := civil.ParseDate("2026-03-02")
	f := func(filter store.EntryFilter, want ...string) {
		t.Helper()
		filter.Day = day
		var got []string
		q := &store.ListEntries{EntryFilter: filter, Limit: 2}
		for {
			page, err := s.ListEntries(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				got = append(got, e.ID)
			}
			if len(page) < 2 {
				break
			}
			q.AfterUSCC, q.AfterID = page[1].USCC, page[1].ID
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %v, want %v", filter, got, want)
		}
		if n, err := s.CountEntries(t.Context(), &store.CountEntries{EntryFilter: filter}); err != nil || n != len(want) {
			t.Errorf("%+v: counted %d, %v", filter, n, err)
		}
	}
	f(store.EntryFilter{}, "E-0", "E-1", "E-2", "E-3", "E-4", "E-5")
	f(store.EntryFilter{List: "L09"}, "E-1", "E-3", "E-5")
	f(store.EntryFilter{State: "EXITED"}, "E-4", "E-5")
	f(store.EntryFilter{States: []string{"IN_FORCE"}, Lists: []string{"L01"}}, "E-0", "E-2")
	f(store.EntryFilter{States: []string{"IN_FORCE"}, Lists: []string{}, Unit: "MOF"}, "E-0", "E-1", "E-2", "E-3", "E-4", "E-5")
	f(store.EntryFilter{States: []string{"IN_FORCE"}, Lists: []string{}})
	f(store.EntryFilter{USCC: b})
	// Entries that are withheld for their cause and age, but never from the unit that decided them.
	all := civil.NoDate
	since := func(d string) civil.Date { x, _ := civil.ParseDate(d); return x }
	w := func(unit string, from, to, before civil.Date, causes ...string) store.EntryFilter {
		return store.EntryFilter{Lists: []string{"L01", "L09"}, Unit: unit, Withheld: []store.Withheld{{List: "L01", Causes: causes, From: from, To: to, Before: before}}}
	}
	f(w("", all, all, all, "1", "x"), "E-1", "E-3", "E-5")
	f(w("MOF", all, all, all, "1", "x"), "E-0", "E-1", "E-2", "E-3", "E-4", "E-5")
	except := w("", all, all, all)
	except.Withheld[0].Except = []string{"1", "x"}
	f(except, "E-0", "E-1", "E-2", "E-3", "E-4", "E-5")
	except.Withheld[0].Except = []string{"x"}
	f(except, "E-1", "E-3", "E-5")
	f(w("", all, all, all, "x"), "E-0", "E-1", "E-2", "E-3", "E-4", "E-5")
	f(w("", all, all, since("2026-01-06"), "1"), "E-1", "E-3", "E-5")
	f(w("", all, all, since("2026-01-05"), "1"), "E-0", "E-1", "E-2", "E-3", "E-4", "E-5")
	f(w("", since("2026-01-01"), since("2026-02-01"), all, "1"), "E-1", "E-3", "E-5")
	f(w("", since("2026-01-06"), all, all, "1"), "E-0", "E-1", "E-2", "E-3", "E-4", "E-5")
	f(w("", all, since("2025-12-31"), all, "1"), "E-0", "E-1", "E-2", "E-3", "E-4", "E-5")
}

// The state derived by the server is the one that schema/list derives.
func TestDerivedStateIsThatOfTheList(t *testing.T) {
	s := open(t)
	states := []string{"PRE_NOTICE", "DECIDED", "SERVED", "IN_FORCE", "SUSPENDED", "EXITED"}
	days := []string{"1900-01-01", "2026-01-01", "2026-01-02", "2026-01-03"}
	n := 0
	for _, st := range states {
		for _, since := range days {
			for _, until := range days {
				n++
				s.entry(a, fmt.Sprintf("E-%03d", n), "L09", st, since, until, n, false)
			}
		}
	}
	all, _, err := s.Entries(t.Context(), &store.Entries{Codes: []string{a}, Most: store.Most{Each: 1000, All: 1000}})
	if err != nil || len(all[a]) != n {
		t.Fatal(len(all[a]), err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		day := civil.MakeDate(2026, 1, rapid.IntRange(1, 4).Draw(rt, "day"))
		for st := list.PreNotice; st <= list.Exited; st++ {
			want := 0
			for _, e := range all[a] {
				if got, _ := e.At(day); got == st {
					want++
				}
			}
			got, err := s.CountEntries(context.Background(), &store.CountEntries{EntryFilter: store.EntryFilter{Day: day, State: st.String()}})
			if err != nil || got != want {
				t.Fatalf("%s on %s: %d, want %d, %v", st, day, got, want, err)
			}
		}
	})
}

func TestNames(t *testing.T) {
	s := open(t)
	for _, r := range [][2]string{{"武汉示例科技有限公司", a}, {"武汉示例网络有限公司", a}, {"武汉示例贸易有限公司", b}, {"示例武汉有限公司", b}} {
		s.exec("INSERT INTO credithub.names (name, uscc, current, recorded_at) VALUES (?, ?, true, now64(3))", r[0], r[1])
	}
	f := func(q store.Names, want ...string) {
		t.Helper()
		q.Limit = 10
		got, err := s.Names(t.Context(), &q)
		if err != nil {
			t.Fatal(err)
		}
		var text []string
		for _, c := range got {
			text = append(text, c.Name+" "+c.USCC)
		}
		if !slices.Equal(text, want) {
			t.Errorf("%+v: %v", q, text)
		}
		n, err := s.CountNames(t.Context(), &store.CountNames{Text: q.Text, Match: q.Match})
		if err != nil || q.AfterName == "" && n != len(want) {
			t.Errorf("%+v: %d %v", q, n, err)
		}
	}
	f(store.Names{Text: "武汉示例"}, "武汉示例科技有限公司 "+a, "武汉示例贸易有限公司 "+b)
	f(store.Names{Text: "武汉示例", AfterName: "武汉示例科技有限公司", AfterUSCC: a}, "武汉示例贸易有限公司 "+b)
	f(store.Names{Text: "武汉", Match: store.Contains}, "武汉示例科技有限公司 "+a, "武汉示例贸易有限公司 "+b)
	f(store.Names{Text: "武汉'; DROP"})
	f(store.Names{Text: "%"})
}

func TestSourcesAndPositions(t *testing.T) {
	s := open(t)
	s.record(a, "tax", "grade", "TAX", "T-1", 1, "upsert", "ACCEPTED", "{}", 1)
	s.record(a, "tax", "grade", "TAX", "T-1", 1, "upsert", "DUPLICATE", "{}", 2)
	s.record("", "tax", "", "TAX", "", 0, "heartbeat", "HEARTBEAT", "", 3)
	s.record(a, "tax", "grade", "TAX", "T-2", 1, "upsert", "REJECTED", "{}", 4)
	for _, code := range []string{"E05", "E06"} { // two faults of one row
		s.exec("INSERT INTO credithub.rejects (unit, domain, batch_id, line, record_id, at, code, field, message, topic, partition, offset) VALUES ('TAX', 'tax', 'b', 1, 'T-2', now64(3), ?, 'x', 'y', 'credit.tax', 0, 4)", code)
	}
	src := policy.Source{Unit: "TAX", Domain: record.Tax}
	got, err := s.Sources(t.Context())
	if err != nil || got[src] != (store.Counts{Accepted: 1, Rejected: 1, LastReceivedAt: second(3)}) {
		t.Errorf("%+v %v", got, err)
	}
	heard, err := s.HeardBy(t.Context(), &store.HeardBy{Domains: []string{"tax"}, Since: second(0), At: second(2)})
	if err != nil || !heard[src].Equal(second(2)) {
		t.Errorf("%v %v", heard, err)
	}
	at := func(offset int64) []receipt.Position { return []receipt.Position{{Domain: record.Tax, Offset: offset}} }
	if err := s.WaitStored(t.Context(), at(4)); err != nil {
		t.Error(err)
	}
	if err := s.WaitStored(t.Context(), nil); err != nil {
		t.Error(err)
	}
	var f *fault.Error
	if err := s.WaitStored(t.Context(), at(5)); !asFault(err, &f) || f.Kind != fault.NotCaughtUp {
		t.Error(err)
	}
}

func asFault(err error, f **fault.Error) bool {
	return errors.As(err, f)
}

// A read ends with the caller's patience, and no server text is shown.
func TestReadsEnd(t *testing.T) {
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var f *fault.Error
	_, err := s.Sources(ctx)
	if !asFault(err, &f) || f.Kind != fault.Timeout {
		t.Errorf("%v", err)
	}
	s.exec("DROP TABLE credithub.names")
	_, err = s.Names(t.Context(), &store.Names{Text: "a", Limit: 1})
	if !asFault(err, &f) || f.Kind != fault.Internal || f.Message != "the store refused a read" {
		t.Errorf("%v", err)
	}
}

// An entry that was taken back, corrected to another enterprise or moved to another
// list stands on no list where it was.
func TestListsForgetWhatLeftThem(t *testing.T) {
	s := open(t)
	const no = "1900-01-01"
	s.entry(a, "back", "L09", "IN_FORCE", "2026-01-02", no, 4, false)
	s.entry(a, "back", "", "", no, no, 8, true)
	s.entry(a, "corrected", "L09", "IN_FORCE", "2026-01-02", no, 12, false)
	s.entry(a, "corrected", "", "", no, no, 16, true)
	s.entry(b, "corrected", "L09", "IN_FORCE", "2026-01-02", no, 16, false)
	s.entry(a, "moved", "L09", "IN_FORCE", "2026-01-02", no, 20, false)
	s.entry(a, "moved", "L17", "IN_FORCE", "2026-01-02", no, 24, false)
	f := func(l string, want ...string) {
		t.Helper()
		filter := store.EntryFilter{Day: civil.MakeDate(2026, time.March, 2), List: l}
		es, err := s.ListEntries(t.Context(), &store.ListEntries{EntryFilter: filter, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range es {
			got = append(got, e.USCC+" "+e.ID)
		}
		n, err := s.CountEntries(t.Context(), &store.CountEntries{EntryFilter: filter})
		if err != nil || n != len(want) || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %d in all (%v), want %v", l, got, n, err, want)
		}
	}
	f("L09", b+" corrected")
	f("L17", a+" moved")
	f("L03")
}
