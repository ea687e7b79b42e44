package restrict

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/list"
)

// piled is a snapshot of entries that all stand on few codes.
type piled struct {
	*world
	entries []list.Entry
}

func (p *piled) Entries(_ context.Context, _ *Head, f func(*list.Entry) error) error {
	for i := range p.entries {
		e := p.entries[i]
		e.USCC, e.ID = strings.Clone(e.USCC), strings.Clone(e.ID)
		if err := f(&e); err != nil {
			return err
		}
	}
	return nil
}

func pile(n int, codes ...string) (out []list.Entry) {
	for i := range n {
		e := realistic(i, codes[i%len(codes)], false)
		e.USCC = codes[i%len(codes)]
		e.ID, e.List, e.State, e.Until, e.ExitedOn = fmt.Sprintf("%s-%06d", e.USCC, i), list.L01, list.InForce, civil.NoDate, civil.NoDate
		out = append(out, *e)
	}
	return out
}

func loaded(t *testing.T, entries []list.Entry) (*Index, *state) {
	t.Helper()
	p := &piled{newWorld(), entries}
	x, err := Open(Config{Policy: testPolicy(t), Snapshot: p, Log: p, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	st := newState(x.policy, x.now)
	if err := x.fill(context.Background(), st, &Head{}); err != nil {
		t.Fatal(err)
	}
	x.publish(st)
	return x, st
}

// taken is how many bytes of memory f takes, also those that it gives back.
func taken(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A load copies what it reads a few times, however many entries stand on one code.
func TestALoadOfOneCodeIsLinear(t *testing.T) {
	load := func(n int) uint64 {
		entries := pile(n, worldCodes[0])
		return taken(func() { loaded(t, entries) })
	}
	if few, many := load(10_000), load(40_000); many > 6*few {
		t.Errorf("a load of 4 times as many takes %d bytes after %d", many, few)
	}
}

// However entries came, by a load or one by one, the index holds the same, also of
// codes with so many that they lie aside, and after changes to them.
func TestManyEntriesOnOneCode(t *testing.T) {
	const n = 3000
	codes := []string{worldCodes[0], worldCodes[1], "W" + worldCodes[2][1:]}
	entries := pile(n, codes...)
	half := len(entries) / 2
	x, st := loaded(t, entries[:half])
	seq := uint64(0)
	apply := func(m feed.EntryMessage) {
		t.Helper()
		m.Seq = seq
		if seq++; !x.Apply(&m) {
			t.Fatal("not applied")
		}
	}
	for i := half; i < len(entries); i++ {
		apply(feed.EntryMessage{ID: entries[i].ID, USCC: entries[i].USCC, Entry: entries[i].Wire()})
	}
	want := map[string]map[string]string{}
	for i := range entries {
		if want[entries[i].USCC] == nil {
			want[entries[i].USCC] = map[string]string{}
		}
		want[entries[i].USCC][entries[i].ID] = entries[i].DocumentNo
	}
	same := func(when string) {
		t.Helper()
		kept := 0
		for _, c := range codes {
			got := x.Lookup(c)
			kept += len(got)
			if len(got) != len(want[c]) {
				t.Fatalf("%s: %d entries on %s, want %d", when, len(got), c, len(want[c]))
			}
			for i := range got {
				if d, ok := want[c][got[i].ID]; !ok || d != got[i].DocumentNo {
					t.Fatalf("%s: %+v", when, got[i])
				}
			}
		}
		if st.entries.Len() != kept {
			t.Errorf("%s: counts %d entries, holds %d", when, st.entries.Len(), kept)
		}
	}
	same("filled")
	for i := range entries {
		e := &entries[i]
		switch i % 5 {
		case 0: // changed, and the same again
			e.DocumentNo += " new"
			want[e.USCC][e.ID] = e.DocumentNo
			apply(feed.EntryMessage{ID: e.ID, USCC: e.USCC, Entry: e.Wire()})
		case 1:
			delete(want[e.USCC], e.ID)
			apply(feed.EntryMessage{ID: e.ID, USCC: e.USCC})
		}
	}
	same("changed")
	for i := 1; i < len(entries); i += 5 { // what went comes back
		e := &entries[i]
		want[e.USCC][e.ID] = e.DocumentNo
		apply(feed.EntryMessage{ID: e.ID, USCC: e.USCC, Entry: e.Wire()})
	}
	same("back")
	for i := range entries {
		delete(want[entries[i].USCC], entries[i].ID)
		apply(feed.EntryMessage{ID: entries[i].ID, USCC: entries[i].USCC})
	}
	same("empty")
}

// A new entry is put behind those that lie aside: none is copied for it.
func TestANewEntryOfManyCopiesNone(t *testing.T) {
	x, st := loaded(t, pile(20_000, worldCodes[0]))
	e := pile(1, worldCodes[0])[0]
	i := 0
	add := func() {
		i++
		e.ID = fmt.Sprintf("new-%06d", i)
		st.put(e.USCC, e.ID, &e)
	}
	add() // makes room, and the ids
	const n = 5000
	per := taken(func() {
		for range n {
			add()
		}
	}) / n
	if all := uint64(st.entries.Size().Side); per > all/500 {
		t.Errorf("an entry takes %d bytes beside %d", per, all)
	}
	if n := len(x.Lookup(e.USCC)); n != 20_000+i {
		t.Errorf("%d entries of %d", n, 20_000+i)
	}
}

// A person who is named by many is found under each code once.
func TestALoadFindsWhomEntriesName(t *testing.T) {
	key := strings.Repeat("0a", 32)
	entries := pile(200, worldCodes[0], worldCodes[1])
	for i := range entries {
		entries[i].Persons = list.Persons(key, "")
	}
	x, st := loaded(t, entries)
	if got := st.entries.Naming(key); len(got) != 2 || got[0] >= got[1] {
		t.Errorf("under %v", got)
	}
	if n := len(boundBy(x, key)); n != 200 {
		t.Errorf("%d entries", n)
	}
}

// Hits are told all or none.
func TestHitsAreToldAllOrNone(t *testing.T) {
	x, _ := loaded(t, pile(50, worldCodes[0]))
	m := x.policy.Matter("GOVERNMENT_PROCUREMENT")
	all := x.Check(worldCodes[0], m, noon)
	if len(all.Hits) < 50 {
		t.Fatalf("%d hits", len(all.Hits))
	}
	var d Decision
	f := func(most int, want bool) {
		t.Helper()
		got := x.CheckInto(&d, worldCodes[0], m, noon, most)
		if got != want || want && len(d.Hits) != len(all.Hits) || !want && (d.Outcome != NoOutcome || len(d.Hits) > 0) {
			t.Errorf("at most %d: %v, %s with %d hits", most, got, d.Outcome, len(d.Hits))
		}
	}
	f(len(all.Hits), true)
	f(len(all.Hits)-1, false)
	f(0, false)
	f(math.MaxInt, true)
	if !x.CheckInto(&d, worldCodes[1], m, noon, 0) {
		t.Error("without hits none is too many")
	}
}

// The same for those that bind a person.
func TestHitsOfAPersonAreToldAllOrNone(t *testing.T) {
	key := strings.Repeat("0a", 32)
	entries := pile(50, worldCodes[0])
	for i := range entries {
		entries[i].List, entries[i].Persons = 3, list.Persons(key, "")
	}
	x, _ := loaded(t, entries)
	m := x.policy.Matter("LEGAL_REP_APPOINTMENT")
	var d Decision
	if !x.CheckPersonInto(&d, worldCodes[1], key, m, noon, math.MaxInt) || len(d.Hits) < 50 {
		t.Fatalf("%s with %d hits", d.Outcome, len(d.Hits))
	}
	n := len(d.Hits)
	if !x.CheckPersonInto(&d, worldCodes[1], key, m, noon, n) || len(d.Hits) != n {
		t.Errorf("at the limit: %s with %d hits", d.Outcome, len(d.Hits))
	}
	if x.CheckPersonInto(&d, worldCodes[1], key, m, noon, n-1) || d.Outcome != NoOutcome || len(d.Hits) > 0 {
		t.Errorf("above it: %s with %d hits", d.Outcome, len(d.Hits))
	}
}
