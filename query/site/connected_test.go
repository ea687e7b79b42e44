package site

import (
	"strings"
	"testing"

	"credithub/schema/civil"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// unlisted adds a source that isn't connected, and how the others are.
type unlisted struct{ *fake }

func (u unlisted) Sources() []Source {
	since, _ := civil.ParseDate("2026-01-05")
	out := u.fake.Sources()
	out[0].How = &policy.Connection{Since: since, DecidedBy: "某市数据局", Decision: "某数〔2026〕3号"}
	return append(out, Source{Unit: u.policy.Unit("COURT"), Domain: record.Decision})
}

func TestCase_S3_SourcesThatAreNotConnectedAreNoLateOnes(t *testing.T) {
	_, f := newSite(t)
	s, err := New(Config{View: unlisted{f}})
	if err != nil {
		t.Fatal(err)
	}
	html := get(s, "/sources").Body.String()
	for _, want := range []string{"未接入", "2026-01-05 某市数据局 某数〔2026〕3号"} {
		if !strings.Contains(html, want) {
			t.Errorf("%s isn't on the page", want)
		}
	}
	x := &page{}
	if s.freshness(x); x.model.Late != 1 {
		t.Errorf("%d late sources, want the one that is connected", x.model.Late)
	}
}
