package body

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"

	"credithub/schema/record"
)

func TestCase_A7_MergedCellsOfTheDataCountForAllRows(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(book(t, [][]any{
		{"纳税人识别号", "评价年度", "信用级别"}, {codeA, 2018, "A"}, {codeB, "", ""}, {codeA, 2019, ""},
	})))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range [][2]string{{"B2", "B3"}, {"C2", "C4"}} {
		if err := f.MergeCell("Sheet1", m[0], m[1]); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := "2 " + codeA + " 2018 A\n3 " + codeB + " 2018 A\n4 " + codeA + " 2019 A"
	if got := read(t, openBook(t, b.Bytes(), kindOf(t, record.Tax, "grade")), nil, "uscc", "year", "grade"); got != want {
		t.Errorf("got %s", got)
	}
	grade := kindOf(t, record.Tax, "grade")
	old, err := readBIFF(biffBook(func(s *stream) {
		for row := 1; row <= 2; row++ {
			s.put(recLabelSST, row, 0, 0, uint32(5))
			s.put(recNumber, row, 1, 0, float64(2023+row))
			if row == 1 {
				s.put(recLabel, row, 2, 0, 1, byte(0), "A")
			}
		}
		s.put(recMergeCells, 1, 1, 2, 2, 2)
	}), grade, Options{}, DefaultLimits(), t.TempDir())
	want = "2 " + codeA + " 2024 A\n3 " + codeA + " 2025 A"
	if got := read(t, sourceOf(old), err, "uscc", "year", "grade"); got != want {
		t.Errorf("in .xls: %s", got)
	}
}
