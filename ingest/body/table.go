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
	shut  bool // a second header without the columns needed was met
	named int  // its line
}

// CSV reads a table as text: UTF-8, UTF-16 with a mark, or GB18030; separated by
// commas, TABs or semicolons. kind tells what its rows are. The error is a
// fault.Error: no header, a header without a column that every row needs, or a
// header cell that holds two columns. Nothing but a header is an empty body.
func CSV(b []byte, kind *record.KindSpec, lim Limits) (Source, error) {
	text, enc, err := detect(b)
	if err != nil {
		return nil, err
	}
	var best *mapped
	for _, delim := range []byte{',', '\t', ';'} {
		s := newSplitter(text, enc, lim)
		s.delim = delim
		cols, above, rows, e := findHeader(s, kind, lim)
		if errors.Is(e, errEmpty) {
			return Empty(), nil
		}
		if e == nil && (best == nil || cols.better(&best.cols)) {
			s.seek(rows[0].after) // rows are cut anew, now that their width is known
			best = &mapped{t: s, cols: cols, above: above, lim: lim}
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
		it.reset(m.base + m.row.line)
		m.fill(it)
		return true
	}
}

// header tells whether the row is the header of another table below the first,
// and reads on by it.
func (m *mapped) header() bool {
	if len(m.row.cells) < 2 {
		return false
	}
	c := match(m.cols.kind, m.row.cells)
	if !c.another() {
		return false
	}
	m.cols, m.shut, m.named = c, c.check("") != nil, m.row.line
	m.t.expect(len(c.header))
	return true
}

// bad adds why the row can't be read.
func (m *mapped) bad(it *Item, message string) {
	if m.place != "" {
		message = "sheet " + m.place + ", row " + strconv.Itoa(m.row.line) + ": " + message
	}
	it.add(fault.E13Catalogue, "", message)
}

func (m *mapped) fill(it *Item) {
	bad := func(message string) { m.bad(it, message) }
	switch {
	case m.lost != "":
		bad(m.lost)
		return
	case m.row.bad != "":
		bad(m.row.bad)
		return
	case m.shut:
		bad("row stands under a second header, in line " + strconv.Itoa(m.named) + ", that lacks columns or holds two in one cell")
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
	m.args = m.args[:0]
	for i, cell := range cells {
		if f := m.cols.field[i]; f != "" {
			m.args = append(m.args, record.Cell{Field: f, Text: cell, TenThousand: m.cols.wan[i]})
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
	return f != nil && (f.Type == record.Text || f.Type == record.Label || f.Type == record.DocumentNo || f.Type == record.Texts || f.Type == record.Objects)
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
