package record

import (
	"strings"
	"testing"

	"credithub/schema/fault"
)

// built reads one row of a table as the hub does and gives its faults as
// "code field", warnings of building last.
func built(k *KindSpec, cells ...Cell) (*Row, string) {
	raw, warnings := k.Build(nil, cells)
	var row Row
	NewDecoder().Decode(raw, today, &row)
	row.Faults = append(row.Faults, warnings...)
	return &row, listed(row.Faults)
}

func listed(faults []fault.Fault) string {
	var all []string
	for _, f := range faults {
		all = append(all, strings.TrimSpace(string(f.Code)+" "+f.Field))
	}
	return strings.Join(all, ", ")
}

func TestCase_A4_TheFieldTellsWhatACellMeans(t *testing.T) {
	serial := func(field, text string) Cell { return Cell{Field: field, Text: text, Serial: true} }
	text := func(field, text string) Cell { return Cell{Field: field, Text: text} }
	f := func(d Domain, kind string, c Cell, want string) {
		t.Helper()
		got, ok := normalise(FindKind(d, kind), c)
		if got != want || !ok {
			t.Errorf("%+v: %q %v, want %q", c, got, ok, want)
		}
	}
	for _, c := range []Cell{serial("period", "46023"), text("period", "46023"), text("period", "Jan-26"), text("period", "January-2026"), text("period", "2026/1"), text("period", "2026年1月份"),
		text("period", "2026-01-01"), text("period", "2026-01-01 00:00:00"), text("period", "二〇二六年一月"), text("period", "202601"), text("period", "20261")} {
		f(SocialSecurity, "insurance", c, "2026-01")
	}
	for _, c := range []Cell{serial("validUntil", "2958465"), text("validUntil", "2958465"), text("validUntil", "9999-12-31"), text("validUntil", "99991231"),
		text("validUntil", "9999/12/31"), text("validUntil", "9999年12月31日"), text("validUntil", "2099-12-31"), serial("validUntil", "73050"), text("validUntil", "长期")} {
		f(Permit, "permit", c, "2099-12-31")
	}
	for _, c := range []Cell{serial("decidedOn", "46083"), serial("decidedOn", "46083.5"), text("decidedOn", "46083"), text("decidedOn", "2026/3/2"), text("decidedOn", "2026年3月2日"),
		text("decidedOn", "20260302"), text("decidedOn", "2-Mar-26"), text("decidedOn", "2-Mar-2026"), text("decidedOn", "二○二六年三月二日"), text("decidedOn", "2026-3-2 10:00:00"), text("decidedOn", "2026/3/2 9:05"), text("decidedOn", "2026-03-02T10:00:00+08:00")} {
		f(Permit, "permit", c, "2026-03-02")
	}
	f(Permit, "permit", text("decidedOn", "二〇二五年十二月三十一日"), "2025-12-31")
	f(Permit, "permit", text("decidedOn", "二〇二五年十月二十日"), "2025-10-20")
	f(Permit, "permit", serial("remark", "46083"), "2026-03-02")
	f(Tax, "grade", serial("year", "2025"), "2025")
	f(Tax, "grade", serial("year", "45658"), "2025")
	f(Tax, "grade", text("year", "2025年度"), "2025")
	f(Tax, "grade", text("score", "95%"), "95")
	f(Tax, "grade", text("score", "9.5E+1"), "95")
	f(SocialSecurity, "insurance", serial("insuredCount", "120"), "120")
	f(SocialSecurity, "insurance", text("insuredCount", "1.2E+2"), "120")
	f(Registration, "registration", text("registeredCapital", "500万元"), "5000000")
	f(Registration, "registration", Cell{Field: "registeredCapital", Text: "500", Unit: Unit{Power: 4}}, "5000000")
	f(Registration, "registration", text("registeredCapital", "5E+6"), "5000000")
	f(Complaint, "complaint", text("upheld", "TRUE"), "Y")
	f(Complaint, "complaint", text("upheld", "FALSE"), "N")

	for _, s := range []string{"3/2/26", "26-3-2", "2026-02-30", "202603", "12345678", "2026-3-210:00:00"} { // one day here, another there; no day at all
		if got, ok := normalise(FindKind(Permit, "permit"), text("decidedOn", s)); ok {
			t.Errorf("%q was read as the day %s", s, got)
		}
	}
}

func TestCase_A5_TheCauseAndTheCureAreNamed(t *testing.T) {
	reg := FindKind(Registration, "registration")
	f := func(code, want string) {
		t.Helper()
		row, _ := built(reg, Cell{Field: "name", Text: "示例有限公司"}, Cell{Field: "uscc", Text: code}, Cell{Field: "status", Text: "存续"}, Cell{Field: "establishedOn", Text: "2020-05-06"})
		for _, x := range row.Faults {
			if x.Field == "uscc" && x.Code == fault.E01Format {
				if !strings.Contains(x.Message, want) || strings.Contains(x.Message, "bytes") {
					t.Errorf("%s: %q, want %q in it", code, x.Message, want)
				}
				return
			}
		}
		t.Errorf("%s: %v, want E01", code, row.Faults)
	}
	f("9.14E+17", "科学计数法")
	f("9.14201E+17", "科学计数法")
	f(`="91420100MAHF67628W"`, "公式")
	f("#N/A", "公式出错")
	f("合计", "合计")
	f("9142****MA4N0A2B5Y", "脱敏")
	f("14201001234567890", "前导零")
	f("武汉市汉阳区示例有限公司", "length is 12 characters, expected 18")

	row, _ := built(reg, Cell{Field: "name", Text: "合计"})
	if len(row.Faults) == 0 || !strings.Contains(messageOf(row, "uscc"), "合计") {
		t.Errorf("a row of a total: %v", row.Faults)
	}
	long := strings.Repeat("武", 200)
	if _, got := built(reg, Cell{Field: "name", Text: long}, Cell{Field: "uscc", Text: "91420100MA4N0A2B5Y"}, Cell{Field: "status", Text: "1"}, Cell{Field: "establishedOn", Text: "2020-05-06"}); got != "" {
		t.Errorf("a name of 200 characters: %s", got)
	}
	row, got := built(reg, Cell{Field: "name", Text: long + "汉"}, Cell{Field: "uscc", Text: "91420100MA4N0A2B5Y"}, Cell{Field: "status", Text: "1"}, Cell{Field: "establishedOn", Text: "2020-05-06"})
	if got != "E06 name" || messageOf(row, "name") != "longer than 200 characters" {
		t.Errorf("a name of 201 characters: %v", row.Faults)
	}
	raw := strings.Replace(clean, `"recordId":"R-0001"`, `"recordId":"`+strings.Repeat("号", 128)+`"`, 1)
	if _, got := decode(raw); got != "" {
		t.Errorf("an id of 128 characters: %s", got)
	}
	row, got = decode(strings.Replace(raw, "号号", "号号号", 1))
	if got != "E06 recordId" || messageOf(row, "recordId") != "longer than 128 characters" {
		t.Errorf("an id of 129 characters: %s", got)
	}
	for _, x := range []string{`="示例有限公司"`, "=VLOOKUP(A2,B:C,2)", "=A1", "#REF!", "#N/A"} {
		if _, got := built(reg, Cell{Field: "name", Text: x}, Cell{Field: "uscc", Text: "91420100MA4N0A2B5Y"}, Cell{Field: "status", Text: "1"}, Cell{Field: "establishedOn", Text: "2020-05-06"}); got != "E06 name" {
			t.Errorf("name %s: %s", x, got)
		}
	}
}

func messageOf(r *Row, field string) string {
	for _, f := range r.Faults {
		if f.Field == field {
			return f.Message
		}
	}
	return ""
}

func TestCase_A6_DamagedCharactersAreWarnedOf(t *testing.T) {
	f := func(name string) {
		t.Helper()
		if _, got := decode(strings.Replace(clean, "武汉示例科技有限公司", name, 1)); got != "W15 name" {
			t.Errorf("JSON %q: %q", name, got)
		}
		_, got := built(FindKind(Registration, "registration"), Cell{Field: "name", Text: name}, Cell{Field: "uscc", Text: "91420100MA4N0A2B5Y"}, Cell{Field: "status", Text: "1"}, Cell{Field: "establishedOn", Text: "2020-05-06"})
		if !strings.Contains(got, "W15 name") || strings.Count(got, "W15") != 1 {
			t.Errorf("table %q: %q", name, got)
		}
	}
	f("武汉\uFFFD例有限公司")
	f("武汉示例有限公司\uE000")
	f("武汉示\uF8FF例有限公司")
	f("武汉示\U000F1234例有限公司")
	if _, got := built(FindKind(Registration, "registration"), Cell{Field: "name", Text: "武汉示例有限公司\uFFFD"}, Cell{Field: "uscc", Text: "91420100MA4N0A2B5Y"}, Cell{Field: "status", Text: "1"}, Cell{Field: "establishedOn", Text: "2020-05-06"}); !strings.Contains(got, "W15 name") {
		t.Errorf("damage at the end of a cell: %q", got)
	}
	if _, got := decode(strings.Replace(clean, `"status"`, `"formerNames":["旧\ud800名"],"status"`, 1)); got != "W15 formerNames" {
		t.Errorf("damage in an array: %q", got)
	}
	for _, name := range []string{"武汉（示例）有限公司", "武汉𠮷野有限公司", "武汉示例﨑有限公司", "Ｗｕｈａｎ"} {
		if _, got := decode(strings.Replace(clean, "武汉示例科技有限公司", name, 1)); got != "" {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func TestCase_A10_ANumberIsNoName(t *testing.T) {
	f := func(field, value, want string) {
		t.Helper()
		raw := strings.Replace(clean, `"status"`, `"`+field+`":`+value+`,"status"`, 1)
		if field == "name" {
			raw = strings.Replace(clean, `"武汉示例科技有限公司"`, value, 1)
		}
		if _, got := decode(raw); got != want {
			t.Errorf("%s %s: %q, want %q", field, value, got, want)
		}
	}
	for _, number := range []string{`"12345"`, `"13800138000"`, `"１２３４５"`, `"123-456 78"`, `"0"`, `"12.50"`} {
		f("legalRepresentative", number, "E06 legalRepresentative")
		f("name", number, "E06 name")
		f("formerNames", "["+number+"]", "E06 formerNames")
		f("shareholders", `[{"name":`+number+`,"capital":5}]`, "E06 shareholders")
		f("officers", `["李某",`+number+"]", "E06 officers")
	}
	f("legalRepresentative", `"362322198709086409"`, "E11 legalRepresentative")
	f("officers", `[{"name":"362322198709086409"}]`, "E11 officers")
	f("legalRepresentative", `"张三"`, "")
	f("legalRepresentative", `"John 3rd"`, "")
	f("shareholders", `[{"name":"甲","ratio":"51","capital":5}]`, "")
	f("name", `"360示例有限公司"`, "")
}

func TestCase_A2_UnknownFieldsOfJSONAreNamed(t *testing.T) {
	f := func(old, new, want string) {
		t.Helper()
		if _, got := decode(strings.Replace(clean, old, new, 1)); got != want {
			t.Errorf("%s: %q, want %q", new, got, want)
		}
	}
	f(`"status"`, `"分管领导":"李某","status"`, "W13 分管领导")
	f(`"data"`, `"validUntil":"2026-01-01","data"`, "W13 validUntil")
	many := ""
	for i := range maxUnknown + 3 {
		many += `"x` + strings.Repeat("i", i+1) + `":1,`
	}
	row, got := decode(strings.Replace(clean, `"status"`, many+`"status"`, 1))
	if strings.Count(got, "W13") != maxUnknown+1 || !strings.HasPrefix(row.Faults[maxUnknown].Message, "3 more fields") {
		t.Errorf("%d unknown fields: %q %v", maxUnknown+3, got, row.Faults[len(row.Faults)-1])
	}
}

func TestCase_A14_ValuesAreShownBeforeAndAfter(t *testing.T) {
	f := func(k *KindSpec, field, text, want string) {
		t.Helper()
		_, warnings := k.Build(nil, []Cell{{Field: field, Text: text}})
		if len(warnings) != 1 || warnings[0].Message != want {
			t.Errorf("%s %q: %v, want %q", field, text, warnings, want)
		}
	}
	reg := FindKind(Registration, "registration")
	f(reg, "establishedOn", "2020年5月6日", "brought into the form of the hub: “2020年5月6日” → “2020-05-06”")
	f(reg, "legalRepresentative", "张三丰\uFEFF〓", "brought into the form of the hub: “张***” → “张***”")
	f(reg, "uscc", "362322-198709086409", "brought into the form of the hub: “***” → “***”")
	row, _ := decode(strings.Replace(clean, "武汉示例科技有限公司", `武汉示\u200b例`, 1))
	if got := messageOf(row, "name"); got != `characters left out that can't be seen: “武汉示\u200b例” → “武汉示例”` {
		t.Errorf("%q", got)
	}
}

// A heading names one field of its kind, and none of the envelope's.
func TestCase_A2_NoHeadingNamesTwoFields(t *testing.T) {
	for _, d := range Domains() {
		for _, k := range Kinds(d) {
			for i := range k.Fields {
				for _, w := range k.Fields[i].Headers {
					if got, _ := k.MatchHeader(w); got != k.Fields[i].Name {
						t.Errorf("%s: %s is of %s, but names %s", k.Name, w, k.Fields[i].Name, got)
					}
				}
			}
		}
	}
}

// A plain number is read as the long way reads it.
func TestPlainAmountsAreRead(t *testing.T) {
	for _, s := range []string{"0", "1", "12.50", "0.2", "500", "1.000001", "123456789012345678", "1.0000001", "01", "1.", ".5", "-1", "12345678901234.123456"} {
		for _, wan := range []bool{false, true} {
			unit := Unit{}
			if wan {
				unit.Power = 4
			}
			quick, ok := plainAmount(s, unit)
			slow, known := ParseAmount(s+"元", Unit{})
			if wan {
				slow, known = ParseAmount(s+"万元", Unit{})
			}
			if ok && (!known || quick != slow) {
				t.Errorf("%s %v: %v, want %v %v", s, wan, quick, slow, known)
			}
		}
	}
}

// Whether an objection is pending comes as yes or no, as JSON or as the words of a
// file, and stands in one form.
func TestCase_P6_YesAndNoOfAnObjection(t *testing.T) {
	f := func(value, want string) {
		t.Helper()
		line := row("decision", "entry", `"entryId":"E","list":"L03","event":"IN_FORCE","cause":"5","documentNo":"示〔2026〕1号","decidedOn":"2026-03-02","servedOn":"2026-03-02","annotated":`+value)
		r, faults := decode(line)
		if got := string(r.Get("annotated")); got != want || want == "" && !strings.Contains(faults, "E06 annotated") {
			t.Errorf("%s: %q, want %q: %s", value, got, want, faults)
		}
	}
	f("true", "Y")
	f("false", "N")
	f(`"Y"`, "Y")
	f(`"N"`, "N")
	f(`"maybe"`, "")
	f("2", "")
	f("[]", "")
	for cell, want := range map[string]string{"异议处理中": "Y", "是": "Y", "TRUE": "Y", "否": "N", "已办结": "N", "FALSE": "N"} {
		for _, header := range []string{"异议标注", "异议处理中"} {
			field, _ := FindKind(Decision, "entry").MatchHeader(header)
			if got, _, ok := Normalise(FindKind(Decision, "entry"), "annotated", cell); field != "annotated" || got != want || !ok {
				t.Errorf("%s %s: %q of %q", header, cell, got, field)
			}
		}
	}
}

// A heading that is repeated as a cell, or words of a day without its numbers, are
// no day; they once read themselves without end.
func TestADayWithoutNumbersIsNone(t *testing.T) {
	for _, s := range []string{"年", "年月日", "年月", "月日", "日", "年年", "\xff年", "十年", "〇年", "二〇二六年", "年十月"} {
		if day, ok := cellDay(s, true); ok {
			t.Errorf("%q is %s", s, day)
		}
		if month, ok := cellMonth(s); ok {
			t.Errorf("%q is the month %s", s, month)
		}
		cellYear(s)
	}
}
