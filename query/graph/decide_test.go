package graph

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"credithub/schema/audit"
	"credithub/schema/list"
	"credithub/schema/uscc"
)

const atTender = `,matter:"GOVERNMENT_PROCUREMENT")`

// hitsOf is how many hits a code has.
func (h *hub) hitsOf(code string) int {
	var d struct {
		Check struct{ Hits []struct{ Obligation string } }
	}
	a := ask(h.t, h.server(), "officer:SAMR", `{check(uscc:"`+code+`"`+atTender+`{hits{obligation}}}`, nil)
	if err := json.Unmarshal(a.Data, &d); err != nil || len(a.Errors) > 0 {
		h.t.Fatal(a.raw)
	}
	return len(d.Check.Hits)
}

func quotedCodes(codes ...string) string { return `["` + strings.Join(codes, `","`) + `"]` }

// Hits are told all or none, by plan and by Execute, now and for the past: at the
// limit all of them, and above it an error with its number at the place.
func TestHitsAreLimited(t *testing.T) {
	h := newHub(t)
	key := strings.Repeat("0a", 32)
	for i := range 5 {
		h.list(listedCode, list.L01, "SAMR", fmt.Sprintf("M-%d", i), "示例决字")
	}
	n := h.hitsOf(listedCode)
	f := func(less int, query, want string) {
		t.Helper()
		s := h.server(func(c *Config) { c.Limits.CheckHits = n - less })
		for _, more := range []string{"", " subject{uscc}"} {
			if a := ask(t, s, "officer:SAMR", strings.Replace(query, "}", more+"}", 1), nil); !strings.Contains(a.raw, want) {
				t.Errorf("%d less: %s: %s, want %s", less, query, a.raw, want)
			}
		}
	}
	for _, args := range []string{"", `,personKey:"` + key + `"`, `,asOf:"2026-11-21T09:00:00Z"`} {
		query := `{check(uscc:"` + listedCode + `"` + args + atTender + `{outcome obligation}}`
		f(0, query, `"outcome":"HIT","obligation":"REJECT"`)
		f(1, query, fmt.Sprintf(`{"data":null,"errors":[{"message":"uscc: the check has more than %d hits"`, n-1))
		f(1, query, `"path":["check"],"extensions":{"code":"TOO_COMPLEX"}`)
	}
	if last := h.audit[len(h.audit)-1]; last.Outcome != "TOO_COMPLEX" || last.Subject != listedCode {
		t.Errorf("audit %+v", last)
	}
	many := `{checks(usccs:` + quotedCodes(clearCode, listedCode, "9142", listedCode, unknownCode) + atTender + `{outcome}}`
	f(0, many, `{"outcome":"CLEAR"`)
	f(1, many, `"path":["checks",1],"extensions":{"code":"TOO_COMPLEX"}`)
	f(1, many, `"path":["checks",2],"extensions":{"code":"BAD_INPUT"}`)
	f(1, many, fmt.Sprintf(`usccs[3]: the check has more than %d hits`, n-1))
	if i := slices.IndexFunc(h.audit, func(r audit.Record) bool { return r.Outcome == "CLEAR,SUBJECT_UNKNOWN,TOO_COMPLEX,BAD_INPUT" }); i < 0 || h.audit[i].Action != "checks" {
		t.Errorf("audit %+v", h.audit)
	}
}

// The hits of all checks of a request are limited too; each place counts, also of a
// code that stands there twice, and what fits is answered.
func TestHitsOfARequestAreLimited(t *testing.T) {
	h := newHub(t)
	n := h.hitsOf(listedCode)
	codes := quotedCodes(listedCode, clearCode, listedCode, listedCode, clearCode)
	f := func(most int, query, want string, errs int) {
		t.Helper()
		s := h.server(func(c *Config) { c.Limits.Hits = most })
		planned := ask(t, s, "officer:SAMR", query, nil)
		if string(planned.Data) != want || len(planned.Errors) != errs {
			t.Errorf("at most %d: %s", most, planned.raw)
		}
		for _, e := range planned.Errors {
			if e.Extensions.Code != "TOO_COMPLEX" || !strings.Contains(e.Message, "hits would be answered") {
				t.Errorf("at most %d: %+v", most, e)
			}
		}
		executed := ask(t, s, "officer:SAMR", strings.ReplaceAll(query, "{outcome", "{outcome @include(if:true)"), nil)
		if executed.raw != planned.raw {
			t.Errorf("planned %s\nexecuted %s", planned.raw, executed.raw)
		}
	}
	const hit, clear, none = `{"outcome":"HIT"}`, `{"outcome":"CLEAR"}`, `null`
	places := func(key string, p ...string) string { return `"` + key + `":[` + strings.Join(p, ",") + `]` }
	query := `{checks(usccs:` + codes + atTender + `{outcome}}`
	f(3*n, query, "{"+places("checks", hit, clear, hit, hit, clear)+"}", 0)
	f(3*n-1, query, "{"+places("checks", hit, clear, hit, none, clear)+"}", 1)
	f(n-1, query, "{"+places("checks", none, clear, none, none, clear)+"}", 3)
	two := `{a:checks(usccs:` + codes + atTender + `{outcome} b:checks(usccs:` + quotedCodes(listedCode) + atTender + `{outcome}}`
	f(6*n, two, "{"+places("a", hit, clear, hit, hit, clear)+","+places("b", hit)+"}", 0)
	f(6*n-1, two, "{"+places("a", hit, clear, hit, none, clear)+","+places("b", hit)+"}", 1)
}

// A code that stands at many places is looked up once, and each place has the whole
// answer, also when the memory of one request serves the next.
func TestACodeIsLookedUpOnce(t *testing.T) {
	h := newHub(t)
	s := h.server()
	var codes []string
	for i := range 300 {
		codes = append(codes, []string{listedCode, clearCode, unknownCode}[i%3])
	}
	alone := map[string]string{}
	for _, c := range codes[:3] {
		a := ask(t, s, "officer:SAMR", `{checks(usccs:`+quotedCodes(c)+atTender+`{uscc outcome obligation hits{entry{id}}}}`, nil)
		alone[c] = strings.TrimSuffix(strings.TrimPrefix(string(a.Data), `{"checks":[`), `]}`)
	}
	for round := range 4 {
		h.checked.Store(0)
		want := make([]string, len(codes))
		for i, c := range codes {
			want[i] = alone[c]
		}
		a := ask(t, s, "officer:SAMR", `query($u:[ID!]!){checks(usccs:$u`+atTender+`{uscc outcome obligation hits{entry{id}}}}`, map[string]any{"u": codes})
		if string(a.Data) != `{"checks":[`+strings.Join(want, ",")+`]}` || len(a.Errors) > 0 {
			t.Fatalf("round %d: %.600s", round, a.raw)
		}
		if n := h.checked.Load(); n != 3 {
			t.Errorf("round %d: %d look-ups", round, n)
		}
		codes = append(codes[1:], clearCode) // other places, same memory
	}
}

// Many codes are answered within the deadline or not at all, and for nobody who has
// left.
func TestChecksKeepTheDeadline(t *testing.T) {
	h := newHub(t)
	var codes []string
	for r := rand.New(rand.NewPCG(1, 1)); len(codes) < 100; {
		codes = append(codes, uscc.Random(r, "420100", "91"))
	}
	now, calls := testNow, 0
	s := h.server(func(c *Config) {
		c.Now = func() time.Time {
			if calls++; calls > 1 {
				now = now.Add(3 * time.Second)
			}
			return now
		}
	})
	for _, more := range []string{"", " subject{uscc}"} {
		calls = 0
		h.checked.Store(0)
		a := ask(t, s, "officer:SAMR", `query($u:[ID!]!){checks(usccs:$u`+atTender+`{outcome`+more+`}}`, map[string]any{"u": codes})
		if a.code() != "TIMEOUT" || string(a.Data) != "null" {
			t.Errorf("%.300s", a.raw)
		}
		if n := h.checked.Load(); n >= int64(len(codes)/2) {
			t.Errorf("%d look-ups when there is no time", n)
		}
		if last := h.audit[len(h.audit)-1]; last.Outcome != "TIMEOUT" {
			t.Errorf("audit %+v", last)
		}
	}
}
