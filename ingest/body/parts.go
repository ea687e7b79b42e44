package body

import (
	"bytes"

	"credithub/schema/record"
)

// Part is a piece of a CSV file that can be read alone: a mark of its encoding,
// the header, and whole rows as they stand in the file.
type Part struct {
	Body []byte
	// Row r of Body, counted in lines, is line r + Shift of the file.
	Shift int
	Rows  int
}

// marks tell the encoding of a part beyond doubt.
var marks = [...][]byte{encUTF8: utf8BOM, encGB18030: {0x84, 0x31, 0x95, 0x33}, encDeclared: utf8BOM}

// CSVParts cuts a CSV file into parts of at most so many bytes and rows, a row
// that is longer alone in its part, and hands each to f until f fails. Parts
// share memory: a part holds until f returns. Reading every part by CSV gives
// the rows of the file. The errors are those of CSV, and what f gave.
func CSVParts(b []byte, kind *record.KindSpec, opt Options, lim Limits, maxBytes, maxRows int, f func(Part) error) error {
	lim.Rows = len(b) + 1 // rows are bounded by part
	src, err := CSV(b, kind, opt, lim)
	if err != nil {
		return err
	}
	m, ok := src.(*mapped)
	if !ok {
		return nil
	}
	s := m.t.(*splitter)
	p := parter{s: s, max: maxBytes, rows: maxRows, f: f}
	p.header(s.b[m.head.pos:s.pos])
	p.begin()
	for s.next(&m.row) {
		if m.row.bad == "" && m.header() {
			if err := p.flush(); err != nil {
				return err
			}
			p.header(s.b[p.end:m.row.after.pos])
			p.end, p.line = m.row.after.pos, m.row.after.line
			p.begin()
			continue
		}
		if err := p.add(m.row.after); err != nil {
			return err
		}
	}
	return p.flush()
}

// parter gathers rows into parts.
type parter struct {
	s         *splitter
	max, rows int
	f         func(Part) error

	head      []byte
	headLines int
	from, end int // of the rows gathered, in the text
	first     int // lines before from
	line      int // lines before end
	n         int
	out       []byte
}

func (p *parter) header(b []byte) {
	p.head = append(bytes.Clone(marks[p.s.enc]), b...)
	if c := p.head[len(p.head)-1]; c != '\n' && c != '\r' {
		p.head = append(p.head, '\n')
	}
	p.headLines = lineEnds(p.head)
}

// lineEnds counts LF, CR and both together.
func lineEnds(b []byte) int {
	return bytes.Count(b, []byte("\n")) + bytes.Count(b, []byte("\r")) - bytes.Count(b, []byte("\r\n"))
}

// begin starts a part where the splitter stands.
func (p *parter) begin() {
	if p.n == 0 {
		p.from, p.first = p.s.pos, p.s.line
		p.end, p.line = p.from, p.first
	}
}

func (p *parter) add(after cursor) error {
	if p.n > 0 && (len(p.head)+after.pos-p.from > p.max || p.n == p.rows) {
		if err := p.flush(); err != nil {
			return err
		}
		p.from, p.first = p.end, p.line
	}
	p.end, p.line = after.pos, after.line
	p.n++
	return nil
}

func (p *parter) flush() error {
	if p.n == 0 {
		return nil
	}
	p.out = append(append(p.out[:0], p.head...), p.s.b[p.from:p.end]...)
	err := p.f(Part{Body: p.out, Shift: p.first - p.headLines, Rows: p.n})
	p.n = 0
	return err
}
