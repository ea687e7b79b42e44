package body

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// tableRow is one row of a table as found. Cells hold until the next row.
type tableRow struct {
	line  int
	cells []string
	// serial marks the cells that a spreadsheet shows as days: their text is a
	// number. nil: none.
	serial []bool
	hidden bool   // the row is hidden
	note   string // what was mended, "" when nothing
	bad    string // why the row can't be read, "" when it can
	after  cursor // of the row behind it, in text
}

// cursor is a position in text, with the lines before it.
type cursor struct{ pos, line int }

// table yields the rows of a table that are not blank, with their place.
type table interface {
	next(r *tableRow) bool
	// expect tells how many cells the header names, once it is found.
	expect(n int)
	// sparse tells whether empty cells at the end of a row are not written.
	sparse() bool
	// fork gives a table of its own that stands where this one does; nil: it
	// can't be read again. The caller shuts it.
	fork() (t table, shut func())
}

// splitter cuts CSV into rows. It works on the bytes as they came: in UTF-8 and
// in GB18030 no byte of a longer character is a comma, quote, TAB or line end.
//
// A quote that is never closed must not swallow the rows behind it. A row over
// several lines is taken only if its quote closes within the limit and the row
// then has as many cells as the header names; otherwise its first line stands
// alone and its quote counts as text.
type splitter struct {
	b     []byte
	pos   int
	line  int // lines before pos
	delim byte
	width int // cells of the header; 0: unknown
	enc   encoding
	lim   Limits

	cells [][2]int // of the row at hand, in buf
	buf   []byte   // cells without quotes
	last  int      // buf at the end of the last cell

	from, lf int // there is no line feed in b[from:lf], and b ends or has one at lf
}

func newSplitter(b []byte, enc encoding, lim Limits) *splitter {
	return &splitter{b: b, delim: ',', enc: enc, lim: lim, lf: -1}
}

func (s *splitter) expect(n int) { s.width = n }

// seek goes on at a cursor, where a row begins.
func (s *splitter) seek(p cursor) { s.pos, s.line = p.pos, p.line }

func (s *splitter) sparse() bool { return false }

func (s *splitter) fork() (table, func()) {
	t := newSplitter(s.b, s.enc, s.lim)
	t.delim, t.width = s.delim, s.width
	t.seek(cursor{s.pos, s.line})
	return t, func() {}
}

func (s *splitter) next(r *tableRow) bool {
	for s.pos < len(s.b) {
		start, line := s.pos, s.line+1
		first := s.lineEnd(start)
		if len(trimBlank(s.b[start:first])) == 0 {
			s.advance(first)
			continue
		}
		*r = tableRow{line: line, cells: r.cells[:0]}
		if first-start > s.lim.RowBytes {
			s.advance(first)
			r.bad = "row is " + size(first-start) + " long, at most " + size(s.lim.RowBytes) + " are read"
			r.after = cursor{s.pos, s.line}
			return true
		}
		end, lines, closed := s.parse(start, first, false)
		if !closed || lines > 0 && s.width > 0 && len(s.cells) != s.width {
			s.parse(start, first, true)
			end, lines = first, 0
			if s.width > 0 && len(s.cells) != s.width {
				r.bad = "a quotation mark is never closed"
			} else {
				r.note = "a quotation mark that is never closed was taken as text"
			}
		}
		s.line += lines
		s.advance(end)
		r.after = cursor{s.pos, s.line}
		if r.bad == "" && !s.decode(r) {
			r.bad = "row is not valid " + s.enc.String()
		}
		if r.bad != "" || !allBlank(r.cells) {
			return true
		}
	}
	return false
}

// advance goes behind the line end at i.
func (s *splitter) advance(i int) {
	s.pos, s.line = min(i+s.endWidth(i), len(s.b)), s.line+1
}

// lineEnd is where the line around i ends: LF, CR and both together end lines,
// and one file may have all of them. A row that ended otherwise would stand in
// the text of the row before.
func (s *splitter) lineEnd(i int) int {
	if i < s.from || i > s.lf {
		s.from, s.lf = i, len(s.b)
		if n := bytes.IndexByte(s.b[i:], '\n'); n >= 0 {
			s.lf = i + n
		}
	}
	if n := bytes.IndexByte(s.b[i:s.lf], '\r'); n >= 0 {
		return i + n
	}
	return s.lf
}

// endWidth is the length of the line end at i.
func (s *splitter) endWidth(i int) int {
	if i+1 < len(s.b) && s.b[i] == '\r' && s.b[i+1] == '\n' {
		return 2
	}
	return 1
}

// parse cuts the row at i into cells. first is the end of its first line. It
// gives the end of the row and how many lines it has beyond the first; closed
// is false when a quote is not closed within the limits. With plain, quotes are
// text and the row ends with its line.
func (s *splitter) parse(i, first int, plain bool) (end, lines int, closed bool) {
	s.cells, s.buf, s.last = s.cells[:0], s.buf[:0], 0
	limit := min(len(s.b), i+s.lim.RowBytes)
	for eol := first; ; {
		if !plain {
			if q := skipBlank(s.b, i, eol, s.delim); q < eol && s.b[q] == '"' {
				next, more, ok := s.quoted(q+1, limit)
				if !ok || lines+more >= s.lim.QuotedLines {
					return 0, 0, false
				}
				if i = next; more > 0 {
					lines += more
					eol = s.lineEnd(i)
				}
				s.cut()
				if i == eol {
					return eol, lines, true
				}
				i++ // the delimiter
				continue
			}
		}
		n := bytes.IndexByte(s.b[i:eol], s.delim)
		if n < 0 {
			s.buf = append(s.buf, s.b[i:eol]...)
			s.cut()
			return eol, lines, true
		}
		s.buf = append(s.buf, s.b[i:i+n]...)
		s.cut()
		i += n + 1
	}
}

// quoted copies a quoted cell from behind its opening quote and gives the place
// of the delimiter or line end behind it. A quote inside that is followed by
// other text is text.
func (s *splitter) quoted(i, limit int) (next, lines int, ok bool) {
	for i < limit {
		switch c := s.b[i]; c {
		case '"':
			if i+1 < len(s.b) && s.b[i+1] == '"' {
				s.buf = append(s.buf, '"')
				i += 2
				continue
			}
			end := skipBlank(s.b, i+1, s.lineEnd(i+1), s.delim)
			if end == len(s.b) || s.b[end] == s.delim || s.b[end] == '\n' || s.b[end] == '\r' {
				return end, lines, true
			}
			s.buf = append(s.buf, c)
		case '\n', '\r':
			lines++
			if lines >= s.lim.QuotedLines {
				return 0, 0, false
			}
			s.buf = append(s.buf, '\n')
			i += s.endWidth(i) - 1
		default:
			s.buf = append(s.buf, c)
		}
		i++
	}
	return 0, 0, false
}

func (s *splitter) cut() {
	if len(s.cells) < s.lim.Columns+1 { // one more, so that too many are seen
		s.cells = append(s.cells, [2]int{s.last, len(s.buf)})
	}
	s.last = len(s.buf)
}

// decode turns the cells into strings that share one allocation.
func (s *splitter) decode(r *tableRow) bool {
	text, ok := s.buf, true
	switch s.enc {
	case encUTF8:
		ok = utf8.Valid(text)
	case encGB18030:
		return s.decodeEach(r)
	case encDeclared: // made UTF-8 before; a byte that fitted no character shows
		ok = utf8.Valid(text) && !bytes.ContainsRune(text, utf8.RuneError)
	}
	if !ok {
		return false
	}
	all := string(text)
	for _, c := range s.cells {
		r.cells = append(r.cells, all[c[0]:c[1]])
	}
	return true
}

func (s *splitter) decodeEach(r *tableRow) bool {
	for _, c := range s.cells {
		cell, ok := fromGB18030(s.buf[c[0]:c[1]])
		if !ok {
			return false
		}
		r.cells = append(r.cells, cell)
	}
	return true
}

// skipBlank skips blanks and TABs that are no delimiter.
func skipBlank(b []byte, i, end int, delim byte) int {
	for i < end && b[i] != delim && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return i
}

func trimBlank(b []byte) []byte { return bytes.Trim(b, " \t\r,;") }

// tooWide says that a row has more cells than are looked at.
func tooWide(limit int) string { return "row has more than " + strconv.Itoa(limit) + " cells" }
