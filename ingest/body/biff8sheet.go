package body

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"credithub/schema/fault"
)

// surveyBIFF looks every sheet through before a row counts: it must end, its rows
// must stand in order, and there may not be too many.
func surveyBIFF(stream []byte, sheets []biffSheet, lim Limits) error {
	rows := 0
	for _, sh := range sheets {
		s := &biff{b: stream, pos: sh.at}
		if sh.at < 0 || sh.at >= len(stream) || !s.next() || s.id != recBOF {
			return errBIFF
		}
		last, depth := -1, 1
		for depth > 0 {
			if !s.next() {
				return errBIFF
			}
			switch {
			case s.id == recBOF: // a chart inside
				depth++
			case s.id == recEOF:
				depth--
			case depth == 1 && isCell(s.id):
				row := s.u16(0)
				if row < last {
					return errBIFF
				}
				if row > last {
					rows, last = rows+1, row
				}
			}
		}
		if rows > lim.Rows+lim.HeaderRows {
			return tooManyRows(rows, lim.Rows)
		}
	}
	if len(sheets) > maxSheets {
		return fault.New(fault.TooLarge, "the workbook has %d sheets, at most %d are read", len(sheets), maxSheets)
	}
	return nil
}

func isCell(id uint16) bool {
	switch id {
	case recFormula, recMulRK, recRString, recLabelSST, recNumber, recLabel, recBoolErr, recRK:
		return true
	}
	return false
}

// biffTable yields the rows of one sheet of BIFF8.
type biffTable struct {
	book *Book
	s    biff
	from int

	walker
	hidden map[int]bool // rows, from 1
	merged []span
	cells  []string
	serial []bool
	broken bool
	buf    []byte
}

func newBIFFTable(k *Book, stream []byte, at int) *biffTable {
	t := &biffTable{book: k, s: biff{b: stream, pos: at}, from: at, hidden: map[int]bool{}}
	t.veil()
	t.s.next() // BOF
	return t
}

// veil finds the hidden rows and columns.
func (t *biffTable) veil() {
	s := t.s
	s.next()
	for depth := 1; depth > 0 && s.next(); {
		switch s.id {
		case recBOF:
			depth++
		case recEOF:
			depth--
		case recRow:
			if s.u32(12)&0x20 != 0 {
				t.hidden[s.u16(0)+1] = true
			}
		case recMergeCells:
			for at := 2; at+8 <= len(s.data) && len(t.merged) < maxSpans && depth == 1; at += 8 {
				t.merged = append(t.merged, span{s.u16(at) + 1, s.u16(at+4) + 1, s.u16(at+2) + 1, s.u16(at+6) + 1})
			}
		case recColInfo:
			if s.u16(8)&1 != 0 && len(t.cols) < 1000 {
				t.cols = append(t.cols, [2]int{s.u16(0) + 1, s.u16(2) + 1})
			}
		}
	}
	slices.SortStableFunc(t.merged, func(a, b span) int { return cmp.Compare(a.row, b.row) })
}

func (t *biffTable) next(r *tableRow) bool { return t.walk(t, t.book.deadline, r) }
func (t *biffTable) spans() []span         { return t.merged }
func (t *biffTable) shut() error           { return nil }

func (t *biffTable) fork() (table, func()) {
	f := newBIFFTable(t.book, t.s.b, t.from)
	f.behind = t.row
	return f, func() {}
}

func (t *biffTable) give(r *tableRow, hidden bool) {
	*r = tableRow{line: t.row, cells: append(r.cells[:0], t.cells...), serial: append(r.serial[:0], t.serial...), hidden: hidden}
	if t.broken {
		r.bad = lostText
	}
}

func (t *biffTable) read() (hidden, ok bool, err error) {
	ok = t.collect()
	return t.hidden[t.row], ok, nil
}

// collect takes the next row that has cells in; false behind the last.
func (t *biffTable) collect() bool {
	t.cells, t.serial, t.broken = t.cells[:0], t.serial[:0], false
	row := -1
	for depth := 1; ; {
		at := t.s.pos
		if !t.s.next() {
			return row >= 0
		}
		switch {
		case t.s.id == recBOF:
			depth++
		case t.s.id == recEOF:
			if depth--; depth == 0 {
				t.s.pos = at
				return row >= 0
			}
		case depth == 1 && isCell(t.s.id):
			if n := t.s.u16(0); row >= 0 && n != row {
				t.s.pos = at
				return true
			} else if row < 0 {
				row = n
				t.row = row + 1
			}
			t.cell()
		}
	}
}

// cell adds the cell, or cells, of the record at hand.
func (t *biffTable) cell() {
	s := &t.s
	col, style := s.u16(2), s.u16(4)
	switch s.id {
	case recLabelSST:
		text, ok := t.book.strings.append(nil, int(s.u32(6)))
		t.broken = t.broken || !ok
		t.put(col, string(text), false)
	case recLabel, recRString:
		text, _, ok := biffText(s.data, 6, 2)
		t.broken = t.broken || !ok
		t.put(col, text, false)
	case recNumber:
		if len(s.data) >= 14 {
			t.number(col, style, math.Float64frombits(binary.LittleEndian.Uint64(s.data[6:])))
		}
	case recRK:
		t.number(col, style, biffNumber(s.u32(6)))
	case recMulRK:
		for at := 4; at+6 <= len(s.data)-2; at += 6 {
			t.number(col, s.u16(at), biffNumber(s.u32(at+2)))
			col++
		}
	case recBoolErr:
		if len(s.data) >= 8 {
			t.put(col, boolErr(s.data[6], s.data[7] != 0), false)
		}
	case recFormula:
		t.formula(col, style)
	}
}

func boolErr(v byte, isError bool) string {
	if !isError {
		return map[bool]string{true: "TRUE", false: "FALSE"}[v != 0]
	}
	switch v {
	case 0x00:
		return "#NULL!"
	case 0x07:
		return "#DIV/0!"
	case 0x0F:
		return "#VALUE!"
	case 0x17:
		return "#REF!"
	case 0x1D:
		return "#NAME?"
	case 0x24:
		return "#NUM!"
	}
	return "#N/A"
}

// formula adds the result of a formula; a text stands in the record behind it.
func (t *biffTable) formula(col, style int) {
	s := &t.s
	if len(s.data) < 14 {
		t.broken = true
		return
	}
	v := s.data[6:14]
	if binary.LittleEndian.Uint16(v[6:]) != 0xFFFF {
		t.number(col, style, math.Float64frombits(binary.LittleEndian.Uint64(v)))
		return
	}
	switch v[0] {
	case 1, 2:
		t.put(col, boolErr(v[2], v[0] == 2), false)
	case 0:
		for range 4 { // a shared formula or an array may stand between
			at := s.pos
			if !s.next() || isCell(s.id) || s.id == recEOF {
				s.pos = at
				break
			}
			if s.id == recString {
				text, _, ok := biffText(s.data, 0, 2)
				t.broken = t.broken || !ok
				t.put(col, text, false)
				return
			}
		}
		t.broken = true
	case 3: // an empty text, or whoever wrote the file never computed it
		if !t.book.computed || s.u16(14)&3 != 0 {
			t.put(col, uncomputed, false)
		}
	}
}

func (t *biffTable) number(col, style int, n float64) {
	as := asNumber
	if style < len(t.book.styles) {
		as = t.book.styles[style]
	}
	if math.IsNaN(n) || math.IsInf(n, 0) {
		t.broken = true
		return
	}
	if as == asPercent {
		t.buf = append(appendNumber(t.buf[:0], n*100), '%')
	} else {
		t.buf = as.shown(appendNumber(t.buf[:0], n))
	}
	t.put(col, string(t.buf), as == asDay)
}

func (t *biffTable) put(col int, text string, serial bool) {
	if col < len(t.cells) {
		t.cells[col], t.serial[col] = text, serial
		return
	}
	if col > t.book.lim.Columns {
		if clean(text) == "" {
			return
		}
		col = t.book.lim.Columns
	}
	for len(t.cells) < col {
		t.cells, t.serial = append(t.cells, ""), append(t.serial, false)
	}
	if col == len(t.cells) {
		t.cells, t.serial = append(t.cells, text), append(t.serial, serial)
	}
}
