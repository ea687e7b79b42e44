package graph

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"credithub/schema/policy"
	"credithub/schema/record"
)

const checkQuery = `query($u:ID!,$m:ID!,$a:String){check(uscc:$u,matter:$m,after:$a){id outcome obligation receipt asOf hits{obligation measure{code citation} entry{id state documentNo list{code} decidedBy{code}}}}}`

func TestCheckAnswersFromTheIndex(t *testing.T) {
	h := newHub(t)
	s := h.server()
	f := func(code, matter, outcome, obligation string) {
		t.Helper()
		a := ask(t, s, "officer:SAMR", checkQuery, map[string]any{"u": code, "m": matter})
		var d struct {
			Check struct{ ID, Outcome, Obligation, Receipt string }
		}
		if err := json.Unmarshal(a.Data, &d); err != nil || len(a.Errors) > 0 {
			t.Fatalf("%s %s: %s", code, matter, a.raw)
		}
		if d.Check.Outcome != outcome || d.Check.Obligation != obligation {
			t.Errorf("%s at %s: %s %s, want %s %s", code, matter, d.Check.Outcome, d.Check.Obligation, outcome, obligation)
		}
		last := h.audit[len(h.audit)-1]
		if want := fmt.Sprintf("%s-%d", last.Writer, last.Seq); d.Check.ID != want {
			t.Errorf("id %s, want %s", d.Check.ID, want)
		}
		if last.Subject != code || last.Matter != matter || last.Outcome != outcome || last.Digest == "" || last.Actor != "u-officer" {
			t.Errorf("audit record %+v", last)
		}
	}
	f(listedCode, "GOVERNMENT_PROCUREMENT", "HIT", "REJECT")
	f(listedCode, "SIMPLE_DEREGISTRATION", "HIT", "REJECT")
	f(clearCode, "GOVERNMENT_PROCUREMENT", "CLEAR", "NONE")
	f(unknownCode, "GOVERNMENT_PROCUREMENT", "SUBJECT_UNKNOWN", "NONE")
	h.stale = []policy.Source{{Unit: "MOF", Domain: record.Decision}}
	f(clearCode, "GOVERNMENT_PROCUREMENT", "SOURCE_STALE", "NONE")
}

// Every refusal has its code, and each is in the audit log.
func TestRefusals(t *testing.T) {
	h := newHub(t)
	s := h.server()
	f := func(token string, args, code, says string) {
		t.Helper()
		before := len(h.audit)
		for _, more := range []string{"", " subject{uscc}"} { // by plan and by Execute
			a := ask(t, s, token, "{check("+args+"){outcome"+more+"}}", nil)
			if a.code() != code || string(a.Data) != "null" || !strings.Contains(a.raw, says) {
				t.Errorf("%s %s: %s, want %s %q", token, args, a.raw, code, says)
			}
		}
		if len(h.audit) != before+2 || h.audit[before].Outcome != code {
			t.Errorf("%s %s: %d audit records", token, args, len(h.audit)-before)
		}
	}
	const m = `matter:"GOVERNMENT_PROCUREMENT"`
	ok := `uscc:"` + clearCode + `",`
	f("", ok+m, "UNAUTHENTICATED", "sign in")
	f("agency:MOF", ok+m, "FORBIDDEN", "officers")
	f("auditor", ok+m, "FORBIDDEN", "officers")
	f("officer", `uscc:"9142",`+m, "BAD_INPUT", "E01")
	f("officer", `uscc:"91420100MA4N0A2B5X",`+m, "BAD_INPUT", "E02")
	f("officer", ok+`matter:"NO_SUCH"`, "BAD_INPUT", "matter")
	f("officer", ok+m+`,after:"nonsense"`, "BAD_INPUT", "receipt")
	f("officer", ok+m+`,asOf:"2027-01-01T00:00:00Z"`, "BAD_INPUT", "future")
	f("officer", ok+m+`,asOf:"2026-01-01T00:00:00Z",after:"`+h.Receipt()+`"`, "BAD_INPUT", "exclude")
	f("officer", ok+m+`,caseNo:"`+strings.Repeat("x", 129)+`"`, "BAD_INPUT", "caseNo")
	f("officer", ok+m+`,caseNo:"11010519491231002X"`, "BAD_INPUT", "identity number")
	h.behind = true
	f("officer", ok+m+`,after:"`+h.Receipt()+`"`, "NOT_CAUGHT_UP", "not yet applied")
	h.ready = false
	f("officer", ok+m, "UNAVAILABLE", "catching up")
}

func TestNothingIsAnsweredUnrecorded(t *testing.T) {
	h := newHub(t)
	s := h.server()
	h.noAudit = fmt.Errorf("disk full at /var/lib/credithub")
	for _, q := range []string{
		`{check(uscc:"` + clearCode + `",matter:"TENDER"){outcome}}`, `{entity(uscc:"` + clearCode + `"){name}}`,
		`{check(uscc:"bad",matter:"TENDER"){outcome}}`,
	} {
		a := ask(t, s, "officer", q, nil)
		if a.code() != "UNAVAILABLE" || string(a.Data) != "null" || strings.Contains(a.raw, "/var") {
			t.Errorf("%s: %s", q, a.raw)
		}
	}
}

func TestChecksAnswerInOrderWithOneRecord(t *testing.T) {
	h := newHub(t)
	s := h.server()
	codes := []string{listedCode, clearCode, unknownCode, listedCode}
	const q = `query($u:[ID!]!){checks(usccs:$u,matter:"GOVERNMENT_PROCUREMENT"){id uscc outcome}}`
	a := ask(t, s, "officer", q, map[string]any{"u": codes})
	var d struct {
		Checks []struct{ ID, USCC, Outcome string }
	}
	if json.Unmarshal(a.Data, &d) != nil || len(d.Checks) != len(codes) {
		t.Fatal(a.raw)
	}
	for i, want := range []string{"HIT", "CLEAR", "SUBJECT_UNKNOWN", "HIT"} {
		if c := d.Checks[i]; c.USCC != codes[i] || c.Outcome != want || c.ID != fmt.Sprintf("n1-1-%d", i+1) {
			t.Errorf("answer %d: %+v", i, c)
		}
	}
	if len(h.audit) != 1 || h.audit[0].Subject != strings.Join(codes, ",") || h.audit[0].Outcome != "CLEAR,HIT,SUBJECT_UNKNOWN" {
		t.Errorf("audit %+v", h.audit)
	}
	f := func(n int, bad string, code, says string) {
		t.Helper()
		many := make([]string, n)
		for i := range many {
			many[i] = clearCode
		}
		if bad != "" {
			many[2] = bad
		}
		a := ask(t, s, "officer", q, map[string]any{"u": many})
		if a.code() != code || !strings.Contains(a.raw, says) {
			t.Errorf("%d codes: %s", n, a.raw[:min(300, len(a.raw))])
		}
	}
	f(0, "", "BAD_INPUT", "1 to 500")
	f(500, "", "", "CLEAR")
	f(501, "", "BAD_INPUT", "1 to 500")
	f(5, "9142", "BAD_INPUT", "usccs[2]: E01")
}

func TestChecksAreSplitOverAuditRecords(t *testing.T) {
	h := newHub(t)
	s := h.server(func(c *Config) { c.Limits.AuditCodes = 2 })
	a := ask(t, s, "officer", `query($u:[ID!]!){checks(usccs:$u,matter:"TENDER"){id}}`, map[string]any{"u": []string{listedCode, clearCode, unknownCode}})
	if want := `{"checks":[{"id":"n1-1-1"},{"id":"n1-1-2"},{"id":"n1-2-1"}]}`; string(a.Data) != want {
		t.Errorf("%s", a.raw)
	}
	if len(h.audit) != 2 || h.audit[0].Subject != listedCode+","+clearCode || h.audit[1].Subject != unknownCode {
		t.Errorf("audit %+v", h.audit)
	}
}

func TestPastIsAnsweredFromTheStore(t *testing.T) {
	h := newHub(t)
	s := h.server()
	a := ask(t, s, "officer", `{check(uscc:"`+listedCode+`",matter:"GOVERNMENT_PROCUREMENT",asOf:"2026-11-21T09:00:00Z"){outcome obligation asOf subject{name}}}`, nil)
	if want := `{"check":{"outcome":"HIT","obligation":"REJECT","asOf":"2026-11-21T09:00:00.000Z","subject":{"name":"武汉示例贸易有限公司"}}}`; string(a.Data) != want {
		t.Errorf("%s", a.raw)
	}
	a = ask(t, s, "officer", `{check(uscc:"`+listedCode+`",matter:"GOVERNMENT_PROCUREMENT",asOf:"2026-11-20T09:00:00Z"){obligation subject{name}}}`, nil)
	if want := `{"check":{"obligation":"REJECT","subject":{"name":null}}}`; string(a.Data) != want {
		t.Errorf("before it was registered: %s", a.raw)
	}
	a = ask(t, s, "officer", `{check(uscc:"`+clearCode+`",matter:"GOVERNMENT_PROCUREMENT",asOf:"2026-11-20T09:00:00Z"){outcome subject{name}}}`, nil)
	if want := `{"check":{"outcome":"SUBJECT_UNKNOWN","subject":null}}`; string(a.Data) != want {
		t.Errorf("before it was known: %s", a.raw)
	}
}

// The index may be ahead of the store: what a check reads there of its subject is of
// the check's own age, whether a receipt is named or not, and waits for it once.
func TestCase_C5_TheSubjectIsOfTheAgeOfItsCheck(t *testing.T) {
	h := newHub(t)
	s := h.server()
	const q = `query($u:[ID!]!,$a:String){checks(usccs:$u,matter:"TENDER",after:$a){uscc outcome subject{name}}}`
	f := func(after any, query string, wantReads int, want string) {
		t.Helper()
		h.reads = nil
		a := ask(t, s, "officer:SAMR", query, map[string]any{"u": []string{clearCode, listedCode}, "a": after})
		n := 0
		for _, r := range h.reads {
			if r == "stored" {
				n++
			}
		}
		if a.code() != want || n != wantReads || (want != "") != strings.Contains(a.raw, `"subject":null`) || !strings.Contains(a.raw, `"outcome":"CLEAR"`) {
			t.Errorf("after %v: %d reads of positions, %s", after, n, a.raw)
		}
	}
	f(nil, q, 1, "")
	f(h.Receipt(), q, 1, "")
	f(nil, `query($u:[ID!]!,$a:String){checks(usccs:$u,matter:"TENDER",after:$a){uscc outcome}}`, 0, "")
	h.unstored = true
	f(nil, q, 0, "NOT_CAUGHT_UP")
	f(h.Receipt(), q, 0, "NOT_CAUGHT_UP")
}

// The record that a hit rests on is read at the age of the check too; while it can't
// be, the hit is told without it.
func TestCase_C5_EvidenceIsOfTheAgeOfItsCheck(t *testing.T) {
	h := newHub(t)
	s := h.server()
	h.sayFacts()
	q := `{checks(usccs:["` + factCode + `","` + clearCode + `"],matter:"INVOICE_SUPPLY"){outcome hits{evidence{code record{id recordedAt unit{code}}}}}}`
	a := ask(t, s, "officer", q, nil)
	if len(a.Errors) > 0 || !strings.Contains(a.raw, `"id":"TAX/tax/G-1"`) || h.reads[0] != "stored" {
		t.Errorf("%v %s", h.reads, a.raw)
	}
	h.unstored, h.reads = true, nil
	a = ask(t, s, "officer", q, nil)
	if a.code() != "NOT_CAUGHT_UP" || !strings.Contains(a.raw, `[{"outcome":"HIT","hits":[{"evidence":null}]},{"outcome":"CLEAR"`) || len(h.reads) > 0 {
		t.Errorf("%v %s", h.reads, a.raw)
	}
}

// What is asked beside a check is no older than the check, wherever it stands in the
// document: it waits for what the check reflects.
func TestCase_C5_NothingBesideACheckIsOlder(t *testing.T) {
	h := newHub(t)
	s := h.server()
	for _, beside := range []string{`entity(uscc:"` + clearCode + `"){name}`, `search(text:"武汉示例"){totalCount}`, `listEntries(first:1){totalCount}`} {
		for _, q := range []string{
			`{` + beside + ` check(uscc:"` + clearCode + `",matter:"TENDER"){outcome}}`, `{check(uscc:"` + clearCode + `",matter:"TENDER"){outcome} ` + beside + `}`,
		} {
			for range 8 { // graphql-go asks root fields in any order
				h.unstored, h.reads = false, nil
				if a := ask(t, s, "officer", q, nil); len(a.Errors) > 0 || len(h.reads) == 0 || h.reads[0] != "stored" {
					t.Fatalf("%s: %v %s", q, h.reads, a.raw)
				}
				h.unstored, h.reads = true, nil
				if a := ask(t, s, "officer", q, nil); a.code() != "NOT_CAUGHT_UP" || len(h.reads) > 0 {
					t.Fatalf("%s: %v %s", q, h.reads, a.raw)
				}
			}
		}
		h.unstored, h.reads = true, nil
		if a := ask(t, s, "officer", "{"+beside+"}", nil); len(a.Errors) > 0 {
			t.Errorf("%s alone: %s", beside, a.raw)
		}
		h.unstored = false
	}
}

// after binds an enterprise that is asked for itself, for whoever asks.
func TestCase_C5_AfterBindsEntity(t *testing.T) {
	h := newHub(t)
	s := h.server()
	f := func(token, args, code string) {
		t.Helper()
		a := ask(t, s, token, `{entity(uscc:"`+clearCode+`",`+args+`){name} other:entity(uscc:"`+listedCode+`"){name}}`, nil)
		if a.code() != code || !strings.Contains(a.raw, "武汉示例贸易有限公司") || (code == "") != strings.Contains(a.raw, "武汉示例科技有限公司") {
			t.Errorf("%s %s: %s", token, args, a.raw)
		}
	}
	after := `after:"` + h.Receipt() + `"`
	f("", after, "")
	f("officer", after, "")
	f("officer", `after:"nonsense"`, "BAD_INPUT")
	f("officer", after+`,asOf:"2026-11-01T00:00:00Z"`, "BAD_INPUT")
	h.unstored = true
	f("", after, "NOT_CAUGHT_UP")
	h.unstored, h.behind = false, true
	f("", after, "NOT_CAUGHT_UP")
	f("officer", after, "NOT_CAUGHT_UP")
}

// One malformed code among several costs its neighbours nothing, by plan and by
// Execute: null and an error at its place, and a record that keeps the places.
func TestCase_C6_EachCodeHasAResultOrAnError(t *testing.T) {
	h := newHub(t)
	s := h.server()
	codes := []string{listedCode, "9142", clearCode, "91420100MA4N0A2B5X", "11010519491231002X", unknownCode}
	for _, extra := range []string{"", "subject{uscc} "} {
		h.audit = nil
		a := ask(t, s, "officer", `query($u:[ID!]){k:checks(usccs:$u,matter:"GOVERNMENT_PROCUREMENT"){`+extra+`id uscc outcome}}`, map[string]any{"u": codes})
		var d struct {
			K []*struct{ ID, USCC, Outcome string }
		}
		if json.Unmarshal(a.Data, &d) != nil || len(d.K) != len(codes) {
			t.Fatal(a.raw)
		}
		for i, want := range []string{"HIT", "", "CLEAR", "", "", "SUBJECT_UNKNOWN"} {
			switch c := d.K[i]; {
			case want == "" && c != nil, want != "" && c == nil:
				t.Errorf("place %d: %s", i, a.raw)
			case c != nil && (c.USCC != codes[i] || c.Outcome != want || c.ID != fmt.Sprintf("n1-1-%d", i+1)):
				t.Errorf("place %d: %+v", i, c)
			}
		}
		if len(a.Errors) != 3 || strings.Contains(a.raw, "1949") {
			t.Fatal(a.raw)
		}
		for n, at := range []float64{1, 3, 4} {
			e := a.Errors[n]
			if len(e.Path) != 2 || e.Path[0] != "k" || e.Path[1] != at || e.Extensions.Code != "BAD_INPUT" || !strings.HasPrefix(e.Message, fmt.Sprintf("usccs[%v]: E0", at)) {
				t.Errorf("error %d: %+v", n, e)
			}
		}
		first := h.audit[0]
		if want := strings.Join([]string{listedCode, "!E01", clearCode, "!E02", "!E02", unknownCode}, ","); first.Subject != want || first.Outcome != "CLEAR,HIT,SUBJECT_UNKNOWN,BAD_INPUT" || strings.Contains(first.Subject, "1949") {
			t.Errorf("audit %+v", first)
		}
	}
	a := ask(t, s, "officer", `{checks(usccs:["x"],matter:"TENDER"){id}}`, nil)
	if string(a.Data) != `{"checks":[null]}` || len(a.Errors) != 1 || h.audit[len(h.audit)-1].Outcome != "BAD_INPUT" {
		t.Error(a.raw)
	}
	for _, q := range []string{`{checks(matter:"TENDER"){id}}`, `{checks(usccs:[],matter:"TENDER"){id}}`, `query($u:[ID!]){checks(usccs:$u,matter:"TENDER"){id}}`} {
		if a := ask(t, s, "officer", q, nil); a.code() != "BAD_INPUT" || string(a.Data) != "null" || !strings.Contains(a.raw, "1 to 500") {
			t.Errorf("%s: %s", q, a.raw)
		}
	}
}
