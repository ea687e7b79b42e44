package graph

import (
	"encoding/json"
	"strings"
	"testing"

	"credithub/schema/policy"
)

func TestCase_S3_ChecksNameWhatIsNotConnected(t *testing.T) {
	h := newHub(t)
	var err error
	h.policy, err = policy.LoadLocal(policy.Local{Listed: true, Sources: []policy.LocalSource{
		{Unit: "MOF", Domains: []string{"decision"}, Since: "2026-01-05", DecidedBy: "某市数据局", Decision: "某数〔2026〕3号"}}})
	if err != nil {
		t.Fatal(err)
	}
	s := h.server()
	const part = `{unit{code} domain connected connectedSince decidedBy decision fresh lastReceivedAt}`
	for _, more := range []string{"", " subject{name}"} { // by plan and by Execute
		a := ask(t, s, "officer:SAMR", `query($u:ID!){check(uscc:$u,matter:"GOVERNMENT_PROCUREMENT"){outcome staleSources`+part+` unconnectedSources`+part+more+`}}`, map[string]any{"u": clearCode})
		var d struct {
			Check struct {
				Outcome            string
				StaleSources       []any
				UnconnectedSources []struct {
					Unit           struct{ Code string }
					Connected      bool
					ConnectedSince *string
				}
			}
		}
		if err := json.Unmarshal(a.Data, &d); err != nil || len(a.Errors) > 0 {
			t.Fatal(a.raw)
		}
		if d.Check.Outcome != "CLEAR" || len(d.Check.StaleSources) > 0 || len(d.Check.UnconnectedSources) == 0 {
			t.Errorf("%s", a.raw)
		}
		for _, u := range d.Check.UnconnectedSources {
			if u.Unit.Code == "MOF" || u.Connected || u.ConnectedSince != nil {
				t.Errorf("%+v", u)
			}
		}
	}
	a := ask(t, s, "", `{sources`+part+`}`, nil)
	if !strings.Contains(a.raw, `{"unit":{"code":"MOF"},"domain":"decision","connected":true,"connectedSince":"2026-01-05","decidedBy":"某市数据局","decision":"某数〔2026〕3号"`) ||
		!strings.Contains(a.raw, `{"unit":{"code":"COURT"},"domain":"decision","connected":false,"connectedSince":null,"decidedBy":null`) {
		t.Error(a.raw)
	}
}
