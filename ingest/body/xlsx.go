package body

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"credithub/schema/fault"
	"credithub/schema/record"
)

// Book is the rows of an XLSX workbook. It holds temporary files until closed.
type Book struct {
	file   *excelize.File
	sheets []*mapped
	at     int
}

// maxSheets bounds the sheets that are looked at.
const maxSheets = 64

// XLSX reads a workbook: every sheet whose first rows hold a header of the kind,
// in order; then, of other sheets, the rows that hold a code or stand under a header
// that lacks columns, which are refused. Lines are rows of the sheet; from the second such sheet on they
// continue behind the last row of the sheet before. Only the streaming reader is
// used, large parts go to temporary files in spill ("": the system's folder),
// and entries, unpacked size, compression, rows and cells are bounded before
// anything is read. The error is a fault.Error that says what the body is when
// it is no XLSX.
func XLSX(b []byte, kind *record.KindSpec, lim Limits, spill string) (*Book, error) {
	if err := notXLSX(b); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, fault.Wrap(fault.BadInput, err, "the workbook is damaged or cut off; nothing was accepted")
	}
	if err := survey(z, lim); err != nil {
		return nil, err
	}
	file, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: lim.ZipBytes, UnzipXMLSizeLimit: min(lim.SpillBytes, lim.ZipBytes), TmpDir: spill,
	})
	if err != nil {
		return nil, fault.Wrap(fault.BadInput, err, "the workbook can't be read; nothing was accepted"+saveAs)
	}
	book := &Book{file: file}
	if err := book.find(kind, lim); err != nil {
		_ = book.Close()
		return nil, err
	}
	return book, nil
}

// find opens the sheets that have a header.
func (k *Book) find(kind *record.KindSpec, lim Limits) error {
	props, err := k.file.GetWorkbookProps()
	if err == nil && props.Date1904 != nil && *props.Date1904 {
		return fault.New(fault.BadInput, "the workbook counts days from 1904: turn that off in its options and check the dates")
	}
	names := k.file.GetSheetList()
	if len(names) > maxSheets {
		return fault.New(fault.TooLarge, "the workbook has %d sheets, at most %d are read", len(names), maxSheets)
	}
	deadline := time.Now().Add(time.Duration(lim.SheetSeconds) * time.Second)
	var first error
	var lost []*mapped // they come last, so that they don't move the lines of others
	for _, name := range names {
		rows, err := k.file.Rows(name)
		if err != nil {
			continue // a chart
		}
		s := &sheet{rows: rows, lim: lim, deadline: deadline}
		cols, above, rest, err := findHeader(s, kind, lim)
		where := ""
		if len(names) > 1 {
			where = " of sheet " + name
		}
		if err == nil {
			err = cols.check(where)
		}
		if errors.Is(err, errEmpty) {
			_ = rows.Close()
			continue
		}
		m := &mapped{t: s, cols: cols, above: above, lim: lim}
		if len(rest) > 0 {
			m.queue = rest[1:]
		}
		if len(names) > 1 {
			m.place = name
		}
		m.t.expect(len(cols.header))
		if err != nil {
			m.lost, first = err.Error(), cmp.Or(first, err)
			var f *fault.Error
			if errors.As(err, &f) {
				m.lost = f.Message
			}
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

// Next gives the next row of the workbook.
func (k *Book) Next(it *Item) bool {
	for k.at < len(k.sheets) {
		if k.sheets[k.at].Next(it) {
			return true
		}
		if k.at++; k.at < len(k.sheets) {
			last := k.sheets[k.at-1]
			k.sheets[k.at].base = last.base + last.t.(*sheet).row
		}
	}
	return false
}

// Close removes the temporary files.
func (k *Book) Close() error {
	var errs []error
	for _, m := range k.sheets {
		errs = append(errs, m.t.(*sheet).rows.Close())
	}
	return errors.Join(append(errs, k.file.Close())...)
}

// sheet yields the rows of one sheet.
type sheet struct {
	rows     *excelize.Rows
	row      int
	done     bool
	lim      Limits
	deadline time.Time
}

func (s *sheet) expect(int)   {}
func (s *sheet) sparse() bool { return true }

func (s *sheet) next(r *tableRow) bool {
	for !s.done && s.rows.Next() {
		s.row++
		if s.row&255 == 0 && time.Now().After(s.deadline) {
			s.done = true
			*r = tableRow{line: s.row, bad: "the sheet takes too long to read; this row and those below were not read: send it in parts or as CSV"}
			return true
		}
		cells, err := s.rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			*r = tableRow{line: s.row, bad: "row can't be read"}
			return true
		}
		if allBlank(cells) {
			continue
		}
		if len(cells) > s.lim.Columns && allBlank(cells[s.lim.Columns:]) {
			cells = cells[:s.lim.Columns]
		}
		*r = tableRow{line: s.row, cells: cells}
		return true
	}
	if !s.done {
		s.done = true
		if s.rows.Error() != nil {
			*r = tableRow{line: s.row + 1, bad: "the sheet can't be read from here on"}
			return true
		}
	}
	return false
}

// survey bounds a package before it is read. Sheets and strings are read through
// once, so that one that is damaged, which the streaming reader would take for
// its end, is refused before any row counts.
func survey(z *zip.Reader, lim Limits) error {
	if len(z.File) > lim.ZipEntries {
		return fault.New(fault.TooLarge, "the workbook has %d parts, at most %d are read", len(z.File), lim.ZipEntries)
	}
	var total, parts uint64
	book := false
	for _, f := range z.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		n := f.UncompressedSize64
		total += n
		if !isSheet(name) && name != "xl/sharedstrings.xml" {
			parts += n
		}
		book = book || name == "xl/workbook.xml"
		if n > 1<<20 && n/uint64(lim.ZipRatio) > f.CompressedSize64 {
			return fault.New(fault.TooLarge, "a part of the workbook is packed more than %d times: save the rows that have data only", lim.ZipRatio)
		}
		if total > uint64(lim.ZipBytes) || n > 1<<40 {
			return fault.New(fault.TooLarge, "the workbook is larger than %d bytes unpacked: send it in parts or as CSV", lim.ZipBytes)
		}
	}
	if !book {
		return otherPackage(z)
	}
	if parts > uint64(lim.PartBytes) {
		return fault.New(fault.TooLarge, "pictures, styles and other parts of the workbook take more than %d bytes: save the cells only", lim.PartBytes)
	}
	return countRows(z, lim)
}

func isSheet(name string) bool {
	return strings.HasPrefix(name, "xl/worksheets/") && strings.HasSuffix(name, ".xml")
}

func countRows(z *zip.Reader, lim Limits) error {
	total, cells := 0, 0
	for _, f := range z.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		if !isSheet(name) && name != "xl/sharedstrings.xml" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return damaged(err)
		}
		rows, wide, err := readThrough(r)
		_ = r.Close()
		if err != nil {
			return damaged(err)
		}
		if total += rows; total > lim.Rows+lim.HeaderRows {
			return tooManyRows(total, lim.Rows)
		}
		if cells += wide; cells > lim.Cells {
			return fault.New(fault.TooLarge, "the rows of the workbook reach too far to the right, over more than %d cells: save the columns that have data only", lim.Cells)
		}
	}
	return nil
}

func damaged(err error) error {
	return fault.Wrap(fault.BadInput, err, "the workbook is damaged or cut off; nothing was accepted")
}

// readThrough checks that XML is well-formed and counts its rows, and the cells
// from the first column to the last of each: those in between are made up when
// the sheet is read.
func readThrough(r io.Reader) (rows, cells int, err error) {
	d := xml.NewDecoder(r)
	last := 0 // column in the row at hand
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return rows, cells + last, nil
		}
		if err != nil {
			return 0, 0, err
		}
		e, ok := t.(xml.StartElement)
		switch {
		case !ok:
		case e.Name.Local == "row":
			rows++
			cells, last = cells+last, 0
		case e.Name.Local == "c":
			last = max(last+1, column(e.Attr))
		}
	}
}

// column is the number of a cell's column, 0 when its place is not told.
func column(attrs []xml.Attr) (n int) {
	for _, a := range attrs {
		if a.Name.Local != "r" {
			continue
		}
		for _, c := range []byte(a.Value) {
			if c |= 0x20; c < 'a' || c > 'z' || n > 1<<20 {
				break
			}
			n = 26*n + int(c-'a') + 1
		}
	}
	return n
}
