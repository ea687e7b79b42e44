package memory

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/uscc"
)

func TestEntriesSurviveTheirEncoding(t *testing.T) {
	s, code := NewEntries(), "91420100MA4N0A2B5Y"
	rapid.Check(t, func(t *rapid.T) {
		day := func(name string) civil.Date {
			if rapid.Bool().Draw(t, name+" absent") {
				return civil.NoDate
			}
			return civil.Date(rapid.IntRange(-60000, 60000).Draw(t, name))
		}
		draw := rapid.Custom(func(t *rapid.T) list.Entry {
			unit, told := rapid.SampledFrom([]string{"SAMR", "MOF", "COURT", strings.Repeat("X", 40)}).Draw(t, "unit"), list.Tellers("")
			if rapid.IntRange(0, 3).Draw(t, "several") == 0 {
				told = told.Add(unit, "1").Add("PBC", "P-1")
			}
			e := list.Entry{
				Tellers: told,
				USCC:    code, ID: rapid.StringN(0, 40, 100).Draw(t, "id") + rapid.SampledFrom([]string{"", code, code + "-1"}).Draw(t, "suffix"),
				List: list.Code(rapid.IntRange(1, 29).Draw(t, "list")), State: list.InForce,
				Cause: rapid.StringN(0, 60, 200).Draw(t, "cause"), DocumentNo: rapid.StringN(0, 60, 200).Draw(t, "doc"),
				DecidedBy: unit,
				DecidedOn: day("decided"), ServedOn: day("served"), Since: day("since"), Until: day("until"),
				Annotated: rapid.Bool().Draw(t, "annotated"), ExitedOn: civil.NoDate,
			}
			if rapid.IntRange(0, 2).Draw(t, "rare") == 0 {
				e.State, e.ExitType = list.State(rapid.IntRange(1, int(list.StateEnd)-1).Draw(t, "state")), list.ExitType(rapid.IntRange(0, int(list.ExitEnd)-1).Draw(t, "exit"))
				e.ExitedOn, e.Persons = day("exited"), rapid.SampledFrom([]string{"", list.Persons(person, "")}).Draw(t, "persons")
				if e.State == list.InForce && e.ExitedOn == civil.NoDate && e.Persons == "" {
					e.ExitType = list.NoExit // of an entry that exits on no day nothing tells how
				}
			}
			return e
		})
		all := rapid.SliceOfN(draw, 1, 6).Draw(t, "entries")
		var b EntryBlob
		for i := range all {
			b = s.codec.append(b, &all[i], code)
		}
		var e list.Entry
		k, n := KeyOf(code), 0
		for rest := b; len(rest) > 0; n++ {
			if rest.List() != all[n].List {
				t.Fatalf("list %s, want %s", rest.List(), all[n].List)
			}
			rest = s.Skip(rest)
		}
		if n != len(all) {
			t.Fatalf("skipped %d of %d", n, len(all))
		}
		rest := b
		for i := range all {
			if rest = s.Next(&e, rest, k); !reflect.DeepEqual(e, all[i]) {
				t.Fatalf("got  %+v\nwant %+v", e, all[i])
			}
		}
		if len(rest) > 0 {
			t.Fatalf("%d bytes left over", len(rest))
		}
	})
}

// person is a key.
var person = strings.Repeat("0a", list.KeyLength/2)

// What the writer knows of a code with many entries goes with them, and so does who is
// named by them.
func TestNothingIsKeptOfWhatWent(t *testing.T) {
	s, code := NewEntries(), "91420100MA4N0A2B5Y"
	e := list.Entry{USCC: code, List: 3, State: list.InForce, DocumentNo: strings.Repeat("x", 200), ExitedOn: civil.NoDate, Persons: list.Persons(person, "")}
	id := func(i int) string { return fmt.Sprintf("E-%06d", i) }
	const n, loaded = 1000, 500
	l := s.Load()
	for i := range loaded {
		e.ID = id(i)
		l.Add(&e)
	}
	l.End()
	for i := loaded; i < n; i++ {
		e.ID = id(i)
		s.Put(code, e.ID, &e)
	}
	if s.Len() != n || len(s.ids) != 1 || s.people.n.Load() != 1 || !slices.Equal(s.Naming(person), []string{code}) {
		t.Fatalf("%d entries, ids of %d codes, %d persons under %v", s.Len(), len(s.ids), s.people.n.Load(), s.Naming(person))
	}
	for i := range n {
		s.Remove(code, id(i))
	}
	if s.Len() != 0 || len(s.ids) != 0 || s.people.n.Load() != 0 || s.Size().Codes != 0 || s.Size().Aside != 0 {
		t.Errorf("%d entries, ids of %d codes, %d persons, %+v", s.Len(), len(s.ids), s.people.n.Load(), s.Size())
	}
}

// BenchmarkWalk goes over 4 entries of one code, which lie in the cache.
func BenchmarkWalk(b *testing.B) {
	s, code := NewEntries(), "91420100MA4N0A2B5Y"
	for i := range 4 {
		e := list.Entry{ID: fmt.Sprintf("E-2026-420100-SAMR-%07d", i), List: 3, State: list.InForce, Cause: "1", DecidedBy: "SAMR",
			DocumentNo: "武市监罚〔2026〕00001号", DecidedOn: epoch + 2000, ServedOn: epoch + 2003, Since: epoch + 2003, Until: epoch + 3098, ExitedOn: civil.NoDate}
		s.Put(code, e.ID, &e)
	}
	b.Run("next", func(b *testing.B) {
		b.ReportAllocs()
		var e list.Entry
		for b.Loop() {
			k := KeyOf(code)
			for rest := s.Of(k); len(rest) > 0; {
				rest = s.Next(&e, rest, k)
			}
		}
	})
	b.Run("skip", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for rest := s.Of(KeyOf(code)); len(rest) > 0; {
				rest = s.Skip(rest)
			}
		}
	})
}

// testCodes gives n different regular codes.
func testCodes(t testing.TB, n int, seed uint64) []string {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	codes := make([]string, 0, n)
	seen := make(map[string]bool, n)
	for len(codes) < n {
		c := uscc.Random(r, "420100", "91")
		if KeyOf(c).fits && !seen[c] {
			seen[c] = true
			codes = append(codes, c)
		}
	}
	return codes
}

func TestSetEqualsMap(t *testing.T) {
	codes := testCodes(t, 400, 1)
	rapid.Check(t, func(t *rapid.T) {
		s, model := new(keySet), map[uscc.Key]bool{}
		for range rapid.IntRange(0, 1500).Draw(t, "steps") {
			k := KeyOf(codes[rapid.IntRange(0, len(codes)-1).Draw(t, "code")]).packed
			if rapid.IntRange(0, 2).Draw(t, "what") > 0 {
				if s.add(k) == model[k] {
					t.Fatal("add")
				}
				model[k] = true
			} else {
				if s.remove(k) != model[k] {
					t.Fatal("remove")
				}
				delete(model, k)
			}
		}
		for _, c := range codes {
			if k := KeyOf(c).packed; s.has(k) != model[k] {
				t.Fatalf("%s: %v", c, s.has(k))
			}
		}
		if s.len() != len(model) {
			t.Fatalf("len %d, want %d", s.len(), len(model))
		}
	})
}

func TestTableEqualsMap(t *testing.T) {
	codes := testCodes(t, 200, 2)
	rapid.Check(t, func(t *rapid.T) {
		s, model := new(blobs), map[string]string{}
		sizes := []int{0, 0, 1, 60, 127, 128, 129, 600, maxBlob - 2, maxBlob + 1}
		for range rapid.IntRange(0, 400).Draw(t, "steps") {
			code := codes[rapid.IntRange(0, len(codes)-1).Draw(t, "code")]
			n := rapid.SampledFrom(sizes).Draw(t, "size")
			b := strings.Repeat(string(rune('a'+n%26)), n)
			s.set(KeyOf(code), []byte(b))
			model[code] = b
			if n == 0 {
				delete(model, code)
			}
			if rapid.IntRange(0, 20).Draw(t, "tidy") == 0 {
				s.table.tidy()
			}
		}
		for _, c := range codes {
			if got := string(s.get(KeyOf(c))); got != model[c] {
				t.Fatalf("%s: %d bytes, want %d", c, len(got), len(model[c]))
			}
		}
		if s.table.len() != len(model) {
			t.Fatalf("len %d, want %d", s.table.len(), len(model))
		}
	})
}

// A reader sees of each subject what was last written or what was before it,
// never a mixture and never nothing, while the writer replaces, grows, tidies
// and moves entries aside and back.
func TestReadersSeeWholeEntries(t *testing.T) {
	s := NewEntries()
	codes := testCodes(t, 300, 3)
	irregular := "91350100M0001TGQXM" // pilot code
	codes = append(codes, irregular)
	entry := func(version, padding int) *list.Entry {
		e := list.Entry{ID: "E", List: list.L01, State: list.InForce, Cause: "1", DecidedBy: "SAMR", ExitedOn: civil.NoDate}
		e.DocumentNo = fmt.Sprintf("%d %s %d", version, strings.Repeat(" ", padding), version)
		return &e
	}
	for _, c := range codes {
		s.Put(c, "E", entry(0, 10))
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	for r := range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			rng := rand.New(rand.NewPCG(uint64(r), 9))
			last := make([]int, len(codes))
			for !stop.Load() {
				i := rng.IntN(len(codes))
				var e list.Entry
				k := KeyOf(codes[i])
				rest := s.Of(k)
				if len(rest) == 0 {
					t.Error("a restricted subject without entries")
					return
				}
				s.Next(&e, rest, k)
				var a, b int
				if n, _ := fmt.Sscan(e.DocumentNo, &a, &b); n != 2 || a != b || a < last[i] {
					t.Errorf("read %.40q after %d", e.DocumentNo, last[i])
					return
				}
				last[i] = a
			}
		}()
	}
	rng := rand.New(rand.NewPCG(7, 7))
	others := testCodes(t, 4000, 4)
	for v := 1; v < 6000; v++ {
		padding := rng.IntN(60)
		if rng.IntN(400) == 0 {
			padding = maxBlob
		}
		s.Put(codes[rng.IntN(len(codes))], "E", entry(v, padding))
		s.Put(others[rng.IntN(len(others))], "E", entry(v, 5))
		if v%500 == 0 {
			s.Tidy()
			runtime.Gosched()
		}
	}
	stop.Store(true)
	wg.Wait()
}
