package body

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"credithub/schema/fault"
	"credithub/schema/record"
)

// raw makes a workbook of the XML of its sheets; slash is put before the name of
// every entry.
func raw(t testing.TB, slash string, states []string, sheets ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	put := func(name, content string) {
		f, err := w.Create(slash + name)
		if err == nil {
			_, err = f.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	var book, rels strings.Builder
	for i, s := range sheets {
		state := ""
		if i < len(states) && states[i] != "" {
			state = ` state="` + states[i] + `"`
		}
		fmt.Fprintf(&book, `<sheet name="表%d" sheetId="%d"%s r:id="rId%d"/>`, i+1, i+1, state, i+1)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="/xl/worksheets/s%d.xml"/>`, i+1, rel, i+1)
		put(fmt.Sprintf("xl/worksheets/s%d.xml", i+1), `<?xml version="1.0" encoding="UTF-8"?><x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`+s+`</x:worksheet>`)
	}
	put("_rels/.rels", `<Relationships><Relationship Id="r" Type="`+rel+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	put("xl/workbook.xml", `<workbook xmlns:r="`+rel+`"><sheets>`+book.String()+`</sheets></workbook>`)
	put("xl/_rels/workbook.xml.rels", `<Relationships>`+rels.String()+`<Relationship Id="s" Type="`+rel+`/styles" Target="styles.xml"/><Relationship Id="t" Type="`+rel+`/sharedStrings" Target="sharedStrings.xml"/></Relationships>`)
	put("xl/styles.xml", `<styleSheet><numFmts><numFmt numFmtId="200" formatCode="mmm-yy"/><numFmt numFmtId="201" formatCode="[$-804]yyyy&quot;年&quot;m&quot;月&quot;;@"/></numFmts>
		<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="200"/><xf numFmtId="201"/><xf numFmtId="10"/></cellXfs></styleSheet>`)
	put("xl/sharedStrings.xml", `<sst><si><t>统一社会信用代码</t></si><si><r><t>企业</t></r><r><rPr/><t>名称</t></r><rPh><t>qi ye</t></rPh></si><si><t xml:space="preserve">登记
状态</t></si><si><t>成立日期</t></si><si><t>武汉_x0041_示例&amp;有限公司</t></si></sst>`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const rawHead = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c></row>`

func rawRow(n int, attrs string) string {
	return fmt.Sprintf(`<row r="%d"%s><c r="A%d" t="inlineStr"><is><t>%s</t></is></c><c r="B%d" t="s"><v>4</v></c><c r="C%d"><v>1</v></c><c r="D%d" s="1"><v>43957</v></c></row>`, n, attrs, n, codeB, n, n, n)
}

func openBook(t *testing.T, b []byte, kind *record.KindSpec) *Book {
	t.Helper()
	k, err := XLSX(b, kind, Options{}, DefaultLimits(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

func TestCase_A7_WhatIsHiddenIsReadAndNamed(t *testing.T) {
	reg := kindOf(t, record.Registration, "registration")
	one := `<cols><col min="4" max="16384" hidden="1"/></cols><sheetData>` + rawHead + rawRow(2, "") + rawRow(3, ` hidden="1"`) + rawRow(4, ` hidden="true"`) + rawRow(7, ` hidden="1"`) + `</sheetData>`
	two := `<sheetData>` + rawHead + rawRow(2, "") + `</sheetData>`
	k := openBook(t, raw(t, "", []string{"", "veryHidden"}, one, two), reg)
	var lines []uint32
	var it Item
	for k.Next(&it) {
		lines = append(lines, it.Line)
	}
	if fmt.Sprint(lines) != "[2 3 4 7 9]" {
		t.Errorf("lines %v", lines)
	}
	want := []string{"3 ×3 hidden rows were read: 3–4, 7 of sheet 表1", "1 ×1 hidden columns were read: D of sheet 表1", "1 ×1 hidden sheets were read: 表2"}
	for i, n := range Notes(k) {
		if got := fmt.Sprintf("%d ×%d %s", n.Line, n.Count, n.Message); n.Code != fault.W14Hidden || i >= len(want) || got != want[i] {
			t.Errorf("%s %s", n.Code, got)
		}
	}
	if got := openBook(t, raw(t, "", nil, two), reg); len(readAll(got)) != 1 || len(Notes(got)) != 0 {
		t.Error("nothing is hidden", Notes(got))
	}
}

func readAll(s Source) (all []string) {
	var it Item
	for s.Next(&it) {
		all = append(all, string(it.Raw))
	}
	return all
}

func TestCase_A7_NamesOfEntriesMayBeginWithASlash(t *testing.T) {
	reg := kindOf(t, record.Registration, "registration")
	for _, slash := range []string{"", "/", `\`} {
		b := raw(t, slash, nil, `<sheetData>`+rawHead+rawRow(2, "")+`</sheetData>`)
		if got := read(t, openBook(t, b, reg), nil, "name", "status", "establishedOn"); got != "2 武汉A示例&有限公司 1 2020-05-06" {
			t.Errorf("%q: %s", slash, got)
		}
	}
}

func TestCase_A7_MergedHeadersAreRead(t *testing.T) {
	f := excelize.NewFile()
	rows := [][]any{{"统一社会信用代码", "企业名称", "登记信息", nil, "法定代表人", nil}, {nil, nil, "登记状态", "成立日期", "姓名", "籍贯"}, {codeB, "武汉示例有限公司", "存续", "2020-05-06", "张三", "1"}}
	for i := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range [][2]string{{"A1", "A2"}, {"B1", "B2"}, {"C1", "D1"}, {"E1", "F1"}} {
		if err := f.MergeCell("Sheet1", m[0], m[1]); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	if got := read(t, openBook(t, b.Bytes(), kindOf(t, record.Registration, "registration")), nil, "name", "status", "establishedOn", "legalRepresentative"); got != "3 武汉示例有限公司 1 2020-05-06 张三" {
		t.Error(got)
	}
}

func TestCase_A4_CellsOfSpreadsheets(t *testing.T) {
	cell := func(d record.Domain, kind, heading, cell, field string) string {
		t.Helper()
		k := kindOf(t, d, kind)
		sheet := `<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c>`
		n := 1
		for i := range k.Fields {
			if f := &k.Fields[i]; f.Required && f.Name != field {
				n++
				sheet += `<c t="inlineStr"><is><t>` + f.Name + `</t></is></c>`
			}
		}
		sheet += `<c t="inlineStr"><is><t>` + heading + `</t></is></c></row><row r="2"><c t="inlineStr"><is><t>` + codeB + `</t></is></c>`
		for range n - 1 {
			sheet += `<c t="inlineStr"><is><t>x</t></is></c>`
		}
		b := raw(t, "", nil, sheet+cell+`</row></sheetData>`)
		return read(t, openBook(t, b, k), nil, field)
	}
	f := func(d record.Domain, kind, heading, xml, field, want string) {
		t.Helper()
		if got := cell(d, kind, heading, xml, field); !strings.Contains(got, want) {
			t.Errorf("%s %s: %s, want %s", heading, xml, got, want)
		}
	}
	f(record.SocialSecurity, "insurance", "费款所属期", `<c s="2"><v>46023</v></c>`, "period", "2026-01")
	f(record.SocialSecurity, "insurance", "费款所属期", `<c s="3"><v>46082</v></c>`, "period", "2026-03")
	f(record.SocialSecurity, "insurance", "费款所属期", `<c t="inlineStr"><is><t>Jan-26</t></is></c>`, "period", "2026-01")
	f(record.SocialSecurity, "insurance", "参保人数", `<c s="1"><v>120</v></c>`, "insuredCount", "120")
	f(record.SocialSecurity, "insurance", "欠费金额", `<c><v>1.5E7</v></c>`, "arrearsAmount", "15000000")
	f(record.SocialSecurity, "insurance", "欠费金额", `<c><v>0.30000000000000004</v></c>`, "arrearsAmount", "0.3")
	f(record.SocialSecurity, "insurance", "欠费金额(万元)", `<c><v>1.2</v></c>`, "arrearsAmount", "12000")
	f(record.Permit, "permit", "有效期至", `<c s="1"><v>2958465</v></c>`, "validUntil", "2099-12-31")
	f(record.Permit, "permit", "有效期至", `<c s="1"><v>73050</v></c>`, "validUntil", "2099-12-31")
	f(record.Permit, "permit", "有效期至", `<c t="d"><v>2027-03-02T00:00:00</v></c>`, "validUntil", "2027-03-02")
	f(record.Permit, "permit", "备注", `<c s="1"><v>46083</v></c>`, "remark", "2026-03-02")
	f(record.Tax, "grade", "得分", `<c s="4"><v>0.955</v></c>`, "score", "95.5")
	f(record.Tax, "grade", "评价年度", `<c s="1"><v>2025</v></c>`, "year", "2025")
	f(record.Complaint, "complaint", "是否属实", `<c t="b"><v>1</v></c>`, "upheld", "Y")
	f(record.Complaint, "complaint", "处理结果", `<c><f>A1&amp;B1</f></c>`, "E", "E06:result") // never computed: the judge refuses it
	f(record.Complaint, "complaint", "处理结果", `<c t="str"><f>A1</f><v>已办</v></c>`, "result", "已办")
	f(record.Complaint, "complaint", "处理结果", `<c t="e"><v>#REF!</v></c>`, "E", "E06:result")
	f(record.Complaint, "complaint", "处理结果", `<c t="s"><v>99</v></c>`, "result", "2!E13 a cell of the row names a text that the workbook lacks")
	f(record.Complaint, "complaint", "处理结果", `<c t="inlineStr"><is><t><![CDATA[a<b]]></t></is></c>`, "result", "a<b")
}

func TestTextsAboveTheLimitLieInAFile(t *testing.T) {
	var rows [][]any
	rows = append(rows, []any{"企业名称", "统一社会信用代码", "登记状态", "成立日期", "住所"})
	for i := range 3000 {
		rows = append(rows, []any{fmt.Sprintf("武汉示例%d有限公司", i), codeB, "1", "2020-05-06", strings.Repeat("路", i%40)})
	}
	b, reg := book(t, rows), kindOf(t, record.Registration, "registration")
	dir := t.TempDir()
	lim := DefaultLimits()
	small := lim
	small.SpillBytes = 1 << 10
	k, err := XLSX(b, reg, Options{}, small, dir)
	if err != nil {
		t.Fatal(err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d files while it is read", len(files))
	}
	spilled := readAll(k)
	if err := k.Close(); err != nil {
		t.Error(err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 0 {
		t.Errorf("%d files remain", len(files))
	}
	inMemory := readAll(openBook(t, b, reg))
	if len(spilled) != 3000 || strings.Join(spilled, "\n") != strings.Join(inMemory, "\n") {
		t.Errorf("%d rows from a file, %d from memory", len(spilled), len(inMemory))
	}
}

func TestDamagedXMLIsRefused(t *testing.T) {
	reg := kindOf(t, record.Registration, "registration")
	for _, sheet := range []string{
		`<sheetData>` + rawHead, `<sheetData>` + rawHead + `</sheet>`, `<sheetData><row><c><v>&nope;</v></c></row></sheetData>`, `<sheetData><row a="</row></sheetData>`,
		`<!DOCTYPE x [<!ENTITY a "b">]><sheetData/>`, `<sheetData><row><c></row></sheetData>`, strings.Repeat("<a>", 300) + strings.Repeat("</a>", 300),
	} {
		k, err := XLSX(raw(t, "", nil, sheet), reg, Options{}, DefaultLimits(), t.TempDir())
		if err == nil {
			_ = k.Close()
			t.Errorf("%.60s is read", sheet)
		} else if kind(err) != fault.BadInput {
			t.Errorf("%.60s: %v", sheet, err)
		}
	}
}

func FuzzXLSXSheet(f *testing.F) {
	f.Add(`<sheetData>` + rawHead + rawRow(2, "") + `</sheetData>`)
	f.Add(`<cols><col min="1" max="9" hidden="1"/></cols><sheetData><row r="9"><c r="ZZ1" t="s"><v>-1</v></c></row></sheetData>`)
	f.Add(`<sheetData><row><c t="inlineStr"><is><t>_x000`)
	reg := record.FindKind(record.Registration, "registration")
	f.Fuzz(func(t *testing.T, sheet string) {
		k, err := XLSX(raw(t, "", nil, sheet), reg, Options{}, DefaultLimits(), t.TempDir())
		if err != nil {
			return
		}
		readAll(k)
		Notes(k)
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A sheet streams: what a row costs doesn't grow with the sheet, and its rows are
// not kept.
func TestCase_A13_SheetsStream(t *testing.T) {
	reg := kindOf(t, record.Registration, "registration")
	const rows = 20_000
	file := wide(t, rows)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	k := openBook(t, file, reg)
	var it Item
	n, peak := 0, uint64(0)
	for k.Next(&it) {
		if n++; n%5000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&after)
			peak = max(peak, after.HeapAlloc)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := int64(peak) - int64(before.HeapAlloc); n != rows || grown > 16<<20 {
		t.Errorf("%d rows hold %d bytes", n, grown)
	}
	if each := (after.Mallocs - before.Mallocs) / rows; each > 150 {
		t.Errorf("%d allocations a row", each)
	}
}

// wide is the sheet of a whole register, of twelve columns.
func wide(b testing.TB, rows int) []byte {
	b.Helper()
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	head := []any{"企业名称", "统一社会信用代码", "登记状态", "成立日期", "企业类型", "法定代表人", "注册资本(万元)", "核准日期", "登记机关", "行政区划", "住所", "经营范围"}
	if err := w.SetRow("A1", head); err != nil {
		b.Fatal(err)
	}
	for i := range rows {
		row := []any{fmt.Sprintf("武汉示例%d有限公司", i), codeB, "存续", 43957 + i%2000, "有限责任公司(自然人投资或控股)", "张三", 500, "2021-05-06", "武汉市市场监督管理局", "420100",
			fmt.Sprintf("湖北省武汉市江岸区示例路%d号", i), "许可项目:食品销售;一般项目:软件开发,信息技术咨询服务"}
		if err := w.SetRow(fmt.Sprint("A", i+2), row); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

func BenchmarkXLSX(b *testing.B) {
	const rows = 200_000
	file, reg := wide(b, rows), record.FindKind(record.Registration, "registration")
	b.Run("rows=200000", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		b.ReportAllocs()
		for range b.N {
			k, err := XLSX(file, reg, Options{}, DefaultLimits(), b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			var it Item
			for k.Next(&it) {
				n++
			}
			if n != rows {
				b.Fatal(n)
			}
			_ = k.Close()
		}
		b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
