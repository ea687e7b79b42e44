// Package body reads what agencies send, NDJSON, JSON, CSV and XLSX, as one
// sequence of rows, each a JSON envelope ready for record.Decoder. The gateway
// reads pushes with it, and the push client reads files with it.
//
// It promises that a fault of one row stays with that row: its neighbours come
// through, every row that is not blank is yielded once, and its line is the one
// that a person sees in the file. What makes the whole body unreadable is found
// by the constructors, before the first row is yielded. Rows are cut from the
// body one at a time and never stand in memory as objects.
//
// It never judges content beyond what is needed to find cells: codes, rights and
// required fields are record's and policy's.
package body

import (
	"bytes"

	"credithub/schema/fault"
	"credithub/schema/jsontext"
)

// Item is one row. Its slices hold until the next call of Next.
type Item struct {
	// Line is 1-based: the line of NDJSON and CSV, the element of a JSON
	// array, the row of a sheet.
	Line uint32
	// Raw is the envelope as JSON; nil when the row could not be read, and
	// Faults says why.
	Raw []byte
	// RecordID is set when Raw is nil and the id is known nevertheless.
	RecordID string
	// Header and Cells are a row of a table as sent; Left marks the columns that are
	// left out, because the sender or the hub that wrote them wants it.
	Header, Cells []string
	Left          []bool
	// Faults are those found while cutting: E13 with a nil Raw, or W05.
	Faults []fault.Fault
}

func (it *Item) reset(line int) {
	it.Line, it.Raw, it.RecordID, it.Faults = uint32(line), nil, "", it.Faults[:0]
	it.Header, it.Cells, it.Left = nil, nil, nil
}

func (it *Item) add(code fault.Code, field, message string) {
	it.Faults = append(it.Faults, fault.Fault{Code: code, Field: field, Message: message})
}

// Source yields the rows of one body. Next tells false after the last.
type Source interface {
	Next(it *Item) bool
}

// Note is what is to be said of a body once it is read, beside its rows: Count
// rows have it, Line is the first of them.
type Note struct {
	Line  uint32
	Count int
	fault.Fault
}

// Notes gives what is to be said of a body that was read to its end.
func Notes(s Source) []Note {
	if n, ok := s.(interface{ notes() []Note }); ok {
		return n.notes()
	}
	return nil
}

// Options say how a table is read.
type Options struct {
	// Charset is the encoding that the sender declares for CSV; "": it is told by
	// the bytes.
	Charset string
	// Ignore names the headings of columns that are left out.
	Ignore []string
}

// Limits bound what one body may ask of the hub. All are inclusive.
type Limits struct {
	RowBytes     int   // one row, as text
	Rows         int   // rows of one body, blank ones left out
	Depth        int   // nesting of JSON
	Columns      int   // cells looked at in one row of a table
	HeaderRows   int   // rows searched for the header
	QuotedLines  int   // physical lines of one CSV row
	ZipEntries   int   // entries of an XLSX
	ZipBytes     int64 // all entries of an XLSX unpacked
	ZipRatio     int64 // unpacked to packed, of one entry above 1 MiB
	Cells        int   // of an XLSX, from the first column to the last of each row
	PartBytes    int64 // parts of an XLSX that are neither sheet nor strings, together
	SpillBytes   int64 // a part of an XLSX above this goes to a temporary file
	SheetSeconds int   // reading one XLSX
}

// DefaultLimits are those of the gateway.
func DefaultLimits() Limits {
	return Limits{
		RowBytes: 1 << 20, Rows: 250_000, Depth: 256, Columns: 256, HeaderRows: 10, QuotedLines: 20,
		ZipEntries: 2_000, ZipBytes: 256 << 20, ZipRatio: 300, Cells: 16_000_000, PartBytes: 32 << 20, SpillBytes: 4 << 20,
		SheetSeconds: 60,
	}
}

var utf8BOM = []byte("\xef\xbb\xbf")

// ndjson yields one row a line.
type ndjson struct {
	rest []byte
	line int
	max  int
}

// NDJSON reads one JSON object a line. Blank lines are skipped but counted; a
// BOM at the start is skipped. The error is a limit that the body exceeds.
func NDJSON(b []byte, lim Limits) (Source, error) {
	b = bytes.TrimPrefix(b, utf8BOM)
	// Lines are an upper bound that is cheap to count; only a body above it
	// is looked at again without its blank lines.
	if bytes.Count(b, []byte{'\n'}) >= lim.Rows {
		n := 0
		for s := (&ndjson{rest: b, max: lim.RowBytes}); s.skip() != nil; {
			n++
		}
		if n > lim.Rows {
			return nil, tooManyRows(n, lim.Rows)
		}
	}
	return &ndjson{rest: b, max: lim.RowBytes}, nil
}

func tooManyRows(n, limit int) error {
	return fault.New(fault.TooLarge, "the body has %d rows, at most %d are taken in one push: send it in parts", n, limit)
}

// skip gives the next line that is not blank, nil at the end.
func (s *ndjson) skip() []byte {
	for len(s.rest) > 0 {
		s.line++
		if s.rest[0] == '\n' { // runs of line feeds are cheap to send, so they are cheap to read
			s.rest = s.rest[1:]
			continue
		}
		line := s.rest
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line, s.rest = line[:i], line[i+1:]
		} else {
			s.rest = nil
		}
		if jsontext.Blank(line, 0) < len(line) {
			return line
		}
	}
	return nil
}

func (s *ndjson) Next(it *Item) bool {
	line := s.skip()
	if line == nil {
		return false
	}
	it.reset(s.line)
	fill(it, line, s.max)
	return true
}

// fill sets Raw, or the fault of a row that is too long.
func fill(it *Item, raw []byte, limit int) {
	raw = bytes.Trim(raw, " \t\r\n")
	if len(raw) > limit {
		it.add(fault.E13Catalogue, "", "row is "+size(len(raw))+" long, at most "+size(limit)+" are read")
		return
	}
	it.Raw = raw
}
