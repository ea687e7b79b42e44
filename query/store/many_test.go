package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"credithub/query/store"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// results inserts n inspections of a code, three a second, of which every tenth has
// a second version and one in n/3 was taken back.
func (s *server) results(code string, n int) {
	s.t.Helper()
	s.exec(fmt.Sprintf(`INSERT INTO credithub.records (uscc, domain, kind, unit, record_id, version, op, status, occurred_on, recorded_at, data, topic, partition, offset)
		SELECT '%s', 'inspection', 'result', 'SAMR', concat('I-', toString(number)), 1, 'upsert', 'ACCEPTED', '2026-03-01',
		fromUnixTimestamp64Milli(toInt64(1772400000000 + 1000 * intDiv(number, 3)), 'UTC'), concat('{"result":"', toString(number), '"}'), 'credit.inspection', 0, number FROM numbers(%d)`, code, n))
	s.exec(fmt.Sprintf(`INSERT INTO credithub.records (uscc, domain, kind, unit, record_id, version, op, status, occurred_on, recorded_at, data, topic, partition, offset)
		SELECT '%s', 'inspection', 'result', 'SAMR', concat('I-', toString(number * 10)), 2, if(number %% 30 = 7, 'retract', 'upsert'), 'ACCEPTED', '2026-03-01',
		fromUnixTimestamp64Milli(toInt64(1772400000000 + 1000 * number), 'UTC'), '{"result":"new"}', 'credit.inspection', 0, %d + number FROM numbers(%d)`, code, n, n/10))
}

func (s *server) crowd(code string, n int) {
	s.t.Helper()
	s.exec(fmt.Sprintf(`INSERT INTO credithub.entries (entry_id, seq, uscc, list, state, cause, document_no, decided_by, decided_on, served_on, since, until, exited_on, annotated, exit_type, exit_document_no, gone, recorded_at)
		SELECT concat('E-', toString(number)), number, '%s', 'L09', 'IN_FORCE', '1', 'x', 'MOF', '2026-01-02', '1900-01-01', '2026-01-05', '1900-01-01', '1900-01-01', false, '', '', false, now64(3) FROM numbers(%d)`, code, n))
}

// What one code has takes nothing from another, and what is too much is an error with
// its number, never a shorter answer.
func TestCase_C1_LimitsAreOfEachCode(t *testing.T) {
	s := open(t)
	s.results(a, 1500)
	s.results(b, 30)
	s.crowd(a, 1500)
	s.crowd(b, 3)
	f := func(each, all int, wantA, wantB, says string) {
		t.Helper()
		m := store.Most{Each: each, All: all}
		records, over, err := s.Identities(t.Context(), &store.Identities{Codes: []string{a, b}, Most: m})
		entries, over2, err2 := s.Entries(t.Context(), &store.Entries{Codes: []string{a, b}, Most: m})
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if got := fmt.Sprint(len(records[a]), " ", len(entries[a])); got != wantA {
			t.Errorf("%v: a has %s, want %s", m, got, wantA)
		}
		if got := fmt.Sprint(len(records[b]), " ", len(entries[b])); got != wantB {
			t.Errorf("%v: b has %s, want %s", m, got, wantB)
		}
		for _, over := range []store.Over{over, over2} {
			var x *fault.Error
			if (over[a] == nil) != (says == "") || over[b] != nil || over[a] != nil && (!asFault(over[a], &x) || x.Kind != fault.TooComplex || !strings.Contains(x.Message, says)) {
				t.Errorf("%v: %v", m, over)
			}
		}
	}
	f(5000, 5000, "1495 1500", "30 3", "")
	f(1500, 1530, "1495 1500", "30 3", "")
	f(1400, 5000, "0 0", "30 3", "more than 1400 ")
	f(1600, 1501, "0 0", "30 3", "more than 1501 ")
	f(40, 5000, "0 0", "30 3", "more than 40 ")
	n, over := 0, store.Over(nil)
	over, err := s.EachIdentity(t.Context(), &store.Identities{Codes: []string{a}, Kinds: []string{"inspection/result"}, Most: store.Most{Each: 5000, All: 5000}}, func(*store.Record) { n++ })
	if err != nil || n != 1495 || len(over) != 0 {
		t.Errorf("%d %v %v", n, over, err)
	}
}

// Pages reach every record once, in the order of the whole, and the count is theirs.
func TestCase_C4_PagesReachTheEnd(t *testing.T) {
	s := open(t)
	s.results(a, 1500)
	s.record(a, "penalty", "penalty", "MEE", "P-1", 1, "upsert", "ACCEPTED", `{"x":1}`, 9)
	s.record(a, "complaint", "complaint", "MEE", "C-1", 1, "upsert", "ACCEPTED", `{}`, 9)
	all, _, err := s.Identities(t.Context(), &store.Identities{Codes: []string{a}, Most: store.Most{Each: 5000, All: 5000}})
	if err != nil {
		t.Fatal(err)
	}
	f := func(domain string, v store.Sight, shown func(*store.Record) bool) {
		t.Helper()
		var want, got []string
		for i := range all[a] {
			if r := &all[a][i]; shown(r) && (domain == "" || domain == r.Domain) {
				want = append(want, r.RecordID)
			}
		}
		q := &store.RecordPage{Code: a, Domain: domain, Sight: v, Limit: 173}
		for {
			page, err := s.RecordPage(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for i := range page {
				got = append(got, page[i].RecordID)
			}
			if len(page) < q.Limit {
				break
			}
			q.After = store.CursorOf(&page[len(page)-1])
		}
		if strings.Join(got, " ") != strings.Join(want, " ") || len(want) == 0 {
			t.Errorf("%+v: %d records, want %d", v, len(got), len(want))
		}
		if n, err := s.CountRecords(t.Context(), &store.CountRecords{Code: a, Domain: domain, Sight: v}); err != nil || n != len(want) {
			t.Errorf("%+v: counted %d, %v", v, n, err)
		}
	}
	kinds := []string{"inspection/result", "penalty/penalty"}
	f("", store.Sight{Kinds: kinds}, func(r *store.Record) bool { return r.Domain != "complaint" })
	f("inspection", store.Sight{Kinds: kinds}, func(r *store.Record) bool { return true })
	f("", store.Sight{Kinds: nil, Unit: "MEE", OwnKinds: []string{"complaint/complaint", "penalty/penalty"}}, func(r *store.Record) bool { return r.Unit == "MEE" })
	f("penalty", store.Sight{Kinds: kinds, Unit: "MEE", OwnKinds: kinds}, func(r *store.Record) bool { return true })
}

// With an age, what came later is not there, whatever the order in which it is asked.
func TestCase_C5_NothingIsYoungerThanItsAge(t *testing.T) {
	s := open(t)
	for i := range 4 {
		s.record(a, "registration", "registration", "SAMR", "R-1", i+1, "upsert", "ACCEPTED", fmt.Sprintf(`{"name":"%d"}`, i), i)
		s.entry(a, fmt.Sprintf("E-%d", i), "L09", "IN_FORCE", "2026-01-05", "1900-01-01", 4*i, false)
	}
	s.record(a, "tax", "grade", "TAX", "T-1", 1, "upsert", "ACCEPTED", "{}", 1)
	at := func(registration, decision int64) *store.Age {
		age := &store.Age{EntriesBelow: uint64(4 * (decision + 1))}
		if decision >= 0 {
			age.Through = append(age.Through, receipt.Position{Domain: record.Decision, Offset: decision})
		}
		if registration >= 0 {
			age.Through = append(age.Through, receipt.Position{Domain: record.Registration, Offset: registration})
		}
		return age
	}
	f := func(age *store.Age, name string, entries, records int) {
		t.Helper()
		regs, _, err := s.Registrations(t.Context(), &store.Registrations{Codes: []string{a}, Age: age, Most: ten})
		es, _, err2 := s.Entries(t.Context(), &store.Entries{Codes: []string{a}, Age: age, Most: ten})
		all, _, err3 := s.Identities(t.Context(), &store.Identities{Codes: []string{a}, Age: age, Most: ten})
		if err != nil || err2 != nil || err3 != nil {
			t.Fatal(err, err2, err3)
		}
		got := ""
		for _, r := range regs[a] {
			got += string(r.Data)
		}
		if name != "" {
			name = fmt.Sprintf(`{"name":%q}`, name)
		}
		if got != name || len(es[a]) != entries || len(all[a]) != records {
			t.Errorf("%+v: %s, %d entries, %d records; want %s %d %d", age, got, len(es[a]), len(all[a]), name, entries, records)
		}
	}
	f(nil, "3", 4, 2)
	f(at(3, 3), "3", 4, 1)
	f(at(1, 2), "1", 3, 1)
	f(at(0, -1), "0", 0, 1)
	f(at(-1, 0), "", 1, 0)
	f(at(99, 99), "3", 4, 1)
}

// Codes of the shape of identity numbers are told apart under the same filter as
// entries are counted.
func TestCase_T11_CodesThatLookPersonalAreCounted(t *testing.T) {
	s := open(t)
	const person = "512000195901100098"
	s.entry(person, "E-1", "L09", "IN_FORCE", "2026-01-05", "1900-01-01", 1, false)
	s.entry(person, "E-2", "L01", "IN_FORCE", "2026-01-05", "1900-01-01", 2, false)
	s.entry(person, "E-3", "L09", "IN_FORCE", "2026-01-05", "1900-01-01", 3, true)
	s.entry(a, "E-4", "L09", "IN_FORCE", "2026-01-05", "1900-01-01", 4, false)
	day := civil.DateOf(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	for list, want := range map[string]int{"": 2, "L09": 1, "L03": 0} {
		got, err := s.LooksPersonal(t.Context(), &store.LooksPersonal{EntryFilter: store.EntryFilter{Day: day, List: list}})
		if err != nil || got[person] != want || got[a] != 0 {
			t.Errorf("%s: %v %v", list, got, err)
		}
	}
}
