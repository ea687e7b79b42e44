package body

import (
	"strings"
	"testing"

	"credithub/schema/fault"
	"credithub/schema/record"
)

// spreadsheetML makes a workbook of XML Spreadsheet 2003.
func spreadsheetML(sheets string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Styles><Style ss:ID="p"><NumberFormat ss:Format="0.0%"/></Style></Styles>` + sheets + `</Workbook>`
}

const head2003 = `<Row><Cell><Data ss:Type="String">统一社会信用代码</Data></Cell><Cell><Data ss:Type="String">评价年度</Data></Cell><Cell><Data ss:Type="String">信用级别</Data></Cell><Cell><Data ss:Type="String">得分</Data></Cell><Cell><Data ss:Type="String">原因</Data></Cell></Row>`

func TestXMLSpreadsheetsOf2003AreRead(t *testing.T) {
	grade := kindOf(t, record.Tax, "grade")
	open := func(in string) (*Book, error) {
		return XLSX([]byte(in), grade, Options{}, DefaultLimits(), t.TempDir())
	}
	row := func(attrs, cells string) string {
		return `<Row` + attrs + `><Cell><Data ss:Type="String">` + codeA + `</Data></Cell>` + cells + `</Row>`
	}
	plain := `<Cell><Data ss:Type="Number">2025</Data></Cell><Cell><Data ss:Type="String">A级</Data></Cell>`
	in := spreadsheetML(`<Worksheet ss:Name="一"><Table><Column ss:Index="3" ss:Span="1" ss:Hidden="1"/>` + head2003 +
		row(``, plain+`<Cell ss:StyleID="p"><Data ss:Type="Number">0.955</Data><Comment><Data>旁注</Data></Comment></Cell><Cell><Data ss:Type="String">甲&amp;<B>乙</B></Data></Cell>`) +
		row(` ss:Index="5" ss:Hidden="1"`, plain+`<Cell ss:Index="5"><Data ss:Type="DateTime">2026-03-02T00:00:00.000</Data></Cell>`) +
		`</Table><WorksheetOptions><Selected/></WorksheetOptions></Worksheet><Worksheet ss:Name="二"><Table>` + head2003 + row(``, plain+`<Cell ss:Formula="=A1"/>`) +
		`</Table><WorksheetOptions><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>`)
	b, err := open(in)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, b, nil, "uscc", "year", "grade", "score", "reason", "E"); got != "2 "+codeA+" 2025 A 95.5 甲&乙\n5 "+codeA+" 2025 A  2026-03-02\n7 "+codeA+" 2025 A   E06:score" {
		t.Error(got)
	}
	var notes []string
	for _, n := range Notes(b) {
		notes = append(notes, string(n.Code)+" "+n.Message)
	}
	if got := strings.Join(notes, "; "); got != "W14 hidden rows were read: 5 of sheet 一; W14 hidden columns were read: C–D of sheet 一; W14 hidden sheets were read: 二" {
		t.Error(got)
	}
	for _, bad := range []string{in[:len(in)-20], strings.Replace(in, "</Row>", "</Rov>", 1), strings.Replace(in, "&amp;", "&nope;", 1)} {
		if _, err := open(bad); kind(err) != fault.BadInput {
			t.Errorf("a damaged document: %v", err)
		}
	}
	lim := DefaultLimits()
	lim.Rows, lim.HeaderRows = 1, 1
	if _, err := XLSX([]byte(in), grade, Options{}, lim, t.TempDir()); kind(err) != fault.TooLarge {
		t.Errorf("too many rows: %v", err)
	}
}

func FuzzXML2003(f *testing.F) {
	f.Add(`<Worksheet ss:Name="x"><Table>` + head2003 + `<Row ss:Index="3"><Cell ss:Index="9" ss:MergeAcross="99999999"><Data ss:Type="Number">1e400</Data></Cell></Row></Table></Worksheet>`)
	grade := record.FindKind(record.Tax, "grade")
	f.Fuzz(func(t *testing.T, sheets string) {
		b, err := XLSX([]byte(spreadsheetML(sheets)), grade, Options{}, DefaultLimits(), t.TempDir())
		if err == nil {
			readAll(b)
			Notes(b)
			_ = b.Close()
		}
	})
}
