package derive

import (
	"strings"
	"testing"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/stored"
)

const theDocument = "银逃〔2026〕12号"

// threeYears is a law of which a term runs three years from the first day, and five
// for cause 2.
var threeYears = list.Law{
	Until: func(e *list.Entry) civil.Date {
		if e.Cause == "2" {
			return e.Since.AddMonths(60)
		}
		return e.Since.AddMonths(36)
	},
	Latest:     func(e *list.Entry) civil.Date { return e.Since.AddMonths(60) },
	RepairFrom: func(e *list.Entry) civil.Date { return e.Since.AddMonths(12) },
}

type change = func(*list.EventRecord)

func day(s string) civil.Date { d, _ := civil.ParseDate(s); return d }

func servedOn(s string) change  { return func(r *list.EventRecord) { r.ServedOn = day(s) } }
func termUntil(s string) change { return func(r *list.EventRecord) { r.TermUntil = day(s) } }
func cause(s string) change     { return func(r *list.EventRecord) { r.Cause = s } }
func nth(v uint32) change       { return func(r *list.EventRecord) { r.Version = v } }
func by(e list.Event) change    { return func(r *list.EventRecord) { r.Event = e } }
func exitPaper(s string) change { return func(r *list.EventRecord) { r.ExitDocumentNo = s } }
func decidedOn(s string) change { return func(r *list.EventRecord) { r.DecidedOn = day(s) } }
func from(s string) change      { return func(r *list.EventRecord) { r.EffectiveFrom = day(s) } }
func document(s string) change  { return func(r *list.EventRecord) { r.DocumentNo = s } }

// listed is an IN_FORCE of the document, decided 2023-01-06 and served 2023-01-08.
func listed(unit, entry, rec string, more ...change) list.EventRecord {
	return told(unit, entry, rec, theDocument, list.EventInForce, "2023-01-06", append([]change{servedOn("2023-01-08")}, more...)...)
}

func gone(unit, entry, rec, on string, x list.ExitType, more ...change) list.EventRecord {
	return told(unit, entry, rec, theDocument, list.EventExited, on, append([]change{exited(x)}, more...)...)
}

// applier applies records one after another; the entries are what readers know.
type applier struct {
	t *testing.T
	d *Decisions
	follower
}

func newApplier(t *testing.T) *applier { return &applier{t, NewDecisions(threeYears), follower{}} }

// apply says what became of a record: "" or its fault and warnings, code and field.
func (x *applier) apply(r list.EventRecord) (string, Outcome) {
	x.t.Helper()
	out := x.d.Apply(&r, hash(&r), 0)
	x.read(x.t, out)
	var said []string
	if out.Status == stored.Rejected {
		said = append(said, string(out.Fault.Code)+" "+out.Fault.Field)
	}
	if out.AtOdds.Code != "" {
		said = append(said, string(out.AtOdds.Code)+" "+out.AtOdds.Field)
	}
	for _, w := range out.Warnings {
		said = append(said, string(w.Code)+" "+w.Field)
	}
	return strings.Join(said, ", "), out
}

func (x *applier) all(rs ...list.EventRecord) {
	x.t.Helper()
	for _, r := range rs {
		if got, out := x.apply(r); got != "" || out.Status != stored.Accepted {
			x.t.Errorf("%s of %s: %v %q", r.Event, r.RecordID, out.Status, got)
		}
	}
}

// Records of one document agree whatever their entry id and event, or are refused, and
// what was there holds.
func TestCase_L17_RecordsOfOneDocumentAgree(t *testing.T) {
	for _, entry := range []string{"A-1", "A-2"} {
		x := newApplier(t)
		x.all(listed("PBC", "A-1", "p"))
		before := x.follower["A-1"]
		refused := func(field string, more ...change) {
			t.Helper()
			got, out := x.apply(listed("PBC", entry, "q", more...))
			if got != "E10 "+field || !strings.Contains(out.Fault.Message, "record p of PBC in entry A-1") || x.follower["A-1"] != before {
				t.Errorf("%s: %q %q, %+v", entry, got, out.Fault.Message, x.follower["A-1"])
			}
			if zh := fault.Chinese(out.Fault.Code, out.Fault.Message); !strings.Contains(zh, "由记录 p（单位 PBC，条目 A-1）") {
				t.Errorf("in Chinese: %s", zh)
			}
		}
		refused("servedOn", servedOn("2024-03-08"))
		refused("servedOn", servedOn("2026-06-05"), by(list.EventServed))
		refused("cause", cause("2"))
		refused("cause", cause("2"), by(list.EventDecided))
		refused("decidedOn", decidedOn("2023-01-07"))
		refused("effectiveFrom", from("2024-03-08"))
		refused("effectiveFrom", from("2024-03-08"), by(list.EventServed))
		refused("servedOn", servedOn("2024-03-08"), document("银逃[2026]第１２号"))
		if before.Until != day("2026-01-08") {
			t.Errorf("until %s", before.Until)
		}
	}
	x := newApplier(t)
	x.all(told("PBC", "A-1", "n", "告1", list.EventPreNotice, "2022-12-01", servedOn("2022-12-02"), cause("2")),
		listed("PBC", "A-1", "d", by(list.EventDecided), servedOn("")), listed("PBC", "A-1", "s", by(list.EventServed)),
		listed("PBC", "A-1", "p", from("2023-01-08")), listed("PBC", "A-1", "p", nth(2), servedOn("2023-01-08")))
	if e := x.follower["A-1"]; e.State != list.InForce || e.Since != day("2023-01-08") || e.Until != day("2026-01-08") {
		t.Errorf("%+v", e)
	}
	x.all(gone("PBC", "A-1", "x", "2025-01-01", list.Repaired), listed("PBC", "A-1", "again", decidedOn("2025-06-01"), servedOn("2025-06-02")))
	if e := x.follower["A-1"]; e.State != list.InForce || e.Until != day("2028-06-02") {
		t.Errorf("listed anew: %+v", e)
	}
	if got, _ := x.apply(listed("PBC", "A-1", "more", decidedOn("2025-06-01"), servedOn("2026-06-02"))); got != "E10 servedOn" {
		t.Errorf("listed anew and once more: %q", got)
	}
}

// Whichever came first, a term runs from the first service.
func TestCase_L17_TheFirstServiceCounts(t *testing.T) {
	log := []list.EventRecord{listed("PBC", "A-1", "a"), listed("PBC", "A-1", "b", servedOn("2024-03-08")),
		listed("PBC", "A-1", "c", by(list.EventServed), servedOn("2025-06-05"))}
	var want *list.Entry
	for order := range orders(len(log)) {
		x := newApplier(t)
		for _, i := range order {
			x.apply(log[i])
		}
		e := x.follower["A-1"]
		if e.State != list.InForce || e.Since != day("2023-01-08") || e.Until != day("2026-01-08") {
			t.Errorf("%v: %s since %s until %s", order, e.State, e.Since, e.Until)
		}
		if want == nil {
			want = &e
		}
		if e != *want {
			t.Errorf("%v: %+v, want %+v", order, e, *want)
		}
	}
	x := newApplier(t)
	x.all(log[1])
	if got, _ := x.apply(log[0]); got != "W10 servedOn" {
		t.Errorf("an earlier service: %q", got)
	}
}

// A correction by one of two tellers is told of the other, and binds no longer than
// what the other says until both agree.
func TestCase_L17_OneOfTwoTellersCorrects(t *testing.T) {
	f := func(name, want, since, until string, more ...change) {
		t.Helper()
		for _, units := range [][2]string{{"PBC", "BANK"}, {"BANK", "PBC"}} {
			x := newApplier(t)
			x.all(listed(units[0], units[0], "a", termUntil("2026-01-08")), listed(units[1], units[1], "b", termUntil("2026-01-08")))
			got, out := x.apply(listed(units[0], units[0], "a", append([]change{termUntil("2026-01-08"), nth(2)}, more...)...))
			e := x.follower["BANK"]
			if got != want || e.Since != day(since) || e.Until != day(until) {
				t.Errorf("%s by %s: %q since %s until %s, want %q %s %s", name, units[0], got, e.Since, e.Until, want, since, until)
			}
			w := out.AtOdds
			if !strings.Contains(w.Message, "of "+units[1]+" in entry "+units[1]) || strings.Contains(fault.Chinese(w.Code, w.Message), "record") {
				t.Errorf("%s by %s: %+v", name, units[0], w)
			}
			x.apply(listed(units[1], units[1], "b", append([]change{termUntil("2026-01-08"), nth(2)}, more...)...))
			if got, _ := x.apply(listed(units[1], units[1], "c", append([]change{termUntil("2026-01-08")}, more...)...)); got != "" {
				t.Errorf("%s, when both agree: %q", name, got)
			}
		}
	}
	f("a longer term", "W08 termUntil", "2023-01-08", "2026-01-08", termUntil("2027-01-08"))
	f("a shorter term", "W08 termUntil", "2023-01-08", "2025-01-08", termUntil("2025-01-08"))
	f("a later service", "W10 servedOn", "2023-05-08", "2026-01-08", servedOn("2023-05-08"))
	f("an earlier service", "W10 servedOn", "2023-01-08", "2026-01-08", servedOn("2023-01-07"))
	f("another cause", "W08 cause", "2023-01-08", "2026-01-08", cause("2"))
	f("another day", "W10 decidedOn", "2023-01-08", "2026-01-08", decidedOn("2023-01-05"))
}

// A document's end is told alike by all, too.
func TestCase_L17_ExitsOfOneDocumentAgree(t *testing.T) {
	start := func() *applier {
		x := newApplier(t)
		x.all(listed("PBC", "A-1", "p"), listed("BANK", "B-9", "b"), gone("PBC", "A-1", "x", "2025-05-01", list.Repaired, exitPaper("移1")))
		return x
	}
	f := func(want string, r list.EventRecord) {
		t.Helper()
		x := start()
		got, _ := x.apply(r)
		if got != want || x.follower["B-9"].State != list.Exited {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f("E10 exitType", gone("BANK", "B-9", "y", "2025-05-01", list.Revoked))
	f("E10 decidedOn", gone("BANK", "B-9", "y", "2025-06-01", list.Repaired))
	f("E10 exitType", gone("BANK", "B-9", "y", "2025-06-01", list.Revoked, exitPaper("移1")))
	f("E10 decidedOn", gone("PBC", "A-1", "y", "2025-06-01", list.Repaired, exitPaper("移1")))
	f("", gone("BANK", "B-9", "y", "2025-05-01", list.Repaired))
	f("", gone("BANK", "B-9", "y", "2025-06-01", list.Corrected, exitPaper("更1"))) // another decision
	f("", gone("BANK", "B-9", "y", "2026-01-08", list.Expired))
	x := start()
	x.all(gone("BANK", "B-9", "y", "2025-05-01", list.Repaired))
	if got, _ := x.apply(gone("BANK", "B-9", "y", "2025-05-02", list.Repaired, nth(2))); got != "W11 decidedOn" {
		t.Errorf("a correction: %q", got)
	}
}

// An exit that comes before its listing is in doubt only when the listing has come.
func TestCase_L19_AnExitBeforeItsListingArrives(t *testing.T) {
	x := newApplier(t)
	x.all(gone("PBC", "A-1", "x", "2025-05-01", list.Repaired), listed("PBC", "A-1", "p"))
	x = newApplier(t)
	x.all(gone("PBC", "A-1", "x", "2023-05-01", list.Repaired))
	if got, _ := x.apply(listed("PBC", "A-1", "p")); got != "W11 decidedOn" {
		t.Errorf("early: %q", got)
	}
}
