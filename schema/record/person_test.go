package record

import (
	"credithub/schema/civil"
	"strings"
	"testing"
)

// Keys of persons are hashes in hex; an identity number in their place is refused
// and never repeated.
func TestCase_L13_PersonKeysAreNoIdentityNumbers(t *testing.T) {
	key := strings.Repeat("0A", 32)
	f := func(value, want, kept string) {
		t.Helper()
		raw := `{"domain":"decision","kind":"entry","recordId":"R","version":1,"op":"upsert","uscc":"91420100MA4N0A2B5Y","data":{"entryId":"E","list":"L03",` +
			`"event":"IN_FORCE","cause":"5","documentNo":"示〔2026〕1号","decidedOn":"2026-03-02","servedOn":"2026-03-04","personKey":"` + value + `","personRole":"RESPONSIBLE_PERSON"}}`
		var row Row
		d, _ := civil.ParseDate("2026-11-29")
		NewDecoder().Decode([]byte(raw), d, &row)
		got := ""
		for _, x := range row.Faults {
			got = strings.TrimSpace(got + " " + string(x.Code))
			if value != "" && strings.Contains(x.Message, value) {
				t.Errorf("%s is repeated: %s", x.Code, x.Message)
			}
		}
		if got != want || string(row.Get("personKey")) != kept {
			t.Errorf("%q: %q kept %q, want %q kept %q", value, got, row.Get("personKey"), want, kept)
		}
	}
	low := strings.ToLower(key)
	f(key, "", low)
	f(low, "", low)
	f(key+"；"+low, "", low+" "+low)
	f("11010519491231002X", "E11", "")
	f("张三", "E06", "")
	f(key[2:], "E06", "")
	f("", "", "")
}
