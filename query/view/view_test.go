package view

import (
	"context"
	"errors"
	"testing"
	"time"

	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/query/store/storetest"
	"credithub/schema/access"
	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/policy"
)

type nothing struct{ Store }

func (nothing) Sources(time.Time) []restrict.SourceState { return nil }

func views(t testing.TB) *Views {
	t.Helper()
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	a, err := access.Load()
	if err != nil {
		t.Fatal(err)
	}
	v, err := New(Config{Store: struct{ Store }{}, Access: a, Policy: p, Index: nothing{}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The terms of a read let through exactly the entries that may be seen, for each
// role, state, list, deciding unit, cause and age.
func TestFilterIsEntryVisible(t *testing.T) {
	v := views(t)
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	for _, role := range []access.Role{access.Anyone, access.Agency, access.Officer, access.Supervisor, access.Auditor, access.Admin} {
		p := access.Principal{Role: role}
		if role != access.Anyone {
			p.Unit = "MOF"
		}
		w := v.For(p, now)
		f := w.filter()
		for s := list.PreNotice; s <= list.Exited; s++ {
			for c := list.L01; c < list.CodeEnd; c++ {
				for _, unit := range []string{"MOF", "SAMR"} {
					for _, cause := range []string{"1", "2", "未报送年度报告", "in other words"} {
						for _, since := range []civil.Date{civil.MakeDate(2024, 7, 10), civil.MakeDate(2025, 7, 10), civil.MakeDate(2026, 7, 10)} {
							e := list.Entry{List: c, State: s, DecidedBy: unit, Cause: cause, DecidedOn: since, Since: since, Until: civil.NoDate, ExitedOn: civil.NoDate}
							if got, want := storetest.Passes(&f, &e), w.visible(&e, w.day(When{})); got != want {
								t.Errorf("%s: %s on %s for %s since %s by %s: %v, want %v", role, s, c, cause, since, unit, got, want)
							}
						}
					}
				}
			}
		}
	}
}

func TestOnDay(t *testing.T) {
	day := civil.MakeDate(2026, 3, 4)
	e := list.Entry{State: list.InForce, Since: day, Until: day + 10, ExitedOn: civil.NoDate}
	for d, want := range map[civil.Date]list.State{day - 1: list.Served, day: list.InForce, day + 10: list.InForce, day + 11: list.Exited} {
		got := OnDay(e, d)
		if got.State != want || (want == list.Exited) != (got.ExitedOn == day+10) || (want == list.Exited) != (got.ExitType == list.Expired) {
			t.Errorf("%s: %+v", d, got)
		}
	}
}

func TestPersonal(t *testing.T) {
	for text, want := range map[string]bool{
		"11010519491231002X": true, "11010519491231002x": true, "张三11010519491231002X": true, "110105 19491231 002X": true,
		"１１０１０５１９４９１２３１００２Ｘ": true, "91420100MA4N0A2B5Y": false, "武汉示例科技有限公司": false, "110105194912310021": false, "": false,
	} {
		if Personal(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func TestNewWantsItsParts(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("made of nothing")
	}
}

// A batch reads once for all that was wanted, keeps what it has and stays broken
// when it breaks.
func TestBatch(t *testing.T) {
	var loads [][]int
	w := &Viewer{}
	b := newBatch(w, func(_ context.Context, ks []int) (map[int]string, error) {
		if loads = append(loads, ks); len(loads) == 3 {
			return nil, errors.New("away")
		}
		return map[int]string{1: "one", 2: "two"}, nil
	})
	b.want(1)
	b.want(2)
	b.want(1)
	for k, want := range map[int]string{1: "one", 2: "two"} {
		if v, err := b.get(t.Context(), k); v != want || err != nil {
			t.Errorf("%d: %q %v", k, v, err)
		}
	}
	if v, err := b.get(t.Context(), 3); v != "" || err != nil || len(loads) != 2 {
		t.Errorf("%q %v after %v", v, err, loads)
	}
	for range 2 {
		if _, err := b.get(t.Context(), 4); err == nil || len(loads) != 3 {
			t.Errorf("%v after %v", err, loads)
		}
	}
	if v, err := b.get(t.Context(), 1); v != "one" || err != nil {
		t.Errorf("what it had: %q %v", v, err)
	}
}

// What several batches have gathered is read at the same time, and what goes wrong
// in one is its own.
func TestBatchesLoadSideBySide(t *testing.T) {
	w := &Viewer{}
	both := make(chan bool)
	meet := func(ks []int) (map[int]int, error) { // waits for the other one
		select {
		case both <- true:
		case <-both:
		case <-time.After(10 * time.Second):
			return nil, errors.New("alone")
		}
		return map[int]int{ks[0]: 10 * ks[0]}, nil
	}
	load := func(f func([]int) (map[int]int, error)) *batch[int, int] {
		return newBatch(w, func(_ context.Context, ks []int) (map[int]int, error) { return f(ks) })
	}
	a, b, idle := load(meet), load(meet), load(func([]int) (map[int]int, error) {
		t.Error("loaded without a wish")
		return nil, nil
	})
	broken := load(func([]int) (map[int]int, error) { panic("secret") })
	a.want(1)
	b.want(2)
	broken.want(3)
	if v, err := a.get(t.Context(), 1); v != 10 || err != nil {
		t.Errorf("%d %v", v, err)
	}
	if v, ok := b.known[2]; v != 20 || !ok {
		t.Errorf("the other one has %d", v)
	}
	if _, err := broken.get(t.Context(), 3); err == nil {
		t.Error("a panic was lost")
	}
	if len(idle.known) > 0 {
		t.Error("idle")
	}
}

// Cursors are read back, and anything else is refused without a panic.
func FuzzCursor(f *testing.F) {
	f.Add(cursor("records", "1", "a", "b", "c"))
	f.Add("AAAA")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := parseRecordCursor(s); err == nil && p != nil {
			if again, err := parseRecordCursor(encodeRecordCursor(p)); err != nil || compareCursors(again, p) != 0 {
				t.Errorf("%q: %v %v", s, p, again)
			}
		}
		if keys, err := parseCursor(s, "search", 3); err == nil && keys != nil && len(keys) != 3 {
			t.Errorf("%q: %v", s, keys)
		}
	})
}

var _ Store = (*store.Store)(nil)
