package restrict

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
)

func testPolicy(t testing.TB) *policy.Policy {
	t.Helper()
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// noon is a day on which every measure of the tables is law.
var (
	noon  = time.Date(2026, 11, 20, 12, 0, 0, 0, civil.China)
	today = civil.DateOf(noon)
)

// inForce is an entry of a list in force since yesterday, without term.
func inForce(l list.Code) list.Entry {
	return list.Entry{
		ID: "E-" + l.String(), List: l, USCC: "91420100MA4N0A2B5Y", State: list.InForce, Cause: "1",
		DocumentNo: "武市监〔2026〕1号", DecidedBy: "SAMR", DecidedOn: today - 30, ServedOn: today - 20,
		Since: today - 1, Until: civil.NoDate, ExitedOn: civil.NoDate,
	}
}

func TestWhatTheLawNamesIsWhatHits(t *testing.T) {
	p := testPolicy(t)
	check := func(l list.Code, matter string, measure string, want policy.Obligation) {
		t.Helper()
		d := Decide([]list.Entry{inForce(l)}, p.Matter(matter), p, Known, nil, noon)
		for _, h := range d.Hits {
			if h.Measure.Code == measure && h.Obligation == want && d.Outcome == HitOutcome && d.Obligation >= h.Counts {
				return
			}
		}
		t.Errorf("%s × %s: want %s by %s, got %s %s %v", l, matter, want, measure, d.Outcome, d.Obligation, d.Hits)
	}
	check(list.L01, "SIMPLE_DEREGISTRATION", "ENT-03", policy.Reject)
	check(3, "SIMPLE_DEREGISTRATION", "ENT-03", policy.Reject)
	check(3, "LEGAL_REP_APPOINTMENT", "ENT-01", policy.Reject)
	check(3, "FOOD_OPERATION_LICENCE", "ENT-09", policy.Caution)
	check(25, "DRUG_LICENCE", "ENT-06", policy.Reject)
	check(3, "COMMITMENT_APPROVAL", "QUA-02", policy.Restrict)
	check(26, "COMMITMENT_APPROVAL", "QUA-02", policy.Restrict)
	check(4, "BANK_CREDIT", "FIN-02", policy.Inform)
	check(9, "GOVERNMENT_PROCUREMENT", "PRO-01", policy.Reject)
	check(24, "TENDER", "PRO-03", policy.Reject)
	check(list.L01, "LAND_AUCTION", "PRO-05", policy.Caution)
	check(7, "FISCAL_FUNDS", "FIN-01", policy.Restrict)
	check(28, "FISCAL_FUNDS", "FIN-07", policy.Restrict)
	check(6, "TAX_BENEFIT", "FIN-04", policy.Restrict)
	check(10, "CONSTRUCTION_QUALIFICATION", "QUA-01", policy.Caution)
	check(list.L15B, "CUSTOMS_AEO", "QUA-03", policy.Reject)
}

// contractMatters are the sixteen of the contract.
var contractMatters = []string{
	"SIMPLE_DEREGISTRATION", "LEGAL_REP_APPOINTMENT", "FOOD_OPERATION_LICENCE", "DRUG_LICENCE", "COMMITMENT_APPROVAL",
	"GOVERNMENT_PROCUREMENT", "TENDER", "LAND_AUCTION", "FISCAL_FUNDS", "TAX_BENEFIT", "HONOUR_AWARD", "BANK_CREDIT",
	"BOND_ISSUE", "CONSTRUCTION_QUALIFICATION", "CUSTOMS_AEO", "PUBLIC_RESOURCE_TRADING",
}

// Who may not fly may still trade: 限制高消费 restricts the person.
func TestSpendingRestrictionAloneRestrictsNoContractMatter(t *testing.T) {
	p := testPolicy(t)
	for _, c := range contractMatters {
		if d := Decide([]list.Entry{inForce(5)}, p.Matter(c), p, Known, nil, noon); d.Outcome != Clear {
			t.Errorf("L05 × %s: %s %v", c, d.Outcome, d.Hits)
		}
	}
}

// overMatrix calls f for every list and matter.
func overMatrix(t *testing.T, f func(t *testing.T, p *policy.Policy, l list.Code, m *policy.Matter)) {
	p := testPolicy(t)
	for l := list.L01; l < list.CodeEnd; l++ {
		for _, m := range p.Matters {
			f(t, p, l, m)
		}
	}
}

func TestOverTheWholeMatrixOnlyRulesHit(t *testing.T) {
	overMatrix(t, func(t *testing.T, p *policy.Policy, l list.Code, m *policy.Matter) {
		e := inForce(l)
		d := Decide([]list.Entry{e}, m, p, Known, nil, noon)
		want := 0
		top := policy.None
		for _, r := range p.Rules(m, l) {
			if o := r.Bears(&e, today); o != policy.None {
				want++
				top = max(top, r.Weight(o))
			}
		}
		if len(d.Hits) != want || d.Obligation != top || (want > 0) != (d.Outcome == HitOutcome) {
			t.Errorf("%s × %s: %d hits %s, want %d %s", l, m.Code, len(d.Hits), d.Obligation, want, top)
		}
		for _, h := range d.Hits {
			if h.Measure == nil || h.Measure.Citation == "" || h.Obligation == policy.None {
				t.Errorf("%s × %s: a hit without law: %+v", l, m.Code, h)
			}
		}
	})
}

func TestOnlyInForceHits(t *testing.T) {
	quiet := map[string]func(*list.Entry){
		"announced":     func(e *list.Entry) { e.State = list.PreNotice },
		"decided":       func(e *list.Entry) { e.State = list.Decided },
		"served":        func(e *list.Entry) { e.State = list.Served },
		"suspended":     func(e *list.Entry) { e.State = list.Suspended },
		"exited":        func(e *list.Entry) { e.State = list.Exited },
		"not yet":       func(e *list.Entry) { e.Since = today + 1 },
		"term run out":  func(e *list.Entry) { e.Until = today - 1 },
		"no state":      func(e *list.Entry) { e.State = list.NoState },
		"no known list": func(e *list.Entry) { e.List = list.CodeEnd },
	}
	overMatrix(t, func(t *testing.T, p *policy.Policy, l list.Code, m *policy.Matter) {
		for name, f := range quiet {
			if (name == "exited" || name == "term run out") && p.Outlives(l) {
				continue // see TestCase_L15_BarsThatOutliveTheEntry
			}
			e := inForce(l)
			f(&e)
			if d := Decide([]list.Entry{e}, m, p, Known, nil, noon); d.Outcome != Clear || d.Obligation != policy.None || len(d.Hits) > 0 {
				t.Errorf("%s, %s × %s: %s", name, l, m.Code, d.Outcome)
			}
		}
	})
}

// The first and the last day count, by the calendar of China, whatever zone the
// caller's clock shows.
func TestDaysAreCivilDaysOfChina(t *testing.T) {
	p := testPolicy(t)
	m := p.Matter("SIMPLE_DEREGISTRATION")
	e := inForce(list.L01)
	e.Since, e.Until = civil.MakeDate(2026, 11, 20), civil.MakeDate(2026, 11, 21)
	f := func(at time.Time, want Outcome) {
		t.Helper()
		if d := Decide([]list.Entry{e}, m, p, Known, nil, at.UTC()); d.Outcome != want {
			t.Errorf("%s: %s, want %s", at, d.Outcome, want)
		}
	}
	f(time.Date(2026, 11, 19, 23, 59, 59, 0, civil.China), Clear)
	f(time.Date(2026, 11, 20, 0, 0, 0, 0, civil.China), HitOutcome)
	f(time.Date(2026, 11, 21, 23, 59, 59, 0, civil.China), HitOutcome)
	f(time.Date(2026, 11, 22, 0, 0, 0, 0, civil.China), Clear)
}

func TestAbsenceIsNotIgnorance(t *testing.T) {
	p := testPolicy(t)
	m := p.Matter("GOVERNMENT_PROCUREMENT")
	one := p.Sources(m)[:1]
	foreign := []policy.Source{{Unit: "SAMR", Domain: record.Registration}}
	hit := []list.Entry{inForce(9)}
	f := func(entries []list.Entry, s SubjectState, stale []policy.Source, want Outcome, named int) {
		t.Helper()
		d := Decide(entries, m, p, s, stale, noon)
		if d.Outcome != want || len(d.Stale) != named {
			t.Errorf("%v %v %v: %s naming %d, want %s naming %d", entries, s, stale, d.Outcome, len(d.Stale), want, named)
		}
	}
	f(nil, Known, nil, Clear, 0)
	f(nil, Known, foreign, Clear, 0)
	f(nil, Known, one, SourceStale, 1)
	f(nil, Known, append(slices.Clone(foreign), one...), SourceStale, 1)
	f(nil, Unknown, nil, SubjectUnknown, 0)
	f(nil, Unknown, one, SubjectUnknown, 1)
	f(nil, Ambiguous, nil, SubjectAmbiguous, 0)
	f(nil, Ambiguous, one, SubjectAmbiguous, 1)
	f(hit, Known, nil, HitOutcome, 0)
	f(hit, Known, one, HitOutcome, 1)
	f(hit, Unknown, one, HitOutcome, 1)
	f(hit, Ambiguous, nil, HitOutcome, 0)
}

func TestNoMatterIsNeverClear(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("decided about nothing")
		}
	}()
	Decide(nil, nil, testPolicy(t), Known, nil, noon)
}

// drawEntry draws any entry whatever, mostly on lists that exist.
func drawEntry(t *rapid.T) list.Entry {
	day := func(name string) civil.Date {
		if rapid.IntRange(0, 5).Draw(t, name+" absent") == 0 {
			return civil.NoDate
		}
		return today + civil.Date(rapid.IntRange(-1500, 800).Draw(t, name))
	}
	return list.Entry{
		ID: rapid.StringMatching(`E-[0-9]{1,3}`).Draw(t, "id"), List: list.Code(rapid.IntRange(1, int(list.CodeEnd)-1).Draw(t, "list")),
		State: list.State(rapid.IntRange(int(list.PreNotice), int(list.Exited)).Draw(t, "state")),
		Cause: rapid.SampledFrom([]string{"1", "2", "3", "else"}).Draw(t, "cause"), DocumentNo: "号", DecidedBy: "SAMR",
		DecidedOn: day("decided"), ServedOn: day("served"), Since: day("since"), Until: day("until"), ExitedOn: civil.NoDate,
	}
}

func TestPropertiesOfDecisions(t *testing.T) {
	p := testPolicy(t)
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfN(rapid.Custom(drawEntry), 0, 12).Draw(t, "entries")
		m := rapid.SampledFrom(p.Matters).Draw(t, "matter")
		subject := SubjectState(rapid.IntRange(int(Unknown), int(Ambiguous)).Draw(t, "subject"))
		stale := slices.DeleteFunc(slices.Clone(p.Sources(m)), func(policy.Source) bool { return rapid.Bool().Draw(t, "fresh") })
		at := noon.AddDate(0, 0, rapid.IntRange(-900, 400).Draw(t, "days"))
		d := Decide(entries, m, p, subject, stale, at)

		// Another entry never lowers the obligation, nor takes a hit away.
		more := append(slices.Clone(entries), drawEntry(t))
		if dm := Decide(more, m, p, subject, stale, at); dm.Obligation < d.Obligation || len(dm.Hits) < len(d.Hits) {
			t.Fatalf("another entry lowered %s to %s", d.Obligation, dm.Obligation)
		}
		// The order of the entries means nothing.
		mixed := slices.Clone(entries)
		rand.New(rand.NewPCG(1, uint64(len(entries)))).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if dm := Decide(mixed, m, p, subject, stale, at); !sameHits(dm.Hits, d.Hits) || dm.Outcome != d.Outcome {
			t.Fatalf("order matters: %v and %v", d.Hits, dm.Hits)
		}
		// Without entries there are no hits.
		if dn := Decide(nil, m, p, subject, stale, at); len(dn.Hits) > 0 || dn.Obligation != policy.None || dn.Outcome == HitOutcome {
			t.Fatalf("hits out of nothing: %+v", dn)
		}
		// Outcome and obligation follow from the rest.
		if (d.Outcome == HitOutcome) != (len(d.Hits) > 0) || (d.Obligation == policy.None) != (len(d.Hits) == 0) {
			t.Fatalf("%s %s with %d hits", d.Outcome, d.Obligation, len(d.Hits))
		}
		if d.Outcome == Clear && (d.Subject != Known || len(d.Stale) > 0) {
			t.Fatalf("CLEAR for subject %d with %v silent", d.Subject, d.Stale)
		}
		for i, h := range d.Hits {
			if st, x := h.Entry.At(civil.DateOf(at)); st != list.InForce &&
				(st != list.Exited || x == list.Corrected || x == list.Revoked || !p.Outlives(h.Entry.List)) {
				t.Fatalf("hit by an entry that is %s", st)
			}
			if h.Counts > d.Obligation || h.Counts > h.Obligation || h.Role.Personal() && h.Counts > policy.Caution || i > 0 && compareHits(d.Hits[i-1], h) > 0 {
				t.Fatalf("hits out of order: %v", d.Hits)
			}
		}
	})
}

// sameHits compares hits; entries that differ in nothing that orders them may
// stand either way round.
func sameHits(a, b []Hit) bool {
	if len(a) != len(b) {
		return false
	}
	rest := slices.Clone(b)
	for i, h := range a {
		if compareHits(h, b[i]) != 0 {
			return false
		}
		j := slices.IndexFunc(rest, func(x Hit) bool { return reflect.DeepEqual(x, h) })
		if j < 0 {
			return false
		}
		rest = slices.Delete(rest, j, j+1)
	}
	return true
}

func TestFreshness(t *testing.T) {
	p := testPolicy(t)
	m := p.Matter("GOVERNMENT_PROCUREMENT")
	sources := p.Sources(m)
	period := time.Duration(p.Period(sources[0].Unit, sources[0].Domain)) * time.Second
	if period <= 0 {
		t.Fatal("deciding units have a period")
	}
	stale := func(last time.Time) int {
		return len(StaleSources(nil, p, m, func(s policy.Source) time.Time {
			if s == sources[0] {
				return last
			}
			return noon
		}, noon))
	}
	for _, c := range []struct {
		last time.Time
		want int
	}{{noon, 0}, {noon.Add(-period), 0}, {noon.Add(-period - time.Millisecond), 1}, {time.Time{}, 1}, {noon.Add(time.Minute), 0}} {
		if got := stale(c.last); got != c.want {
			t.Errorf("last heard %s: %d silent, want %d", c.last, got, c.want)
		}
	}
}

// What binds persons is a hit that names the role and keeps its own obligation,
// and weighs CAUTION at most in the answer about the enterprise.
func TestCase_L14_PersonMattersAskedOfAnEnterprise(t *testing.T) {
	p := testPolicy(t)
	f := func(l list.Code, matter, role string, own, top policy.Obligation) {
		t.Helper()
		d := Decide([]list.Entry{inForce(l)}, p.Matter(matter), p, Known, nil, noon)
		if len(d.Hits) == 0 || d.Outcome != HitOutcome || d.Obligation != top {
			t.Fatalf("%s × %s: %s %s", l, matter, d.Outcome, d.Obligation)
		}
		if h := d.Hits[0]; h.Role.String() != role || h.Obligation != own {
			t.Errorf("%s × %s: %s of %s", l, matter, h.Obligation, h.Role)
		}
	}
	f(4, "BORDER_EXIT", "LEGAL_REPRESENTATIVE", policy.Reject, policy.Caution)
	f(6, "BORDER_EXIT", "LEGAL_REPRESENTATIVE", policy.Reject, policy.Caution)
	f(21, "BORDER_EXIT", "LEGAL_REPRESENTATIVE", policy.Reject, policy.Caution)
	f(7, "NON_ESSENTIAL_SPENDING", "LEGAL_REPRESENTATIVE", policy.Reject, policy.Caution)
	f(5, "NON_ESSENTIAL_SPENDING", "LEGAL_REPRESENTATIVE", policy.Reject, policy.Caution)
	f(5, "PRIVATE_SCHOOL", "RESPONSIBLE_PERSON", policy.Reject, policy.Caution)
	f(4, "PUBLIC_OFFICE", "RESPONSIBLE_PERSON", policy.Caution, policy.Caution)
	f(list.L01, "SIMPLE_DEREGISTRATION", "ENTERPRISE", policy.Reject, policy.Reject)
	// the listed enterprise may appoint a new representative
	f(3, "LEGAL_REP_APPOINTMENT", "LEGAL_REPRESENTATIVE", policy.Reject, policy.Inform)
	// a measure on the enterprise is not lowered by one on persons beside it
	d := Decide([]list.Entry{inForce(7), inForce(9)}, p.Matter("GOVERNMENT_PROCUREMENT"), p, Known, nil, noon)
	if d.Obligation != policy.Reject || d.Hits[0].Measure.Code != "PRO-01" {
		t.Errorf("%s by %s", d.Obligation, d.Hits[0].Measure.Code)
	}
}
