package record

import "testing"

func TestCase_A4_UnitsOfHeadings(t *testing.T) {
	tax, reg, penalty, insurance := FindKind(Tax, "arrears"), FindKind(Registration, "registration"), FindKind(Penalty, "penalty"), FindKind(SocialSecurity, "insurance")
	f := func(k *KindSpec, heading, cell, field, want string) {
		t.Helper()
		name, ok := k.MatchHeader(heading)
		if field == "" {
			if ok {
				t.Errorf("%s is %s", heading, name)
			}
			return
		}
		u, wrong := k.HeaderUnit(heading)
		if !ok || name != field {
			t.Errorf("%s is %q, want %s", heading, name, field)
			return
		}
		if want == "refused" {
			if wrong == "" {
				t.Errorf("%s: %+v, want it refused", heading, u)
			}
			return
		}
		got, ok := normalise(k, Cell{Field: name, Text: cell, Unit: u})
		if !ok {
			got = "?"
		}
		if wrong != "" || got != want || u.Currency != "" && u.Currency != "USD" {
			t.Errorf("%s %s: %s %q %s, want %s", heading, cell, got, wrong, u.Currency, want)
		}
	}
	for heading, want := range map[string]string{
		"欠税金额": "0.5", "欠税金额(元)": "0.5", "欠税金额（人民币）": "0.5", "欠税金额（亿元）": "50000000", "欠税金额(千元)": "500", "欠税金额(百元)": "50", "欠税金额(十万元)": "50000",
		"欠税金额(百万元)": "500000", "欠税金额(千万元)": "5000000", "欠税金额（万）": "5000", "欠税金额（角）": "0.05", "欠税金额（单位：万元）": "5000", "欠税金额（人民币万元）": "5000",
		"欠税金额（万元人民币）": "5000", "欠税金额（万元）（必填）": "5000", "*欠税金额（必填）": "0.5", "欠税金额（以万元计）": "5000", "欠税金额万元": "5000", "欠税金额：万元": "5000",
		"欠税金额（美元）": "refused", "欠税金额（万美元）": "refused", "欠税金额（元/万元）": "refused", "欠税金额（%）": "refused",
	} {
		f(tax, heading, "0.5", "amount", want)
	}
	f(tax, "欠税金额（上年）", "1", "", "")
	f(tax, "欠税金额（亿元）", "3万元", "amount", "30000")
	f(reg, "注册资本（万美元）", "50", "registeredCapital", "500000")
	f(reg, "注册资本（万元）", "50", "registeredCapital", "500000")
	f(reg, "注册资本(金)(万元)", "50", "registeredCapital", "500000")
	f(reg, "注册资本（美元）", "50元", "registeredCapital", "?")
	f(reg, "企业名称（曾用名）", "", "", "")
	f(reg, "企业名称（英文）", "", "", "")
	f(reg, "企业名称（必填）", "甲公司", "name", "甲公司")
	f(reg, "法定代表人（负责人）", "张某", "legalRepresentative", "张某")
	f(insurance, "参保人数（万人）", "1.2", "insuredCount", "12000")
	f(insurance, "参保人数（人）", "12", "insuredCount", "12")
	f(insurance, "参保人数（万人）", "12人", "insuredCount", "12")
	f(insurance, "参保人数（万人）", "0.00001", "insuredCount", "?")
	f(insurance, "参保人数（户）", "12", "insuredCount", "refused")
	f(insurance, "欠费月数（年）", "12", "arrearsMonths", "refused")
	f(insurance, "欠费月数（个月）", "12", "arrearsMonths", "12")
	for _, heading := range []string{"罚款金额", "罚款", "罚款数额", "没收金额", "没收违法所得、没收非法财物的金额", "罚款金额(元)", "CF_NR_FK(元)", "fineAmount"} {
		name, _ := penalty.MatchHeader(heading)
		f(penalty, heading, "0.2", name, "0.2")
	}
	for _, heading := range []string{"罚款金额(万元)", "没收金额(万元)", "CF_NR_FK", "cf_nr_wfff", "罚款金额(CF_NR_FK)", "CF_NR_FK(万元)"} {
		name, _ := penalty.MatchHeader(heading)
		f(penalty, heading, "0.2", name, "2000")
	}
}

func TestCase_A4_TheCurrencyOfAHeading(t *testing.T) {
	reg := FindKind(Registration, "registration")
	u, _ := reg.HeaderUnit("注册资本（万美元）")
	for text, want := range map[string]string{"50": "USD", "50万": "USD", "50万港元": "HKD", "50万人民币": ""} {
		raw, _ := reg.Build(nil, []Cell{{Field: "uscc", Text: "91420100MA4N0A2B5Y"}, {Field: "registeredCapital", Text: text, Unit: u}})
		r, _ := decode(string(raw))
		if got := string(r.Get("currency")); got != want || string(r.Get("registeredCapital")) != "500000" {
			t.Errorf("%s: %s %s, want 500000 %s", text, r.Get("registeredCapital"), got, want)
		}
	}
}

func TestCase_A4_CommasStandBetweenGroupsOfThree(t *testing.T) {
	for text, want := range map[string]string{
		".5": "0.5", ".05": "0.05", ".5万元": "5000", "0,5": "", "1 234,56": "", "1,5": "", "1,234": "1234", "1,234,567.89": "1234567.89", "1,234,56": "", "12,34": "",
		"1234,567": "", "1 234": "1234", "1 2": "", "1，234": "1234", "1,234.5,6": "", ",5": "", "5,": "", "1,234元": "1234", "100 万元": "1000000", "1,5万": "", "12345": "12345", "5.": "5",
	} {
		got, ok := ParseAmount(text, Unit{})
		if ok != (want != "") || got.Value != want {
			t.Errorf("%q: %q %v, want %q", text, got.Value, ok, want)
		}
	}
	if a, ok := ParseAmount("1,5", Unit{Power: 4}); ok {
		t.Errorf("1,5 under 万元 is %s", a.Value)
	}
	for text, want := range map[string]string{"1,2": "", "1,234": "1234", "1,234人": "1234", "1 2": "", "12.0": "12"} {
		got, ok := normalise(FindKind(SocialSecurity, "insurance"), Cell{Field: "insuredCount", Text: text})
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v, want %q", text, got, ok, want)
		}
	}
}

func TestCase_A4_TimesWithAnOffsetAreDaysInChina(t *testing.T) {
	for text, want := range map[string]string{
		"2020-05-06T16:00:00.000Z": "2020-05-07", "2020-05-06T15:59:59Z": "2020-05-06", "2020-05-06T16:00:00+08:00": "2020-05-06", "2020-05-06 16:00:00Z": "2020-05-07",
		"2020-05-06T16:00:00+0000": "2020-05-07", "2020-05-06 16:00:00 +00:00": "2020-05-07", "2020-05-06T16:00Z": "2020-05-07", "2020-05-06 16:00:00 GMT": "",
		"2020-05-06T16:00:00": "2020-05-06", "2020-05-06 16:00:00": "2020-05-06",
	} {
		got, ok := cellDay(text, false)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%s: %s %v, want %s", text, got, ok, want)
		}
	}
}

func TestCase_A5_WordsForNothingAreMissingInEveryForm(t *testing.T) {
	for _, w := range []string{"无", "-", "*", "——"} {
		r, _ := decode(`{"domain":"tax","kind":"arrears","recordId":"1","op":"upsert","uscc":"` + w + `","data":{"taxType":"增值税","amount":"` + w + `","asOf":"` + w + `"}}`)
		for _, f := range r.Faults {
			if f.Code != "E05" {
				t.Errorf("%s: %s %s", w, f.Code, f.Field)
			}
		}
	}
	r, _ := decode(`{"domain":"tax","kind":"arrears","recordId":"1","op":"upsert","uscc":"91420100MA4N0A2B5Y","data":{"taxType":"增值税","amount":1e9,"asOf":"2026-03-01"}}`)
	if string(r.Get("amount")) != "1000000000" {
		t.Errorf("1e9 is %s: %v", r.Get("amount"), r.Faults)
	}
}
