package body

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/richardlehane/mscfb"

	"credithub/schema/fault"
	"credithub/schema/record"
)

// BIFF8 is the form of .xls since Excel 97 ([MS-XLS]): a stream of records in a
// compound file. The container is mscfb's, which is kept; the few records that cells
// are made of are read here, since no kept library reads them.

// Records that are read, by their numbers in [MS-XLS] 2.3.
const (
	recFormula    = 0x0006
	recEOF        = 0x000A
	recDateMode   = 0x0022
	recFilePass   = 0x002F
	recContinue   = 0x003C
	recColInfo    = 0x007D
	recBoundSheet = 0x0085
	recMulRK      = 0x00BD
	recRString    = 0x00D6
	recXF         = 0x00E0
	recRecalcID   = 0x01C1
	recSST        = 0x00FC
	recLabelSST   = 0x00FD
	recNumber     = 0x0203
	recLabel      = 0x0204
	recBoolErr    = 0x0205
	recString     = 0x0207
	recRow        = 0x0208
	recRK         = 0x027E
	recFormat     = 0x041E
	recBOF        = 0x0809
	recMergeCells = 0x00E5
)

var errBIFF = errors.New("body: damaged BIFF8")

// biff reads records one after the other.
type biff struct {
	b   []byte
	pos int

	id   uint16
	data []byte
}

// next gives the next record; false at the end or where a record breaks off.
func (s *biff) next() bool {
	if s.pos+4 > len(s.b) {
		return false
	}
	n := int(binary.LittleEndian.Uint16(s.b[s.pos+2:]))
	if s.pos+4+n > len(s.b) {
		return false
	}
	s.id, s.data = binary.LittleEndian.Uint16(s.b[s.pos:]), s.b[s.pos+4:s.pos+4+n]
	s.pos += 4 + n
	return true
}

// u16 and u32 read a number of the record at hand; 0 behind its end.
func (s *biff) u16(at int) int {
	if at+2 > len(s.data) {
		return 0
	}
	return int(binary.LittleEndian.Uint16(s.data[at:]))
}

func (s *biff) u32(at int) uint32 {
	if at+4 > len(s.data) {
		return 0
	}
	return binary.LittleEndian.Uint32(s.data[at:])
}

// isCompound tells whether a body is a compound file, as .xls is.
func isCompound(b []byte) bool {
	return bytes.HasPrefix(b, []byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1})
}

// biffStream takes the records out of a compound file; nil without an error when it
// holds no workbook of this form.
func biffStream(b []byte) (stream []byte, err error) {
	defer func() {
		if recover() != nil { // a chain that the container doesn't expect
			stream, err = nil, errBIFF
		}
	}()
	doc, err := mscfb.New(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	for f, err := doc.Next(); err == nil; f, err = doc.Next() {
		if f.Name != "Workbook" || f.Size > int64(len(b)) || len(f.Path) > 0 {
			continue
		}
		out := make([]byte, f.Size)
		if _, err := io.ReadFull(f, out); err != nil {
			return nil, err
		}
		return out, nil
	}
	return nil, nil
}

// biffSheet is where a sheet begins.
type biffSheet struct {
	at     int
	title  string
	hidden bool
}

// xls reads a workbook of BIFF8.
func xls(b []byte, kind *record.KindSpec, opt Options, lim Limits, spill string) (*Book, error) {
	if bytes.Contains(b, utf16le("EncryptedPackage")) {
		return nil, notXLSX(b)
	}
	stream, err := biffStream(b)
	s := &biff{b: stream}
	if err != nil || !s.next() || s.id != recBOF || s.u16(0) != 0x0600 {
		return nil, notXLSX(b)
	}
	return readBIFF(stream, kind, opt, lim, spill)
}

// readBIFF reads the stream of a workbook.
func readBIFF(stream []byte, kind *record.KindSpec, opt Options, lim Limits, spill string) (*Book, error) {
	s := &biff{b: stream}
	s.next()
	k := &Book{lim: lim, opt: opt, deadline: time.Now().Add(time.Duration(lim.SheetSeconds) * time.Second)}
	sheets, err := k.globals(s, spill)
	if err == nil {
		err = surveyBIFF(stream, sheets, lim)
	}
	var all []opener
	for _, sh := range sheets {
		all = append(all, opener{sh.title, sh.hidden, func() (sheetTable, error) { return newBIFFTable(k, stream, sh.at), nil }})
	}
	if err == nil {
		err = k.find(all, kind)
	}
	if err != nil {
		_ = k.Close()
		var known *fault.Error
		if !errors.As(err, &known) {
			return nil, damaged(err)
		}
		return nil, err
	}
	return k, nil
}

// globals reads what all sheets share, and where they begin.
func (k *Book) globals(s *biff, spill string) (sheets []biffSheet, err error) {
	custom := map[int]numberStyle{}
	var xfs []int
	for s.next() && s.id != recEOF {
		switch s.id {
		case recFilePass:
			return nil, fault.New(fault.MediaType, "the file is no XLSX but a workbook locked by a password"+saveAs)
		case recDateMode:
			if s.u16(0) == 1 {
				return nil, fault.New(fault.BadInput, "the workbook counts days from 1904: turn that off in its options and check the dates")
			}
		case recFormat:
			if text, _, ok := biffText(s.data, 2, 2); ok && len(custom) < 10_000 {
				custom[s.u16(0)] = styleOf(text)
			}
		case recXF:
			xfs = append(xfs, s.u16(2))
		case recBoundSheet:
			if len(s.data) < 8 || s.data[5] != 0 { // a chart, a macro
				continue
			}
			title, _, ok := biffText(s.data, 6, 1)
			if !ok {
				return nil, errBIFF
			}
			sheets = append(sheets, biffSheet{int(s.u32(0)), title, s.data[4]&3 != 0})
		case recRecalcID:
			k.computed = true
		case recSST:
			if k.strings, err = readSST(s, k.lim, spill); err != nil {
				return nil, err
			}
		}
	}
	if s.id != recEOF {
		return nil, errBIFF
	}
	for _, f := range xfs {
		style, ok := custom[f]
		if !ok {
			style = builtIn(f)
		}
		k.styles = append(k.styles, style)
	}
	return sheets, nil
}

// biffText reads a text within one record: its length stands at a place in so many
// bytes, then how it is written.
func biffText(b []byte, at, width int) (text string, end int, ok bool) {
	if at+width+1 > len(b) {
		return "", 0, false
	}
	n := int(b[at])
	if width == 2 {
		n = int(binary.LittleEndian.Uint16(b[at:]))
	}
	flags := b[at+width]
	at += width + 1
	if flags&8 != 0 {
		at += 2
	}
	if flags&4 != 0 {
		at += 4
	}
	size := n
	if flags&1 != 0 {
		size = 2 * n
	}
	if at+size > len(b) {
		return "", 0, false
	}
	return string(appendChars(nil, b[at:at+size], flags&1 != 0)), at + size, true
}

// appendChars appends characters of one byte, or UTF-16.
func appendChars(dst, b []byte, wide bool) []byte {
	if !wide {
		for _, c := range b {
			dst = utf8.AppendRune(dst, rune(c))
		}
		return dst
	}
	for i := 0; i+1 < len(b); i += 2 {
		r := rune(binary.LittleEndian.Uint16(b[i:]))
		if utf16.IsSurrogate(r) && i+3 < len(b) {
			if both := utf16.DecodeRune(r, rune(binary.LittleEndian.Uint16(b[i+2:]))); both != utf8.RuneError {
				r, i = both, i+2
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// sst reads the table of texts, which goes on over records.
type sst struct {
	s   *biff
	b   []byte
	pos int
}

// more goes to the next part when this one is read.
func (t *sst) more() bool {
	for t.pos >= len(t.b) {
		at := t.s.pos
		if !t.s.next() || t.s.id != recContinue {
			t.s.pos = at
			return false
		}
		t.b, t.pos = t.s.data, 0
	}
	return true
}

func (t *sst) skip(n int) bool {
	for n > 0 {
		if !t.more() {
			return false
		}
		step := min(n, len(t.b)-t.pos)
		t.pos, n = t.pos+step, n-step
	}
	return true
}

// text appends the next text and passes over its formats and its phonetic reading;
// false when the table breaks off.
func (t *sst) text(dst []byte) ([]byte, bool) {
	if !t.more() || t.pos+3 > len(t.b) {
		return dst, false
	}
	n, flags := int(binary.LittleEndian.Uint16(t.b[t.pos:])), t.b[t.pos+2]
	t.pos += 3
	tail := 0
	if flags&8 != 0 && t.pos+2 <= len(t.b) {
		tail += 4 * int(binary.LittleEndian.Uint16(t.b[t.pos:]))
		t.pos += 2
	}
	if flags&4 != 0 && t.pos+4 <= len(t.b) {
		tail += int(binary.LittleEndian.Uint32(t.b[t.pos:]) & (1<<26 - 1))
		t.pos += 4
	}
	dst, ok := t.chars(dst, n, flags&1 != 0)
	return dst, ok && t.skip(tail)
}

// chars appends so many characters; those that go on in another record say there
// anew how they are written.
func (t *sst) chars(dst []byte, n int, wide bool) ([]byte, bool) {
	for n > 0 {
		if t.pos >= len(t.b) {
			if !t.more() {
				return dst, false
			}
			wide = t.b[0]&1 != 0
			t.pos = 1
		}
		width := 1
		if wide {
			width = 2
		}
		step := min(n, (len(t.b)-t.pos)/width)
		if step == 0 {
			return dst, false
		}
		dst = appendChars(dst, t.b[t.pos:t.pos+step*width], wide)
		t.pos, n = t.pos+step*width, n-step
	}
	return dst, true
}

// readSST reads the texts that the cells of all sheets name by number.
func readSST(s *biff, lim Limits, spill string) (*sharedStrings, error) {
	if len(s.data) < 8 {
		return nil, errBIFF
	}
	out := &sharedStrings{}
	if err := (&sst{s: s, b: s.data, pos: 8}).fill(out, int(s.u32(4)), lim, spill); err != nil {
		_ = out.close()
		return nil, err
	}
	return out, nil
}

// fill reads so many texts.
func (t *sst) fill(out *sharedStrings, n int, lim Limits, spill string) error {
	var text []byte
	for range n {
		var ok bool
		if text, ok = t.text(text[:0]); !ok {
			return errBIFF
		}
		if err := out.add(text, lim, spill); err != nil {
			return err
		}
	}
	if out.out == nil {
		return nil
	}
	return out.out.Flush()
}

// biffNumber reads the number of a cell, which may be packed into four bytes.
func biffNumber(rk uint32) float64 {
	n := float64(int32(rk) >> 2)
	if rk&2 == 0 {
		n = math.Float64frombits(uint64(rk&^3) << 32)
	}
	if rk&1 != 0 {
		n /= 100
	}
	return n
}
