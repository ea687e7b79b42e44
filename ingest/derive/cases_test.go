package derive

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/stored"
)

// follower is what a reader of credit.entries ends with.
type follower map[string]list.Entry

func (x follower) read(t testing.TB, out Outcome) {
	for i, c := range out.Changes {
		if c.Ordinal != i || i >= 15 {
			t.Fatalf("change %d has place %d", i, c.Ordinal)
		}
		if had, ok := x[c.ID]; ok && had != c.Before {
			t.Fatalf("%s was %+v for its readers, and %+v by the change", c.ID, had, c.Before)
		} else if was, known := x[c.Before.ID]; !ok && c.Before.State != list.NoState && (!known || was.USCC != c.USCC) {
			t.Fatalf("%s comes after %+v, of which nobody knows", c.ID, c.Before)
		}
		if _, ok := x[c.Successor]; c.Successor != "" && !ok {
			t.Fatalf("%s is succeeded by %s, of which nobody knows", c.ID, c.Successor)
		}
		if c.Gone {
			delete(x, c.ID)
		} else {
			x[c.ID] = c.Entry
		}
	}
}

// told is a decision about document no by unit under an entry id, on L22.
func told(unit, entry, rec, no string, e list.Event, day string, more ...func(*list.EventRecord)) list.EventRecord {
	d, _ := civil.ParseDate(day)
	r := list.EventRecord{RecordID: rec, Version: 1, OccurredOn: d,
		Facts: list.Facts{EntryID: entry, List: 22, USCC: code(1), Unit: unit, Event: e, Cause: "1", DocumentNo: no,
			DecidedOn: d, ServedOn: civil.NoDate, EffectiveFrom: civil.NoDate, TermUntil: civil.NoDate}}
	for _, f := range more {
		f(&r)
	}
	return r
}

func exited(x list.ExitType) func(*list.EventRecord) {
	return func(r *list.EventRecord) { r.ExitType = x }
}

var noService = list.Law{NoService: func(list.Code) bool { return true }}

// One document under two numbers, or told by two units, is one entry: whichever
// tells of its end ends it, and its number is that of the smallest.
func TestCase_L17_OneDocumentIsOneEntry(t *testing.T) {
	const no, same = "银逃〔2026〕12号", "银逃[2026]第１２号"
	f := func(name string, want map[string]list.State, log ...list.EventRecord) {
		t.Helper()
		for order := range orders(len(log)) {
			d, seen := NewDecisions(noService), follower{}
			for _, i := range order {
				r := log[i]
				out := d.Apply(&r, hash(&r), 0)
				if out.Status != stored.Accepted {
					t.Fatalf("%s: %+v", name, out)
				}
				seen.read(t, out)
			}
			got := map[string]list.State{}
			for id, e := range seen {
				got[id] = e.State
			}
			if !maps.Equal(got, want) {
				t.Fatalf("%s arrived as %v: %v, want %v", name, order, got, want)
			}
		}
	}
	a, b := told("BANK", "B-9", "b", no, list.EventInForce, "2026-03-02"), told("PBC", "A-1", "p", same, list.EventInForce, "2026-03-02")
	f("two units", map[string]list.State{"B-9": list.InForce}, a, b)
	f("an end told by one", map[string]list.State{"B-9": list.Exited}, a, b, told("PBC", "A-1", "x", "撤〔2026〕1号", list.EventExited, "2026-05-01", exited(list.Revoked)))
	f("an end under another number", map[string]list.State{"B-10": list.Exited}, a, told("BANK", "B-10", "c", same, list.EventInForce, "2026-03-02"),
		told("BANK", "B-10", "x", same, list.EventExited, "2026-05-01", exited(list.Revoked)))
	f("another document", map[string]list.State{"B-9": list.InForce, "A-2": list.InForce}, a, told("PBC", "A-2", "p", "银逃〔2026〕13号", list.EventInForce, "2026-03-02"))
	f("another party", map[string]list.State{"B-9": list.InForce, "A-2": list.InForce}, a,
		told("PBC", "A-2", "p", no, list.EventInForce, "2026-03-02", func(r *list.EventRecord) { r.USCC = code(2) }))
	f("another list", map[string]list.State{"B-9": list.InForce, "A-2": list.InForce}, a,
		told("PBC", "A-2", "p", no, list.EventInForce, "2026-03-02", func(r *list.EventRecord) { r.List = 4 }))
	f("one of them taken back", map[string]list.State{"A-1": list.InForce}, a, b,
		told("BANK", "B-9", "b", no, list.EventInForce, "2026-03-02", func(r *list.EventRecord) { r.Version, r.Retracted = 2, true }))
	f("one of them corrected away", map[string]list.State{"A-1": list.InForce, "B-9": list.InForce}, a, b,
		told("BANK", "B-9", "b", "银逃〔2026〕14号", list.EventInForce, "2026-03-02", func(r *list.EventRecord) { r.Version = 2 }))

	d, seen := NewDecisions(noService), follower{}
	for _, r := range []list.EventRecord{a, b} {
		seen.read(t, d.Apply(&r, hash(&r), 0))
	}
	if e := seen["B-9"]; !slices.Equal(e.Told(), []list.Teller{{Unit: "BANK", EntryID: "B-9"}, {Unit: "PBC", EntryID: "A-1"}}) ||
		!e.ToldBy("PBC") || e.ToldBy("MOF") || e.Wire().Entry() != e {
		t.Errorf("told by %+v", e.Told())
	}
	contradiction := func(want string, r list.EventRecord) {
		t.Helper()
		if out := d.Apply(&r, hash(&r), 0); out.Status != stored.Rejected || out.Fault.Code != fault.E10Duplicate || out.Fault.Field != want {
			t.Errorf("%+v, want E10 %s", out, want)
		}
	}
	contradiction("decidedOn", told("PBC", "A-3", "q", no, list.EventInForce, "2026-03-03"))
	contradiction("cause", told("PBC", "A-3", "q", no, list.EventInForce, "2026-03-02", func(r *list.EventRecord) { r.Cause = "2" }))
	late := told("PBC", "A-1", "p", no, list.EventInForce, "2026-03-03", func(r *list.EventRecord) { r.Version = 2 })
	if out := d.Apply(&late, hash(&late), 0); out.Status != stored.Accepted {
		t.Errorf("a correction is %+v", out)
	}
}

// One state for any order of arrival, with ties within a day, corrections, retractions
// and documents under several numbers; and a process that starts from what is stored
// says the same.
func TestCase_L20_AnyOrderGivesOneState(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 26))
	law := list.Law{NoService: func(c list.Code) bool { return c == 4 }, Until: func(e *list.Entry) civil.Date { return e.Since.AddMonths(36) }}
	states := map[list.State]int{}
	for n := range 200 {
		log := history(r)
		var want follower
		for order := range orders(len(log)) {
			d, seen, accepted := NewDecisions(law), follower{}, []list.EventRecord{}
			for seq, i := range order {
				ev := log[i]
				ev.Seq = feed.Seq(int64(seq), 0)
				out := d.Apply(&ev, hash(&ev), 0)
				if out.Status != stored.Accepted {
					t.Fatalf("history %d: %+v", n, out)
				}
				accepted = append(accepted, ev)
				seen.read(t, out)
			}
			if want == nil {
				want = seen
			}
			if !maps.Equal(seen, want) {
				t.Fatalf("history %d arrived as %v:\n%+v\n%+v\nof %+v", n, order, seen, want, log)
			}
			again := NewDecisions(law)
			for i := range accepted {
				again.Load(&accepted[i], hash(&accepted[i]))
			}
			for i := range again.entries {
				if s := again.show(again.members(uint32(i))); s.ok && s.Entry != seen[s.ID] {
					t.Fatalf("history %d rebuilt: %+v, want %+v", n, s.Entry, seen[s.ID])
				}
			}
		}
		for _, e := range want {
			states[e.State]++
		}
	}
	if len(states) < 4 {
		t.Errorf("histories end in %v only", states)
	}
}

// history is four messages about one document, of one day or two.
func history(r *rand.Rand) (log []list.EventRecord) {
	versions := map[string]uint32{}
	for i := range 4 {
		day := civil.MakeDate(2026, 3, 1+r.IntN(2))
		ev := list.Event(1 + r.IntN(7))
		rec := fmt.Sprint("r", r.IntN(4))
		versions[rec]++
		x := told("SAMR", []string{"E1", "E2"}[len(rec)*int(rec[1])%2], rec, "示〔2026〕1号", ev, "2026-03-01", func(x *list.EventRecord) {
			x.OccurredOn, x.Version, x.List = day, versions[rec], list.Code(3)
			if r.IntN(2) == 0 {
				x.OccurredAt = day.Time().UnixMilli() + int64(r.IntN(10))*time.Hour.Milliseconds()
			}
			if ev <= list.EventInForce {
				x.ServedOn = civil.MakeDate(2026, 3, 1)
			} else {
				x.DecidedOn = day
				x.DocumentNo = []string{"示〔2026〕1号", fmt.Sprint("止", i)}[r.IntN(2)]
			}
			if ev == list.EventExited {
				x.ExitType = list.ExitType(1 + r.IntN(5))
				if r.IntN(3) == 0 {
					x.EffectiveFrom = civil.MakeDate(2027, 1, 1)
				}
			}
			if x.Version > 1 && r.IntN(3) == 0 {
				x.Retracted = true
			}
		})
		log = append(log, x)
	}
	return log
}

func hash(r *list.EventRecord) uint64 {
	h := uint64(17)
	for _, c := range fmt.Sprintf("%d %t %d %d %+v", r.Version, r.Retracted, r.OccurredOn, r.OccurredAt, r.Facts) {
		h = h*1099511628211 + uint64(c)
	}
	return h
}

// orders yields every order of n things.
func orders(n int) func(func([]int) bool) {
	return func(yield func([]int) bool) {
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		var walk func(int) bool
		walk = func(k int) bool {
			if k == n {
				return yield(slices.Clone(order))
			}
			for i := k; i < n; i++ {
				order[k], order[i] = order[i], order[k]
				if !walk(k + 1) {
					return false
				}
				order[k], order[i] = order[i], order[k]
			}
			return true
		}
		walk(0)
	}
}

// When another entry comes to speak for a document, it is known what was told of it
// before, and under which entry it is told now.
func TestCase_P6_WhoSpeaksForADocumentChangesNothingOfIt(t *testing.T) {
	d := NewDecisions(noService)
	apply := func(r list.EventRecord) []Change {
		t.Helper()
		out := d.Apply(&r, hash(&r), 0)
		if out.Status != stored.Accepted {
			t.Fatalf("%+v", out)
		}
		return slices.Clone(out.Changes)
	}
	const no = "银逃〔2026〕12号"
	first := apply(told("PBC", "A-1", "p", no, list.EventInForce, "2026-03-02"))
	if len(first) != 1 || first[0].Before.State != list.NoState {
		t.Fatalf("first: %+v", first)
	}
	joined := apply(told("BANK", "B-9", "b", no, list.EventInForce, "2026-03-02")) // speaks for both
	if len(joined) != 2 || joined[0].ID != "B-9" || joined[0].Before.ID != "A-1" || joined[0].Before.State != list.InForce ||
		!joined[1].Gone || joined[1].ID != "A-1" || joined[1].Successor != "B-9" || joined[1].Before.State != list.InForce {
		t.Fatalf("joined: %+v", joined)
	}
	ended := apply(told("PBC", "A-1", "x", "撤〔2026〕1号", list.EventExited, "2026-05-01", exited(list.Revoked)))
	if len(ended) != 1 || ended[0].ID != "B-9" || ended[0].Before.State != list.InForce || ended[0].Entry.State != list.Exited {
		t.Fatalf("ended: %+v", ended)
	}
}
