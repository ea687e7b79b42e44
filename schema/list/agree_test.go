package list

import (
	"credithub/schema/civil"
	"testing"
)

// Records of one listing that are at odds bind no longer than the one whose term ends
// first, in whatever order they came; a notice or an exit that is known changes nothing.
func TestCase_L17_RecordsAtOddsBindLeast(t *testing.T) {
	dated := law
	dated.Until = func(e *Entry) civil.Date {
		if e.List == 4 {
			return civil.NoDate
		}
		return e.Since.AddMonths(map[string]int{"5": 36, "6": 60}[e.Cause])
	}
	f := func(name, since, until, cause string, events ...EventRecord) {
		t.Helper()
		permute(len(events), func(order []int) {
			arrived := make([]EventRecord, len(events))
			for seq, i := range order {
				arrived[seq] = events[i]
				arrived[seq].Seq = uint64(seq)
			}
			e, _ := Fold(arrived, dated)
			if e.Since != date(since) || e.Until != date(until) || e.Cause != cause || e.State != InForce {
				t.Fatalf("%s as %v: %s, cause %s, from %s to %s", name, order, e.State, e.Cause, e.Since, e.Until)
			}
		})
	}
	day := func(s string) func(*EventRecord) {
		return func(r *EventRecord) { r.RecordID, r.DecidedOn, r.OccurredOn = s, date("2023-01-06"), date(s) }
	}
	inf := ev(1, EventInForce, "", day("2023-01-08"), served("2023-01-08"))
	f("alone", "2023-01-08", "2026-01-08", "5", inf)
	f("another service", "2023-01-08", "2026-01-08", "5", inf, ev(2, EventInForce, "", day("2024-03-08"), served("2024-03-08")))
	f("told by the service itself", "2023-01-08", "2026-01-08", "5", inf, ev(2, EventServed, "", day("2026-06-05"), served("2026-06-05")))
	f("an effect put off", "2023-01-08", "2026-01-08", "5", inf, ev(2, EventInForce, "", day("2024-03-08"), served("2023-01-08"), effective("2024-03-08")))
	f("a longer cause", "2023-01-08", "2026-01-08", "5", inf, ev(2, EventInForce, "", day("2023-01-09"), served("2023-01-08"), cause("6")))
	f("terms", "2023-01-08", "2025-01-08", "5", ev(2, EventInForce, "", day("2023-01-09"), served("2023-01-08"), termUntil("2027-01-08")),
		ev(3, EventInForce, "", day("2023-01-07"), served("2023-01-08"), termUntil("2025-01-08")), inf)
	f("one term, two services", "2024-03-08", "2025-01-08", "5", ev(2, EventInForce, "", day("2023-01-08"), served("2023-01-08"), termUntil("2025-01-08")),
		ev(3, EventInForce, "", day("2024-03-08"), served("2024-03-08"), termUntil("2025-01-08")))
	f("no term, two services", "2024-03-08", "", "5", ev(2, EventInForce, "", day("2023-01-08"), served("2023-01-08"), onList(4)),
		ev(3, EventInForce, "", day("2024-03-08"), served("2024-03-08"), onList(4)))
	f("no service told, and one put off", "2023-01-06", "2026-01-06", "5", ev(2, EventInForce, "", day("2023-01-06")),
		ev(3, EventServed, "", day("2026-06-05"), served("2026-06-05")))
	f("a notice of its own day, told late", "2023-01-08", "2026-01-08", "5", inf,
		ev(2, EventPreNotice, "", day("2024-01-01"), decided("2022-12-01"), served("2024-01-01"), cause("6"), document("N-1")))
	f("service before, and what agrees", "2023-01-08", "2026-01-08", "5", inf, ev(2, EventDecided, "", day("2023-01-06")),
		ev(3, EventServed, "", day("2023-01-07"), served("2023-01-08")))
	f("a day on which it takes effect, after service", "2023-02-01", "2026-02-01", "5", ev(2, EventDecided, "", day("2023-01-06"), effective("2023-02-01")),
		ev(3, EventServed, "", day("2023-01-08"), served("2023-01-08")), ev(4, EventInForce, "", day("2023-02-01"), served("2023-01-08")))
	f("listed anew by the same document", "2026-06-05", "2029-06-05", "5", inf, ev(2, EventExited, "2025-01-01", exits(Repaired)),
		ev(3, EventInForce, "", day("2026-06-05"), served("2026-06-05"), decided("2026-06-01")))
}

// A repair is early only by a listing that is known.
func TestCase_L19_NoListingNoEarlyRepair(t *testing.T) {
	timed := law
	timed.RepairFrom = func(e *Entry) civil.Date { return e.Since.AddMonths(12) }
	f := func(name string, want Doubt, events ...EventRecord) {
		t.Helper()
		if got := Doubts(events, timed, &events[len(events)-1]); got != want {
			t.Errorf("%s: doubts %b, want %b", name, got, want)
		}
	}
	out := ev(1, EventExited, "2026-06-01", exits(Repaired), decided("2026-06-01"))
	f("the exit alone", 0, out)
	f("the listing comes, and it was long ago", 0, out, ev(2, EventInForce, "2025-01-16", decided("2025-01-10"), served("2025-01-15")))
	f("the listing comes, and it was just before", EarlyRepair, out, ev(2, EventInForce, "2026-01-16", served("2026-01-15")))
	f("one record through its versions", EarlyRepair, ev(1, EventExited, "2026-06-01", exits(Repaired), served("2026-01-15")))
}
