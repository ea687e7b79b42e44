package policy

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/record"
)

// values are a record's data in Go.
func values(data map[string]string) Values {
	return func(field string) []byte {
		if v, ok := data[field]; ok {
			return []byte(v)
		}
		return nil
	}
}

// example is a record that is a fact, what it means, and a change that ends it.
type example struct {
	fact       string
	data       string
	matter     string
	measure    string
	obligation Obligation
	on, after  string            // a day on which it bears and one on which it doesn't; "" for never ends
	unless     map[string]string // with these values it is no such fact
}

var examples = []example{
	{"REGISTRATION_REVOKED", `{"status":"2"}`, "SIMPLE_DEREGISTRATION", "ENT-03", Reject, "2026-11-20", "", map[string]string{"status": "1"}},
	{"REGISTRATION_REVOKED_ENDED", `{"status":"3"}`, "SIMPLE_DEREGISTRATION", "ENT-03", Reject, "2026-11-20", "", map[string]string{"status": "6"}},
	{"REGISTRATION_ENDED", `{"status":"4"}`, "SIMPLE_DEREGISTRATION", "ENT-03", Reject, "2026-11-20", "", map[string]string{"status": "9"}},
	{"REGISTRATION_ANNULLED", `{"status":"5"}`, "SIMPLE_DEREGISTRATION", "ENT-03", Reject, "2026-11-20", "", map[string]string{"status": "1"}},
	{"LICENCE_REVOKED", `{"category":"吊销许可证件","revokedLicence":"营业执照 420100000000001","decidedOn":"2026-01-05"}`,
		"SIMPLE_DEREGISTRATION", "ENT-03", Reject, "2026-11-20", "2026-01-04", map[string]string{"category": "暂扣许可证件"}},
	{"ORDERED_CLOSED", `{"category":"罚款;责令关闭","decidedOn":"2026-01-05"}`, "SIMPLE_DEREGISTRATION", "ENT-03", Reject, "2026-01-05", "2026-01-04",
		map[string]string{"category": "罚款"}},
	{"FOOD_LICENCE_REVOKED", `{"category":"罚款;吊销许可证件","revokedLicence":"食品经营许可证 JY14201","decidedOn":"2022-01-05"}`,
		"FOOD_OPERATION_LICENCE", "ENT-04", Reject, "2027-01-05", "2027-01-06", map[string]string{"revokedLicence": "道路运输经营许可证"}},
	{"FOOD_PERMIT_REVOKED", `{"state":"吊销","licenceName":"食品经营许可证","decidedOn":"2022-01-05","occurredOn":"2023-02-01"}`,
		"FOOD_OPERATION_LICENCE", "ENT-04", Reject, "2028-02-01", "2028-02-02", map[string]string{"state": "1"}},
	{"DRUG_LICENCE_FRAUD", `{"basis":"《中华人民共和国药品管理法》第一百二十三条","category":"罚款","decidedOn":"2020-01-05"}`,
		"DRUG_LICENCE", "ENT-05", Reject, "2030-01-05", "2030-01-06", map[string]string{"basis": "《中华人民共和国药品管理法》第一百一十七条"}},
	{"FALSE_MATERIAL_FOOD", `{"basis":"《中华人民共和国行政许可法》第七十八条","violationType":"提供虚假材料申请食品经营许可","decidedOn":"2026-01-05"}`,
		"FOOD_OPERATION_LICENCE", "ENT-06", Reject, "2027-01-05", "2027-01-06", map[string]string{"violationType": "提供虚假材料申请建筑业资质"}},
	{"FALSE_MATERIAL_DRUG", `{"basis":"《中华人民共和国行政许可法》第七十八条","facts":"提供虚假材料申请药品经营许可","decidedOn":"2026-01-05"}`,
		"DRUG_LICENCE", "ENT-06", Reject, "2027-01-05", "2027-01-06", map[string]string{"basis": ""}},
	{"LICENCE_FRAUD_FOOD", `{"basis":"行政许可法第79条","content":"撤销食品生产许可","decidedOn":"2026-01-05"}`,
		"FOOD_OPERATION_LICENCE", "ENT-07", Reject, "2029-01-05", "2029-01-06", map[string]string{"content": "警告"}},
	{"LICENCE_FRAUD_DRUG", `{"basis":"行政许可法第七十九条","content":"撤销药品经营许可","decidedOn":"2026-01-05"}`,
		"DRUG_LICENCE", "ENT-07", Reject, "2029-01-05", "2029-01-06", map[string]string{"basis": "行政许可法第八十条"}},
	{"TRAVEL_LICENCE_REVOKED", `{"category":"吊销许可证件","revokedLicence":"旅行社业务经营许可证","decidedOn":"2026-01-05"}`,
		"TRAVEL_AGENCY_LICENCE", "ENT-08", Caution, "2029-01-05", "2029-01-06", map[string]string{"category": "罚款"}},
	{"PROCUREMENT_MAJOR_VIOLATION", `{"category":"责令停产停业","decidedOn":"2026-01-05"}`,
		"GOVERNMENT_PROCUREMENT", "PRO-02", Caution, "2029-01-05", "2029-01-06", map[string]string{"category": "警告"}},
	{"COMMITMENT_BROKEN", `{"performance":"部分履行","madeOn":"2026-01-05"}`, "COMMITMENT_APPROVAL", "QUA-02", Restrict, "2026-11-20", "",
		map[string]string{"performance": "全部履行"}},
	{"TAX_GRADE_D", `{"year":"2025","grade":"D"}`, "INVOICE_SUPPLY", "FIN-05", Restrict, "2026-11-20", "", map[string]string{"grade": "C"}},
	{"TAX_ABNORMAL", `{"from":"2026-01-05","until":"2026-11-21"}`, "INVOICE_SUPPLY", "FIN-05", Restrict, "2026-11-20", "2026-11-21", nil},
	{"TAX_ARREARS", `{"taxType":"增值税","amount":"0.01","asOf":"2026-10-31"}`, "GOVERNMENT_PROCUREMENT", "PRO-02", Inform, "2026-11-20", "",
		map[string]string{"amount": "0.00"}},
	{"COURT_DEFAULTER", `{"performance":"全部未履行","publishedOn":"2026-03-02","exitedOn":"2026-12-01"}`, "BANK_CREDIT", "FIN-02", Inform,
		"2026-11-30", "2026-12-01", map[string]string{"performance": "全部已履行"}},
	{"BANK_DEBT_EVASION", `{"from":"2026-01-05","until":"2099-12-31"}`, "BANK_CREDIT", "FIN-02", Inform, "2100-01-01", "2026-01-04", nil},
}

func exampleData(t *testing.T, text string) map[string]string {
	t.Helper()
	data := map[string]string{}
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		t.Fatal(err)
	}
	return data
}

func find(r *Reading, code string) *Found {
	for i := range r.Found {
		if r.Found[i].Fact.Code == code {
			return &r.Found[i]
		}
	}
	return nil
}

// Every fact of the tables can fire, means what the law says, and ends.
func TestEveryFactFires(t *testing.T) {
	p, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	var r Reading
	for _, x := range examples {
		f := p.Fact(x.fact)
		if f == nil {
			t.Errorf("%s: no such fact", x.fact)
			continue
		}
		data := exampleData(t, x.data)
		p.Read(&r, f.Domain, f.Kind, values(data))
		found := find(&r, x.fact)
		on, _ := civil.ParseDate(x.on)
		if found == nil || !found.On(on) {
			t.Errorf("%s: not found in %s on %s: %+v", x.fact, x.data, x.on, r)
			continue
		}
		if after, ok := civil.ParseDate(x.after); ok && found.On(after) {
			t.Errorf("%s: bears on %s", x.fact, x.after)
		}
		rules := p.FactRules(p.Matter(x.matter), f)
		if !slices.ContainsFunc(rules, func(r Rule) bool {
			return r.Measure.Code == x.measure && r.On(on) == x.obligation
		}) {
			t.Errorf("%s × %s: want %s by %s, got %+v", x.fact, x.matter, x.obligation, x.measure, rules)
		}
		for k, v := range x.unless {
			data[k] = v
		}
		if x.unless != nil {
			if p.Read(&r, f.Domain, f.Kind, values(data)); find(&r, x.fact) != nil {
				t.Errorf("%s: still found with %v", x.fact, x.unless)
			}
		}
	}
	for _, f := range p.Facts {
		if !slices.ContainsFunc(examples, func(x example) bool { return x.fact == f.Code }) {
			t.Errorf("%s has no example", f.Code)
		}
	}
}

// Only a decision restricts: what stands for a list entry is shown at every matter
// at which an entry of the list bears, and at no other.
func TestCase_L9_RecordsInThePlaceOfADecisionInform(t *testing.T) {
	p, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for code, l := range map[string]list.Code{"COURT_DEFAULTER": 4, "BANK_DEBT_EVASION": 22, "TAX_ARREARS": 21} {
		f := p.Fact(code)
		if f.List != l {
			t.Errorf("%s stands for %s, want %s", code, f.List, l)
		}
		bears := 0
		for _, m := range p.Matters {
			rules := p.FactRules(m, f)
			if (len(rules) > 0) != (len(p.Rules(m, l)) > 0) {
				t.Errorf("%s × %s: %d rules, its list has %d", code, m.Code, len(rules), len(p.Rules(m, l)))
			}
			for _, r := range rules {
				if bears++; r.Obligation != Inform {
					t.Errorf("%s × %s: %s", code, m.Code, r.Obligation)
				}
			}
		}
		if bears == 0 {
			t.Errorf("%s bears on nothing", code)
		}
	}
}

// Of a series the latest counts, whichever of its words says so.
func TestOnlyTheLatestOfASeriesCounts(t *testing.T) {
	p, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	read := func(kind, data string) (r Reading) {
		p.Read(&r, record.Tax, kind, values(exampleData(t, data)))
		return r
	}
	d, b := read("grade", `{"year":"2024","grade":"D"}`), read("grade", `{"year":"2025","grade":"B"}`)
	if !d.Series || !b.Series || d.Group != b.Group || d.Place >= b.Place || len(d.Found) != 1 || len(b.Found) != 0 {
		t.Errorf("grades: %+v, %+v", d, b)
	}
	vat, paid := read("arrears", `{"taxType":"增值税","amount":"9","asOf":"2026-01-31"}`), read("arrears", `{"taxType":"增值税","amount":"0","asOf":"2026-02-28"}`)
	other := read("arrears", `{"taxType":"印花税","amount":"9","asOf":"2026-01-31"}`)
	if vat.Group != paid.Group || vat.Place >= paid.Place || other.Group == vat.Group || len(paid.Found) != 0 {
		t.Errorf("arrears: %+v, %+v, %+v", vat, paid, other)
	}
	if r := read("abnormal", `{"from":"2026-01-05"}`); r.Series {
		t.Error("a status is no series")
	}
	if n := testing.AllocsPerRun(100, func() {
		var r Reading
		p.Read(&r, record.Registration, "registration", func(string) []byte { return one })
	}); n > 0 {
		t.Errorf("a record that says nothing takes %v allocations", n)
	}
	if strings.Contains(p.Fact("TAX_GRADE_D").Citation, "；；") {
		t.Error("an empty clause")
	}
}

var one = []byte("1")

// The sieve names words that the data of every example hold, in the form in which
// they are stored.
func TestSieveLetsEveryFactThrough(t *testing.T) {
	p, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range examples {
		f := p.Fact(x.fact)
		sieve := p.Sieve(f.Domain)
		if !strings.Contains(sieve, "kind = '"+f.Kind+"'") {
			t.Errorf("%s: not in %s", x.fact, sieve)
		}
		if words := f.words(); words != nil && !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(x.data, w) }) {
			t.Errorf("%s: none of %q in %s", x.fact, words, x.data)
		}
	}
	if s := p.Sieve(record.Complaint); s != "" {
		t.Errorf("complaints pass %s", s)
	}
}

// The licence that the penalty takes decides, not one that its text mentions.
func TestALicenceThatIsMentionedIsNotRevoked(t *testing.T) {
	p, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	var r Reading
	f := p.Fact("FOOD_LICENCE_REVOKED")
	p.Read(&r, f.Domain, f.Kind, values(exampleData(t, `{"category":"吊销许可证件","revokedLicence":"烟草专卖零售许可证","content":"吊销烟草专卖零售许可证，食品经营许可证继续有效","decidedOn":"2026-01-05"}`)))
	if find(&r, f.Code) != nil {
		t.Error("a food licence that stays valid counts as revoked")
	}
}
