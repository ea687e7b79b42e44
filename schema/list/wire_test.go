package list

import (
	"encoding/json"
	"testing"

	"credithub/schema/civil"
)

// The bytes of an entry on the log are kept: members in their order, the first eight
// always there.
func TestAnEntryAsJSON(t *testing.T) {
	day := func(d int) civil.Date { return civil.MakeDate(2026, 3, d) }
	full := Entry{ID: "E-1\"<&>\\", List: L15B, USCC: "91420100MA4N0A2B5Y", State: Exited, Cause: "1", DocumentNo: "示例〔2026〕1号", DecidedBy: "MOF",
		DecidedOn: day(1), ServedOn: day(2), Since: day(3), Until: day(4), Annotated: true, ExitType: Repaired, ExitedOn: day(5),
		ExitDocumentNo: "移出1号", Persons: "Labc", Tellers: Tellers("").Add("MOF", "E-1").Add("SAMR", "E-2")}
	bare := Undated()
	f := func(e *Entry, want string) {
		t.Helper()
		got, err := json.Marshal(struct{ E *Wire }{e.Wire()})
		if err != nil || string(got) != want {
			t.Errorf("got  %s %v\nwant %s", got, err, want)
		}
		var back struct{ E *Wire }
		if err := json.Unmarshal(got, &back); err != nil || back.E.Entry() != *e {
			t.Errorf("read back %+v, %v", back.E.Entry(), err)
		}
	}
	f(&full, `{"E":{"id":"E-1\"\u003c\u0026\u003e\\","list":"L15B","uscc":"91420100MA4N0A2B5Y","state":"EXITED","cause":"1",`+
		`"documentNo":"示例〔2026〕1号","decidedBy":"MOF","decidedOn":"2026-03-01","servedOn":"2026-03-02","since":"2026-03-03","until":"2026-03-04",`+
		`"annotated":true,"exitType":"REPAIRED","exitedOn":"2026-03-05","exitDocumentNo":"移出1号","persons":"Labc",`+
		`"toldBy":[{"unit":"MOF","entryId":"E-1"},{"unit":"SAMR","entryId":"E-2"}]}}`)
	f(&bare, `{"E":{"id":"","list":"","uscc":"","state":"","cause":"","documentNo":"","decidedBy":"","decidedOn":""}}`)
}
