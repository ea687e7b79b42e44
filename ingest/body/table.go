package body

import (
	"cmp"
	"errors"
	"strconv"
	"strings"

	"credithub/schema/fault"
	"credithub/schema/record"
	"credithub/schema/uscc"
)

// mapped turns the rows of a table into envelopes, by its header.
type mapped struct {
	t     table
	cols  columns
	above []tableRow // rows that stand above the header
	queue []tableRow // rows read while the header was looked for
	lost  string     // why no row can be read: the table has no header that serves
	base  int        // added to line numbers
	place string     // sheet for messages, "" when there is one only
	lim   Limits
	row   tableRow
	out   []byte
	args  []record.Cell
	shut  string // why the rows under a second header can't be read
	named int    // its line
	head  cursor // where the header begins, in text

	strays []stray
	hidden hiddenRows
	held   []held // merged cells that reach the row at hand
	merged int    // ranges of merged cells that were passed
}

// stray is an unknown column, with what is counted of it.
type stray struct {
	Note
	column int // −1: of a header above
}

// CSV reads a table as text: UTF-8, UTF-16 with a mark, or GB18030; separated by
// commas, TABs or semicolons. kind tells what its rows are. The error is a
// fault.Error: no header, a header without a column that every row needs, or a
// header cell that holds two columns, two columns of one field, or one that nobody
// knows and that looks like a day, a code or a term. Nothing but a header is an
// empty body.
func CSV(b []byte, kind *record.KindSpec, opt Options, lim Limits) (Source, error) {
	text, enc, err := detect(b)
	if opt.Charset != "" {
		text, enc, err = declared(b, opt.Charset)
	}
	if err != nil {
		return nil, err
	}
	var best *mapped
	for _, delim := range []byte{',', '\t', ';'} {
		s := newSplitter(text, enc, lim)
		s.delim = delim
		h, e := findHeader(s, kind, &opt, lim)
		if errors.Is(e, errEmpty) {
			return Empty(), nil
		}
		if e == nil && (best == nil || h.better(&best.cols)) {
			s.seek(h.rows[0].after) // rows are cut anew, now that their width is known
			best = &mapped{t: s, cols: h.columns, above: h.above, lim: lim, named: h.rows[0].line}
			if n := len(h.above); n > 0 {
				best.head = h.above[n-1].after
			}
		}
		if err == nil && e != nil {
			err = e
		}
	}
	if best == nil {
		return nil, err
	}
	if err := best.cols.check(""); err != nil {
		return nil, err
	}
	if n := lines(text); n > lim.Rows {
		s := newSplitter(text, enc, lim)
		s.delim = best.t.(*splitter).delim
		rows := 0
		for s.next(&best.row) {
			rows++
		}
		if rows-1 > lim.Rows {
			return nil, tooManyRows(rows-1, lim.Rows)
		}
	}
	best.t.expect(len(best.cols.header))
	if err := best.begin(""); err != nil {
		return nil, err
	}
	return best, nil
}

func lines(b []byte) int {
	n := 0
	for _, c := range b {
		if c == '\n' || c == '\r' {
			n++
		}
	}
	return n
}

// empty is a body without rows.
type empty struct{}

func (empty) Next(*Item) bool { return false }

// Empty is a body without rows: a heartbeat.
func Empty() Source { return empty{} }

func (m *mapped) Next(it *Item) bool {
	for len(m.above) > 0 {
		m.row, m.above = m.above[0], m.above[1:]
		if holdsCode(m.row.cells) {
			it.reset(m.base + m.row.line)
			m.bad(it, cmp.Or(m.lost, "row stands above the header"))
			return true
		}
	}
	for {
		if len(m.queue) > 0 {
			m.row, m.queue = m.queue[0], m.queue[1:]
		} else if !m.t.next(&m.row) {
			return false
		}
		if m.row.bad == "" && (m.lost != "" && len(m.cols.field) == 0 && !holdsCode(m.row.cells) || m.lost == "" && m.header()) {
			continue
		}
		m.spread()
		it.reset(m.base + m.row.line)
		if m.row.hidden {
			m.hidden.add(m.row.line, int(it.Line))
		}
		m.fill(it)
		return true
	}
}

// header tells whether the row is the header of another table below the first,
// and reads on by it.
func (m *mapped) header() bool {
	if len(m.row.cells) < 2 || m.startsAsRow() {
		return false
	}
	c := match(m.cols.kind, m.cols.opt, m.cols.read(m.row.cells))
	if !c.another() {
		return false
	}
	m.cols, m.shut, m.named = c, "", m.row.line
	err := c.check("")
	if m.t.expect(len(c.header)); err == nil {
		err = m.begin("")
	}
	if err != nil {
		m.shut = messageOf(err)
	}
	return true
}

// startsAsRow tells, without a look at every cell, whether the cell of the code
// holds one.
func (m *mapped) startsAsRow() bool {
	for i, f := range m.cols.field {
		if f == "uscc" {
			return i < len(m.row.cells) && len(m.row.cells[i]) == uscc.Length && m.row.cells[i][0]-'0' <= 9
		}
	}
	return false
}

// begin reads on under a header: its unknown columns are counted from here, and
// looked through once before any row counts.
func (m *mapped) begin(where string) error {
	for i := range m.strays {
		m.strays[i].column = -1
	}
	var open []int
	for _, i := range m.cols.unknown() {
		m.strays = append(m.strays, stray{column: i, Note: Note{Line: uint32(m.named),
			Fault: fault.Fault{Code: fault.W13Column, Field: clipHeading(m.cols.heading(i))}}})
		if !bookkeeping[record.FoldHeader(m.cols.header[i])] {
			open = append(open, i)
		}
	}
	if len(open) == 0 {
		return nil
	}
	t, shut := m.t.fork()
	if t == nil {
		return nil
	}
	defer shut()
	values := make([]strangeValues, len(m.cols.field))
	look := func(r *tableRow) bool {
		if r.bad != "" {
			return true
		}
		if len(r.cells) > 1 && !m.rowOf(r) {
			if c := match(m.cols.kind, m.cols.opt, m.cols.read(r.cells)); c.another() {
				return false // the table ends here
			}
		}
		for _, i := range open {
			if i < len(r.cells) {
				values[i].add(r.cells[i], i < len(r.serial) && r.serial[i])
			}
		}
		return true
	}
	for i := range m.queue {
		if !look(&m.queue[i]) {
			return m.judge(open, values, where)
		}
	}
	for r := (tableRow{}); t.next(&r) && look(&r); {
	}
	return m.judge(open, values, where)
}

// rowOf is startsAsRow of another row.
func (m *mapped) rowOf(r *tableRow) bool {
	keep := m.row
	m.row = *r
	is := m.startsAsRow()
	m.row = keep
	return is
}

func (m *mapped) judge(open []int, values []strangeValues, where string) error {
	for _, i := range open {
		if l := values[i].most(); l != plain {
			return m.cols.refuse(i, l, where)
		}
		if record.FoldHeader(m.cols.header[i]) == "编号" && !values[i].counted() {
			return m.cols.refuse(i, code, where)
		}
	}
	return nil
}

// clipHeading bounds a heading in a finding.
func clipHeading(s string) string {
	if r := []rune(s); len(r) > 64 {
		return string(r[:64]) + "…"
	}
	return s
}

// notes tells what was not kept, and what was hidden.
func (m *mapped) notes() []Note {
	var all []Note
	for _, s := range m.strays {
		n := s.Note
		n.Message = "no field of this kind, not kept: " + count(n.Count)
		if n.Count == 0 {
			n.Message = "no field of this kind; the column is empty"
		}
		if m.place != "" {
			n.Message += " of sheet " + m.place
		}
		all = append(all, n)
	}
	return append(all, m.hidden.notes(m)...)
}

// bad adds why the row can't be read.
func (m *mapped) bad(it *Item, message string) {
	if m.place != "" {
		message = "sheet " + m.place + ", row " + strconv.Itoa(m.row.line) + ": " + message
	}
	it.add(fault.E13Catalogue, "", message)
}

func (m *mapped) fill(it *Item) {
	it.Header, it.Cells, it.Left = m.cols.header, m.row.cells, m.cols.ignore
	bad := func(message string) { m.bad(it, message) }
	switch {
	case m.lost != "":
		bad(m.lost)
		return
	case m.row.bad != "":
		bad(m.row.bad)
		return
	case m.shut != "":
		bad("row stands under a second header, in line " + strconv.Itoa(m.named) + ", that can't be used: " + m.shut)
		return
	case len(m.row.cells) > m.lim.Columns:
		bad(tooWide(m.lim.Columns))
		return
	}
	cells, note, ok := m.align(m.row.cells)
	if !ok {
		bad("row has " + strconv.Itoa(len(m.row.cells)) + " cells where the header names " + strconv.Itoa(len(m.cols.header)) +
			": a comma is missing, or one inside a cell stands without quotation marks")
		return
	}
	it.Cells = cells
	for i := range m.strays {
		if s := &m.strays[i]; s.column >= 0 && clean(cells[s.column]) != "" {
			if s.Count++; s.Count == 1 {
				s.Line = it.Line
			}
		}
	}
	if m.total(cells) {
		it.add(fault.E05Required, "uscc", "missing; this looks like the row of a total (合计), which is no record: leave it out")
		return
	}
	m.args = m.args[:0]
	for i, cell := range cells {
		if f := m.cols.field[i]; f != "" {
			m.args = append(m.args, record.Cell{Field: f, Text: cell, Unit: m.cols.unit[i], Serial: i < len(m.row.serial) && m.row.serial[i]})
		}
	}
	var warnings []fault.Fault
	m.out, warnings = m.cols.kind.Build(m.out[:0], m.args)
	it.Raw = m.out
	it.Faults = append(it.Faults, warnings...)
	for _, n := range []string{m.row.note, note} {
		if n != "" {
			it.add(fault.W05Normalised, "", n)
		}
	}
	if len(it.Raw) > m.lim.RowBytes {
		it.Raw, it.Faults = nil, it.Faults[:0]
		bad("row is " + size(len(m.out)) + " long, at most " + size(m.lim.RowBytes) + " are read")
	}
}

// total tells whether the row has no code and begins with a word for a total.
func (m *mapped) total(cells []string) bool {
	for i, f := range m.cols.field {
		if f == "uscc" && clean(cells[i]) != "" && !uscc.Total(clean(cells[i])) {
			return false
		}
	}
	for _, cell := range cells {
		if s := clean(cell); s != "" {
			return uscc.Total(s)
		}
	}
	return false
}

// align gives a row as many cells as the header names. Cells that are missing
// at the end are taken as empty, and cells too many are joined, only when every
// column of a known form then reads well and there is one way to do it.
func (m *mapped) align(cells []string) (out []string, note string, ok bool) {
	want := len(m.cols.header)
	for len(cells) > want && clean(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	switch have := len(cells); {
	case have == want:
		return cells, "", true
	case have < want:
		out = append(append(make([]string, 0, want), cells...), make([]string, want-have)...)
		if m.t.sparse() {
			return out, "", true
		}
		if m.fits(out, true) {
			return out, "cells missing at the end of the row were taken as empty", true
		}
		return nil, "", false
	}
	return m.join(cells, want)
}

// join puts a text back together that unquoted commas have cut.
func (m *mapped) join(cells []string, want int) (out []string, note string, ok bool) {
	extra := len(cells) - want
	if extra > maxJoined {
		return nil, "", false
	}
	for i := 0; i < want; i++ {
		if !m.freeText(i) {
			continue
		}
		try := make([]string, 0, want)
		try = append(try, cells[:i]...)
		try = append(try, strings.Join(cells[i:i+extra+1], ","))
		try = append(try, cells[i+extra+1:]...)
		if !m.fits(try, true) {
			continue
		}
		if ok {
			return nil, "", false // two ways: nobody can tell
		}
		out, ok = try, true
		note = "cells " + strconv.Itoa(i+1) + " to " + strconv.Itoa(i+1+extra) + " were joined: a comma inside a cell needs quotation marks"
	}
	return out, note, ok
}

// maxJoined bounds the commas that one cell may have lost its quotes around.
const maxJoined = 8

// freeText tells whether a comma can stand in a column.
func (m *mapped) freeText(i int) bool {
	name := m.cols.field[i]
	if name == "" {
		return true
	}
	f := m.cols.kind.Field(name)
	return f != nil && (f.Type == record.Text || f.Type == record.Label || f.Type == record.DocumentNo || f.Type == record.CommitmentNo || f.Type == record.Texts || f.Type == record.Objects)
}

// fits tells whether every column whose form is known reads well, and whether,
// with full, every required one has a value.
func (m *mapped) fits(cells []string, full bool) bool {
	for i, cell := range cells {
		name := m.cols.field[i]
		if name == "" {
			continue
		}
		v, _, ok := record.Normalise(m.cols.kind, name, cell)
		if !ok {
			return false
		}
		f := m.cols.kind.Field(name)
		if full && f != nil && f.Required && v == "" {
			return false
		}
		if name == "uscc" && v != "" && uscc.Check([]byte(v)).Code.Rejects() {
			return false
		}
	}
	return true
}
