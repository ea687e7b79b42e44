package policy

import (
	"slices"
	"testing"
)

func TestCase_S4_MattersByName(t *testing.T) {
	p, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	f := func(text, want string, near ...string) {
		t.Helper()
		m, got := p.FindMatter(text)
		code := ""
		if m != nil {
			code = m.Code
		}
		if code != want {
			t.Errorf("%q is %q, want %q", text, code, want)
		}
		for _, n := range near {
			if !slices.ContainsFunc(got, func(m *Matter) bool { return m.Code == n }) {
				t.Errorf("%q: %s is not among %d near", text, n, len(got))
			}
		}
		if len(near) == 0 && len(got) > 0 {
			t.Errorf("%q: %d near, want none", text, len(got))
		}
		if len(got) > partsMost {
			t.Errorf("%q: %d near", text, len(got))
		}
	}
	f("GOVERNMENT_PROCUREMENT", "GOVERNMENT_PROCUREMENT")
	f("government procurement", "GOVERNMENT_PROCUREMENT")
	f("Tax-Benefit", "TAX_BENEFIT")
	f("ＴＥＮＤＥＲ", "TENDER")
	f("食品经营许可", "FOOD_OPERATION_LICENCE")
	f(" 食品 经营许可 ", "FOOD_OPERATION_LICENCE")
	f("Bank credit", "BANK_CREDIT")
	f("政府采购", "", "GOVERNMENT_PROCUREMENT")
	f("许可", "", "FOOD_OPERATION_LICENCE", "DRUG_LICENCE")
	f("GOVRNMENT_PROCURMENT", "", "GOVERNMENT_PROCUREMENT")
	f("食品经营许可证", "", "FOOD_OPERATION_LICENCE")
	f("", "")
	f("___", "")
	f("量子", "")
	if n := testing.AllocsPerRun(100, func() { p.FindMatter("TENDER") }); n > 0 {
		t.Errorf("a code allocates %v times", n)
	}
}
