package restrict

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/uscc"
)

// testCodes gives n different regular codes.
func testCodes(t testing.TB, n int, seed uint64) []string {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	codes := make([]string, 0, n)
	seen := make(map[string]bool, n)
	for len(codes) < n {
		c := uscc.Random(r, "420100", "91")
		if !seen[c] {
			seen[c] = true
			codes = append(codes, c)
		}
	}
	return codes
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
		st.entries.Tidy()
		own, inHeap := st.entries.Size(), float64(heap()-before)/float64(n)
		t.Logf("%d subjects, code in id %v: %.1f bytes each by own account (slots %.1f, entries %.1f), %.1f of the heap", n, withCode,
			own.PerCode(), float64(own.Slots)/float64(n), float64(own.Blobs)/float64(n), inHeap)
		if own.PerCode() > limit {
			t.Errorf("%d subjects: %.1f bytes each", n, own.PerCode())
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
		st.entries.Tidy()
		if b := st.entries.Size().PerCode(); b > limit {
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
