package body

import (
	"bytes"
	"io"
	"strings"
	"time"

	"credithub/schema/fault"
	"credithub/schema/record"
)

// XML Spreadsheet 2003 (SpreadsheetML) is what old templates and WPS save, mostly
// under .xls. It is one document with all sheets, which is read through once for each
// of them, within the limits of XLSX.

// xmlBook2003 reads a workbook of XML Spreadsheet 2003.
func xmlBook2003(b []byte, kind *record.KindSpec, opt Options, lim Limits) (*Book, error) {
	k := &Book{lim: lim, opt: opt, deadline: time.Now().Add(time.Duration(lim.SheetSeconds) * time.Second)}
	sheets, err := survey2003(b, lim)
	if err != nil {
		return nil, err
	}
	var all []opener
	for i, s := range sheets {
		all = append(all, opener{title: s.title, hidden: s.hidden, open: func() (sheetTable, error) { return newSheet2003(k, b, i) }})
	}
	if err := k.find(all, kind); err != nil {
		_ = k.Close()
		return nil, err
	}
	return k, nil
}

// survey2003 checks that the document is well-formed, bounds its rows and cells,
// and lists its sheets.
func survey2003(b []byte, lim Limits) (sheets []part, err error) {
	s := newXMLScanner(bytes.NewReader(b))
	var text []byte
	rows, cells, visible := 0, 0, false
	for {
		token, err := s.next()
		if err == nil && token == xmlText {
			text, err = s.appendText(text[:0])
		}
		if err != nil {
			return nil, damaged(err)
		}
		switch token {
		case xmlEOF:
			return sheets, nil
		case xmlStart:
			switch visible = string(s.name) == "Visible"; string(s.name) {
			case "Worksheet":
				title, err := appendXML(nil, s.attr("Name"))
				if err != nil {
					return nil, damaged(err)
				}
				sheets = append(sheets, part{title: string(title)})
			case "Row":
				rows++
			case "Cell":
				cells += max(1, number(s.attr("Index"))-lim.Columns)
			}
		case xmlText:
			if visible && len(sheets) > 0 && strings.HasPrefix(string(text), "SheetHidden") || visible && len(sheets) > 0 && strings.HasPrefix(string(text), "SheetVeryHidden") {
				sheets[len(sheets)-1].hidden = true
			}
		case xmlEnd:
			visible = false
		}
		switch {
		case len(sheets) > maxSheets:
			return nil, fault.New(fault.TooLarge, "the workbook has more than %d sheets", maxSheets)
		case rows > lim.Rows+lim.HeaderRows:
			return nil, tooManyRows(rows, lim.Rows)
		case cells > lim.Cells:
			return nil, fault.New(fault.TooLarge, "the rows of the workbook hold more than %d cells: save the columns that have data only", lim.Cells)
		}
	}
}

// sheet2003 yields the rows of one sheet.
type sheet2003 struct {
	book    *Book
	b       []byte
	number  int // of the sheet, from 0
	x       *xmlScanner
	percent map[string]bool // styles that show a number as a percentage

	walker
	column int // of the columns that are described
	cells  []string
	raw    []byte
}

func newSheet2003(k *Book, b []byte, n int) (*sheet2003, error) {
	s := &sheet2003{book: k, b: b, number: n, x: newXMLScanner(bytes.NewReader(b)), percent: map[string]bool{}}
	style := ""
	for seen := -1; ; {
		token, err := s.x.next()
		if err != nil || token == xmlEOF {
			return nil, io.ErrUnexpectedEOF
		}
		if token != xmlStart {
			continue
		}
		switch string(s.x.name) {
		case "Style":
			style = string(s.x.attr("ID"))
		case "NumberFormat":
			if f := string(s.x.attr("Format")); f == "Percent" || styleOf(f) == asPercent {
				s.percent[style] = true
			}
		case "Worksheet":
			if seen++; seen == n {
				return s, nil
			}
		}
	}
}

func (s *sheet2003) next(r *tableRow) bool { return s.walk(s, s.book.deadline, r) }
func (s *sheet2003) shut() error           { return nil }

func (s *sheet2003) fork() (table, func()) {
	t, err := newSheet2003(s.book, s.b, s.number)
	if err != nil {
		return nil, nil
	}
	t.behind = s.row
	return t, func() {}
}

func (s *sheet2003) give(r *tableRow, hidden bool) {
	*r = tableRow{line: s.row, cells: append(r.cells[:0], s.cells...), hidden: hidden}
	if n := s.book.lim.Columns; len(r.cells) > n && allBlank(r.cells[n:]) {
		r.cells = r.cells[:n]
	}
}

func (s *sheet2003) read() (hidden, ok bool, err error) {
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
			case "Column":
				s.describe()
			case "Row":
				s.row++
				if n := number(s.x.attr("Index")); n > s.row && n <= 1<<21 {
					s.row = n
				}
				s.cells = s.cells[:0]
				hidden = isTrue(s.x.attr("Hidden")) || string(s.x.attr("Height")) == "0"
			case "Cell":
				if err := s.cell(); err != nil {
					return false, false, err
				}
			}
		case xmlEnd:
			switch string(s.x.name) {
			case "Row":
				return hidden, true, nil
			case "Table", "Worksheet":
				return false, false, nil
			}
		}
	}
}

// describe notes hidden columns.
func (s *sheet2003) describe() {
	s.column++
	if n := number(s.x.attr("Index")); n > s.column {
		s.column = n
	}
	from := s.column
	s.column += max(0, min(number(s.x.attr("Span")), 1<<14))
	if (isTrue(s.x.attr("Hidden")) || string(s.x.attr("Width")) == "0") && len(s.cols) < 1000 {
		s.cols = append(s.cols, [2]int{from, s.column})
	}
}

// cell reads to the end of the cell that has just started.
func (s *sheet2003) cell() error {
	at := max(len(s.cells)+1, number(s.x.attr("Index")))
	across := max(0, number(s.x.attr("MergeAcross")))
	percent := s.percent[string(s.x.attr("StyleID"))]
	formula := len(s.x.attr("Formula")) > 0
	typ, err := s.data()
	if err != nil {
		return err
	}
	s.put(at, across, s.text(typ, s.raw, percent, formula && (typ == "" || typ != "String" && len(s.raw) == 0)))
	return nil
}

// data takes in what stands in the cell, but not in a comment on it, and tells its
// type.
func (s *sheet2003) data() (typ string, err error) {
	s.raw = s.raw[:0]
	comment, data := 0, 0
	for open := 1; open > 0; {
		token, err := s.x.next()
		if err != nil {
			return "", err
		}
		switch token {
		case xmlStart:
			open++
			switch string(s.x.name) {
			case "Data":
				if data++; comment == 0 {
					typ = string(s.x.attr("Type"))
				}
			case "Comment":
				comment++
			}
		case xmlEnd:
			open--
			switch string(s.x.name) {
			case "Data":
				data--
			case "Comment":
				comment--
			}
		case xmlText:
			if data > 0 && comment == 0 {
				if s.raw, err = s.x.appendText(s.raw); err != nil {
					return "", err
				}
			}
		case xmlEOF:
			return "", io.ErrUnexpectedEOF
		}
	}
	return typ, nil
}

// put adds a value in its column and empty cells over which it reaches; of those
// behind the last column one stands, so that too many are seen.
func (s *sheet2003) put(at, across int, value string) {
	if limit := s.book.lim.Columns + 1; at > limit {
		if clean(value) == "" {
			return
		}
		at = limit
	}
	for len(s.cells) < at-1 {
		s.cells = append(s.cells, "")
	}
	if at > len(s.cells) {
		s.cells = append(s.cells, value)
	}
	for ; across > 0 && len(s.cells) <= s.book.lim.Columns; across-- {
		s.cells = append(s.cells, "")
	}
}

// text brings a value into the form in which cells are read.
func (s *sheet2003) text(typ string, text []byte, percent, formula bool) string {
	switch {
	case formula:
		return uncomputed
	case typ == "Boolean":
		return map[bool]string{true: "TRUE", false: "FALSE"}[isTrue(text)]
	case typ == "Number":
		c := cell{value: text}
		if percent {
			c.style = asPercent
		}
		(&sheet{}).number(&c)
		return string(c.value)
	case typ == "DateTime": // 2026-03-02T00:00:00.000; 1899-12-31 is a time alone
		day, clock, _ := strings.Cut(string(text), "T")
		if strings.Trim(clock, "0:.") == "" {
			return day
		}
		return day + " " + strings.TrimSuffix(clock, ".000")
	}
	return string(text)
}
