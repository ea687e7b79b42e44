package derive

import (
	"testing"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/policy"
)

// By the law of the hub: no repetition of one document carries a term past three years
// from its service, revives it, or changes its cause.
func TestCase_L17_NoRepetitionPassesTheCap(t *testing.T) {
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	on := func(l list.Code, c, decided string) change {
		return func(r *list.EventRecord) { r.List, r.Cause, r.DecidedOn = l, c, day(decided) }
	}
	f := func(name string, l list.Code, c, decided, served, until string, more ...list.EventRecord) {
		t.Helper()
		for order := range orders(1 + len(more)) {
			x := &applier{t, NewDecisions(p.Law()), follower{}}
			for _, i := range order {
				r := listed("TAX", "T-1", "first", on(l, c, decided), servedOn(served))
				if i > 0 {
					r = more[i-1]
					r.List, r.DecidedOn = l, day(decided)
				}
				x.apply(r)
			}
			e := x.follower["T-1"]
			if e.Until != day(until) || order[0] == 0 && (e.Cause != c || e.ServedOn != day(served)) {
				t.Errorf("%s as %v: cause %s, served %s, until %s", name, order, e.Cause, e.ServedOn, e.Until)
			}
		}
	}
	again := func(rec, served string, more ...change) list.EventRecord {
		r := listed("TAX", "T-1", rec, append([]change{servedOn(served), cause("3")}, more...)...)
		r.OccurredOn = civil.NoDate
		return r
	}
	f("in force again", 6, "3", "2023-01-06", "2023-01-08", "2026-01-08", again("q", "2024-03-08"))
	f("in force ever again", 6, "3", "2023-01-06", "2023-01-08", "2026-01-08", again("q", "2024-03-08"), again("r", "2025-06-08"), again("s", "2026-06-08"))
	f("served again", 6, "3", "2023-01-06", "2023-01-08", "2026-01-08", again("q", "2026-06-05", by(list.EventServed)))
	f("with an effect put off", 6, "3", "2023-01-06", "2023-01-08", "2026-01-08", again("q", "2026-06-05", from("2026-06-05")))

	x := &applier{t, NewDecisions(p.Law()), follower{}}
	x.all(listed("SPP", "C-1", "one", on(26, "1", "2024-01-06"), servedOn("2024-01-08")))
	if got, _ := x.apply(listed("SPP", "C-1", "two", on(26, "2", "2024-01-06"), servedOn("2024-01-08"))); got != "E10 cause" || x.follower["C-1"].Cause != "1" {
		t.Errorf("another cause: %q, %+v", got, x.follower["C-1"])
	}
}
