package restrict

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/uscc"
)

func TestEntriesSurviveTheirEncoding(t *testing.T) {
	c, code := newCodec(), "91420100MA4N0A2B5Y"
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
			return list.Entry{
				Tellers: told,
				USCC:    code, ID: rapid.StringN(0, 40, 100).Draw(t, "id") + rapid.SampledFrom([]string{"", code, code + "-1"}).Draw(t, "suffix"),
				List: list.Code(rapid.IntRange(1, 29).Draw(t, "list")), State: list.InForce,
				Cause: rapid.StringN(0, 60, 200).Draw(t, "cause"), DocumentNo: rapid.StringN(0, 60, 200).Draw(t, "doc"),
				DecidedBy: unit,
				DecidedOn: day("decided"), ServedOn: day("served"), Since: day("since"), Until: day("until"),
				Annotated: rapid.Bool().Draw(t, "annotated"), ExitedOn: civil.NoDate,
			}
		})
		all := rapid.SliceOfN(draw, 1, 6).Draw(t, "entries")
		var b []byte
		for i := range all {
			b = c.append(b, &all[i], code)
		}
		if c.count(b) != len(all) {
			t.Fatalf("counted %d of %d", c.count(b), len(all))
		}
		for i, rest := 0, b; len(rest) > 0; i++ {
			if rest = c.skip(rest); len(rest) == 0 && i != len(all)-1 {
				t.Fatalf("skipped %d of %d", i+1, len(all))
			}
		}
		rest := b
		for i := range all {
			var e list.Entry
			rest = c.next(&e, rest, code)
			if !reflect.DeepEqual(e, all[i]) {
				t.Fatalf("got  %+v\nwant %+v", e, all[i])
			}
		}
		if len(rest) > 0 {
			t.Fatalf("%d bytes left over", len(rest))
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
		if _, ok := pack(c); ok && !seen[c] {
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
			k, _ := pack(codes[rapid.IntRange(0, len(codes)-1).Draw(t, "code")])
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
			if k, _ := pack(c); s.has(k) != model[k] {
				t.Fatalf("%s: %v", c, s.has(k))
			}
		}
		if s.len() != len(model) {
			t.Fatalf("len %d, want %d", s.len(), len(model))
		}
	})
}

func TestTableEqualsMap(t *testing.T) {
	codes, p := testCodes(t, 200, 2), testPolicy(t)
	rapid.Check(t, func(t *rapid.T) {
		st, model := newState(p, time.Now), map[string]string{}
		sizes := []int{0, 0, 1, 60, 127, 128, 129, 600, maxBlob - 2, maxBlob + 1}
		for range rapid.IntRange(0, 400).Draw(t, "steps") {
			code := codes[rapid.IntRange(0, len(codes)-1).Draw(t, "code")]
			n := rapid.SampledFrom(sizes).Draw(t, "size")
			b := strings.Repeat(string(rune('a'+n%26)), n)
			st.setRest(code, []byte(b))
			model[code] = b
			if n == 0 {
				delete(model, code)
			}
			if rapid.IntRange(0, 20).Draw(t, "tidy") == 0 {
				st.table.tidy()
			}
		}
		for _, c := range codes {
			k, _ := pack(c)
			if got := string(st.rest(k, true, c)); got != model[c] {
				t.Fatalf("%s: %d bytes, want %d", c, len(got), len(model[c]))
			}
		}
		if st.table.len() != len(model) {
			t.Fatalf("len %d, want %d", st.table.len(), len(model))
		}
	})
}

// A reader sees of each subject what was last written or what was before it,
// never a mixture and never nothing, while the writer replaces, grows, tidies
// and moves entries aside and back.
func TestReadersSeeWholeEntries(t *testing.T) {
	st := newState(testPolicy(t), time.Now)
	codes := testCodes(t, 300, 3)
	irregular := "91350100M0001TGQXM" // pilot code
	codes = append(codes, irregular)
	entry := func(version, padding int) *list.Entry {
		e := inForce(list.L01)
		e.ID, e.DocumentNo = "E", fmt.Sprintf("%d %s %d", version, strings.Repeat(" ", padding), version)
		return &e
	}
	for _, c := range codes {
		st.put(c, "E", entry(0, 10))
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
				k, packed := pack(codes[i])
				rest := st.rest(k, packed, codes[i])
				if len(rest) == 0 {
					t.Error("a restricted subject without entries")
					return
				}
				var e list.Entry
				st.codec.next(&e, rest, codes[i])
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
		st.put(codes[rng.IntN(len(codes))], "E", entry(v, padding))
		st.put(others[rng.IntN(len(others))], "E", entry(v, 5))
		if v%500 == 0 {
			st.table.tidy()
			runtime.Gosched()
		}
	}
	stop.Store(true)
	wg.Wait()
}

// realistic is an entry as agencies make them: an id of 26 bytes, with or without
// the code, and a document number of 30 or 31.
func realistic(i int, code string, withCode bool) *list.Entry {
	e := inForce(list.Code(1 + i%28))
	e.ID = fmt.Sprintf("E-2026-420100-SAMR-%07d", i)
	if withCode {
		e.ID = "E-L03-" + code + "-1"
	}
	e.DocumentNo = fmt.Sprintf("武市监罚〔2026〕%05d号", i%100_000)
	e.Cause = fmt.Sprint(1 + i%4)
	e.DecidedBy = []string{"SAMR", "COURT", "MOF", "HRSS"}[i%4]
	e.DecidedOn = today - civil.Date(i%900)
	e.ServedOn = e.DecidedOn + civil.Date(i%10)
	e.Since = e.ServedOn
	e.Until = e.Since + 1095
	return &e
}

// The limit of the design: 96 bytes a restricted subject, all told, at any
// number of them, also after half have been replaced.
func TestBytesOfARestrictedSubject(t *testing.T) {
	const limit = 96
	if e := realistic(123456, "91420100MA4N0A2B5Y", true); len(e.ID) != 26 || len(e.DocumentNo) < 30 {
		t.Fatalf("id %d, document number %d bytes", len(e.ID), len(e.DocumentNo))
	}
	p := testPolicy(t)
	f := func(n int, withCode bool) {
		codes := testCodes(t, n, 5)
		before := heap()
		st := newState(p, time.Now)
		for i, c := range codes {
			e := realistic(i, c, withCode)
			st.put(c, e.ID, e)
		}
		st.table.tidy()
		own, inHeap := st.stats(), float64(heap()-before)/float64(n)
		t.Logf("%d subjects, code in id %v: %.1f bytes each by own account (slots %.1f, entries %.1f), %.1f of the heap", n, withCode,
			own.PerRestricted(), float64(own.TableBytes)/float64(n), float64(own.SlabBytes)/float64(n), inHeap)
		if own.PerRestricted() > limit {
			t.Errorf("%d subjects: %.1f bytes each", n, own.PerRestricted())
		}
		if n >= 100_000 && inHeap > limit {
			t.Errorf("%d subjects: %.1f bytes of the heap each", n, inHeap)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for range n / 2 {
			i := rng.IntN(n)
			e := realistic(i, codes[i], withCode)
			st.put(codes[i], e.ID, e)
		}
		st.table.tidy()
		if b := st.stats().PerRestricted(); b > limit {
			t.Errorf("%d subjects, half of them replaced: %.1f bytes each", n, b)
		}
		runtime.KeepAlive(codes)
	}
	for _, n := range []int{10_000, 30_000, 100_000} {
		f(n, false)
		f(n, true)
	}
	if !testing.Short() {
		f(1_000_000, false)
	}
}

// heap is the number of bytes in use on the heap.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
