package body

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"credithub/schema/fault"
	"credithub/schema/record"
)

// stream writes records of BIFF8.
type stream struct{ b []byte }

func (s *stream) put(id uint16, parts ...any) int {
	at := len(s.b)
	var data []byte
	for _, p := range parts {
		switch v := p.(type) {
		case int:
			data = binary.LittleEndian.AppendUint16(data, uint16(v))
		case uint32:
			data = binary.LittleEndian.AppendUint32(data, v)
		case byte:
			data = append(data, v)
		case float64:
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
		case string:
			data = append(data, v...)
		}
	}
	s.b = binary.LittleEndian.AppendUint16(s.b, id)
	s.b = binary.LittleEndian.AppendUint16(s.b, uint16(len(data)))
	s.b = append(s.b, data...)
	return at
}

// wide is a text in UTF-16 with its length before it.
func wideText(s string) string {
	u := toUTF16(s)[2:]
	return string(binary.LittleEndian.AppendUint16(nil, uint16(len(u)/2))) + "\x01" + u
}

// biffBook is a workbook of one hidden sheet: a header of grades of tax, with texts
// that go on in another record, and cells.
func biffBook(cells func(s *stream)) []byte {
	s := &stream{}
	s.put(recBOF, 0x0600, 0x0005)
	s.put(recFormat, 200, 5, byte(0), "mmm-y")
	s.put(recXF, 0, 0)
	s.put(recXF, 0, 14)
	s.put(recXF, 0, 10)
	sheet := s.put(recBoundSheet, uint32(0), byte(1), byte(0), byte(2), byte(1), toUTF16("表一")[2:])
	texts := []string{"统一社会信用代码", "评价年度", "信用级别", "得分", "原因", codeA}
	all := string(binary.LittleEndian.AppendUint32(nil, 9)) + string(binary.LittleEndian.AppendUint32(nil, uint32(len(texts))))
	for _, x := range texts {
		all += wideText(x)
	}
	// The first text is cut after two of its characters, and goes on anew.
	s.put(recSST, all[:8+3+4])
	s.put(recContinue, "\x01"+all[8+3+4:])
	s.put(recEOF)
	binary.LittleEndian.PutUint32(s.b[sheet+4:], uint32(len(s.b)))
	s.put(recBOF, 0x0600, 0x0010)
	s.put(recColInfo, 4, 4, 0, 0, 1, 0)
	for i := range 5 {
		s.put(recLabelSST, 0, i, 0, uint32(i))
	}
	cells(s)
	s.put(recEOF)
	return s.b
}

func TestBIFF8IsRead(t *testing.T) {
	grade := kindOf(t, record.Tax, "grade")
	f := func(name, want string, cells func(s *stream)) {
		t.Helper()
		b, err := readBIFF(biffBook(cells), grade, Options{}, DefaultLimits(), t.TempDir())
		if got := read(t, sourceOf(b), err, "uscc", "year", "grade", "score", "reason", "E"); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	code := func(s *stream, row int) { s.put(recLabelSST, row, 0, 0, uint32(5)) }
	level := func(s *stream, row int) { s.put(recLabel, row, 2, 0, 1, byte(0), "A") }
	f("packed numbers", "2 "+codeA+" 2025 A 95.5 ", func(s *stream) {
		code(s, 1)
		s.put(recRK, 1, 1, 0, uint32(2025<<2|2))
		level(s, 1)
		s.put(recNumber, 1, 3, 2, 0.955)
	})
	f("several at once, and divided", "2 "+codeA+" 2025    E05:grade", func(s *stream) {
		code(s, 1)
		s.put(recMulRK, 1, 1, 0, uint32(202500<<2|3), 1)
	})
	f("a day in a text", "2 "+codeA+" 2025 A  2026-03-02", func(s *stream) {
		code(s, 1)
		s.put(recRK, 1, 1, 0, uint32(2025<<2|2))
		level(s, 1)
		s.put(recNumber, 1, 4, 1, 46083.0)
	})
	f("the text of a formula", "2 "+codeA+" 2025 A  甲乙", func(s *stream) {
		code(s, 1)
		s.put(recRK, 1, 1, 0, uint32(2025<<2|2))
		level(s, 1)
		s.put(recFormula, 1, 4, 0, "\x00\x00\x00\x00\x00\x00\xff\xff", 0)
		s.put(recString, wideText("甲乙"))
	})
	f("the error of a formula", "E06:reason", func(s *stream) {
		code(s, 1)
		s.put(recRK, 1, 1, 0, uint32(2025<<2|2))
		level(s, 1)
		s.put(recBoolErr, 1, 4, 0, byte(0x17), byte(1))
	})
	f("a text that is not there", "2!E13 a cell of the row names a text", func(s *stream) { s.put(recLabelSST, 1, 0, 0, uint32(99)) })
	f("rows out of order", "BAD_INPUT: the workbook is damaged", func(s *stream) { code(s, 5); code(s, 3) })

	b, err := readBIFF(biffBook(func(s *stream) {
		s.put(recRow, 1, 0, 5, 0, 0, 0, uint32(0x20))
		code(s, 1)
	}), grade, Options{}, DefaultLimits(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	readAll(b)
	var notes []string
	for _, n := range Notes(b) {
		notes = append(notes, n.Message)
	}
	if got := strings.Join(notes, "; "); got != "hidden rows were read: 2; hidden columns were read: E; hidden sheets were read: 表一" {
		t.Error(got)
	}

	whole := biffBook(func(s *stream) { code(s, 1) })
	for n := 30; n < len(whole); n += 7 {
		if b, err := readBIFF(whole[:n], grade, Options{}, DefaultLimits(), t.TempDir()); err == nil {
			t.Errorf("a workbook cut at %d of %d is read", n, len(whole))
			_ = b.Close()
		} else if kind(err) != fault.BadInput {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	locked := &stream{}
	locked.put(recBOF, 0x0600, 0x0005)
	locked.put(recFilePass, 1)
	if _, err := readBIFF(locked.b, grade, Options{}, DefaultLimits(), t.TempDir()); kind(err) != fault.MediaType || !strings.Contains(err.Error(), "password") {
		t.Errorf("a locked workbook: %v", err)
	}
}

// sourceOf is a book as a source; a nil book is none.
func sourceOf(b *Book) Source {
	if b == nil {
		return nil
	}
	return b
}

func FuzzBIFF8(f *testing.F) {
	f.Add(biffBook(func(s *stream) {
		s.put(recLabelSST, 1, 0, 0, uint32(5))
		s.put(recMulRK, 1, 1, 0, uint32(202500<<2|3), 1)
		s.put(recFormula, 1, 4, 0, "\x00\x00\x00\x00\x00\x00\xff\xff", 0)
		s.put(recString, wideText("甲"))
	}))
	grade := record.FindKind(record.Tax, "grade")
	f.Fuzz(func(t *testing.T, in []byte) {
		if b, err := readBIFF(in, grade, Options{}, DefaultLimits(), t.TempDir()); err == nil {
			readAll(b)
			Notes(b)
			_ = b.Close()
		}
		_, _ = biffStream(append([]byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}, in...))
	})
}
