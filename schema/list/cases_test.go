package list

import (
	"math/rand"
	"slices"
	"testing"
	"time"

	"credithub/schema/civil"
)

func at(clock string) func(*EventRecord) {
	return func(r *EventRecord) {
		t, err := time.Parse(time.RFC3339, r.on().String()+"T"+clock+"+08:00")
		if err != nil {
			panic(err)
		}
		r.OccurredAt = t.UnixMilli()
	}
}

// An effect is never before service, but on a list that needs none.
func TestCase_L7_EffectCountsFromService(t *testing.T) {
	f := func(l Code, servedOn, from, want string, doubt Doubt) {
		t.Helper()
		r := ev(1, EventInForce, "2026-01-16", served(servedOn), effective(from), onList(l))
		e, _ := Fold([]EventRecord{r}, law)
		if e.Since != date(want) {
			t.Errorf("served %s, effective %s: since %s, want %s", servedOn, from, e.Since, want)
		}
		if got := Doubts([]EventRecord{r}, law, &r); got != doubt {
			t.Errorf("served %s, effective %s: doubts %b, want %b", servedOn, from, got, doubt)
		}
	}
	f(3, "2026-01-15", "2026-01-10", "2026-01-15", BeforeService)
	f(3, "2026-01-15", "2026-01-15", "2026-01-15", 0)
	f(3, "2026-01-15", "2026-03-01", "2026-03-01", 0)
	f(4, "2026-01-15", "2026-01-10", "2026-01-10", 0)
	// Service told by another record binds as well.
	e, _ := Fold([]EventRecord{ev(1, EventServed, "2026-01-15", served("2026-01-15")), ev(2, EventInForce, "2026-01-16", effective("2026-01-11"))}, law)
	if e.Since != date("2026-01-15") {
		t.Errorf("since %s", e.Since)
	}
}

// A term beyond the law's maximum is cut, a shorter one counts.
func TestCase_L2_TermsAreCapped(t *testing.T) {
	bound := law
	bound.Latest = func(e *Entry) civil.Date { return e.Since.AddMonths(36) }
	f := func(until, want string, doubt Doubt) {
		t.Helper()
		r := ev(1, EventInForce, "2026-01-16", served("2026-01-15"), termUntil(until))
		if e, _ := Fold([]EventRecord{r}, bound); e.Until != date(want) {
			t.Errorf("until %s: %s, want %s", until, e.Until, want)
		}
		if got := Doubts([]EventRecord{r}, bound, &r); got != doubt {
			t.Errorf("until %s: doubts %b, want %b", until, got, doubt)
		}
	}
	f("2040-01-01", "2029-01-15", TermCut)
	f("2029-01-16", "2029-01-15", TermCut)
	f("2029-01-15", "2029-01-15", 0)
	f("2027-06-01", "2027-06-01", 0)
}

// An exit that takes effect on a day ahead leaves the entry in force until then.
func TestCase_L16_AnExitAheadEndsOnItsDay(t *testing.T) {
	inf := ev(1, EventInForce, "2026-01-16", served("2026-01-15"))
	f := func(name string, day string, want State, exit ExitType, events ...EventRecord) Entry {
		t.Helper()
		e, _ := Fold(events, law)
		if s, x := e.At(date(day)); s != want || x != exit {
			t.Errorf("%s on %s: %s %q, want %s %q (%+v)", name, day, s, x, want, exit, e)
		}
		return e
	}
	out := ev(2, EventExited, "2026-11-01", exits(Repaired), effective("2027-06-01"))
	f("ahead", "2026-11-29", InForce, NoExit, inf, out)
	f("its eve", "2027-05-31", InForce, NoExit, inf, out)
	if e := f("its day", "2027-06-01", Exited, Repaired, inf, out); e.EndedOn() != date("2027-06-01") || e.Until != date("2027-05-31") {
		t.Errorf("ended on %s, last day %s", e.EndedOn(), e.Until)
	}
	f("the term ends first", "2029-02-01", Exited, Expired, inf, ev(2, EventExited, "2026-11-01", exits(Repaired), effective("2031-06-01")))
	f("the listing's day repeated", "2026-11-29", Exited, Repaired, inf, ev(2, EventExited, "2026-11-01", exits(Repaired), effective("2026-01-20")))
	f("one at once beside one ahead", "2026-11-29", Exited, Repaired, inf, out, ev(3, EventExited, "2026-10-01", exits(Repaired), id("X2")))
	f("suspended meanwhile", "2026-11-29", Suspended, NoExit, inf, ev(3, EventSuspended, "2026-11-10"), out)
	f("and then gone", "2027-06-01", Exited, Repaired, inf, ev(3, EventSuspended, "2026-11-10"), out)
	sus, res := ev(3, EventSuspended, "2026-11-10"), ev(4, EventResumed, "2026-11-20", effective("2027-03-01"))
	f("a resumption ahead", "2027-02-28", Served, NoExit, inf, sus, res)
	f("on its day", "2027-03-01", InForce, NoExit, inf, sus, res)
	f("the listing's day repeated by a resumption", "2026-11-29", InForce, NoExit, inf, sus, ev(4, EventResumed, "2026-11-20", effective("2026-01-16")))
	f("what never came into force", "2026-11-29", Exited, Repaired, ev(1, EventDecided, "2026-01-16"), out)
	e, _ := Fold([]EventRecord{inf, out}, law)
	if back := e.Wire().Entry(); back != e {
		t.Errorf("written and read back: %+v, want %+v", back, e)
	}
}

// An exit dated before every decision ends nothing and is told so; a repair before
// its time counts and is told so.
func TestCase_L19_ExitsOutOfTheirTime(t *testing.T) {
	inf := ev(1, EventInForce, "2026-01-16", served("2026-01-15"))
	timed := law
	timed.RepairFrom = func(e *Entry) civil.Date { return e.Since.AddMonths(12) }
	f := func(name string, want State, doubt Doubt, events ...EventRecord) {
		t.Helper()
		e, _ := Fold(events, timed)
		if got := Doubts(events, timed, &events[len(events)-1]); e.State != want || got != doubt {
			t.Errorf("%s: %s with doubts %b, want %s with %b", name, e.State, got, want, doubt)
		}
	}
	f("before the decision", InForce, NothingEnded, inf, ev(2, EventExited, "2025-12-01", exits(Repaired)))
	f("and told when the listing comes late", InForce, NothingEnded, ev(2, EventExited, "2025-12-01", exits(Repaired)), inf)
	f("on the day of the decision", Exited, 0, inf, ev(2, EventExited, "2026-01-10", exits(Revoked)))
	f("three days after", Exited, EarlyRepair, inf, ev(2, EventExited, "2026-01-18", exits(Repaired)))
	f("on the eve", Exited, EarlyRepair, inf, ev(2, EventExited, "2027-01-14", exits(Repaired)))
	f("after a year", Exited, 0, inf, ev(2, EventExited, "2027-01-15", exits(Repaired)))
	f("a correction knows no least time", Exited, 0, inf, ev(2, EventExited, "2026-01-18", exits(Corrected)))
	f("a listing anew is no doubt", InForce, 0, inf, ev(2, EventExited, "2026-06-01", exits(Corrected)),
		ev(3, EventInForce, "2026-08-01", id("N"), decided("2026-08-01"), served("2026-08-01")))
}

// What was decided by no law stays a decision.
func TestCase_L1_NoLawNoEffect(t *testing.T) {
	dated := law
	dated.NoEffect = func(e *Entry) bool { return e.DecidedOn < date("2026-02-01") }
	inf := ev(1, EventInForce, "2026-03-16", served("2026-03-15"), termUntil("2030-01-01"))
	sus := ev(2, EventSuspended, "2026-04-01")
	f := func(want State, events ...EventRecord) {
		t.Helper()
		if e, ok := Fold(events, dated); !ok || e.State != want || e.DocumentNo != "D-1" || e.Since != civil.NoDate || e.Until != civil.NoDate {
			t.Errorf("%v %+v, want %s", ok, e, want)
		}
	}
	f(Decided, inf)
	f(Decided, inf, sus)
	f(PreNotice, ev(3, EventPreNotice, "2026-01-01"))
	f(Exited, inf, ev(4, EventExited, "2026-05-01"))
	f(Exited, inf, ev(4, EventExited, "2026-05-01", effective("2027-05-01")))
	if e, _ := Fold([]EventRecord{ev(1, EventInForce, "2026-03-16", served("2026-03-15"), decided("2026-02-01"))}, dated); e.State != InForce {
		t.Errorf("decided on its first day: %s", e.State)
	}
}

// One state for any order of arrival; what a day can't tell favours the subject.
func TestCase_L20_OneStateForAnyOrder(t *testing.T) {
	inf := ev(0, EventInForce, "2026-03-01", served("2026-02-20"))
	sus := func(more ...func(*EventRecord)) EventRecord {
		return ev(0, EventSuspended, "2026-03-01", append(more, id("S"))...)
	}
	res := func(more ...func(*EventRecord)) EventRecord {
		return ev(0, EventResumed, "2026-03-01", append(more, id("R"))...)
	}
	sus2 := func(more ...func(*EventRecord)) EventRecord {
		return ev(0, EventSuspended, "2026-03-01", append(more, id("S2"))...)
	}
	f := func(name string, want State, doubt bool, events ...EventRecord) {
		t.Helper()
		seen := map[Entry]bool{}
		permute(len(events), func(order []int) {
			arrived := make([]EventRecord, len(events))
			for seq, i := range order {
				arrived[seq] = events[i]
				arrived[seq].Seq = uint64(seq)
			}
			e, _ := Fold(arrived, law)
			seen[e] = true
			if e.State != want {
				t.Fatalf("%s, arrived as %v: %s, want %s", name, order, e.State, want)
			}
		})
		if len(seen) != 1 {
			t.Errorf("%s: %d states", name, len(seen))
		}
		last := events[len(events)-1]
		if got := Doubts(events, law, &last)&SameDay != 0; got != doubt {
			t.Errorf("%s: doubt %v", name, got)
		}
	}
	f("four of one day", Suspended, true, inf, sus(), res(), sus2())
	f("a stay and a resumption", Suspended, true, inf, sus(), res())
	f("with their times", InForce, false, inf, sus(at("09:00:00")), res(at("15:00:00")))
	f("the other way round", Suspended, false, inf, sus(at("15:00:00")), res(at("09:00:00")))
	f("only the resumption tells", Suspended, true, inf, sus(), res(at("15:00:00")))
	f("only the stay tells", Suspended, true, inf, sus(at("09:00:00")), res())
	f("one instant", Suspended, false, inf, sus(at("09:00:00")), res(at("09:00:00")))
	f("an exit of the day of the listing", Exited, true, inf, ev(0, EventExited, "2026-03-01", exits(Revoked)))
	anew := ev(0, EventInForce, "2026-03-01", id("N"), decided("2026-03-01"), served("2026-03-01"))
	f("listed anew on the day of the exit", Exited, true, inf, ev(0, EventExited, "2026-03-01", exits(Revoked)), anew)
	at("16:00:00")(&anew)
	f("later that day", InForce, false, ev(0, EventInForce, "2026-02-21", served("2026-02-20")), ev(0, EventExited, "2026-03-01", exits(Revoked), at("10:00:00")), anew)
	f("different days", InForce, false, inf, sus(func(r *EventRecord) { r.OccurredOn = date("2026-03-02") }), res(func(r *EventRecord) { r.OccurredOn = date("2026-03-03") }))
}

// permute calls f with every order of n things.
func permute(n int, f func([]int)) {
	order := rand.New(rand.NewSource(1)).Perm(n)
	var walk func(int)
	walk = func(k int) {
		if k == n {
			f(order)
			return
		}
		for i := k; i < n; i++ {
			order[k], order[i] = order[i], order[k]
			walk(k + 1)
			order[k], order[i] = order[i], order[k]
		}
	}
	walk(0)
}

// An objection marks its entry and changes nothing else: it stays in force, whoever
// of its records says so, until that record is corrected.
func TestCase_P6_AnObjectionMarksTheEntryAndKeepsItInForce(t *testing.T) {
	day := func(s string) civil.Date { d, _ := civil.ParseDate(s); return d }
	event := func(id string, version uint32, e Event, on string, annotated bool) EventRecord {
		return EventRecord{RecordID: id, Version: version, OccurredOn: civil.NoDate, Facts: Facts{EntryID: "E", List: 3, USCC: "c",
			Unit: "U", Event: e, Cause: "1", DocumentNo: "1", DecidedOn: day(on), ServedOn: day(on), EffectiveFrom: civil.NoDate,
			TermUntil: civil.NoDate, Annotated: annotated}}
	}
	f := func(name string, want bool, state State, events ...EventRecord) {
		t.Helper()
		for range 2 {
			e, ok := Fold(events, law)
			if !ok || e.Annotated != want || e.State != state {
				t.Errorf("%s: annotated %v, %s, want %v, %s", name, e.Annotated, e.State, want, state)
			}
			slices.Reverse(events)
		}
	}
	in, later := event("A", 1, EventInForce, "2026-03-02", true), event("B", 1, EventServed, "2026-03-05", false)
	f("the listing says so", true, InForce, in)
	f("a later record is silent", true, InForce, in, later)
	f("an earlier record says so", true, InForce, event("A", 1, EventDecided, "2026-03-01", true), event("B", 1, EventInForce, "2026-03-02", false))
	f("taken back", false, InForce, in, event("A", 2, EventInForce, "2026-03-02", false), later)
	gone := event("A", 2, EventDecided, "2026-03-01", true)
	gone.Retracted = true
	f("retracted", false, InForce, event("A", 1, EventDecided, "2026-03-01", true), gone, event("B", 1, EventInForce, "2026-03-02", false))
	f("suspended meanwhile", true, Suspended, in, event("C", 1, EventSuspended, "2026-04-01", false))
}
