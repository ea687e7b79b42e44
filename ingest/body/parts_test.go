package body

import (
	"fmt"
	"strings"
	"testing"

	"credithub/schema/record"
)

// rows reads a source as line → envelope or fault.
func rows(s Source, shift int) map[int]string {
	all := map[int]string{}
	var it Item
	for s.Next(&it) {
		v := string(it.Raw)
		if it.Raw == nil {
			v = it.Faults[0].Message
		}
		all[int(it.Line)+shift] = v
	}
	return all
}

// The parts of a file, read one by one, are the file.
func TestThePartsOfAFileAreTheFile(t *testing.T) {
	k := kindOf(t, record.Tax, "grade")
	var b strings.Builder
	b.WriteString("2018年度名单\n\n\"纳税人\n识别号\",评价年度,信用级别,原因\n")
	for i := range 50 {
		switch i % 10 {
		case 3:
			b.WriteString("\n")
		case 5:
			b.WriteString(codeA + ",2018\n")
		case 7:
			b.WriteString(codeB + ",2018,A,\"两\n行\"\n")
		}
		fmt.Fprintf(&b, "%s,2018,A,原因%d\n", codeA, i)
		if i == 30 {
			b.WriteString("信用级别,统一社会信用代码,评价年度\nB," + codeB + ",2019\n")
			b.WriteString("信用级别,统一社会信用代码,评价年度,原因\n")
		}
		if i > 30 {
			fmt.Fprintf(&b, "B,%s,2017,再%d\n", codeB, i)
		}
	}
	for name, in := range map[string]string{
		"UTF-8": b.String(), "BOM": "\xef\xbb\xbf" + b.String(), "GB18030": gb(b.String()), "UTF-16": toUTF16(b.String()),
		"CRLF": strings.ReplaceAll(b.String(), "\n", "\r\n"), "TAB": strings.ReplaceAll(b.String(), ",", "\t"),
	} {
		s, err := CSV([]byte(in), k, Options{}, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		want := rows(s, 0)
		for _, size := range []struct{ bytes, rows int }{{1, 1}, {400, 1000}, {1 << 20, 7}, {1 << 20, 1000}} {
			got := map[int]string{}
			n := 0
			err := CSVParts([]byte(in), k, Options{}, DefaultLimits(), size.bytes, size.rows, func(p Part) error {
				s, err := CSV(p.Body, k, Options{}, DefaultLimits())
				if err != nil {
					return err
				}
				part := rows(s, p.Shift)
				for l, v := range part {
					got[l] = v
				}
				if n += len(part); p.Rows != len(part) || p.Rows > size.rows || p.Rows > 1 && len(p.Body) > size.bytes {
					t.Errorf("%s %v: part of %d rows, %d bytes, says %d", name, size, len(part), len(p.Body), p.Rows)
				}
				return nil
			})
			if err != nil || n != len(want) || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s %v: %v: %d of %d rows\ngot  %v\nwant %v", name, size, err, n, len(want), got, want)
			}
		}
	}
}

func TestAFileWithoutRowsHasNoParts(t *testing.T) {
	k := kindOf(t, record.Tax, "grade")
	for _, in := range []string{"", "\n\n", "纳税人识别号,评价年度,信用级别"} {
		if err := CSVParts([]byte(in), k, Options{}, DefaultLimits(), 100, 10, func(Part) error { return fmt.Errorf("a part") }); err != nil {
			t.Errorf("%q: %v", in, err)
		}
	}
}
