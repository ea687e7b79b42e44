//go:build suite

package record

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"credithub/schema/fault"
	"credithub/schema/uscc"
)

// realRows are registrations as found, kept beside the project; none is copied
// into it.
const realRows = "../../../shared/data/registrations.jsonl"

type realRow struct {
	Name, USCC, RegNo, RegCapital, EstDate, Status, EntType, Domicile, Scope, RegOrg, OrgCode string
	OK31, OK11                                                                                bool
}

func eachRealRow(t *testing.T, f func(realRow)) {
	file, err := os.Open(realRows)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, MaxRow)
	for lines.Scan() {
		var m map[string]any
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		str := func(k string) string { s, _ := m[k].(string); return s }
		b := func(k string) bool { v, _ := m[k].(bool); return v }
		f(realRow{Name: str("name"), USCC: str("uscc"), RegNo: str("regNo"), RegCapital: str("regCapital"), EstDate: str("estDate"), Status: str("status"),
			EntType: str("entType"), Domicile: str("domicile"), Scope: str("scope"), RegOrg: str("regOrg"), OrgCode: str("orgCode"), OK31: b("ok31"), OK11: b("ok11")})
	}
}

func TestRealCodesGetTheVerdictOfTheStandards(t *testing.T) {
	eachRealRow(t, func(r realRow) {
		v := uscc.Check([]byte(r.USCC))
		want31 := v.Code == "" || v.Code == fault.W01Inner
		if want31 != r.OK31 || want31 && (v.Code == "") != r.OK11 {
			t.Errorf("%s: %+v, data says %v %v", r.USCC, v, r.OK31, r.OK11)
		}
	})
}

func TestRealRowsAreAcceptedOrRefusedWithAReason(t *testing.T) {
	k := FindKind(Registration, "registration")
	d, count := NewDecoder(), map[string]int{}
	var row Row
	eachRealRow(t, func(r realRow) {
		raw, _ := k.Build(nil, []Cell{{Field: "name", Text: r.Name}, {Field: "uscc", Text: r.USCC}, {Field: "regNo", Text: r.RegNo},
			{Field: "registeredCapital", Text: r.RegCapital}, {Field: "establishedOn", Text: r.EstDate}, {Field: "status", Text: r.Status},
			{Field: "entityType", Text: r.EntType}, {Field: "domicile", Text: r.Domicile}, {Field: "businessScope", Text: r.Scope},
			{Field: "registrationAuthority", Text: r.RegOrg}})
		d.Decode(raw, today, &row)
		for _, f := range row.Faults {
			if f.Code == fault.E13Catalogue {
				t.Errorf("%s: %+v", raw, f)
			}
			count[string(f.Code)+" "+f.Field]++
			if f.Field == "establishedOn" && r.EstDate != "" || f.Field == "registeredCapital" {
				t.Logf("%s: %q %q", f.Message, r.EstDate, r.RegCapital)
			}
			if f.Field == "status" && r.Status != "" {
				t.Logf("status %q", r.Status)
			}
		}
	})
	t.Log(count)
}
