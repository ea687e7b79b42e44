package grade

import (
	"testing"

	"credithub/schema/civil"
	"credithub/schema/policy"
)

// Records that stand for a decision nobody pushed give a class too, on the days on
// which they bear.
func TestCase_L9_RecordsGiveAClass(t *testing.T) {
	r := load(t)
	f := func(fact string, since, until civil.Date, want Grade) {
		t.Helper()
		got, why := r.Grade(&Facts{Day: today, Records: []Record{{ID: "X", Fact: fact, Since: since, Until: until}}})
		if got != want || (want != Good) != (len(why) == 1) {
			t.Errorf("%s from %s to %s: %s %v, want %s", fact, since, until, got, why, want)
		}
	}
	f("COURT_DEFAULTER", civil.NoDate, civil.NoDate, Dishonest)
	f("COURT_DEFAULTER", today, today, Dishonest)
	f("COURT_DEFAULTER", today-9, today-1, Good)
	f("TAX_ARREARS", today-9, civil.NoDate, Warning)
	f("BANK_DEBT_EVASION", today-9, today+1, Warning)
	f("BANK_DEBT_EVASION", today+1, civil.NoDate, Good)
	f("REGISTRATION_ENDED", civil.NoDate, civil.NoDate, Good)
}

// What rules call a record is a fact of the policy.
func TestRecordRulesNameFacts(t *testing.T) {
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, x := range load(t).rules {
		for _, v := range x.values {
			if x.fact == "record" {
				if n++; p.Fact(v) == nil {
					t.Errorf("rule %s: the policy has no fact %q", x.code, v)
				}
			}
		}
	}
	if n == 0 {
		t.Error("no rule rests on a record")
	}
}
