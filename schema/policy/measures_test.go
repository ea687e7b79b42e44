package policy

import (
	"strings"
	"testing"

	"credithub/schema/civil"
	"credithub/schema/list"
)

// obliges is what an entry obliges to at a matter on a day: the heaviest rule of
// each measure, with ? when no article proves it.
func obliges(p *Policy, e *list.Entry, matter string, on civil.Date) string {
	var got []string
	rules := p.Rules(p.Matter(matter), e.List)
	for i := range rules {
		r := &rules[i]
		o := r.Bears(e, on)
		if o == None {
			continue
		}
		s := o.String() + " " + r.Measure.Code
		if !r.Proven {
			s += "?"
		}
		got = append(got, s)
	}
	return strings.Join(got, ", ")
}

// firstCause is the first cause of a list.
func firstCause(p *Policy, l string) string {
	c, _ := list.ParseCode(l)
	return p.List(c).Causes[0].Code
}

// matrix holds cells of list × matter against what the law says of them.
func matrix(t *testing.T, p *Policy) func(l, matter, want string) {
	return func(l, matter, want string) {
		t.Helper()
		e := entry(t, l, firstCause(p, l), "2026-11-02")
		if got := obliges(p, e, matter, today); got != want {
			t.Errorf("%s × %s: %q, want %q", l, matter, got, want)
		}
	}
}

// Individual businesses are listed since 2025-03-18; before, they were marked, and
// a mark is no listing.
func TestCase_L4_TheMarkOf2014IsNoListing(t *testing.T) {
	p := load(t)
	for _, matter := range []string{"SIMPLE_DEREGISTRATION", "OPERATOR_CHANGE"} {
		for decided, want := range map[string]bool{"2025-03-18": true, "2026-07-10": true, "2025-03-17": false, "2024-07-10": false} {
			for _, cause := range []string{"1", "3"} {
				got := obliges(p, entry(t, "L02", cause, decided), matter, today)
				if strings.HasPrefix(got, "REJECT") != want || !want && got != "" {
					t.Errorf("L02 for %s of %s × %s: %q", cause, decided, matter, got)
				}
			}
		}
	}
}

// A link without an article is kept, marked and CAUTION at most, everywhere.
func TestCase_L10_LinksWithoutAnArticle(t *testing.T) {
	p := load(t)
	f := matrix(t, p)
	f("L04", "CUSTOMS_AEO", "CAUTION QUA-03?")
	f("L06", "CUSTOMS_AEO", "CAUTION QUA-03?")
	f("L04", "LAND_AUCTION", "CAUTION PRO-05?")
	f("L04", "PUBLIC_RESOURCE_TRADING", "CAUTION PRO-06?")
	f("L09", "PUBLIC_RESOURCE_TRADING", "CAUTION PRO-06?")
	f("L07", "CONSTRUCTION_QUALIFICATION", "CAUTION QUA-01?")
	f("L09", "EXPERT_POOL", "CAUTION QUA-06?")
	f("L11", "GREEN_CHANNEL", "CAUTION INC-02?")
	f("L08", "SOCIAL_INSURANCE_CONVENIENCE", "CAUTION SOC-01?")
	f("L22", "BANK_CREDIT", "INFORM FIN-02?")
	f("L04", "SOE_OFFICE", "CAUTION QUA-04?")
	// What the law dropped altogether stays away.
	f("L04", "BOND_ISSUE", "")
	f("L06", "BOND_ISSUE", "")
	f("L01", "LEGAL_REP_APPOINTMENT", "")
	for _, m := range p.Matters {
		for _, l := range p.Lists {
			for _, r := range p.Rules(m, l.Code) {
				marked := strings.HasPrefix(r.Citation, "未查到条文依据") || strings.HasPrefix(r.Citation, "条文以本人列入为限")
				if !r.Proven && r.Obligation > Caution || r.Proven == marked || r.Citation == "" {
					t.Errorf("%s × %s by %s: proven %v, %s on %q", l.Code, m.Code, r.Measure.Code, r.Proven, r.Obligation, r.Citation)
				}
			}
		}
	}
}

func TestCase_L11_CustomsChecks(t *testing.T) {
	f := matrix(t, load(t))
	f("L15", "CUSTOMS_INSPECTION", "SUPERVISE SUP-04")
	f("L15B", "CUSTOMS_INSPECTION", "SUPERVISE SUP-04")
	f("L15", "EXPORT_REFUND", "SUPERVISE SUP-04?")
	f("L15B", "EXPORT_REFUND", "SUPERVISE SUP-04?")
	f("L06", "CUSTOMS_INSPECTION", "SUPERVISE SUP-04?")
	f("L06", "EXPORT_REFUND", "SUPERVISE SUP-04?")
	if c := load(t).Rules(load(t).Matter("EXPORT_REFUND"), code(t, "L15"))[0].Citation; strings.Contains(c, "第三十二条") {
		t.Errorf("export refunds rest on %q", c)
	}
}

// What an article names is a rule, for every list and matter that it names.
func TestCase_L12_WhatTheArticlesName(t *testing.T) {
	p := load(t)
	f := matrix(t, p)
	// Order 44 Art. 15(1): an important consideration; by Art. 25 for drugs and IP too
	f("L03", "FINANCIAL_INSTITUTION_ENTRY", "CAUTION ENT-09")
	f("L14", "DRUG_LICENCE", "CAUTION ENT-09")
	f("L14", "FOOD_OPERATION_LICENCE", "CAUTION ENT-09")
	f("L17", "TENDER", "CAUTION ENT-09")
	f("L14", "GOVERNMENT_PROCUREMENT", "CAUTION PRO-02")
	// Art. 15(2), 药品管理法 105, 食品安全法 113
	f("L14", "SUPERVISION_PLANNING", "SUPERVISE SUP-01")
	f("L17", "SUPERVISION_PLANNING", "SUPERVISE SUP-01")
	f("L14", "COMMITMENT_APPROVAL", "RESTRICT QUA-02")
	// Order 802 Art. 26: financing, entry
	f("L28", "BANK_CREDIT", "INFORM FIN-07")
	f("L28", "BOND_ISSUE", "CAUTION FIN-07")
	f("L28", "FINANCIAL_INSTITUTION_ENTRY", "CAUTION FIN-07")
	f("L28", "FISCAL_FUNDS", "RESTRICT FIN-07")
	// 公示条例 19: procurement, tendering, land, honours
	f("L01", "GOVERNMENT_PROCUREMENT", "CAUTION PRO-02")
	f("L01", "TENDER", "CAUTION PRO-04")
	f("L03", "GOVERNMENT_PROCUREMENT", "CAUTION PRO-02")
	f("L02", "GOVERNMENT_PROCUREMENT", "") // the article is about enterprises
	// 农民工条例 48: procurement and loans beside tendering, funds, taxes, honours
	f("L07", "GOVERNMENT_PROCUREMENT", "RESTRICT PRO-02")
	f("L07", "BANK_CREDIT", "INFORM FIN-02")
	// 限高规定 3: an enterprise's order reaches its persons in all nine items
	f("L05", "PRIVATE_SCHOOL", "REJECT CON-04")
}

func TestCase_L21_FiscalFunds(t *testing.T) {
	p := load(t)
	f := matrix(t, p)
	f("L03", "FISCAL_FUNDS", "CAUTION FIN-01?")
	f("L06", "FISCAL_FUNDS", "CAUTION FIN-01?")
	f("L04", "FISCAL_FUNDS", "RESTRICT FIN-01")
	f("L07", "FISCAL_FUNDS", "RESTRICT FIN-01")
	if c := p.Rules(p.Matter("FISCAL_FUNDS"), 4)[0].Citation; c != "《最高人民法院关于公布失信被执行人名单信息的若干规定》（法释〔2017〕7号）第八条" {
		t.Errorf("L04 × FISCAL_FUNDS rests on %q", c)
	}
}

// Person matters weigh CAUTION at most in the answer about the enterprise, and a
// bar from office elsewhere is no more than word there.
func TestCase_L14_PersonsWeighLessInTheEnterprisesAnswer(t *testing.T) {
	p := load(t)
	f := func(l, matter string, role Role, own, weight Obligation) {
		t.Helper()
		r := p.Rules(p.Matter(matter), code(t, l))[0]
		if o := r.Bears(entry(t, l, firstCause(p, l), "2026-11-02"), today); r.Role != role || o != own || r.Weight(o) != weight {
			t.Errorf("%s × %s: %s %s weighs %s", l, matter, r.Role, o, r.Weight(o))
		}
	}
	f("L04", "BORDER_EXIT", LegalRepresentative, Reject, Caution)
	f("L06", "BORDER_EXIT", LegalRepresentative, Reject, Caution)
	f("L21", "BORDER_EXIT", LegalRepresentative, Reject, Caution)
	f("L04", "NON_ESSENTIAL_SPENDING", LegalRepresentative, Reject, Caution)
	f("L05", "NON_ESSENTIAL_SPENDING", LegalRepresentative, Reject, Caution)
	f("L07", "NON_ESSENTIAL_SPENDING", LegalRepresentative, Reject, Caution)
	f("L05", "PRIVATE_SCHOOL", ResponsiblePerson, Reject, Caution)
	f("L04", "PUBLIC_OFFICE", ResponsiblePerson, Caution, Caution)
	f("L03", "LEGAL_REP_APPOINTMENT", LegalRepresentative, Reject, Inform)
	f("L01", "SIMPLE_DEREGISTRATION", Enterprise, Reject, Reject)
	for _, m := range p.Matters {
		for _, l := range p.Lists {
			for _, r := range p.Rules(m, l.Code) {
				if r.Role != Enterprise && r.Weight(Reject) > Caution {
					t.Errorf("%s × %s by %s weighs %s on the enterprise", l.Code, m.Code, r.Measure.Code, r.Weight(Reject))
				}
			}
		}
	}
}

// A bar by statute binds until it ends, whatever ended the entry, except when the
// entry was never validly listed.
func TestCase_L15_BarsThatOutliveTheEntry(t *testing.T) {
	p := load(t)
	exited := func(l, cause, since, on string, x list.ExitType) *list.Entry {
		e := entry(t, l, cause, since)
		e.State, e.ExitType, e.ExitedOn = list.Exited, x, day(on)
		return e
	}
	f := func(e *list.Entry, matter, on, want string) {
		t.Helper()
		if got := obliges(p, e, matter, day(on)); got != want {
			t.Errorf("%s since %s, %s on %s × %s on %s: %q, want %q", e.List, e.Since, e.ExitType, e.ExitedOn, matter, on, got, want)
		}
	}
	const aeo, drug, travel = "CUSTOMS_AEO", "DRUG_LICENCE", "TRAVEL_AGENCY_LICENCE"
	for _, l := range []string{"L15", "L15B"} {
		f(exited(l, "1", "2026-04-02", "2026-11-01", list.Expired), aeo, "2026-11-25", "REJECT QUA-03")
		f(exited(l, "1", "2026-04-02", "2026-11-01", list.Repaired), aeo, "2027-11-01", "REJECT QUA-03")
		f(exited(l, "1", "2026-04-02", "2026-11-01", list.Repaired), aeo, "2027-11-02", "")
		f(exited(l, "1", "2026-04-02", "2026-11-01", list.NoExit), aeo, "2026-11-25", "REJECT QUA-03")
		f(exited(l, "1", "2026-04-02", "2026-11-01", list.Corrected), aeo, "2026-11-25", "")
		f(exited(l, "1", "2026-04-02", "2026-11-01", list.Revoked), aeo, "2026-11-25", "")
		f(exited(l, "1", "2026-04-02", "2026-11-01", list.Expired), "CUSTOMS_INSPECTION", "2026-11-25", "")
	}
	byItself := entry(t, "L15", "1", "2025-06-01")
	byItself.Until = day("2026-06-01")
	f(byItself, aeo, "2027-06-01", "REJECT QUA-03")
	f(byItself, aeo, "2027-06-02", "")
	f(exited("L25", "2", "2026-01-10", "2026-06-01", list.Repaired), drug, "2029-01-10", "REJECT ENT-07")
	f(exited("L25", "2", "2026-01-10", "2026-06-01", list.Repaired), drug, "2029-01-11", "")
	f(exited("L25", "2", "2026-01-10", "2026-06-01", list.Revoked), drug, "2026-11-25", "")
	f(exited("L25", "1", "2026-01-10", "2026-06-01", list.Repaired), "FOOD_OPERATION_LICENCE", "2027-01-10", "REJECT ENT-06")
	f(exited("L25", "1", "2026-01-10", "2026-06-01", list.Repaired), "FOOD_OPERATION_LICENCE", "2027-01-11", "")
	f(exited("L25", "3", "2026-01-10", "2026-06-01", list.Repaired), drug, "2026-11-25", "")
	f(exited("L25", "1", "2026-01-10", "2026-06-01", list.Repaired), "COMMITMENT_APPROVAL", "2026-11-25", "")
	f(exited("L12", "1", "2025-01-10", "2026-06-01", list.Repaired), travel, "2026-11-25", "REJECT ENT-08")
	f(exited("L03", "5", "2025-01-10", "2026-06-01", list.Repaired), "FOOD_OPERATION_LICENCE", "2026-11-25", "")
	paused := entry(t, "L15", "1", "2026-06-01")
	paused.State = list.Suspended
	f(paused, aeo, "2026-11-25", "")
	for _, l := range []string{"L12", "L15", "L15B", "L25"} {
		if !p.Outlives(code(t, l)) {
			t.Errorf("no bar outlives %s", l)
		}
	}
	if p.Outlives(list.L01) || p.Outlives(list.CodeEnd) {
		t.Error("a bar outlives what none does")
	}
}
