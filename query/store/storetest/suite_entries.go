package storetest

import (
	"fmt"
	"strings"
	"testing"

	"credithub/query/store"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// today is the day on which lists are read, and since the one from which entries are in
// force.
var today, since = civil.MakeDate(2026, 3, 2), civil.MakeDate(2026, 1, 5)

// state is one of an entry in force on list L09, learned in the second of its place
// on the log.
func state(code, id string, seq uint64, change ...func(*stored.Entry)) stored.Entry {
	e := stored.Entry{Seq: seq, RecordedAt: second(int(seq)), Entry: list.Entry{
		ID: id, List: list.Code(9), USCC: code, State: list.InForce, Cause: "1", DocumentNo: "示例'决字", DecidedBy: "MOF", DecidedOn: since - 3,
		ServedOn: civil.NoDate, Since: since, Until: civil.NoDate, ExitedOn: civil.NoDate,
	}}
	for _, f := range change {
		f(&e)
	}
	return e
}

func gone(e *stored.Entry) {
	*e = stored.Entry{Seq: e.Seq, RecordedAt: e.RecordedAt, Gone: true, Entry: nobodys(e.USCC, e.ID)}
}

// nobodys is an entry of which nothing is left but its number.
func nobodys(code, id string) list.Entry {
	return list.Entry{ID: id, USCC: code, DecidedOn: civil.NoDate, ServedOn: civil.NoDate, Since: civil.NoDate, Until: civil.NoDate, ExitedOn: civil.NoDate}
}

func on(l list.Code) func(*stored.Entry) { return func(e *stored.Entry) { e.List = l } }

func in(s list.State) func(*stored.Entry) { return func(e *stored.Entry) { e.State = s } }

func naming(key string) func(*stored.Entry) {
	return func(e *stored.Entry) { e.Persons = list.Persons(key, "") }
}

// numbers are those of entries, one behind the other.
func numbers(es []list.Entry) string {
	var all []string
	for _, e := range es {
		all = append(all, e.ID)
	}
	return strings.Join(all, " ")
}

var someone, another = strings.Repeat("0a", 32), strings.Repeat("0b", 32)

// states are those of entries that came into force, were taken back, were corrected to
// another code and moved to another list, in no order.
var states = Rows{Entries: []stored.Entry{
	state(alpha, "forced", 2, naming(someone)),
	state(alpha, "forced", 1, in(list.Decided)),
	state(alpha, "back", 4, gone),
	state(alpha, "back", 3, naming(another)),
	state(alpha, "corrected", 5, naming(someone)),
	state(alpha, "corrected", 6, gone),
	state(beta, "corrected", 6, naming(someone)),
	state(beta, "moved", 7),
	state(beta, "moved", 8, on(17), func(e *stored.Entry) { e.DecidedOn++ }),
}}

func lastStateHolds(t *testing.T, s Store) {
	f := func(sec int, want string) {
		t.Helper()
		got, over, err := s.Entries(t.Context(), &store.Entries{Codes: []string{alpha, beta}, AsOf: second(sec), Most: plenty})
		text := ""
		for _, e := range append(got[alpha], got[beta]...) {
			text += fmt.Sprintf("%s %s %s;", e.ID, e.List, e.State)
		}
		check(t, fmt.Sprintf("in second %d", sec), err, text, want)
		check(t, "over", nil, len(over), 0)
	}
	f(1, "forced L09 DECIDED;")
	f(3, "back L09 IN_FORCE;forced L09 IN_FORCE;")
	f(5, "corrected L09 IN_FORCE;forced L09 IN_FORCE;")
	f(6, "forced L09 IN_FORCE;corrected L09 IN_FORCE;")
	f(0, "forced L09 IN_FORCE;moved L17 IN_FORCE;corrected L09 IN_FORCE;")
	got, _, err := s.Entries(t.Context(), &store.Entries{Codes: []string{alpha}, Most: plenty})
	check(t, "whole", err, fmt.Sprintf("%+v", got[alpha]), fmt.Sprintf("%+v", []list.Entry{states.Entries[0].Entry}))
	for l, want := range map[string]string{"L09": "forced corrected", "L17": "moved", "L03": ""} {
		filter := store.EntryFilter{Day: today, List: l}
		es, err := s.ListEntries(t.Context(), &store.ListEntries{EntryFilter: filter, Limit: 9})
		check(t, l, err, numbers(es), want)
		n, err := s.CountEntries(t.Context(), &store.CountEntries{EntryFilter: filter})
		check(t, l+" counted", err, n, len(strings.Fields(want)))
	}
}

func personsAreFound(t *testing.T, s Store) {
	f := func(q store.Named, want ...string) {
		t.Helper()
		got, err := s.Named(t.Context(), &q)
		check(t, fmt.Sprintf("%+v", q), err, got, want)
	}
	f(store.Named{Person: someone, Limit: 9}, alpha, beta)
	f(store.Named{Person: someone, Limit: 1}, alpha)
	f(store.Named{Person: someone, AsOf: second(5), Limit: 9}, alpha)
	f(store.Named{Person: someone, AsOf: second(1), Limit: 9})
	f(store.Named{Person: another, Limit: 9}, alpha) // though taken back
}

// person has the shape of a citizen's identity number.
const person = "512000195901100098"

// listed are entries on two lists, of several causes, days and units.
var listed = Rows{Entries: []stored.Entry{
	state(alpha, "A1", 1),
	state(alpha, "A2", 2, on(1), func(e *stored.Entry) { e.Cause = "2" }),
	state(alpha, "A3", 3, on(1), func(e *stored.Entry) { e.DecidedBy = "SAMR" }),
	state(beta, "B1", 4, func(e *stored.Entry) { e.Until = today - 1 }),
	state(beta, "B2", 5, func(e *stored.Entry) { e.Since = today + 1 }),
	state(beta, "B3", 6, on(1), in(list.PreNotice), func(e *stored.Entry) { e.Since, e.DecidedOn = civil.NoDate, civil.NoDate }),
	state(beta, "B4", 7, in(list.Suspended), func(e *stored.Entry) { e.Tellers = e.Tellers.Add("MOF", "B4").Add("MEE", "x") }),
	state(person, "C1", 8),
	state(person, "C2", 9),
	state(person, "C2", 10, gone),
}}

// passing holds all answers under one filter to the entries that it lets through.
func passing(t *testing.T, s Store, filter store.EntryFilter, want string) {
	t.Helper()
	filter.Day = today
	n, err := s.CountEntries(t.Context(), &store.CountEntries{EntryFilter: filter})
	check(t, fmt.Sprintf("%+v counted", filter), err, n, len(strings.Fields(want)))
	for _, limit := range []int{1, 3, 9} {
		q := &store.ListEntries{EntryFilter: filter, Limit: limit}
		var all []list.Entry
		for range 10 {
			page, err := s.ListEntries(t.Context(), q)
			check(t, "page", err, len(page) <= limit, true)
			all = append(all, page...)
			if len(page) < limit {
				break
			}
			q.AfterUSCC, q.AfterID = page[len(page)-1].USCC, page[len(page)-1].ID
		}
		check(t, fmt.Sprintf("%+v by %d", filter, limit), nil, numbers(all), want)
	}
	persons := map[string]int{}
	if strings.Contains(want, "C1") {
		persons[person] = 1
	}
	got, err := s.LooksPersonal(t.Context(), &store.LooksPersonal{EntryFilter: filter})
	check(t, fmt.Sprintf("%+v personal", filter), err, got, persons)
}

func filtersHold(t *testing.T, s Store) {
	f := func(filter store.EntryFilter, want string) { t.Helper(); passing(t, s, filter, want) }
	f(store.EntryFilter{}, "C1 A1 A2 A3 B1 B2 B3 B4")
	f(store.EntryFilter{List: "L01"}, "A2 A3 B3")
	f(store.EntryFilter{USCC: beta}, "B1 B2 B3 B4")
	f(store.EntryFilter{List: "L09", USCC: alpha}, "A1")
	f(store.EntryFilter{State: "EXITED"}, "B1")
	f(store.EntryFilter{State: "SERVED"}, "B2")
	f(store.EntryFilter{State: "IN_FORCE", List: "L09"}, "C1 A1")
	inForce := []string{"IN_FORCE"}
	f(store.EntryFilter{States: inForce}, "C1 A1 A2 A3")
	f(store.EntryFilter{States: inForce, Lists: []string{"L01"}}, "A2 A3")
	f(store.EntryFilter{Lists: []string{}}, "")
	f(store.EntryFilter{States: inForce, Lists: []string{}, Unit: "SAMR"}, "A3")
	f(store.EntryFilter{States: inForce, Lists: []string{"L01"}, Unit: "MEE"}, "A2 A3 B4") // which told of it as well
	f(store.EntryFilter{States: inForce, Lists: []string{}, Unit: "ME"}, "")
	f(store.EntryFilter{Unit: "SAMR"}, "C1 A1 A2 A3 B1 B2 B3 B4")
}

func withheldIsNotShown(t *testing.T, s Store) {
	const none = civil.NoDate
	f := func(code, unit string, w store.Withheld, want string) {
		t.Helper()
		w.List = "L01"
		passing(t, s, store.EntryFilter{USCC: code, Lists: []string{"L01", "L09"}, Unit: unit, Withheld: []store.Withheld{w}}, want)
	}
	f(alpha, "", store.Withheld{Causes: []string{"1", "x"}, From: none, To: none, Before: none}, "A1 A2")
	f(alpha, "SAMR", store.Withheld{Causes: []string{"1", "x"}, From: none, To: none, Before: none}, "A1 A2 A3") // never from its unit
	f(alpha, "", store.Withheld{Except: []string{"1"}, From: none, To: none, Before: none}, "A1 A3")
	f(alpha, "", store.Withheld{From: none, To: none, Before: none}, "A1")
	f(alpha, "", store.Withheld{From: since - 3, To: since - 3, Before: since + 1}, "A1")
	f(alpha, "", store.Withheld{From: since - 2, To: none, Before: none}, "A1 A2 A3")
	f(alpha, "", store.Withheld{From: none, To: since - 4, Before: none}, "A1 A2 A3")
	f(alpha, "", store.Withheld{From: none, To: none, Before: since}, "A1 A2 A3")
	all := store.EntryFilter{USCC: alpha, Withheld: []store.Withheld{{List: "L01", From: none, To: none, Before: none}}}
	passing(t, s, all, "A1 A2 A3") // where all may be shown, nothing is withheld
	// B3 has no days: it lies before each.
	f(beta, "", store.Withheld{From: since, To: none, Before: none}, "B1 B2 B3 B4")
	f(beta, "", store.Withheld{From: none, To: since, Before: none}, "B1 B2 B4")
	f(beta, "", store.Withheld{From: none, To: none, Before: since}, "B1 B2 B4")
}

// named are names that codes bear or bore.
var named = Rows{Names: []stored.Name{
	{Name: "武汉示例科技有限公司", USCC: alpha, Current: true}, {Name: "武汉示例网络有限公司", USCC: alpha}, {Name: "武汉示例贸易有限公司", USCC: beta, Current: true},
	{Name: "示例武汉有限公司", USCC: beta}, {Name: "孪生有限公司", USCC: beta}, {Name: "孪生有限公司", USCC: alpha},
}}

func namesAreFound(t *testing.T, s Store) {
	f := func(q store.Names, want ...string) {
		t.Helper()
		n, err := s.CountNames(t.Context(), &store.CountNames{Text: q.Text, Match: q.Match})
		check(t, q.Text+" counted", err, n, len(want))
		for limit := 1; limit <= 3; limit++ {
			q := q
			q.Limit = limit
			var all []string
			for range 10 {
				page, err := s.Names(t.Context(), &q)
				check(t, "page", err, len(page) <= limit, true)
				for _, c := range page {
					all = append(all, c.Name+" "+c.USCC)
				}
				if len(page) < limit {
					break
				}
				q.AfterName, q.AfterUSCC = page[len(page)-1].Name, page[len(page)-1].USCC
			}
			check(t, fmt.Sprintf("%+v", q), nil, all, want)
		}
	}
	f(store.Names{Text: "武汉示例"}, "武汉示例科技有限公司 "+alpha, "武汉示例贸易有限公司 "+beta)
	f(store.Names{Text: "武汉示例网"}, "武汉示例网络有限公司 "+alpha)
	f(store.Names{Text: "武汉", Match: store.Contains}, "武汉示例科技有限公司 "+alpha, "武汉示例贸易有限公司 "+beta)
	f(store.Names{Text: "孪生"}, "孪生有限公司 "+alpha, "孪生有限公司 "+beta)
	f(store.Names{Text: "有限公司"})
	f(store.Names{Text: "%", Match: store.Contains})
}

// heard are messages of one source, and what was rejected of it: a row with two faults,
// and one that came with no push. Another source has only one from ahead of any clock.
var heard = Rows{
	Records: []stored.Message{
		version(alpha, "tax/grade/TAX/T1", 1, 1, "{}"),
		but(version(alpha, "tax/grade/TAX/T1", 1, 2, "{}"), record.Upsert, stored.Duplicate),
		but(version("", "tax//TAX/", 0, 3, ""), record.Heartbeat, stored.Heartbeat),
		but(version(alpha, "tax/grade/TAX/T2", 1, 4, "{}"), record.Upsert, stored.Rejected),
		version(alpha, "bank/loan/PBC/L1", 1, 2_000_000_000, "{}"),
	},
	Rejects: []stored.Reject{
		{Unit: "TAX", Domain: "tax", BatchID: "b", Line: 1, Code: "E05", At: second(4)}, {Unit: "TAX", Domain: "tax", BatchID: "b", Line: 1, Code: "E06", At: second(4)},
		{Unit: "TAX", Domain: "tax", Topic: "credit.tax", Offset: 4, Code: "E05", At: second(4)},
	},
}

func sourcesAreHeard(t *testing.T, s Store) {
	tax, bank := policy.Source{Unit: "TAX", Domain: record.Tax}, policy.Source{Unit: "PBC", Domain: record.Bank}
	got, err := s.Sources(t.Context())
	check(t, "sources", err, fmt.Sprint(len(got), got[tax], got[bank]),
		fmt.Sprint(2, store.Counts{Accepted: 1, Rejected: 2, LastReceivedAt: second(3)}, store.Counts{Accepted: 1}))
	f := func(from, at int, want ...int) {
		t.Helper()
		got, err := s.HeardBy(t.Context(), &store.HeardBy{Domains: []string{"tax", "bank"}, Since: second(from), At: second(at)})
		check(t, fmt.Sprintf("heard from %d to %d", from, at), err, len(got), len(want))
		for _, sec := range want {
			check(t, "tax", nil, got[tax], second(sec))
		}
	}
	f(1, 2, 2)
	f(1, 9, 3)
	f(3, 3, 3)
	f(4, 9)
	of, err := s.HeardBy(t.Context(), &store.HeardBy{Since: second(1), At: second(9)})
	check(t, "of no domain", err, len(of), 0)
	of, err = s.HeardBy(t.Context(), &store.HeardBy{Domains: []string{"bank"}, Since: second(1), At: second(9)})
	check(t, "of another domain", err, len(of), 0)

	at := func(partition uint16, offset int64) []receipt.Position {
		return []receipt.Position{{Domain: record.Tax, Partition: partition, Offset: offset}}
	}
	check(t, "stored", s.WaitStored(t.Context(), at(0, 4)), "", "")
	check(t, "nothing", s.WaitStored(t.Context(), nil), "", "")
	refused(t, "behind", s.WaitStored(t.Context(), at(0, 5)), fault.NotCaughtUp, "")
	refused(t, "another partition", s.WaitStored(t.Context(), at(1, 1)), fault.NotCaughtUp, "")
}
