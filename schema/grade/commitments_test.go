package grade

import (
	"slices"
	"testing"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/policy"
)

// A commitment that was broken, by the unit's record or by a decision, in whole or in
// part, makes its maker dishonest.
func TestCase_L5_BrokenCommitments(t *testing.T) {
	r, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	day := civil.MakeDate(2026, 11, 29)
	f := func(name string, facts Facts, want Grade, rule string) {
		t.Helper()
		facts.Day = day
		got, why := r.Grade(&facts)
		if got != want || (rule == "") != (len(why) == 0) || rule != "" && why[0].Rule != rule {
			t.Errorf("%s: %s %v, want %s by %s", name, got, why, want, rule)
		}
	}
	on := func(l, cause string, s list.State) Facts {
		c, _ := list.ParseCode(l)
		return Facts{Entries: []list.Entry{{ID: "E", List: c, Cause: cause, State: s, Since: day - 9, Until: civil.NoDate}}}
	}
	kept := func(p string) Facts {
		return Facts{Commitments: []Commitment{{ID: "C", MadeOn: day - 99, Performance: p}}}
	}
	f("a commitment decided broken", on("L25", "3", list.InForce), Dishonest, "BROKEN_COMMITMENT_LIST")
	f("and by its name", on("L25", "告知承诺虚假承诺或者不履行承诺", list.InForce), Dishonest, "BROKEN_COMMITMENT_LIST")
	f("false material is no commitment", on("L25", "1", list.InForce), Good, "")
	f("made good", on("L25", "3", list.Exited), Good, "")
	f("not performed at all", kept("全部未履行"), Dishonest, "BROKEN_COMMITMENT")
	f("performed in part", kept("部分履行"), Dishonest, "BROKEN_COMMITMENT")
	f("performed", kept("全部履行"), Good, "")
	f("convicted of fraud", on("L16", "1", list.InForce), SeriouslyDishonest, "FRAUD_LIST")
	f("found by the police", on("L16", "2", list.InForce), Good, "")
}

// Causes stand in the rules as the lists name them, and whoever is on a serious list
// for a cause that the law counts as serious is seriously dishonest.
func TestRulesKnowTheListsAndTheirCauses(t *testing.T) {
	r, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.rules {
		for _, l := range p.Lists {
			if rule := &r.rules[i]; len(rule.causes) > 0 && rule.lists.Has(l.Code) {
				for _, c := range rule.causes {
					if l.Cause(c, civil.NoDate) == nil {
						t.Errorf("rule %s: %s has no cause %q", rule.code, l.Code, c)
					}
				}
			}
		}
	}
	for _, l := range p.Lists {
		for _, c := range l.Causes {
			if c.To != civil.NoDate {
				continue
			}
			e := list.Entry{ID: "E", List: l.Code, Cause: c.Code, State: list.InForce, DecidedOn: civil.NoDate, Since: civil.NoDate, Until: civil.NoDate}
			_, why := r.Grade(&Facts{Day: civil.MakeDate(2026, 11, 29), Entries: []list.Entry{e}})
			serious := slices.ContainsFunc(why, func(x Reason) bool { return x.Rule == "SERIOUS_LIST" || x.Rule == "FRAUD_LIST" })
			if serious != p.SeriousEntry(&e) {
				t.Errorf("%s for %s: graded as serious %v", l.Code, c.Code, serious)
			}
		}
	}
}
