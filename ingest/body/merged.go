package body

import (
	"bytes"
	"slices"
)

// span is a range of merged cells, from 1.
type span struct{ row, col, lastRow, lastCol int }

// maxSpans bounds the ranges of a sheet that are kept.
const maxSpans = 200_000

// spanOf reads a range such as B2:B4.
func spanOf(ref []byte) (s span, ok bool) {
	a, b, ok := bytes.Cut(ref, []byte(":"))
	digits := func(p []byte) int { return number(bytes.TrimLeft(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) }
	s = span{digits(a), columnNumber(a), digits(b), columnNumber(b)}
	return s, ok && s.row > 0 && s.col > 0 && s.lastRow >= s.row && s.lastCol >= s.col
}

// merger is a table that knows which of its cells are merged, by their first row.
type merger interface{ spans() []span }

// held is a range of merged cells that reaches the row at hand, with its value.
type held struct {
	span
	text   string
	serial bool
}

// spread fills the cells of the row at hand that are merged with one above or
// beside: the value counts for all of them. What is merged with the header is its own.
func (m *mapped) spread() {
	t, ok := m.t.(merger)
	if !ok || m.row.bad != "" {
		return
	}
	all := t.spans()
	m.held = slices.DeleteFunc(m.held, func(h held) bool { return h.lastRow < m.row.line })
	for m.merged < len(all) && all[m.merged].row <= m.row.line {
		s := all[m.merged]
		if m.merged++; s.row == m.row.line && s.row > m.named && s.col <= len(m.row.cells) {
			h := held{span: s, text: m.row.cells[s.col-1], serial: s.col <= len(m.row.serial) && m.row.serial[s.col-1]}
			if clean(h.text) != "" {
				m.held = append(m.held, h)
			}
		}
	}
	for _, h := range m.held {
		for col := h.col; col <= min(h.lastCol, len(m.cols.header)); col++ {
			for len(m.row.cells) < col {
				m.row.cells = append(m.row.cells, "")
			}
			for len(m.row.serial) < col {
				m.row.serial = append(m.row.serial, false)
			}
			if clean(m.row.cells[col-1]) == "" {
				m.row.cells[col-1], m.row.serial[col-1] = h.text, h.serial
				m.row.note = "cells that are merged with others were given their value"
			}
		}
	}
}
