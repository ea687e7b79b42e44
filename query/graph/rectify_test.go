package graph

import "testing"

// An order to correct something by a day weighs from the day after, until it is
// obeyed.
func TestCase_P6_AnOverdueRectificationWarns(t *testing.T) {
	f := func(order, want string) {
		t.Helper()
		h := newHub(t)
		h.add(clearCode, "penalty", "penalty", "MEE", "P-6", `{"category":"警告","decidedOn":"2026-05-01","documentNo":"示〔2026〕6号"`+order+`}`)
		a := ask(t, h.server(), "officer:SAMR", `{entity(uscc:"`+clearCode+`"){grade gradeReasons}}`, nil)
		wantData(t, a, `{"entity":`+want+`}`)
	}
	const good, overdue = `{"grade":"GOOD","gradeReasons":[]}`, `{"grade":"WARNING","gradeReasons":["OVERDUE_RECTIFICATION: MEE/penalty/P-6"]}`
	f("", good)
	f(`,"correctBy":"2026-06-01"`, overdue)
	f(`,"correctBy":"2026-06-01","correctedOn":"2026-06-05"`, good)
	f(`,"correctBy":"2027-06-01"`, good)
}
