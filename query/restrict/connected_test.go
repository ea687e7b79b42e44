package restrict

import (
	"slices"
	"testing"
	"time"

	"credithub/schema/civil"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// A source that isn't connected here is named, and keeps no answer from CLEAR; one
// that is and is silent does.
func TestCase_S3_UnconnectedIsNotStale(t *testing.T) {
	row := func(unit, since string) policy.LocalSource {
		return policy.LocalSource{Unit: unit, Domains: []string{"decision"}, Since: since, DecidedBy: "某市数据局", Decision: "某数〔2026〕3号"}
	}
	p, err := policy.LoadLocal(policy.Local{Listed: true, Sources: []policy.LocalSource{row("MOF", "2026-01-01"), row("COURT", "2026-06-01")}})
	if err != nil {
		t.Fatal(err)
	}
	m := p.Matter("GOVERNMENT_PROCUREMENT")
	mof, court := policy.Source{Unit: "MOF", Domain: record.Decision}, policy.Source{Unit: "COURT", Domain: record.Decision}
	f := func(on time.Time, heard []policy.Source, outcome Outcome, stale, unconnected []policy.Source) {
		t.Helper()
		s := newSources(p, func() time.Time { return on })
		for _, src := range heard {
			s.heard(src, on)
		}
		indexed := Decision{At: on, Subject: Known}
		s.uncertain(&indexed, m, civil.DateOf(on))
		indexed.conclude()
		silent := StaleSources(nil, p, m, func(src policy.Source) time.Time {
			if slices.Contains(heard, src) {
				return on
			}
			return time.Time{}
		}, on)
		for how, d := range map[string]Decision{"index": indexed, "values": Decide(nil, m, p, Known, silent, on)} {
			if d.Outcome != outcome || !slices.Equal(d.Stale, stale) {
				t.Errorf("%s on %s: %s, stale %v", how, on, d.Outcome, d.Stale)
			}
			for _, src := range unconnected {
				if !slices.Contains(d.Unconnected, src) {
					t.Errorf("%s on %s: %v isn't named", how, on, src)
				}
			}
			if len(d.Unconnected)+len(d.Stale)+len(heard) != len(p.Sources(m)) {
				t.Errorf("%s on %s: %d unconnected of %d sources", how, on, len(d.Unconnected), len(p.Sources(m)))
			}
		}
	}
	may, july := time.Date(2026, 5, 2, 9, 0, 0, 0, time.UTC), time.Date(2026, 7, 2, 9, 0, 0, 0, time.UTC)
	court2 := []policy.Source{court}
	if !slices.Contains(p.Sources(m), court) || !slices.Contains(p.Sources(m), mof) {
		t.Fatal("the matter doesn't ask whom the test thinks")
	}
	f(may, nil, SourceStale, []policy.Source{mof}, court2)
	f(may, []policy.Source{mof}, Clear, nil, court2)
	f(july, []policy.Source{mof}, SourceStale, court2, nil)
	f(july, []policy.Source{mof, court}, Clear, nil, nil)

	built, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	d := Decide(nil, built.Matter("TENDER"), built, Known, built.Sources(built.Matter("TENDER")), may)
	if d.Outcome != SourceStale || len(d.Unconnected) > 0 {
		t.Errorf("without a list: %s, unconnected %v", d.Outcome, d.Unconnected)
	}
}
