package body

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/record"
)

const (
	codeA = "91350100MAK8PBRN7T"
	codeB = "91420100MA4N0A2B5Y"
)

func kindOf(t testing.TB, d record.Domain, name string) *record.KindSpec {
	t.Helper()
	k := record.FindKind(d, name)
	if k == nil {
		t.Fatalf("no kind %s", name)
	}
	return k
}

func gb(s string) string {
	b, err := simplifiedchinese.GB18030.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return b
}

func toUTF16(s string) string {
	b, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return b
}

// read gives each row as line!code message, or line and the values of fields.
func read(t *testing.T, s Source, err error, fields ...string) string {
	t.Helper()
	if err != nil {
		return string(kind(err)) + ": " + strings.SplitN(err.Error(), ": ", 2)[1]
	}
	var out []string
	var it Item
	dec := record.NewDecoder()
	var row record.Row
	for s.Next(&it) {
		line := itoa(int(it.Line))
		if it.Raw == nil {
			out = append(out, line+"!"+string(it.Faults[0].Code)+" "+it.Faults[0].Message)
			continue
		}
		dec.Decode(it.Raw, civil.MakeDate(2026, 3, 2), &row)
		for _, f := range fields {
			switch f {
			case "uscc":
				line += " " + string(row.USCC)
			case "W":
				for _, w := range it.Faults {
					line += " " + string(w.Code) + ":" + w.Field
				}
			case "E":
				for _, w := range row.Faults {
					line += " " + string(w.Code) + ":" + w.Field
				}
			case "id":
				line += " " + string(row.RecordID)
			default:
				line += " " + string(row.Get(f))
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestCSVAsAgenciesWriteIt(t *testing.T) {
	grade := kindOf(t, record.Tax, "grade")
	f := func(name, in, want string, fields ...string) {
		t.Helper()
		s, err := CSV([]byte(in), grade, Options{}, DefaultLimits())
		if got := read(t, s, err, fields...); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
	head := "纳税人识别号,评价年度,信用级别,原因\n"
	rows := codeA + ",2018,A,一\n" + codeB + ",2019,B,二\n"
	want := "2 " + codeA + " 2018 A 一\n3 " + codeB + " 2019 B 二"
	all := []string{"uscc", "year", "grade", "reason"}
	f("UTF-8", head+rows, want, all...)
	f("BOM and CRLF", "\xef\xbb\xbf"+strings.ReplaceAll(head+rows, "\n", "\r\n"), want, all...)
	f("GBK without a mark", gb(head+rows), want, all...)
	f("UTF-16 with a mark", toUTF16(head+rows), want, all...)
	f("TABs", strings.ReplaceAll(head+rows, ",", "\t"), want, all...)
	f("semicolons", strings.ReplaceAll(head+rows, ",", ";"), want, all...)
	f("CR only", strings.ReplaceAll(head+rows, "\n", "\r"), want, all...)
	f("no line end at the end", strings.TrimSuffix(head+rows, "\n"), want, all...)
	f("quoted", "\"纳税人识别号\",\"评价年度\",\"信用级别\",\"原因\"\n\""+codeA+"\",\"2018\",\"A\",\"一,\"\"二\"\"\n三\"\n"+codeB+",2019,B,二",
		"2 "+codeA+" 2018 A 一,\"二\"\n三\n4 "+codeB+" 2019 B 二", all...)
	f("title above and blank rows", "2018年度A级纳税人名单,,,\n\n,,,\n"+head+"\n"+rows, "6 "+codeA+" 2018 A 一\n7 "+codeB+" 2019 B 二", all...)
	f("header words with blanks", " 纳税人 识别号 ,\"评价\n年度\",信用级别（*）,原因\n"+codeA+",2018,A,一", "3 "+codeA+" 2018 A 一", all...)
	f("empty words", head+codeA+",2018,A,——\n", "2 "+codeA+" 2018 A ", all...)
	f("normalised with a warning", head+strings.ToLower(codeA)+",2018年,A级,x\n", "2 "+codeA+" 2018 A x W05:uscc W05:year W05:grade", append(all, "W")...)
	f("a second table that names more", "纳税人识别号,评价年度,信用级别\n"+codeA+",2018,A\n\n"+head+codeB+",2019,B,二\n",
		"2 "+codeA+" 2018 A \n5 "+codeB+" 2019 B 二", all...)
	f("rows without a header above the table", codeB+",2019,B\n说明,x\n"+head+codeA+",2018,A,一\n",
		"1!E13 row stands above the header\n4 "+codeA+" 2018 A 一", all...)
	f("a header only", head, "")
	f("nothing", "", "")
	f("BOM only", "\xef\xbb\xbf", "")
}

func TestAFaultOfACSVRowStaysWithIt(t *testing.T) {
	grade := kindOf(t, record.Tax, "grade")
	head := "纳税人名称,纳税人识别号,评价年度,信用级别\n"
	good := "甲公司," + codeA + ",2018,A\n"
	f := func(name, in, want string) {
		t.Helper()
		s, err := CSV([]byte(in), grade, Options{}, DefaultLimits())
		if got := read(t, s, err, "uscc", "grade", "W"); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
	f("a cell too few", head+good+"乙公司,"+codeB+",2018\n"+good,
		"2 "+codeA+" A\n3!E13 row has 3 cells where the header names 4: a comma is missing, or one inside a cell stands without quotation marks\n4 "+codeA+" A")
	f("a comma in a name", head+"甲,乙公司,"+codeA+",2018,A\n"+good,
		"2 "+codeA+" A W05:\n3 "+codeA+" A")
	f("cells too many", head+"甲公司,"+codeA+",2018,A,x\n"+good,
		"2!E13 row has 5 cells where the header names 4: a comma is missing, or one inside a cell stands without quotation marks\n3 "+codeA+" A")
	f("empty cells too many", head+"甲公司,"+codeA+",2018,A,,,\n"+good, "2 "+codeA+" A\n3 "+codeA+" A")
	f("a quote never closed", head+"\"甲公司,"+codeA+",2018,A\n"+good+good, "2 "+codeA+" A W05:\n3 "+codeA+" A\n4 "+codeA+" A")
	f("a quote never closed and a cell too few", head+"\"甲公司,"+codeA+",2018\n"+good,
		"2!E13 a quotation mark is never closed\n3 "+codeA+" A")
	f("quotes inside a cell", head+"甲\"乙\"公司,"+codeA+",2018,A\n\"甲\"乙\"公司\","+codeA+",2018,A\n", "2 "+codeA+" A\n3 "+codeA+" A")
	f("broken UTF-8 in one row", head+good+"乙\xff公司,"+codeB+",2018,A\n丙公司,"+codeB+",2018,B\n",
		"2 "+codeA+" A\n3!E13 row is not valid UTF-8\n4 "+codeB+" B")
	f("broken GB18030 in one row", gb(head+good)+gb("乙")+"\xff"+gb("公司")+","+codeB+",2018,A\n"+gb(good),
		"2 "+codeA+" A\n3!E13 row is not valid GB18030\n4 "+codeA+" A")
	long := strings.Repeat("长", 400_000)
	f("a row of more than 1 MiB", head+good+long+","+codeB+",2018,A\n"+good,
		"2 "+codeA+" A\n3!E13 row is 1.1 MiB long, at most 1.0 MiB are read\n4 "+codeA+" A")
	f("a second table below", head+good+"\n信用级别,评价年度,纳税人识别号\nB,2019,"+codeB+"\n", "2 "+codeA+" A\n5 "+codeB+" B")
	f("a second table that can't be read", head+good+"评价年度,纳税人识别号\n2019,"+codeB+"\n",
		"2 "+codeA+" A\n4!E13 row stands under a second header, in line 3, that can't be used: the header has no column 信用级别 (grade)")
	f("header and data that disagree", "编号\t纳税人识别号,纳税人名称,信用级别,评价年度\n1,"+codeA+",甲公司,2018\n",
		"2!E13 row has 4 cells where the header names 5: a comma is missing, or one inside a cell stands without quotation marks")
}

func TestAHeaderThatCannotBeUsedIsAProblem(t *testing.T) {
	f := func(name, in, want string) {
		t.Helper()
		s, err := CSV([]byte(in), kindOf(t, record.Tax, "grade"), Options{}, DefaultLimits())
		if got := read(t, s, err); !strings.Contains(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
	f("a column is missing", "纳税人识别号,评价年度\n"+codeA+",2018\n", "BAD_INPUT: the header has no column 信用级别 (grade)")
	f("no code", "评价年度,信用级别\n2018,A\n", "no column 统一社会信用代码 (uscc)")
	f("two names in one cell", "纳税人识别号 评价年度,信用级别,原因\n"+codeA+" 2018,A,x\n", `holds two columns, 纳税人识别号 and 评价年度`)
	f("no header", codeA+",2018,A\n", "none of the first 1 rows is a header")
	f("broken UTF-16", "\xff\xfea\x00b", "BAD_INPUT")
}

func TestTheNumberOfRowsIsBounded(t *testing.T) {
	lim := DefaultLimits()
	lim.Rows = 3
	in := "纳税人识别号,评价年度,信用级别\n" + strings.Repeat(codeA+",2018,A\n", 3)
	if _, err := CSV([]byte(in+"\n\n\n\n"), kindOf(t, record.Tax, "grade"), Options{}, lim); err != nil {
		t.Errorf("3 rows: %v", err)
	}
	if _, err := CSV([]byte(in+codeA+",2018,A\n"), kindOf(t, record.Tax, "grade"), Options{}, lim); kind(err) != fault.TooLarge {
		t.Errorf("4 rows: %v", err)
	}
}

func TestTheSameFileGivesTheSameRecords(t *testing.T) {
	in := "行政相对人名称,统一社会信用代码,行政处罚决定书文号,违法事实,处罚决定日期\n甲公司," + codeA + ",市场〔2019〕1号,事实,2019/10/10\n"
	other := strings.ReplaceAll(strings.ReplaceAll(in, "〔2019〕", "【2019】"), "2019/10/10", "20191010")
	k := kindOf(t, record.Penalty, "penalty")
	one, err1 := CSV([]byte(in), k, Options{}, DefaultLimits())
	two, err2 := CSV([]byte(other), k, Options{}, DefaultLimits())
	a, b := read(t, one, err1, "id"), read(t, two, err2, "id")
	if a != b || len(a) < 20 {
		t.Errorf("%s and %s", a, b)
	}
}

func FuzzCSV(f *testing.F) {
	head := "纳税人名称,纳税人识别号,评价年度,信用级别\n"
	f.Add([]byte(head + "甲公司," + codeA + ",2018,A\n"))
	f.Add([]byte(gb(head + "甲公司," + codeA + ",2018,A\n")))
	f.Add([]byte("\xef\xbb\xbf\"a\n\"\"b\",\t;\r\n"))
	f.Add([]byte("编号\t纳税人识别号,纳税人名称,信用级别,评价年度\n1," + codeA + ",甲,2018\n"))
	f.Add([]byte(head + "\"甲公司," + codeA + ",2018,A\n\"\"\",x\n"))
	f.Add([]byte(toUTF16(head)))
	k := kindOf(f, record.Tax, "grade")
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := CSV(b, k, Options{}, DefaultLimits())
		if err != nil {
			if kind(err) != fault.BadInput && kind(err) != fault.TooLarge {
				t.Fatalf("no problem document: %v", err)
			}
			return
		}
		dec := record.NewDecoder()
		var row record.Row
		var it Item
		last := uint32(0)
		for s.Next(&it) {
			if it.Line <= last {
				t.Fatalf("line %d after %d", it.Line, last)
			}
			last = it.Line
			if it.Raw == nil {
				if len(it.Faults) == 0 || !it.Faults[0].Code.Rejects() {
					t.Fatalf("line %d is lost without a reason", it.Line)
				}
				continue
			}
			dec.Decode(it.Raw, civil.MakeDate(2026, 3, 2), &row)
			for _, x := range row.Faults {
				if x.Code == fault.E13Catalogue {
					t.Fatalf("line %d: an envelope that can't be read: %s: %s", it.Line, x.Message, it.Raw)
				}
			}
		}
	})
}

// Rows end with LF, CR or both, and one file may mix them: no row may vanish into
// the text of another.
func TestLineEndsMayBeMixed(t *testing.T) {
	ends := []string{"\n", "\r\n", "\r"}
	kind := record.FindKind(record.Tax, "grade")
	for n := range 81 {
		text := "uscc,year,grade,score,reason" + ends[n%3]
		for i, e := range []string{ends[n/3%3], ends[n/9%3], ends[n/27]} {
			text += fmt.Sprintf("%s,2025,A,9%d,\"备注%d\r\n第二行\"%s", "91420100MA4N0A2B5Y", i, i, e)
		}
		src, err := CSV([]byte(text), kind, Options{}, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		var it Item
		var got []string
		for src.Next(&it) {
			got = append(got, fmt.Sprint(it.Line, len(it.Faults), strings.Count(string(it.Raw), `"reason":"备注`)))
		}
		if want := []string{"2 0 1", "4 0 1", "6 0 1"}; !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
