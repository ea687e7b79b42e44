package body

import (
	"io"
	"math"
	"strconv"
	"strings"
)

// sheet yields the rows of one sheet of a workbook.
type sheet struct {
	book *Book
	part *part
	r    io.ReadCloser
	x    *xmlScanner
	lim  Limits

	walker

	// The row at hand.
	buf    []byte
	ends   []int // of each cell, in buf
	serial []bool
	broken bool // a cell names a text that is not there
	cell   cell
	raw    []byte
}

// cell is the cell at hand.
type cell struct {
	typ     byte // of t: 0 number, 's' shared, 'i' inline, 't' text of a formula, 'b', 'e', 'd'
	style   numberStyle
	value   []byte
	formula []byte
	valued  bool // there is a v or a text
	formed  bool // there is an f
}

func (k *Book) openSheet(p *part) (*sheet, error) {
	r, err := p.open()
	if err != nil {
		return nil, err
	}
	return &sheet{book: k, part: p, r: r, x: newXMLScanner(r), lim: k.lim}, nil
}

func (s *sheet) next(r *tableRow) bool { return s.walk(s, s.book.deadline, r) }
func (s *sheet) spans() []span         { return s.part.merged }
func (s *sheet) shut() error           { return s.r.Close() }

func (s *sheet) fork() (table, func()) {
	t, err := s.book.openSheet(s.part)
	if err != nil {
		return nil, nil
	}
	t.behind = s.row
	return t, func() { _ = t.shut() }
}

// give turns the row at hand into strings that share one allocation.
func (s *sheet) give(r *tableRow, hidden bool) {
	*r = tableRow{line: s.row, cells: r.cells[:0], serial: r.serial[:0], hidden: hidden}
	all, from := string(s.buf), 0
	for _, end := range s.ends {
		r.cells = append(r.cells, all[from:end])
		from = end
	}
	r.serial = append(r.serial, s.serial...)
	if s.broken {
		r.bad = lostText
	}
	if n := s.lim.Columns; len(r.cells) > n && allBlank(r.cells[n:]) {
		r.cells, r.serial = r.cells[:n], r.serial[:n]
	}
}

func (s *sheet) read() (hidden, ok bool, err error) {
	for {
		token, err := s.x.next()
		if err != nil {
			return false, false, err
		}
		switch token {
		case xmlEOF:
			return false, false, nil
		case xmlStart:
			switch string(s.x.name) {
			case "col":
				s.column()
			case "row":
				s.begin()
				hidden = isTrue(s.x.attr("hidden")) || string(s.x.attr("ht")) == "0"
			case "c":
				if err := s.readCell(); err != nil {
					return false, false, err
				}
			}
		case xmlEnd:
			switch string(s.x.name) {
			case "row":
				return hidden, true, nil
			case "sheetData":
				return false, false, nil
			}
		}
	}
}

// column notes hidden columns.
func (s *sheet) column() {
	if w := s.x.attr("width"); !isTrue(s.x.attr("hidden")) && string(w) != "0" {
		return
	}
	if from, to := number(s.x.attr("min")), number(s.x.attr("max")); from > 0 && to >= from && len(s.cols) < 1000 {
		s.cols = append(s.cols, [2]int{from, to})
	}
}

func (s *sheet) begin() {
	s.row++
	if n := number(s.x.attr("r")); n > s.row && n <= 1<<21 {
		s.row = n
	}
	s.buf, s.ends, s.serial, s.broken = s.buf[:0], s.ends[:0], s.serial[:0], false
}

// readCell reads to the end of the cell that has just started.
func (s *sheet) readCell() error {
	c := &s.cell
	*c = cell{value: c.value[:0], formula: c.formula[:0]}
	if t := s.x.attr("t"); len(t) > 0 {
		switch string(t) {
		case "s", "b", "e", "d":
			c.typ = t[0]
		case "str":
			c.typ = 't'
		case "inlineStr":
			c.typ = 'i'
		}
	}
	if n := number(s.x.attr("s")); n >= 0 && n < len(s.book.styles) {
		c.style = s.book.styles[n]
	}
	at := columnNumber(s.x.attr("r"))
	if err := s.content(c); err != nil {
		return err
	}
	serial := s.text(c)
	if at == 0 {
		at = len(s.ends) + 1
	}
	if at > s.lim.Columns+1 { // one more, so that too many are seen
		if clean(string(c.value)) == "" {
			return nil
		}
		at = s.lim.Columns + 1
	}
	if at <= len(s.ends) { // out of order, or twice: the first stands
		return nil
	}
	for len(s.ends) < at-1 {
		s.ends, s.serial = append(s.ends, len(s.buf)), append(s.serial, false)
	}
	s.buf = append(s.buf, c.value...)
	s.ends, s.serial = append(s.ends, len(s.buf)), append(s.serial, serial)
	return nil
}

// content takes in what stands in the cell, to its end.
func (s *sheet) content(c *cell) error {
	into := byte(0) // 'v': v, 't': t, 'f': f
	phonetic := 0
	for {
		token, err := s.x.next()
		if err != nil {
			return err
		}
		switch token {
		case xmlStart:
			switch string(s.x.name) {
			case "v":
				into, c.valued = 'v', true
			case "t":
				into, c.valued = 't', true
			case "f":
				into, c.formed = 'f', true
			case "rPh":
				phonetic++
			}
		case xmlEnd:
			switch string(s.x.name) {
			case "c":
				return nil
			case "rPh":
				phonetic--
			}
			into = 0
		case xmlText:
			switch {
			case into == 'f':
				c.formula, err = s.x.appendText(c.formula)
			case into == 'v' || into == 't' && phonetic == 0:
				c.value, err = s.x.appendText(c.value)
			}
			if err != nil {
				return err
			}
		case xmlEOF:
			return io.ErrUnexpectedEOF
		}
	}
}

// uncomputed leads the text of a formula without a result.
const uncomputed = "=…"

// text brings the value of a cell into the form in which it is read, and tells
// whether it is a number that is shown as a day.
func (s *sheet) text(c *cell) (serial bool) {
	switch {
	case c.formed && len(c.value) == 0 && (c.typ == 0 || !c.valued): // whoever wrote the file never computed it
		c.value = append(append(c.value[:0], uncomputed...), c.formula...)
		return false
	case c.typ == 's':
		n, ok := number(c.value), false
		if c.value, ok = s.book.strings.append(c.value[:0], n); !ok {
			s.broken = true
		}
	case c.typ == 'i' || c.typ == 't':
		s.raw = append(s.raw[:0], c.value...)
		c.value = appendEscaped(c.value[:0], s.raw)
	case c.typ == 'b':
		c.value = append(c.value[:0], map[bool]string{true: "TRUE", false: "FALSE"}[isTrue(c.value)]...)
	case c.typ == 0 && len(c.value) > 0:
		return s.number(c)
	}
	return false
}

// number writes a number as a spreadsheet shows it: of 15 digits, and without an
// exponent while they tell its value.
func (s *sheet) number(c *cell) (serial bool) {
	plain := len(c.value) <= 15
	for _, x := range c.value {
		plain = plain && (x >= '0' && x <= '9' || x == '.' || x == '-')
	}
	if plain && c.style != asPercent {
		c.value = c.style.shown(c.value)
		return c.style == asDay
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(string(c.value)), 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return false
	}
	if c.style == asPercent {
		c.value = append(appendNumber(c.value[:0], n*100), '%')
		return false
	}
	c.value = c.style.shown(appendNumber(c.value[:0], n))
	return c.style == asDay
}

func appendNumber(dst []byte, n float64) []byte {
	if n != 0 && (math.Abs(n) >= 1e15 || math.Abs(n) < 1e-9) {
		return append(dst, strings.ToUpper(strconv.FormatFloat(n, 'g', 15, 64))...)
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 15, 64), 64)
	if err != nil {
		short = n
	}
	return strconv.AppendFloat(dst, short, 'f', -1, 64)
}

// columnNumber is the column of a cell such as AB12, from 1; 0 when its place is
// not told.
func columnNumber(place []byte) (n int) {
	for _, c := range place {
		if c |= 0x20; c < 'a' || c > 'z' || n > 1<<20 {
			break
		}
		n = 26*n + int(c-'a') + 1
	}
	return n
}

// columnName is the letters of a column.
func columnName(n int) string {
	name := ""
	for ; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}
