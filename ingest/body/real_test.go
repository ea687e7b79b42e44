//go:build suite

package body

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"credithub/schema/fault"
	"credithub/schema/record"
)

// realRows are rows as agencies really publish them, kept beside the project.
const realRows = "../../../shared/data/shuanggongshi"

func TestTheRealTaxpayerFileLosesNoRow(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(realRows, "a_taxpayer_heilongjiang.csv"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := CSV(b, kindOf(t, record.Tax, "grade"), Options{}, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	var it Item
	n := 0
	for s.Next(&it) {
		n++
		if it.Raw != nil || it.Faults[0].Code != fault.E13Catalogue {
			t.Fatalf("line %d: %s %v", it.Line, it.Raw, it.Faults)
		}
	}
	if n != 260 {
		t.Fatalf("%d rows", n)
	}
}
func TestTheRealWorkbooks(t *testing.T) {
	f := func(name string, d record.Domain, kind, want string) {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(realRows, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := readBook(t, b, kindOf(t, d, kind), DefaultLimits()); !strings.Contains(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	f("zj_template_pubotherpunish.xls", record.Penalty, "penalty", "")
	f("zj_template_xzcf.xls", record.Penalty, "penalty", "3")
	f("zj_template_xzxk.xls", record.Permit, "permit", "no column 许可决定日期 (decidedOn)")
	f("zj_check04_spreadsheetml_named.xlsx", record.Inspection, "result", "none of the first 6 rows is a header")
	f("zj_template_otherlicence.xlsx", record.Permit, "permit", "no column 许可决定日期 (decidedOn)")
	f("mep_2017_env_penalties.xlsx", record.Penalty, "penalty", "BAD_INPUT")
}
