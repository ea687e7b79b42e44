package record

import (
	"encoding/json"
	"testing"
)

func TestNormalise(t *testing.T) {
	f := func(kind *KindSpec, field, in, want string, ok bool) {
		t.Helper()
		got, _, gotOK := Normalise(kind, field, in)
		if got != want || gotOK != ok {
			t.Errorf("%s %q: %q %v, want %q %v", field, in, got, gotOK, want, ok)
		}
	}
	reg := FindKind(Registration, "registration")
	day := func(in, want string) { t.Helper(); f(reg, "establishedOn", in, want, true) }
	day("2018-03-02", "2018-03-02")
	day("20180302", "2018-03-02")
	day("2018年04月04日", "2018-04-04")
	day("2018 年 4 月 4 日", "2018-04-04")
	day("2017/08/31", "2017-08-31")
	day("2016-9-27", "2016-09-27")
	day("2016.9.27", "2016-09-27")
	day("２０１６－９－２７", "2016-09-27")
	day("2003/04/1000:00:00.000", "2003-04-10")
	day("2018-03-02 10:20:30", "2018-03-02")
	day("2018-03-02T00:00:00Z", "2018-03-02")
	day("43161", "2018-03-02")
	day("43161.5", "2018-03-02")
	day("1568180781000", "2019-09-11")
	day("1568180781", "2019-09-11")
	f(reg, "establishedOn", "长期", "长期", false)
	f(reg, "establishedOn", "2018-02-30", "2018-02-30", false)
	f(reg, "establishedOn", "2018年", "2018年", false)
	f(reg, "establishedOn", "2017年3月13日达标", "2017年3月13日达标", false)
	f(reg, "establishedOn", "20181399", "20181399", false)
	f(FindKind(Permit, "permit"), "validUntil", "长期", "2099-12-31", true)
	f(FindKind(Permit, "permit"), "validUntil", "9999-09-09", "2099-12-31", true)
	for _, e := range []string{"", "-", "——", "/", "*", "无", "暂无", "未公开", "企业选择不公示", " \u3000 ", "NULL", "－"} {
		f(reg, "domicile", e, "", true)
	}
	f(reg, "domicile", "\u00a0武汉市〓", "武汉市", true)
	f(reg, "name", "'123", "123", true)
	for _, w := range []string{"存续", "存续（在营、开业、在册）", "登记成立", "1", "1.0", "在业"} {
		f(reg, "status", w, "1", true)
	}
	f(reg, "status", "吊销，未注销", "2", true)
	f(reg, "status", "已吊销", "2", true)
	f(reg, "status", "迁移异地", "6", true)
	f(reg, "status", "06", "06", false)
	f(reg, "uscc", " 9142 0100-ma4n0a2b5y\n", "91420100MA4N0A2B5Y", true)
	f(reg, "division", "420100.0", "420100", true)
	f(reg, "formerNames", "旧名；更旧、最旧", `["旧名","更旧","最旧"]`, true)
	f(reg, "nothing", "x", "x", false)
	f(FindKind(Tax, "grade"), "grade", "A级", "A", true)
	f(FindKind(Tax, "grade"), "year", "2018年度", "2018", true)
	f(FindKind(SocialSecurity, "insurance"), "period", "2024年3月", "2024-03", true)
	f(FindKind(SocialSecurity, "insurance"), "period", "202403", "2024-03", true)
	f(FindKind(SocialSecurity, "insurance"), "insuredCount", "1,234人", "1234", true)
	f(FindKind(Bank, "loan"), "class", "关注", "SPECIAL_MENTION", true)
	f(FindKind(Decision, "entry"), "event", "列入", "IN_FORCE", true)
}

func TestParseAmount(t *testing.T) {
	f := func(in string, wan bool, want, currency string) {
		t.Helper()
		unit := Unit{}
		if wan {
			unit.Power = 4
		}
		got, ok := ParseAmount(in, unit)
		if ok != (want != "") || got.Value != want || got.Currency != currency {
			t.Errorf("%q: %+v %v, want %s %s", in, got, ok, want, currency)
		}
	}
	f("4500万人民币元", false, "45000000", "")
	f("3000万元人民币", false, "30000000", "")
	f("10,000万", false, "100000000", "")
	f("壹万元", false, "10000", "")
	f("人民币肆万捌仟元", false, "48000", "")
	f("壹拾万零伍佰元伍角整", false, "100500.5", "")
	f("十万元", false, "100000", "")
	f("一亿二千万元", false, "120000000", "")
	f("26220.46元", true, "26220.46", "")
	f("0.2", true, "2000", "")
	f("￥2,000.00", false, "2000", "")
	f("100\u00a0万元", false, "1000000", "")
	f("１００万元", false, "1000000", "")
	f("1.2E+7", false, "12000000", "")
	f("0.20000000000000001", true, "2000", "")
	f("100万美元", false, "1000000", "USD")
	f("50.5万(美元)", false, "505000", "USD")
	f("罚款2000元", false, "2000", "")
	f("0", false, "0", "")
	f("26220.46元2，罚款600000元", false, "", "")
	f("1E999999999", false, "", "")
	f("-5", false, "", "")
	f("(500)", false, "", "")
	f("元", false, "", "")
	f("万", false, "", "")
	f("若干", false, "", "")
	f("", false, "", "")
}

func TestMatchHeader(t *testing.T) {
	f := func(kind *KindSpec, cell, want string) {
		t.Helper()
		if got, _ := kind.MatchHeader(cell); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
	reg, penalty, permit := FindKind(Registration, "registration"), FindKind(Penalty, "penalty"), FindKind(Permit, "permit")
	for _, w := range []string{"统一社会信用代码", "统一信用代码", "统一信用代码/注册号", "组织机构代码或身份证号", " 统一社会\n信用代码 ", "*统一社会信用代码", "uscc", "USCC", "纳税人识别号"} {
		f(reg, w, "uscc")
	}
	f(reg, "企业名称", "name")
	f(reg, "法定代表人（负责人）", "legalRepresentative")
	f(reg, "注册资本（万元）", "registeredCapital")
	f(reg, "住所(经营场所)", "domicile")
	f(reg, "establishedOn", "establishedOn")
	f(reg, "乱七八糟", "")
	f(penalty, "CF_WSH", "documentNo")
	f(penalty, "cf_jdrq", "decidedOn")
	f(penalty, "做出处罚决定日期", "decidedOn")
	f(penalty, "作出行政处罚决定日期", "decidedOn")
	f(penalty, "CF_XDR_SHXYM", "uscc")
	f(permit, "XK_XKJG", "organ")
	f(permit, "有效期 至", "validUntil")
	f(permit, "许可文件编号", "documentNo")
}

func TestEveryKindIsWellFormed(t *testing.T) {
	for _, d := range Domains() {
		if len(Kinds(d)) == 0 {
			t.Errorf("%s has no kind", d)
		}
		for i := range Kinds(d) {
			k := &Kinds(d)[i]
			if FindKind(d, k.Name) != k {
				t.Errorf("%s is not found", k.Name)
			}
			for _, f := range k.Identity {
				if k.Field(f) == nil {
					t.Errorf("%s: identity %s", k.Name, f)
				}
			}
			for j := range k.Fields {
				f := &k.Fields[j]
				if (f.Type == Choice) != (len(f.Enum) > 0) {
					t.Errorf("%s.%s: enumeration", k.Name, f.Name)
				}
				if got, _ := k.MatchHeader(f.Name); got != f.Name {
					t.Errorf("%s.%s: header gives %q", k.Name, f.Name, got)
				}
				if len(f.Headers) == 0 {
					t.Errorf("%s.%s: no header", k.Name, f.Name)
				}
			}
		}
	}
}

func TestBuildMakesARowOfCells(t *testing.T) {
	k := FindKind(Penalty, "penalty")
	cells := func(document string) []Cell {
		return []Cell{{Field: "name", Text: " 示例公司 "}, {Field: "uscc", Text: "91420100ma4n0a2b5y"}, {Field: "documentNo", Text: document},
			{Field: "decidedOn", Text: "2026年1月2日"}, {Field: "category", Text: "罚款"}, {Field: "fineAmount", Text: "0.2", Unit: Unit{Power: 4}},
			{Field: "revokedLicence", Text: "——"}}
	}
	raw, warnings := k.Build(nil, cells("示市监罚〔2026〕1号"))
	if !json.Valid(raw) || len(warnings) != 3 {
		t.Errorf("%s %v", raw, warnings)
	}
	r, faults := decode(string(raw))
	if faults != "" || string(r.Get("fineAmount")) != "2000" || string(r.USCC) != "91420100MA4N0A2B5Y" || r.Version != 0 {
		t.Errorf("%s %s", faults, r.Data)
	}
	again, _ := k.Build(nil, cells("示市监罚【2026】1号"))
	if r2, _ := decode(string(again)); string(r2.RecordID) != string(r.RecordID) {
		t.Error("two bracket styles are two records")
	}
	other, _ := k.Build(nil, cells("示市监罚〔2026〕2号"))
	if r2, _ := decode(string(other)); string(r2.RecordID) == string(r.RecordID) {
		t.Error("two documents are one record")
	}
}

func TestBuildOddRows(t *testing.T) {
	reg := FindKind(Registration, "registration")
	base := []Cell{{Field: "name", Text: "示例"}, {Field: "status", Text: "存续"}, {Field: "establishedOn", Text: "20200506"}}
	f := func(want string, more ...Cell) *Row {
		t.Helper()
		raw, _ := reg.Build(nil, append(append([]Cell(nil), base...), more...))
		r, got := decode(string(raw))
		if got != want {
			t.Errorf("%v: %q, want %q", more, got, want)
		}
		return r
	}
	r := f("", Cell{Field: "uscc", Text: "110108012660422"}) // a registration number in the code column
	if string(r.Get("regNo")) != "110108012660422" {
		t.Error("regNo")
	}
	f("E05 uscc", Cell{Field: "uscc", Text: "00000000000000000X"})
	f("E01 uscc", Cell{Field: "uscc", Text: "9142****MA4N0A2B5Y"})
	f("E01 uscc, E11 uscc", Cell{Field: "uscc", Text: "362322198709086409"})
	f("E09 registeredCapital", Cell{Field: "uscc", Text: "91420100MA4N0A2B5Y"}, Cell{Field: "registeredCapital", Text: "若干"})
	r = f("", Cell{Field: "uscc", Text: "91420100MA4N0A2B5Y"}, Cell{Field: "registeredCapital", Text: "100万美元"})
	if string(r.Get("currency")) != "USD" || string(r.Get("registeredCapital")) != "1000000" {
		t.Errorf("%s", r.Data)
	}
	f("E06 version", Cell{Field: "uscc", Text: "91420100MA4N0A2B5Y"}, Cell{Field: "version", Text: "x"})
	r = f("", Cell{Field: "uscc", Text: "91420100MA4N0A2B5Y"}, Cell{Field: "version", Text: "2"}, Cell{Field: "recordId", Text: "R\"1"},
		Cell{Field: "formerNames", Text: "旧;\"更\""}, Cell{Field: "shareholders", Text: "甲、乙"})
	if r.Version != 2 || string(r.RecordID) != `R"1` || string(r.Get("formerNames")) != `["旧","\"更\""]` {
		t.Errorf("%+v %s", r, r.Data)
	}
}

func FuzzBuild(f *testing.F) {
	f.Add("示例", "2018年04月04日", "4500万人民币元", "91420100MA4N0A2B5Y", "旧;更旧")
	f.Add("'", "43161.5", "壹万元", "110108012660422", "\xff")
	f.Add("无", "9999", "1e9", "", "\"")
	k := FindKind(Registration, "registration")
	f.Fuzz(func(t *testing.T, name, day, money, code, list string) {
		raw, _ := k.Build(nil, []Cell{{"name", name, Unit{}, false}, {"establishedOn", day, Unit{}, false}, {"registeredCapital", money, Unit{Power: 4}, false},
			{"uscc", code, Unit{}, false}, {"formerNames", list, Unit{}, false}, {"status", name, Unit{}, false}, {"version", money, Unit{}, false}})
		if !json.Valid(raw) {
			t.Fatalf("%s", raw)
		}
		for _, fault := range func() *Row { r, _ := decode(string(raw)); return r }().Faults {
			if fault.Code == "E13" {
				t.Fatalf("%s: %+v", raw, fault)
			}
			if ok := fault.Field == "registeredCapital"; ok {
				if _, parsed := ParseAmount(trimCell(money), Unit{Power: 4}); parsed {
					t.Fatalf("%q: parsed, then %+v", money, fault)
				}
			}
		}
	})
}
