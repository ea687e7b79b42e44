package policy

import (
	"slices"
	"testing"

	"credithub/schema/civil"
	"credithub/schema/list"
)

// The days of a notice are working days of the State Council's calendar, counted from
// the day after the hub learned of the change or after it takes effect.
func TestCase_P6_DueDaysAreWorkingDays(t *testing.T) {
	p := load(t)
	none := &list.Entry{}
	f := func(learned, since string, days int, want string, provisional bool) {
		t.Helper()
		q := *p
		q.Notices = nil
		for _, n := range p.Notices {
			x := *n
			x.WorkingDays = days
			q.Notices = append(q.Notices, &x)
		}
		e := listed(list.Code(3), "1", since)
		w, ok := q.Work(none, &e, day(learned))
		if !ok || w.DueOn.String() != want || w.Provisional != provisional {
			t.Errorf("learned %s, since %s, %d days: %v due on %s, provisional %v, want %s", learned, since, days, ok, w.DueOn, w.Provisional, want)
		}
	}
	for _, v := range []struct {
		from string
		days int
		want string
	}{
		{"2024-06-30", 10, "2024-07-12"}, {"2025-06-30", 10, "2025-07-14"}, {"2026-06-30", 10, "2026-07-14"}, {"2026-02-12", 7, "2026-02-28"},
		{"2026-02-12", 20, "2026-03-18"}, {"2026-09-18", 7, "2026-09-29"}, {"2026-09-24", 20, "2026-10-29"}, {"2025-09-26", 7, "2025-10-13"},
		{"2024-09-13", 7, "2024-09-25"}, {"2024-04-30", 7, "2024-05-13"}, {"2026-04-30", 10, "2026-05-18"}, {"2025-01-24", 20, "2025-02-27"},
		{"2025-12-31", 2, "2026-01-05"}, {"2026-04-01", 3, "2026-04-07"}, {"2026-04-01", 7, "2026-04-13"}, {"2026-04-01", 10, "2026-04-16"},
	} {
		f(v.from, "2023-01-02", v.days, v.want, false) // in force for long
		f("2024-01-02", v.from, v.days, v.want, false) // in force from then on
	}
	f("2026-12-30", "2026-12-01", 2, "2027-01-01", true)

}

func listed(l list.Code, cause, since string) list.Entry {
	return list.Entry{ID: "E", List: l, USCC: "c", State: list.InForce, Cause: cause, DocumentNo: "1", DecidedBy: "SAMR", DecidedOn: day(since),
		ServedOn: day(since), Since: day(since), Until: civil.NoDate, ExitedOn: civil.NoDate}
}

// Which change leaves units what to do, when it takes effect and until when it is to be
// worked off.
func TestCase_P6_WhatAChangeLeavesToDo(t *testing.T) {
	p := load(t)
	const learned = "2026-09-24" // a Thursday before a holiday
	with := func(e list.Entry, change func(*list.Entry)) *list.Entry { change(&e); return &e }
	none, in := &list.Entry{}, listed(3, "1", "2026-09-01")
	state := func(s list.State) *list.Entry { return with(in, func(e *list.Entry) { e.State = s }) }
	served := with(in, func(e *list.Entry) { e.State, e.Since = list.Served, civil.NoDate })
	exited := func(x list.ExitType, on string) *list.Entry {
		return with(in, func(e *list.Entry) { e.State, e.ExitType, e.ExitedOn = list.Exited, x, day(on) })
	}
	ahead := with(in, func(e *list.Entry) {
		e.ExitType, e.ExitedOn, e.Until = list.Repaired, day("2026-10-20"), day("2026-10-19")
	})
	f := func(name string, before, now *list.Entry, kind, on, due string) {
		t.Helper()
		w, ok := p.Work(before, now, day(learned))
		if kind == "" {
			if ok {
				t.Errorf("%s: %s", name, w.Notice.Kind)
			}
			return
		}
		if !ok || w.Notice.Kind != kind || w.On.String() != on || w.DueOn.String() != due {
			t.Errorf("%s: %v %+v, want %s on %s until %s", name, ok, w, kind, on, due)
			return
		}
		if len(w.Measures) == 0 || w.Provisional {
			t.Errorf("%s: no measures, or provisional: %+v", name, w)
		}
	}
	f("listed", none, &in, EntryInForce, "2026-09-01", "2026-10-09")
	f("listed from a day ahead", served, with(in, func(e *list.Entry) { e.Since = day("2026-10-08") }), EntryInForce, "2026-10-08", "2026-10-14")
	f("on its way", none, served, "", "", "")
	f("on its way, changed", served, with(*served, func(e *list.Entry) { e.Cause = "2" }), "", "", "")
	f("given up", served, none, "", "", "")
	f("suspended", &in, state(list.Suspended), EntrySuspended, learned, "2026-09-30")
	f("resumed", state(list.Suspended), &in, EntryResumed, learned, "2026-10-09")
	f("exited", &in, exited(list.Repaired, "2026-09-23"), EntryExited, "2026-09-23", "2026-09-30")
	f("exits ahead", &in, ahead, EntryExited, "2026-10-20", "2026-10-23")
	f("exited while suspended", state(list.Suspended), exited(list.Revoked, "2026-09-23"), EntryExited, "2026-09-23", "2026-09-30")
	f("taken back", &in, none, EntryExited, learned, "2026-09-30")
	f("back on its way", &in, served, EntryExited, learned, "2026-09-30")
	f("document corrected", &in, with(in, func(e *list.Entry) { e.DocumentNo = "2" }), EntryChanged, learned, "2026-10-09")
	f("objected to", &in, with(in, func(e *list.Entry) { e.Annotated = true }), EntryChanged, learned, "2026-10-09")
	f("an exit nobody knew the listing of", none, exited(list.Repaired, "2026-09-23"), "", "", "")
	f("over long ago", none, with(in, func(e *list.Entry) { e.Since, e.Until = day("2020-01-01"), day("2023-01-01") }), "", "", "")
	f("ended once more", exited(list.Repaired, "2026-09-22"), exited(list.Repaired, "2026-09-23"), "", "", "")
	f("never validly listed", exited(list.Repaired, "2026-09-22"), exited(list.Revoked, "2026-09-22"), EntryChanged, learned, "2026-10-09")
	f("listed anew", exited(list.Repaired, "2026-09-22"), &in, EntryInForce, "2026-09-01", "2026-10-09")
}

// An exit lifts what doesn't outlive it; a correction lifts everything.
func TestCase_P6_WhatOutlivesAnExitIsNotLifted(t *testing.T) {
	p := load(t)
	in := listed(list.L15B, "1", "2026-05-01")
	in.Cause = p.List(list.L15B).Causes[0].Code
	codes := func(x list.ExitType) (out []string) {
		e := in
		e.State, e.ExitType, e.ExitedOn = list.Exited, x, day("2026-11-01")
		w, _ := p.Work(&in, &e, day("2026-11-02"))
		for _, m := range w.Measures {
			out = append(out, m.Code)
		}
		return out
	}
	repaired, revoked := codes(list.Repaired), codes(list.Revoked)
	outlives := 0
	for _, c := range revoked {
		if !slices.Contains(repaired, c) {
			outlives++
		}
	}
	if outlives == 0 || len(repaired) == 0 || len(repaired) >= len(revoked) {
		t.Errorf("repaired %v, revoked %v", repaired, revoked)
	}
}
