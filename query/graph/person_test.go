package graph

import (
	"strings"
	"testing"

	"credithub/schema/list"
)

// A person's bar is answered in another enterprise, by plan, by Execute and for the
// past; a key that is none is bad input, and none is written to the audit log.
func TestCase_L13_AskedByPersonKey(t *testing.T) {
	h := newHub(t)
	s := h.server()
	key := strings.Repeat("0a", 32)
	e := *h.entries(listedCode)[0]
	e.ID, e.List, e.Cause, e.Persons = "E-PERSON", 3, "5", list.Persons(key, "")
	h.enter(e)
	f := func(args, fields, want string) {
		t.Helper()
		a := ask(t, s, "officer:SAMR", `{check(uscc:"`+clearCode+`",matter:"LEGAL_REP_APPOINTMENT"`+args+`){`+fields+`}}`, nil)
		if !strings.Contains(a.raw, want) {
			t.Errorf("%s: %s, want %s", args, a.raw, want)
		}
	}
	const rejected = `"obligation":"REJECT","hits":[{"role":"LEGAL_REPRESENTATIVE","obligation":"REJECT"`
	const fields = `outcome obligation hits{role obligation entry{uscc}}`
	f(`,personKey:"`+key+`"`, fields, rejected)
	f(`,personKey:"`+strings.ToUpper(key)+`"`, fields, rejected)
	f(`,personKey:"`+key+`"`, fields+` subject{name}`, rejected)
	f(`,personKey:"`+key+`",asOf:"2026-11-21T09:00:00Z"`, fields, rejected)
	f(`,personKey:"`+strings.Repeat("ff", 32)+`"`, fields, `"obligation":"NONE"`)
	f(``, fields, `"obligation":"NONE"`)
	for _, bad := range []string{"", "x", "11010519491231002X", key + "00"} {
		f(`,personKey:"`+bad+`"`, fields, `BAD_INPUT`)
		f(`,personKey:"`+bad+`"`, fields+` subject{name}`, `BAD_INPUT`)
	}
	for _, r := range h.audit {
		if strings.Contains(r.Subject+r.CaseNo+r.Action+r.Matter, key) || strings.Contains(r.Subject, "110105") {
			t.Errorf("the audit log holds a person: %+v", r)
		}
	}
}
