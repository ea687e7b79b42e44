package body

import (
	"strings"
	"testing"

	"credithub/schema/record"
)

var arrearsHead = []any{"纳税人名称", "统一社会信用代码", "欠税税种", "公告日期"}

// arrears are rows of arrears of tax with amounts under a heading.
func arrears(heading any, amounts ...any) [][]any {
	out := [][]any{append(append([]any{}, arrearsHead...), heading)}
	for _, a := range amounts {
		out = append(out, []any{"武汉示例有限公司", codeB, "增值税", "2026-03-01", a})
	}
	return out
}

func amountsOf(t *testing.T, kind *record.KindSpec, rows [][]any, field string) string {
	t.Helper()
	s, err := CSV([]byte(csvOf(rows)), kind, Options{}, DefaultLimits())
	text := read(t, s, err, field, "E")
	b, err := XLSX(book(t, rows), kind, Options{}, DefaultLimits(), t.TempDir())
	var other string
	if err != nil {
		other = read(t, nil, err, field, "E")
	} else {
		other = read(t, b, nil, field, "E")
		_ = b.Close()
	}
	if text != other {
		t.Errorf("CSV: %s\nXLSX: %s", text, other)
	}
	return text
}

func TestCase_A2_UnitsOfHeadingsCountOrAreRefused(t *testing.T) {
	tax := kindOf(t, record.Tax, "arrears")
	f := func(rows [][]any, want string) {
		t.Helper()
		if got := amountsOf(t, tax, rows, "amount"); !strings.Contains(got, want) {
			t.Errorf("%v: %s, want %s", rows, got, want)
		}
	}
	f(arrears("欠税金额（亿元）", 0.5), "50000000")
	f(arrears("欠税金额(千元)", 0.5), "500")
	f(arrears("欠税金额（万美元）", 0.5), `the column "欠税金额（万美元）" counts in "万美元"`)
	f(arrears("欠税金额（上年）", 0.5), "the header has no column 欠税金额 (amount)")
	f(arrears("欠税金额(万元)", `"1,5"`), "E09:amount")
}

func TestCase_A5_FormulasWithoutAResultAreRefused(t *testing.T) {
	k := kindOf(t, record.Tax, "arrears")
	for cell, want := range map[string]string{
		`<c><f>A1*2</f><v></v></c>`:             "E09:amount",
		`<c><f>A1*2</f><v/></c>`:                "E09:amount",
		`<c><f t="shared" si="0"/><v></v></c>`:  "E09:amount",
		`<c t="str"><f>A1</f></c>`:              "E09:amount",
		`<c><f>A1*2</f><v>5</v></c>`:            "2 5",
		`<c t="str"><f>IF(1,"")</f><v></v></c>`: "E05:amount",
	} {
		sheet := `<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c>`
		for _, h := range []string{"欠税税种", "公告日期", "欠税金额"} {
			sheet += `<c t="inlineStr"><is><t>` + h + `</t></is></c>`
		}
		sheet += `</row><row r="2">`
		for _, v := range []string{codeB, "增值税", "2026-03-01"} {
			sheet += `<c t="inlineStr"><is><t>` + v + `</t></is></c>`
		}
		b := raw(t, "", nil, sheet+cell+`</row></sheetData>`)
		if got := read(t, openBook(t, b, k), nil, "amount", "E"); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", cell, got, want)
		}
	}
	grade := kindOf(t, record.Tax, "grade")
	b, err := readBIFF(biffBook(func(s *stream) {
		s.put(recLabelSST, 1, 0, 0, uint32(5))
		s.put(recNumber, 1, 1, 0, 2025.0)
		s.put(recFormula, 1, 2, 0, uint32(3), 0, 0xFFFF, 0, uint32(0), 0)
	}), grade, Options{}, DefaultLimits(), t.TempDir())
	if got := read(t, sourceOf(b), err, "E"); !strings.Contains(got, "E06:grade") {
		t.Errorf("in .xls: %s", got)
	}
}

func TestCase_A2_UnitsAroundTheHeaderCount(t *testing.T) {
	tax := kindOf(t, record.Tax, "arrears")
	rows := arrears("欠税余额", 0.5)
	for name, above := range map[string][]any{
		"group":   {"", "", "", "", "金额（万元）"},
		"caption": {"", "", "", "", "单位：万元"},
		"title":   {"欠税公告（单位：万元）", "", "", "", ""},
		"beside":  {"填报单位：示例局", "", "", "", "金额单位：万元"},
	} {
		if got := amountsOf(t, tax, append([][]any{above}, rows...), "amount"); got != "3 5000" {
			t.Errorf("%s: %s", name, got)
		}
	}
	for name, want := range map[string]string{"填报单位：示例局": "3 0.5", "单位：万日元": "counts in"} {
		if got := amountsOf(t, tax, append([][]any{{name, "", "", "", ""}}, rows...), "amount"); !strings.Contains(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	below := [][]any{rows[0], {"", "", "", "", "万元"}, rows[1]}
	if got := amountsOf(t, tax, below, "amount"); got != "3 5000" {
		t.Errorf("a row of units: %s", got)
	}
}
