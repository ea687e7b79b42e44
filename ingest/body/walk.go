package body

import "time"

// sheetTable is a sheet of any form of workbook.
type sheetTable interface {
	table
	at() int          // row that was read last
	veiled() [][2]int // hidden columns, from 1
	shut() error
}

// walker is how far a sheet of any form of workbook is read.
type walker struct {
	row    int // number of the row at hand, from 1
	behind int // rows up to this one are passed over
	done   bool
	cols   [][2]int // hidden columns, from 1
}

func (w *walker) expect(int)       {}
func (w *walker) sparse() bool     { return true }
func (w *walker) at() int          { return w.row }
func (w *walker) veiled() [][2]int { return w.cols }

// rowReader reads the rows of one form.
type rowReader interface {
	// read takes the next row in; false behind the last.
	read() (hidden, ok bool, err error)
	// give tells the row at hand.
	give(r *tableRow, hidden bool)
}

const tooSlow = "the workbook takes too long to read; this row and those below were not read: send it in parts or as CSV"

// walk gives the next row that says anything; what can't be read, or not before the
// deadline, is the last.
func (w *walker) walk(s rowReader, deadline time.Time, r *tableRow) bool {
	for !w.done {
		hidden, ok, err := s.read()
		switch {
		case err != nil:
			w.done = true
			*r = tableRow{line: w.row + 1, bad: "the sheet can't be read from here on"}
			return true
		case !ok:
			w.done = true
			return false
		case w.row&255 == 0 && time.Now().After(deadline):
			w.done = true
			*r = tableRow{line: w.row, bad: tooSlow}
			return true
		case w.row <= w.behind:
			continue
		}
		s.give(r, hidden)
		if r.bad != "" || !allBlank(r.cells) {
			return true
		}
	}
	return false
}

const lostText = "a cell of the row names a text that the workbook lacks"
