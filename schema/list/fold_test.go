package list

import (
	"math/rand"
	"testing"

	"pgregory.net/rapid"

	"credithub/schema/civil"
)

func date(s string) civil.Date {
	if s == "" {
		return civil.NoDate
	}
	d, ok := civil.ParseDate(s)
	if !ok {
		panic(s)
	}
	return d
}

// law is that of the tests: three years on L03, no service on L04.
var law = Law{
	Until: func(e *Entry) civil.Date {
		if e.List == 3 {
			return e.Since.AddMonths(36)
		}
		return civil.NoDate
	},
	NoService: func(c Code) bool { return c == 4 },
}

// ev makes an event of entry X-1 on L03; the number orders it in the log.
func ev(seq uint64, e Event, occurred string, more ...func(*EventRecord)) EventRecord {
	r := EventRecord{
		RecordID: e.String(), Version: 1, Seq: seq, OccurredOn: date(occurred),
		Facts: Facts{
			EntryID: "X-1", List: 3, USCC: "91420100MA4N0A2B5Y", Unit: "SAMR", Event: e, Cause: "5",
			DocumentNo: "D-1", DecidedOn: date("2026-01-10"), ServedOn: civil.NoDate,
			EffectiveFrom: civil.NoDate, TermUntil: civil.NoDate,
		},
	}
	for _, f := range more {
		f(&r)
	}
	return r
}

func id(s string) func(*EventRecord)      { return func(r *EventRecord) { r.RecordID = s } }
func version(v uint32) func(*EventRecord) { return func(r *EventRecord) { r.Version = v } }
func retract(r *EventRecord)              { r.Retracted = true }
func decided(s string) func(*EventRecord) { return func(r *EventRecord) { r.DecidedOn = date(s) } }
func served(s string) func(*EventRecord)  { return func(r *EventRecord) { r.ServedOn = date(s) } }
func effective(s string) func(*EventRecord) {
	return func(r *EventRecord) { r.EffectiveFrom = date(s) }
}
func termUntil(s string) func(*EventRecord) { return func(r *EventRecord) { r.TermUntil = date(s) } }
func exits(x ExitType) func(*EventRecord)   { return func(r *EventRecord) { r.ExitType = x } }
func document(s string) func(*EventRecord)  { return func(r *EventRecord) { r.DocumentNo = s } }
func cause(s string) func(*EventRecord)     { return func(r *EventRecord) { r.Cause = s } }
func about(uscc string) func(*EventRecord)  { return func(r *EventRecord) { r.USCC = uscc } }
func onList(c Code) func(*EventRecord)      { return func(r *EventRecord) { r.List = c } }
func exitPaper(s string) func(*EventRecord) { return func(r *EventRecord) { r.ExitDocumentNo = s } }

// What a chain of decisions amounts to.
func TestLifeCycle(t *testing.T) {
	f := func(name string, want State, since, until string, events ...EventRecord) Entry {
		t.Helper()
		e, ok := Fold(events, law)
		if !ok || e.State != want || e.Since != date(since) || e.Until != date(until) {
			t.Errorf("%s: %v %s since %s until %s, want %s since %s until %s", name, ok, e.State, e.Since, e.Until, want, since, until)
		}
		return e
	}
	pre := ev(1, EventPreNotice, "2026-01-02")
	dec := ev(2, EventDecided, "2026-01-10")
	srv := ev(3, EventServed, "2026-01-15", served("2026-01-15"))
	inf := ev(4, EventInForce, "2026-01-16", served("2026-01-15"))
	sus := ev(5, EventSuspended, "2026-03-01", document("STAY-1"))
	res := ev(6, EventResumed, "2026-05-01", document("STAY-2"))
	out := ev(7, EventExited, "2027-02-01", exits(Repaired), document("EXIT-1"))

	f("told", PreNotice, "", "", pre)
	f("decided", Decided, "", "", pre, dec)
	f("served", Served, "", "", pre, dec, srv)
	e := f("in force from service", InForce, "2026-01-15", "2029-01-15", pre, dec, srv, inf)
	if e.ServedOn != date("2026-01-15") || e.DecidedOn != date("2026-01-10") || e.DecidedBy != "SAMR" {
		t.Errorf("described as %+v", e)
	}
	f("in force from its own day", InForce, "2026-02-01", "2029-02-01", inf, ev(5, EventInForce, "2026-01-16", effective("2026-02-01"), version(2)))
	f("in force from the decision, without service", InForce, "2026-01-10", "2029-01-10", ev(1, EventInForce, ""))
	f("until the day the decision names", InForce, "2026-01-15", "2027-01-15", inf, ev(8, EventInForce, "2026-01-16", served("2026-01-15"), termUntil("2027-01-15"), version(2)))
	f("no term on this list", InForce, "2026-01-10", "", ev(1, EventInForce, "", onList(4)))
	e = f("suspended", Suspended, "2026-01-15", "2029-01-15", inf, sus)
	if e.DocumentNo != "D-1" {
		t.Errorf("a stay replaced the listing's document by %s", e.DocumentNo)
	}
	f("resumed", InForce, "2026-01-15", "2029-01-15", inf, sus, res)
	f("suspended again", Suspended, "2026-01-15", "2029-01-15", inf, sus, res, ev(8, EventSuspended, "2026-06-01", id("S2")))
	f("two stays of a day: the log decides", Suspended, "2026-01-15", "2029-01-15", inf, sus,
		ev(6, EventResumed, "2026-03-01"), ev(8, EventSuspended, "2026-03-01", id("S2")))
	e = f("exited", Exited, "2026-01-15", "2029-01-15", inf, out)
	if e.ExitType != Repaired || e.ExitedOn != date("2027-02-01") || e.ExitDocumentNo != "EXIT-1" || e.DocumentNo != "D-1" {
		t.Errorf("exit described as %+v", e)
	}
	f("a resumption puts nothing into force", PreNotice, "", "", ev(1, EventPreNotice, "2026-01-05"), res)
	f("nor what was decided but not served", Decided, "", "", ev(1, EventDecided, "2026-01-05"), res)
	f("a pause tells that it was in force", InForce, "2026-01-15", "2029-01-15", ev(1, EventServed, "2026-01-15", served("2026-01-15")), sus, res)
	f("nor what was never served", Decided, "", "", ev(1, EventDecided, "2026-01-05"), sus, res)
	f("nor a pause of what was told", PreNotice, "", "", ev(1, EventPreNotice, "2026-01-05"), sus)
	f("nor alone, without service", Decided, "", "", res)
	f("nor with the stay alone", Decided, "", "", sus, res)
	f("with the day of service it does", InForce, "2026-01-15", "2029-01-15", ev(6, EventResumed, "2026-05-01", served("2026-01-15")))
	f("and on a list without service", InForce, "2026-01-10", "", ev(6, EventResumed, "2026-05-01", onList(4)))
	f("listed anew", InForce, "2027-06-02", "2030-06-02", inf, out,
		ev(9, EventInForce, "2027-06-03", id("N"), decided("2027-06-01"), served("2027-06-02")))
	f("listed anew and suspended", Suspended, "2027-06-02", "2030-06-02", sus, res, inf, out, ev(10, EventSuspended, "2027-07-01", id("S3")),
		ev(9, EventInForce, "2027-06-03", id("N"), decided("2027-06-01"), served("2027-06-02")))
	f("listed anew and freed again", Exited, "2027-06-02", "2030-06-02", inf, ev(7, EventExited, "2027-02-01", exits(Corrected)),
		ev(9, EventInForce, "2027-06-03", id("N"), decided("2027-06-01"), served("2027-06-02")), ev(10, EventExited, "2027-08-01", id("X2"), exits(Repaired)))
	f("decided on the day of the exit it is not", Exited, "2026-01-15", "2029-01-15", out,
		ev(9, EventInForce, "2027-06-03", decided("2027-02-01"), served("2026-01-15")))
	f("what is on its way to a new listing frees none", Exited, "2026-01-15", "2029-01-15", inf, out, ev(9, EventPreNotice, "2027-06-03", decided("2027-06-01")))
	f("exit wins over a later resumption", Exited, "2026-01-15", "2029-01-15", inf, sus, out, ev(9, EventResumed, "2027-03-01"))
	f("exit wins over a listing that arrives late", Exited, "2026-01-15", "2029-01-15", out, inf)
	e = f("an exit paper is kept", Exited, "2026-01-15", "2029-01-15", inf, ev(7, EventExited, "2027-02-01", exitPaper("EXIT-9")))
	if e.ExitDocumentNo != "EXIT-9" || e.ExitType != NoExit {
		t.Errorf("exit described as %+v", e)
	}
	e = f("a correction outranks an expiry", Exited, "2026-01-15", "2029-01-15", inf,
		ev(7, EventExited, "2026-04-01", exits(Corrected), id("C")), ev(8, EventExited, "2029-01-15", exits(Expired), id("E")))
	if e.ExitType != Corrected || e.ExitedOn != date("2026-04-01") {
		t.Errorf("corrected exit described as %+v", e)
	}
	e = f("the latest exit names the day", Exited, "2026-01-15", "2029-01-15", inf,
		ev(7, EventExited, "2027-02-01", exits(Repaired), id("A")), ev(8, EventExited, "2027-03-01", exits(Repaired), id("B")))
	if e.ExitedOn != date("2027-03-01") {
		t.Errorf("latest exit described as %+v", e)
	}
}

// One record whose versions run through the states is the same life.
func TestOneRecordRisingVersions(t *testing.T) {
	f := func(want State, events ...EventRecord) {
		t.Helper()
		for i := range events {
			events[i].RecordID = "R-1"
		}
		e, ok := Fold(events, law)
		if !ok || e.State != want {
			t.Errorf("%v %s, want %s", ok, e.State, want)
		}
	}
	one := ev(1, EventInForce, "2026-01-16", version(1), served("2026-01-15"))
	two := ev(2, EventSuspended, "2026-02-16", version(2), served("2026-01-15"))
	three := ev(3, EventResumed, "2026-03-16", version(3), served("2026-01-15"))
	four := ev(4, EventExited, "2026-04-16", version(4), exits(Expired))
	f(InForce, one)
	f(Suspended, one, two)
	f(InForce, one, two, three)
	f(InForce, three) // only the latest version of a record is kept: it was in force before
	f(Exited, one, two, three, four)
	f(InForce, one, two, three, four, ev(5, EventInForce, "2026-01-16", version(5)))
	f(Exited, four, one, two) // a lower version is history
	f(InForce, one, ev(6, EventExited, "2026-04-16", version(1)))
}

func TestRetract(t *testing.T) {
	inf := ev(1, EventInForce, "2026-01-16", served("2026-01-15"))
	sus := ev(2, EventSuspended, "2026-02-16")
	gone := ev(3, EventInForce, "2026-01-16", version(2), retract)
	if e, ok := Fold([]EventRecord{inf, ev(4, EventSuspended, "2026-02-16", version(2), retract), sus}, law); !ok || e.State != InForce {
		t.Errorf("a retracted stay still holds: %v %s", ok, e.State)
	}
	if e, ok := Fold([]EventRecord{inf, gone}, law); ok {
		t.Errorf("an entry without events is %+v", e)
	}
	if e, ok := Fold([]EventRecord{gone, inf, ev(5, EventInForce, "2026-01-16", version(3))}, law); !ok || e.State != InForce {
		t.Errorf("an entry taken back and pushed again is %v %s", ok, e.State)
	}
	res := ev(6, EventResumed, "2026-05-01")
	if e, ok := Fold([]EventRecord{inf, sus, res, gone}, law); !ok || e.State != Decided {
		t.Errorf("a listing taken back restricts by its stay: %v %s", ok, e.State)
	}
	if e, ok := Fold([]EventRecord{inf, ev(4, EventExited, "2026-03-01"), ev(5, EventExited, "2026-03-01", version(2), retract)}, law); !ok || e.State != InForce {
		t.Errorf("a retracted exit still holds: %v %s", ok, e.State)
	}
	if _, ok := Fold(nil, law); ok {
		t.Error("no events are an entry")
	}
}

// A correction moves the entry to another subject or cause.
func TestCorrectionOfContent(t *testing.T) {
	inf := ev(1, EventInForce, "2026-01-16", served("2026-01-15"))
	e, _ := Fold([]EventRecord{inf, ev(2, EventInForce, "2026-01-16", version(2), about("91420100MA44P7CC80"), cause("9"))}, law)
	if e.USCC != "91420100MA44P7CC80" || e.Cause != "9" || e.ServedOn != civil.NoDate || e.Since != date("2026-01-10") {
		t.Errorf("corrected entry is %+v", e)
	}
	e, _ = Fold([]EventRecord{ev(1, EventServed, "2026-01-15", served("2026-01-15")), ev(2, EventInForce, "2026-01-16")}, Law{})
	if e.ServedOn != date("2026-01-15") || e.Since != date("2026-01-15") || e.Until != civil.NoDate {
		t.Errorf("service told by another record is lost: %+v", e)
	}
	only, ok := Fold([]EventRecord{ev(1, EventSuspended, "2026-03-01", decided("2026-03-01"))}, law)
	if !ok || only.State != Suspended || only.Since != date("2026-03-01") {
		t.Errorf("an entry known from its stay alone is %v %+v", ok, only)
	}
}

// Dates decide on the day asked: in force from the first day through the last.
func TestAt(t *testing.T) {
	f := func(e Entry, day string, want State, exit ExitType) {
		t.Helper()
		if s, x := e.At(date(day)); s != want || x != exit {
			t.Errorf("%s since %s until %s on %s: %s %q, want %s %q", e.State, e.Since, e.Until, day, s, x, want, exit)
		}
	}
	e := Entry{State: InForce, Since: date("2026-01-15"), Until: date("2029-01-15")}
	f(e, "2026-01-14", Served, NoExit)
	f(e, "2026-01-15", InForce, NoExit)
	f(e, "2029-01-15", InForce, NoExit)
	f(e, "2029-01-16", Exited, Expired)
	e.Until = civil.NoDate
	f(e, "2099-12-31", InForce, NoExit)
	e = Entry{State: Suspended, Since: date("2026-01-15"), Until: date("2029-01-15")}
	f(e, "2026-02-01", Suspended, NoExit)
	f(e, "2029-01-15", Suspended, NoExit)
	f(e, "2029-01-16", Exited, Expired)
	e = Entry{State: Exited, ExitType: Corrected, Since: date("2026-01-15"), Until: date("2029-01-15")}
	f(e, "2026-02-01", Exited, Corrected)
	for _, s := range []State{PreNotice, Decided, Served} {
		f(Entry{State: s, Since: civil.NoDate, Until: civil.NoDate}, "2026-02-01", s, NoExit)
	}
	// A term that starts on the last day of February ends on the last day or the same number.
	if got := law.Until(&Entry{List: 3, Since: date("2024-02-29")}); got != date("2027-02-28") {
		t.Errorf("three years from a leap day end on %s", got)
	}
}

var drawDate = rapid.Custom(func(t *rapid.T) civil.Date {
	if rapid.Bool().Draw(t, "absent") {
		return civil.NoDate
	}
	return civil.MakeDate(2026, 1, 1) + civil.Date(rapid.IntRange(0, 5).Draw(t, "day"))
})

func drawEvents(t *rapid.T) []EventRecord {
	n := rapid.IntRange(0, 8).Draw(t, "n")
	events := make([]EventRecord, n)
	for i := range events {
		text := func(name string) string { return rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, name) }
		events[i] = EventRecord{
			RecordID: text("record"), Version: rapid.Uint32Range(1, 3).Draw(t, "version"), Seq: uint64(i + 1),
			Retracted: rapid.SampledFrom([]bool{false, false, true}).Draw(t, "retracted"), OccurredOn: drawDate.Draw(t, "occurred"),
			Facts: Facts{
				EntryID: "X", List: 3, USCC: text("uscc"), Unit: "U", Event: Event(rapid.IntRange(1, 7).Draw(t, "event")),
				Cause: text("cause"), DocumentNo: text("doc"), DecidedOn: drawDate.Draw(t, "decided"),
				ServedOn: drawDate.Draw(t, "served"), EffectiveFrom: drawDate.Draw(t, "from"), TermUntil: drawDate.Draw(t, "until"),
				ExitType: ExitType(rapid.IntRange(0, 5).Draw(t, "exit")), Annotated: rapid.Bool().Draw(t, "annotated"),
			},
		}
	}
	return events
}

// The state doesn't hang on the order in which the records arrive in memory,
// nor on versions that a higher one has replaced; and folding never writes.
func TestFoldIsIndependentOfOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		before := append([]EventRecord(nil), events...)
		want, ok := Fold(events, law)
		for i := range events {
			if events[i] != before[i] {
				t.Fatal("the events were written to")
			}
		}
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		if got, gotOK := Fold(events, law); got != want || gotOK != ok {
			t.Fatalf("shuffled:\n%+v %v\n%+v %v", got, gotOK, want, ok)
		}
		best := map[string]EventRecord{}
		for _, e := range before {
			if b, seen := best[e.RecordID]; !seen || e.Version > b.Version {
				best[e.RecordID] = e
			}
		}
		var live []EventRecord
		for _, e := range best {
			live = append(live, e)
		}
		if got, gotOK := Fold(live, law); got != want || gotOK != ok {
			t.Fatalf("without replaced versions:\n%+v %v\n%+v %v", got, gotOK, want, ok)
		}
		if ok && want.State == NoState {
			t.Fatal("an entry with events has no state")
		}
	})
}

// Log order between records of different days doesn't matter either: what
// arrives late is put where it belongs.
func TestFoldIsIndependentOfArrival(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		for i := range events {
			events[i].RecordID = string(rune('a' + i))
			events[i].OccurredOn = civil.MakeDate(2026, 1, 1+i)
		}
		want, ok := Fold(events, law)
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		for i, seq := range r.Perm(len(events)) {
			events[i].Seq = uint64(seq)
		}
		if got, gotOK := Fold(events, law); got != want || gotOK != ok {
			t.Fatalf("arrived in another order:\n%+v %v\n%+v %v", got, gotOK, want, ok)
		}
	})
}

// What is written is read back.
func TestWireRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Entry{
			ID: rapid.String().Draw(t, "id"), List: Code(rapid.IntRange(1, int(CodeEnd)-1).Draw(t, "list")), USCC: rapid.String().Draw(t, "uscc"),
			State: State(rapid.IntRange(1, 6).Draw(t, "state")), Cause: rapid.String().Draw(t, "cause"), DocumentNo: rapid.String().Draw(t, "doc"),
			DecidedBy: rapid.String().Draw(t, "unit"), DecidedOn: drawDate.Draw(t, "decided"), ServedOn: drawDate.Draw(t, "served"),
			Since: drawDate.Draw(t, "since"), Until: drawDate.Draw(t, "until"), Annotated: rapid.Bool().Draw(t, "annotated"),
			ExitType: ExitType(rapid.IntRange(0, 5).Draw(t, "exit")), ExitedOn: drawDate.Draw(t, "exited"), ExitDocumentNo: rapid.String().Draw(t, "exitDoc"),
		}
		if got := want.Wire().Entry(); got != want {
			t.Fatalf("%+v\n%+v", got, want)
		}
	})
}

func TestNames(t *testing.T) {
	for c := L01; c < CodeEnd; c++ {
		if got, ok := ParseCode(c.String()); !ok || got != c {
			t.Errorf("list %d is %q, read back as %d", c, c, got)
		}
	}
	for e := EventPreNotice; e <= EventExited; e++ {
		if ParseEvent(e.String()) != e {
			t.Errorf("event %s is not read back", e)
		}
	}
	for s := PreNotice; s <= Exited; s++ {
		if ParseState(s.String()) != s {
			t.Errorf("state %s is not read back", s)
		}
	}
	for x := Expired; x <= SubjectEnded; x++ {
		if ParseExit(x.String()) != x {
			t.Errorf("exit %s is not read back", x)
		}
	}
	for _, s := range []string{"", "L1", "L00", "L29", "L30", "l03", "L15b", "L15B "} {
		if c, ok := ParseCode(s); ok {
			t.Errorf("%q is read as %s", s, c)
		}
	}
	if Code(99).String() != "" || ParseEvent("x") != NoEvent || ParseState("x") != NoState || ParseExit("x") != NoExit {
		t.Error("unknown names have a meaning")
	}
}

// A notice decides no term, and a stay has one of its own: neither changes how long
// the listing lasts.
func TestNoticesAndStaysChangeNoTerm(t *testing.T) {
	day := func(s string) civil.Date { d, _ := civil.ParseDate(s); return d }
	event := func(seq uint64, ev Event, on, until string) EventRecord {
		r := EventRecord{RecordID: on, Version: 1, Seq: seq, OccurredOn: day(on),
			Facts: Facts{EntryID: "E", List: 9, USCC: "91420100MA4N0A2B5Y", Unit: "MOF", Event: ev, Cause: "1", DocumentNo: "D",
				DecidedOn: day("2025-03-03"), ServedOn: day("2025-03-03"), EffectiveFrom: civil.NoDate, TermUntil: civil.NoDate}}
		if until != "" {
			r.TermUntil = day(until)
		}
		return r
	}
	e, ok := Fold([]EventRecord{
		event(4, EventPreNotice, "2025-02-01", "2025-09-09"), event(8, EventInForce, "2025-03-03", "2028-03-03"),
		event(12, EventSuspended, "2026-01-05", "2026-06-30"), event(16, EventResumed, "2026-07-01", ""),
	}, Law{})
	if !ok || e.State != InForce || e.Until != day("2028-03-03") {
		t.Errorf("%v until %s", e.State, e.Until)
	}
}
