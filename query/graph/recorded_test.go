package graph

import (
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/limit"
)

// What is refused as a whole is recorded too, with whoever is signed in.
func TestFailedRequestsAreRecorded(t *testing.T) {
	h := newHub(t)
	s := h.server()
	f := func(method, token, body, outcome string) {
		t.Helper()
		h.audit = nil
		header := []string{"Content-Type", "application/json"}
		if token != "" {
			header = append(header, "Authorization", "Bearer "+token)
		}
		send(s, method, "/graphql", body, header...)
		var got string
		for _, r := range h.audit {
			got += r.Action + " " + r.Outcome + " " + r.Actor + r.Subject + r.Digest
		}
		if got != outcome {
			t.Errorf("%s %s %q: recorded %q, want %q", method, body, token, got, outcome)
		}
	}
	f("PUT", "officer:SAMR", "", "graphql BAD_INPUT u-officer")
	f("POST", "officer:SAMR", "{", "graphql BAD_INPUT u-officer")
	f("POST", "officer:SAMR", `{"query":"{"}`, "graphql BAD_INPUT u-officer")
	f("POST", "officer:SAMR", `{"query":"{a"}`, "graphql BAD_INPUT u-officer")
	f("POST", "officer:SAMR", `{"query":"`+strings.Repeat("[", 20)+`"}`, "graphql TOO_COMPLEX u-officer")
	f("POST", "officer:SAMR", `{"query":"query($u:ID!){entity(uscc:$u){name}}"}`, "graphql BAD_INPUT u-officer")
	f("POST", "", `{"query":"{"}`, "")
	f("POST", "no such token", `{"query":"{__typename}"}`, "graphql UNAUTHENTICATED ")
	f("POST", "", `{"query":"{check(uscc:\"`+clearCode+`\",matter:\"TENDER\"){id}}"}`, "check UNAUTHENTICATED "+clearCode)
	f("POST", "", `{"query":"{checks(usccs:[\"`+clearCode+`\",\"`+listedCode+`\"],matter:\"TENDER\"){id}}"}`, "checks UNAUTHENTICATED ")
}

// Strangers fill no log: beyond their rate they are counted only.
func TestStrangersDoNotFillTheLog(t *testing.T) {
	h := newHub(t)
	now := testNow
	l, err := limit.New(limit.Config{PerSecond: 1, Burst: 3, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	s := h.server(func(c *Config) { c.Strangers = l })
	check := `{check(uscc:"` + clearCode + `",matter:"TENDER"){id}}`
	f := func(token, query, code string, recorded int, counts float64) {
		t.Helper()
		h.audit = nil
		if a := ask(t, s, token, query, nil); a.code() != code || len(h.audit) != recorded || counted(t, s, "strangers") != counts {
			t.Errorf("%q %s: %s, %d recorded, %v counted", token, query, a.raw, len(h.audit), counted(t, s, "strangers"))
		}
	}
	f("", check, "UNAUTHENTICATED", 1, 0)
	f("", `{__typename a:`+check[1:len(check)-1]+` b:`+check[1:], "UNAUTHENTICATED", 1, 0) // the first refusal ends it
	f("bad", "{__typename}", "UNAUTHENTICATED", 1, 0)
	f("bad", "{__typename}", "TOO_MANY_REQUESTS", 0, 1)
	f("", check, "UNAUTHENTICATED", 0, 2)
	f("", `{__typename `+check[1:], "UNAUTHENTICATED", 0, 3) // not planned
	f("", "{__typename}", "", 0, 3)
	f("officer:SAMR", check, "", 1, 3)
	now = now.Add(time.Second)
	f("bad", "{__typename}", "UNAUTHENTICATED", 1, 3)
}
