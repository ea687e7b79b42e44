package body

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"credithub/schema/fault"
	"credithub/schema/record"
)

// book makes a workbook of sheets, each a list of rows of cells from column A.
func book(t testing.TB, sheets ...[][]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, rows := range sheets {
		name := fmt.Sprintf("Sheet%d", i+1)
		if i > 0 {
			if _, err := f.NewSheet(name); err != nil {
				t.Fatal(err)
			}
		}
		for j, row := range rows {
			if err := f.SetSheetRow(name, fmt.Sprintf("A%d", j+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// repack changes a package entry by entry; a nil result leaves the entry out.
func repack(t testing.TB, b []byte, change func(name string, content []byte) []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var content bytes.Buffer
		if _, err := content.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		if c := change(f.Name, content.Bytes()); c != nil {
			e, _ := w.Create(f.Name)
			_, _ = e.Write(c)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readBook(t *testing.T, b []byte, k *record.KindSpec, lim Limits, fields ...string) string {
	t.Helper()
	dir := t.TempDir()
	s, err := XLSX(b, k, Options{}, lim, dir)
	got := ""
	if err != nil {
		got = read(t, nil, err)
	} else {
		got = read(t, s, nil, fields...)
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%d temporary files remain", len(left))
	}
	return got
}

var (
	gradeHead = []any{"纳税人识别号", "评价年度", "信用级别"}
	rowA      = []any{codeA, 2018, "A"}
	rowB      = []any{codeB, "2019年", "B级"}
)

func TestXLSXAsAgenciesWriteIt(t *testing.T) {
	grade := kindOf(t, record.Tax, "grade")
	f := func(name string, b []byte, want string) {
		t.Helper()
		for _, spill := range []int64{1, 1 << 20} { // through temporary files, and in memory
			lim := DefaultLimits()
			lim.SpillBytes = spill
			if got := readBook(t, b, grade, lim, "uscc", "year", "grade"); got != want {
				t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
			}
		}
	}
	want := "2 " + codeA + " 2018 A\n3 " + codeB + " 2019 B"
	f("plain", book(t, [][]any{gradeHead, rowA, rowB}), want)
	f("instructions above and a header in column B", book(t, [][]any{
		{"注意:保证数据的准确性,不要上传空文档"}, {}, {nil, "纳税人识别号", "评价年度", "信用级别"}, {nil, codeA, 2018, "A"}, {}, {nil, codeB, 2019, "B"},
	}), "4 "+codeA+" 2018 A\n6 "+codeB+" 2019 B")
	f("two sheets", book(t, [][]any{gradeHead, rowA}, [][]any{{"说明"}, gradeHead, rowB}), "2 "+codeA+" 2018 A\n5 "+codeB+" 2019 B")
	f("a sheet of notes beside", book(t, [][]any{{"填报说明", "x"}, {"一", "y"}}, [][]any{gradeHead, rowA}), "2 "+codeA+" 2018 A")
	f("a sheet whose header lacks a column, beside", book(t, [][]any{gradeHead, rowA}, [][]any{{"纳税人识别号", "评价年度"}, {codeB, 2018}}),
		"2 "+codeA+" 2018 A\n4!E13 sheet Sheet2, row 2: the header of sheet Sheet2 has no column 信用级别 (grade)")
	f("a sheet without a header, before", book(t, [][]any{{"2018年度"}, rowB}, [][]any{gradeHead, rowA}),
		"2 "+codeA+" 2018 A\n4!E13 sheet Sheet1, row 2: none of the first 2 rows is a header of 纳税缴费信用级别: name the columns, such as 统一社会信用代码, 评价年度, 信用级别")
	f("a header only", book(t, [][]any{gradeHead}), "")
	f("nothing", book(t, nil), "")
	f("no header", book(t, [][]any{rowA, rowB}), "BAD_INPUT: none of the first 2 rows is a header of 纳税缴费信用级别: name the columns, such as 统一社会信用代码, 评价年度, 信用级别")
	f("a column is missing", book(t, [][]any{{"纳税人识别号", "评价年度"}, rowA}), "BAD_INPUT: the header has no column 信用级别 (grade)")
	wide := make([]any, 300)
	wide[0], wide[1], wide[2], wide[299] = codeA, 2018, "A", "x"
	f("a cell far to the right", book(t, [][]any{gradeHead, wide, rowB}), "2!E13 row has more than 256 cells\n3 "+codeB+" 2019 B")
}

func TestSerialDaysAreDays(t *testing.T) {
	b := book(t, [][]any{
		{"CF_XDR_MC", "CF_XDR_SHXYM", "CF_WSH", "CF_SY", "CF_JDRQ", "CF_NR_FK", "CF_CFLB"},
		{"甲公司", codeA, "一号", "事实", 43160, 0.2, "罚款"},
	})
	got := readBook(t, b, kindOf(t, record.Penalty, "penalty"), DefaultLimits(), "decidedOn", "fineAmount")
	if got != "2 2018-03-01 2000" {
		t.Errorf("got %s", got)
	}
}

func TestStyledEmptyCellsToTheLastColumnCostNothing(t *testing.T) {
	f := excelize.NewFile()
	style, _ := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	for i, row := range [][]any{gradeHead, rowA} {
		_ = f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row)
	}
	_ = f.SetCellStyle("Sheet1", "A1", "XFD3", style)
	_ = f.MergeCell("Sheet1", "A4", "XFD4")
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	if got := readBook(t, b.Bytes(), kindOf(t, record.Tax, "grade"), DefaultLimits(), "uscc"); got != "2 "+codeA {
		t.Errorf("got %s", got)
	}
}

func TestWhatIsNoXLSXIsToldWhatItIs(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		_, err := XLSX([]byte(in), kindOf(t, record.Tax, "grade"), Options{}, DefaultLimits(), t.TempDir())
		if kind(err) != fault.MediaType || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", in, err, want)
		}
	}
	f("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "BIFF8")
	f("\xd0\xcf\x11\xe0"+string(utf16le("EncryptedPackage")), "password")
	f("\xef\xbb\xbf <html xmlns:x='x'><table>", "HTML")
	f("<!DOCTYPE html>", "HTML")
	f("<TABLE><tr>", "HTML")
	f("<?xml version='1.0'?><rows/>", "an XML document")
	f("%PDF-1.4", "PDF")
	f("纳税人识别号,评价年度", "CSV")
	f("[{}]", "JSON")
	f("x", "something else")
	f("PK\x05\x06"+strings.Repeat("\x00", 18), "empty ZIP")
	other := func(entry string) string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		e, _ := w.Create(entry)
		_, _ = e.Write([]byte("application/vnd.oasis.opendocument.spreadsheet"))
		_ = w.Close()
		return b.String()
	}
	f(other("word/document.xml"), "Word")
	f(other("mimetype"), "OpenDocument")
	f(other("xl/workbook.bin"), "binary workbook")
	f(other("a.txt"), "ZIP")
}

func TestADamagedWorkbookIsRefusedAsAWhole(t *testing.T) {
	grade := kindOf(t, record.Tax, "grade")
	b := book(t, [][]any{gradeHead, rowA, rowB})
	f := func(name string, b []byte) {
		t.Helper()
		if got := readBook(t, b, grade, DefaultLimits()); !strings.HasPrefix(got, "BAD_INPUT: the workbook") {
			t.Errorf("%s: %s", name, got)
		}
	}
	f("cut off", b[:len(b)-100])
	flipped := bytes.Clone(b)
	for i := 200; i < 260; i++ {
		flipped[i] ^= 0x55
	}
	f("bytes changed", flipped)
	f("XML that breaks off in a sheet", repack(t, b, func(name string, c []byte) []byte {
		if strings.HasSuffix(name, "sheet1.xml") {
			return c[:bytes.Index(c, []byte(`<row r="3"`))+30]
		}
		return c
	}))
	f("XML that breaks off in the strings", repack(t, b, func(name string, c []byte) []byte {
		if strings.HasSuffix(name, "sharedStrings.xml") {
			return c[:len(c)-20]
		}
		return c
	}))
}

func numberedRows(format string, from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func TestAWorkbookIsBoundedBeforeItIsRead(t *testing.T) {
	grade := kindOf(t, record.Tax, "grade")
	b := book(t, [][]any{gradeHead, rowA, rowB})
	f := func(name string, b []byte, change func(*Limits), ok bool) {
		t.Helper()
		lim := DefaultLimits()
		change(&lim)
		got := readBook(t, b, grade, lim, "uscc")
		if refused := strings.HasPrefix(got, "TOO_LARGE"); refused == ok {
			t.Errorf("%s: %s", name, got)
		}
	}
	z, _ := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	var total int64
	for _, e := range z.File {
		total += int64(e.UncompressedSize64)
	}
	f("as it is", b, func(*Limits) {}, true)
	f("parts at the limit", b, func(l *Limits) { l.ZipEntries = len(z.File) }, true)
	f("parts above", b, func(l *Limits) { l.ZipEntries = len(z.File) - 1 }, false)
	f("unpacked at the limit", b, func(l *Limits) { l.ZipBytes = total }, true)
	f("unpacked above", b, func(l *Limits) { l.ZipBytes = total - 1 }, false)
	f("other parts above", b, func(l *Limits) { l.PartBytes = 100 }, false)
	f("rows above", book(t, [][]any{gradeHead, rowA, rowB, rowA, rowB}), func(l *Limits) { l.Rows, l.HeaderRows = 2, 2 }, false)
	f("cells at the limit", b, func(l *Limits) { l.Cells = 9 }, true)
	f("cells above", b, func(l *Limits) { l.Cells = 8 }, false)
	far := repack(t, b, func(name string, c []byte) []byte { // one cell at the end of each row: the reader makes up those before it
		if strings.HasSuffix(name, "sheet1.xml") {
			rows := numberedRows("<row r=\"%d\"><c r=\"XFD%[1]d\" t=\"inlineStr\"><is><t>x</t></is></c></row>", 4, 1200)
			return bytes.Replace(c, []byte("</sheetData>"), []byte(rows+"</sheetData>"), 1)
		}
		return c
	})
	f("cells far to the right", far, func(*Limits) {}, false)
	bomb := repack(t, b, func(name string, c []byte) []byte {
		if strings.HasSuffix(name, "sheet1.xml") {
			return bytes.Replace(c, []byte("<sheetData>"), append([]byte("<sheetData>"), bytes.Repeat([]byte(" "), 8<<20)...), 1)
		}
		return c
	})
	f("packed too well", bomb, func(*Limits) {}, false)
}

func FuzzXLSX(f *testing.F) {
	b := book(f, [][]any{gradeHead, rowA, rowB})
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Add([]byte("PK\x03\x04"))
	k := kindOf(f, record.Tax, "grade")
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := XLSX(b, k, Options{}, DefaultLimits(), t.TempDir())
		if err != nil {
			if k := kind(err); k != fault.BadInput && k != fault.MediaType && k != fault.TooLarge {
				t.Fatalf("no problem document: %v", err)
			}
			return
		}
		var it Item
		for s.Next(&it) {
		}
		_ = s.Close()
	})
}
