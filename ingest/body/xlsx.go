package body

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"io"
	"strings"
	"time"

	"credithub/schema/fault"
	"credithub/schema/record"
)

// Book is the rows of a workbook. It holds temporary files until closed.
type Book struct {
	lim      Limits
	opt      Options
	deadline time.Time
	strings  *sharedStrings
	styles   []numberStyle
	computed bool // BIFF8: a spreadsheet computed the formulas

	sheets []*mapped
	at     int
	hidden []string // sheets that were read
}

// maxSheets bounds the sheets that are looked at.
const maxSheets = 64

// XLSX reads a workbook, be it the ZIP package of today, a .xls of BIFF8 or an
// XML Spreadsheet 2003, whatever its name: every sheet whose first rows hold a header of the kind,
// in order; then, of other sheets, the rows that hold a code or stand under a header
// that lacks columns, which are refused. Lines are rows of the sheet; from the second
// such sheet on they continue behind the last row of the sheet before. What is hidden
// is read, and noted. Sheets are read as they stream; texts above a limit go to a
// temporary file in spill ("": the system's folder), and entries, unpacked size,
// compression, rows and cells are bounded before any row counts. The error is a
// fault.Error that says what the body is when it is no XLSX.
func XLSX(b []byte, kind *record.KindSpec, opt Options, lim Limits, spill string) (*Book, error) {
	switch {
	case isXML2003(b):
		return xmlBook2003(b, kind, opt, lim)
	case isCompound(b):
		return xls(b, kind, opt, lim, spill)
	}
	if err := notXLSX(b); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, damaged(err)
	}
	book := &Book{lim: lim, opt: opt, deadline: time.Now().Add(time.Duration(lim.SheetSeconds) * time.Second)}
	pack, err := openPackage(z, lim)
	if err != nil {
		return nil, err
	}
	if err := book.load(pack, spill); err != nil {
		return nil, err
	}
	if pack.date1904 {
		_ = book.Close()
		return nil, fault.New(fault.BadInput, "the workbook counts days from 1904: turn that off in its options and check the dates")
	}
	var all []opener
	for i := range pack.sheets {
		p := &pack.sheets[i]
		all = append(all, opener{p.title, p.hidden, func() (sheetTable, error) { return book.openSheet(p) }})
	}
	if err := book.find(all, kind); err != nil {
		_ = book.Close()
		return nil, err
	}
	return book, nil
}

// opener opens one sheet of a workbook.
type opener struct {
	title  string
	hidden bool
	open   func() (sheetTable, error)
}

// load reads what all sheets share.
func (k *Book) load(p *pack, spill string) (err error) {
	if p.styles != nil {
		err = p.styles.read(func(r io.Reader) (err error) { k.styles, err = readStyles(r); return err })
	}
	if err == nil && p.strings != nil {
		err = p.strings.read(func(r io.Reader) (err error) { k.strings, err = readStrings(r, k.lim, spill); return err })
	}
	if errors.Is(err, errStrings) {
		return fault.New(fault.TooLarge, "the workbook has more texts than are read: send it in parts or as CSV")
	}
	if err != nil {
		return damaged(err)
	}
	return nil
}

// find opens the sheets that have a header.
func (k *Book) find(sheets []opener, kind *record.KindSpec) error {
	if len(sheets) > maxSheets {
		return fault.New(fault.TooLarge, "the workbook has %d sheets, at most %d are read", len(sheets), maxSheets)
	}
	var first error
	var lost []*mapped // they come last, so that they don't move the lines of others
	for i := range sheets {
		m, err := k.findSheet(&sheets[i], kind, len(sheets) > 1)
		if m == nil {
			if err != nil {
				return err
			}
			continue
		}
		if sheets[i].hidden {
			k.hidden = append(k.hidden, sheets[i].title)
		}
		if err != nil {
			first = cmp.Or(first, err)
			lost = append(lost, m)
			continue
		}
		k.sheets = append(k.sheets, m)
	}
	if len(k.sheets) == 0 && len(lost) > 0 {
		k.sheets = lost // to be closed
		return first
	}
	k.sheets = append(k.sheets, lost...)
	return nil
}

// findSheet looks for the header of a sheet. The error tells why no row of it can be
// read; nothing at all: the sheet is empty.
func (k *Book) findSheet(p *opener, kind *record.KindSpec, many bool) (*mapped, error) {
	s, err := p.open()
	if err != nil {
		return nil, damaged(err)
	}
	h, err := findHeader(s, kind, &k.opt, k.lim)
	if errors.Is(err, errEmpty) {
		return nil, s.shut()
	}
	m := &mapped{t: s, cols: h.columns, above: h.above, lim: k.lim}
	where := ""
	if many {
		m.place, where = p.title, " of sheet "+p.title
	}
	if len(h.rows) > 0 {
		m.named, m.queue = h.rows[0].line, h.rows[1:]
	}
	if err == nil {
		err = m.cols.check(where)
	}
	if m.t.expect(len(m.cols.header)); err == nil {
		err = m.begin(where)
	}
	if err != nil {
		m.lost = messageOf(err)
	}
	return m, err
}

// messageOf is what may be shown of an error.
func messageOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return err.Error()
}

// Next gives the next row of the workbook.
func (k *Book) Next(it *Item) bool {
	for k.at < len(k.sheets) {
		if k.sheets[k.at].Next(it) {
			return true
		}
		if k.at++; k.at < len(k.sheets) {
			last := k.sheets[k.at-1]
			k.sheets[k.at].base = last.base + last.t.(sheetTable).at()
		}
	}
	return false
}

// notes tells what was not kept, and what was hidden.
func (k *Book) notes() []Note {
	var all []Note
	for _, m := range k.sheets {
		all = append(all, m.notes()...)
		all = append(all, m.hiddenColumns()...)
	}
	if len(k.hidden) > 0 {
		all = append(all, Note{Line: 1, Count: len(k.hidden), Fault: fault.Fault{Code: fault.W14Hidden,
			Message: "hidden sheets were read: " + strings.Join(k.hidden, ", ")}})
	}
	return all
}

// hiddenColumns tells which columns with a heading are hidden.
func (m *mapped) hiddenColumns() []Note {
	var hidden [][2]int
	n := 0
	for _, r := range m.t.(sheetTable).veiled() {
		if r[1] = min(r[1], len(m.cols.header)); r[0] <= r[1] {
			hidden, n = append(hidden, r), n+r[1]-r[0]+1
		}
	}
	if n == 0 {
		return nil
	}
	return []Note{{Line: uint32(m.base + m.named), Count: n, Fault: fault.Fault{Code: fault.W14Hidden,
		Message: "hidden columns were read: " + spans(hidden, columnName) + m.ofSheet()}}}
}

// Close removes the temporary files.
func (k *Book) Close() error {
	var errs []error
	for _, m := range k.sheets {
		errs = append(errs, m.t.(sheetTable).shut())
	}
	return errors.Join(append(errs, k.strings.close())...)
}

func damaged(err error) error {
	return fault.Wrap(fault.BadInput, err, "the workbook is damaged or cut off; nothing was accepted")
}
