package gateway

import (
	"encoding/json"
	"strings"
	"testing"

	"credithub/schema/feed"
)

// Every line of the contract's bad input gets its code, and its neighbours go
// through.
func TestABadRowGetsItsCodeAndItsNeighboursGoThrough(t *testing.T) {
	h := newHub(t)
	c := code()
	swap := func(old, new string) string {
		row := registration("R-bad", c, "甲公司")
		out := strings.Replace(row, old, new, 1)
		if out == row {
			t.Fatalf("%s is not in the row", old)
		}
		return out
	}
	wrong := c[:17] + string("0123456789ABCDEFGHJKLMNPQRTUWXY"[(strings.IndexByte("0123456789ABCDEFGHJKLMNPQRTUWXY", c[17])+1)%31])
	listed := func(old, new string) string { return strings.Replace(decision("E-bad", c, "L03"), old, new, 1) }
	f := func(name, row, want string) {
		t.Helper()
		before := len(h.log("credit.registration"))
		r := h.push("SAMR", registration("R-1", code(), "前公司")+"\n"+row+"\n"+registration("R-2", code(), "后公司"))
		if r.status != 202 || r.Accepted != 2 || r.Rejected != 1 || findings(r.Rejections) != want {
			t.Errorf("%s: %d accepted %d rejected %d: %s, want %s", name, r.status, r.Accepted, r.Rejected, findings(r.Rejections), want)
		}
		for _, x := range r.Rejections {
			if x.Message == "" || x.Suggestion == "" {
				t.Errorf("%s: %+v tells no way to correct it", name, x)
			}
		}
		if n := len(h.log("credit.registration")); n != before+2 {
			t.Errorf("%s: %d messages more", name, n-before)
		}
	}
	f("wrong check character", swap(c, wrong), "2:E02:uscc")
	f("short code", swap(c, c[:17]), "2:E01:uscc")
	f("long code", swap(c, c+"0"), "2:E01:uscc")
	f("lower-case code", swap(c, strings.ToLower(c)), "2:E01:uscc")
	f("full-width code", swap(c, "９"+c[1:]), "2:E01:uscc")
	f("no name", swap(`"name":"甲公司",`, ""), "2:E05:name")
	f("unknown domain", swap(`"domain":"registration"`, `"domain":"weather"`), "2:E13:domain")
	f("unknown kind", swap(`"kind":"registration"`, `"kind":"rain"`), "2:E13:kind")
	f("status outside the catalogue", swap(`"status":"1"`, `"status":"7"`), "2:E06:status")
	f("date in the future", swap(`"establishedOn":"2020-01-02"`, `"establishedOn":"2026-03-03"`), "2:E08:establishedOn")
	f("two faults", swap(`"name":"甲公司","status":"1"`, `"status":"7"`), "2:E05:name 2:E06:status")
	f("unknown list", listed(`"list":"L03"`, `"list":"L99"`), "2:E06:list")
	f("unknown event", listed(`"event":"IN_FORCE"`, `"event":"GONE"`), "2:E06:event")
	f("dates in the wrong order", listed(`"servedOn":"2026-02-04"`, `"servedOn":"2026-01-01"`), "2:E07:servedOn")
	f("a domain of another unit", strings.Replace(swap(`"kind":"registration"`, `"kind":"grade"`), `"domain":"registration"`, `"domain":"tax"`, 1),
		"2:E05:year 2:E05:grade 2:E12:domain")
	f("a list of another unit", listed(`"list":"L03"`, `"list":"L09"`), "2:E12:list")
	f("no JSON", "{", "2:E13:")
	f("no object", "[1]", "2:E13:")
	f("broken UTF-8", swap("甲公司", "甲\xff"), "2:E13:")
	f("a line of 10 MB", swap("甲公司", strings.Repeat("x", 10<<20)), "2:E13:")
}

func TestTheUnitIsTheTokensNeverTheBodys(t *testing.T) {
	h := newHub(t)
	row := strings.Replace(decision("E-1", code(), "L09"), `{`, `{"unit":"MOF",`, 1)
	if r := h.push("SAMR", row); r.Accepted != 0 || !strings.Contains(findings(r.Rejections), "E12:list") {
		t.Errorf("%s", r.body)
	}
	if r := h.push("MOF", decision("E-1", code(), "L09")); r.Accepted != 1 {
		t.Errorf("%s", r.body)
	}
	if msgs := h.log("credit.decision"); len(msgs) != 1 || !strings.Contains(string(msgs[0].Value), `"unit":"MOF"`) {
		t.Errorf("%d messages", len(msgs))
	}
}

func TestAWarningNeverRejects(t *testing.T) {
	h := newHub(t)
	row := strings.Replace(registration("R-1", code(), "甲公司"), `"status":"1"`, `"status":"1","division":"990000"`, 1)
	r := h.push("SAMR", row)
	if r.Accepted != 1 || findings(r.Warnings) != "1:W02:division" || r.Warnings[0].RecordID != "R-1" {
		t.Errorf("%s", r.body)
	}
}

func TestARejectedRowIsOnItsUnitsList(t *testing.T) {
	h := newHub(t)
	r := h.push("SAMR", "{}\n"+registration("R-1", "1", ""))
	msgs := h.log(feed.RejectsTopic)
	if r.Rejected != 2 || len(msgs) != 2 {
		t.Fatalf("%d of %d rows", len(msgs), r.Rejected)
	}
	var x feed.Reject
	if err := json.Unmarshal(msgs[1].Value, &x); err != nil {
		t.Fatal(err)
	}
	if x.Unit != "SAMR" || x.BatchID != r.BatchID || x.Line != 2 || x.RecordID != "R-1" || x.Domain != "registration" ||
		x.Offset != 0 || x.Topic != "" || !x.At.Equal(now) || len(x.Faults) != 2 || x.Suggestion == "" || string(msgs[1].Key) != "SAMR" {
		t.Errorf("%+v", x)
	}
}

func TestTheListsOfAnAnswerAreBoundedAndItsCountsAreNot(t *testing.T) {
	h := newHub(t, func(c *Config) { c.Limits.Listed = 3 })
	r := h.push("SAMR", strings.Repeat("x\n", 3))
	if r.Rejected != 3 || len(r.Rejections) != 3 || r.Truncated {
		t.Errorf("at the limit: %s", r.body)
	}
	r = h.push("SAMR", strings.Repeat("x\n", 4))
	if r.Rejected != 4 || len(r.Rejections) != 3 || !r.Truncated {
		t.Errorf("above: %s", r.body)
	}
	if n := len(h.log(feed.RejectsTopic)); n != 7 {
		t.Errorf("%d of 7 rejections are in the log", n)
	}
}
