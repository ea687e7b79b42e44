package grade

import (
	"slices"
	"strings"
	"testing"

	"credithub/schema/record"
)

// The end that a unit names counts between the shortest and the longest display.
func TestCase_P1_DisplayHasAMinimum(t *testing.T) {
	display(t, "吊销许可证件", "2026-05-01", "", "2026-06-01", "", "2027-05-01")
	display(t, "罚款", "2026-05-01", "", "2026-05-02", "", "2026-08-01")
	display(t, "罚款", "2026-05-01", "", "2026-08-02", "", "2026-08-02")
	display(t, "罚款", "2026-05-01", "", "2030-01-01", "", "2027-05-01")
	display(t, "罚款", "2025-05-01", "", "2025-05-02", "", "2025-08-01")
	display(t, "吊销许可证件", "2026-05-01", "", "2026-06-01", "2026-09-10", "2026-09-09") // repaired
	display(t, "罚款", "2026-05-01", "", "", "2026-05-01", "")
}

// A penalty with a period of its own is shown until that ends.
func TestCase_P2_OwnPeriodsAreShownToTheirEnd(t *testing.T) {
	for _, c := range []string{"限制从业", "吊销许可证件", "暂扣许可证件", "责令停产停业"} {
		display(t, c, "2026-05-01", "2031-05-01", "", "", "2031-05-01")
		display(t, c, "2026-05-01", "2031-05-01", "2027-06-01", "", "2031-05-01")
		display(t, c, "2026-05-01", "2099-12-31", "", "", "2099-12-31")
	}
	display(t, "罚款", "2026-05-01", "2028-05-01", "", "", "2028-05-01")
	display(t, "罚款", "2026-05-01", "2028-05-01", "2026-10-01", "", "2028-05-01")
	display(t, "罚款", "2026-05-01", "2099-12-31", "", "", "2027-05-01") // a fine has no such period
	display(t, "限制从业", "2026-05-01", "2026-06-01", "", "", "2029-05-01")
	display(t, "限制从业", "2024-04-10", "2035-01-01", "", "2026-01-10", "2035-01-01") // no repair ends the ban
}

func display(t *testing.T, category, decided, valid, public, repaired, want string) {
	t.Helper()
	r := load(t)
	p := Penalty{Category: category, DecidedOn: day(decided), ValidUntil: day(valid), PublicUntil: day(public), RepairedOn: day(repaired)}
	last, ok := r.DisplayUntil(&p)
	if ok != (want != "") || ok && last != day(want) {
		t.Errorf("%s of %s, valid until %s, public until %s, repaired on %s: until %s (%v), want %s", category, decided, valid, public, repaired, last, ok, want)
	}
}

// What is decided by summary procedure is minor, unless no such procedure leads there.
func TestCase_P3_SummaryProcedureIsMinor(t *testing.T) {
	r := load(t)
	f := func(category, procedure string, want Severity) {
		t.Helper()
		if got := r.Severity(&Penalty{Category: category, Procedure: procedure}); got != want {
			t.Errorf("%s by %s is %s", category, procedure, got)
		}
	}
	f("罚款", "简易程序", Minor)
	f("警告;罚款", "简易程序", Minor)
	f("罚款", "普通程序", General)
	f("罚款", "", General)
	f("吊销许可证件", "简易程序", Serious)
	spec := record.FindKind(record.Penalty, "penalty").Field("procedure")
	for _, c := range r.penalties {
		for _, p := range c.procedures {
			if !slices.ContainsFunc(spec.Enum, func(e record.Enum) bool { return e.Value == p }) {
				t.Errorf("no row can say %s", p)
			}
		}
	}
}

// Every kind of penalty that a row can name has a class, and no class waits for a
// word that no row can say.
func TestCase_P4_EveryCategoryHasAClass(t *testing.T) {
	r := load(t)
	for _, w := range record.PenaltyCategories {
		named := slices.ContainsFunc(r.penalties, func(c penaltyClass) bool {
			return slices.ContainsFunc(c.words, func(x string) bool { return strings.Contains(w, x) })
		})
		if !named {
			t.Errorf("%s falls to the class of what is not named", w)
		}
	}
	for _, c := range r.penalties {
		for _, x := range c.words {
			if !slices.Contains(record.PenaltyCategories, x) {
				t.Errorf("no row can say %s", x)
			}
		}
	}
}
