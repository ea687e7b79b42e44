package body

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// sharedStrings are the texts of a workbook's cells (sharedStrings.xml), by number.
// Above a limit they lie in a temporary file and are read through a few blocks.
type sharedStrings struct {
	ends []uint32 // of each text, behind that of the one before
	mem  []byte   // all of them, or what is not yet written

	file   *os.File
	out    *bufio.Writer
	size   uint32
	blocks [stringBlocks]stringBlock
}

const (
	stringBlocks    = 64
	stringBlockSize = 16 << 10
)

type stringBlock struct {
	at   int64 // number of the block and one; 0: empty
	text []byte
}

// readStrings reads the part to its end.
func readStrings(r io.Reader, lim Limits, spill string) (*sharedStrings, error) {
	t := &sharedStrings{}
	s := newXMLScanner(r)
	err := t.read(s, lim, spill)
	if err == nil && t.out != nil {
		err = t.out.Flush()
	}
	if err != nil {
		_ = t.close()
		return nil, err
	}
	return t, nil
}

func (t *sharedStrings) read(s *xmlScanner, lim Limits, spill string) error {
	var one, raw []byte
	texts, phonetic, inside := 0, 0, false // inside <t>, <rPh>; inside <si>
	for {
		token, err := s.next()
		if err != nil {
			return err
		}
		switch token {
		case xmlEOF:
			return nil
		case xmlStart:
			switch string(s.name) {
			case "si":
				one, inside = one[:0], true
			case "t":
				texts++
			case "rPh":
				phonetic++
			}
		case xmlEnd:
			switch string(s.name) {
			case "si":
				if !inside {
					continue
				}
				inside = false
				if err := t.add(one, lim, spill); err != nil {
					return err
				}
			case "t":
				texts--
			case "rPh":
				phonetic--
			}
		case xmlText:
			if !inside || texts == 0 || phonetic > 0 {
				continue
			}
			if raw, err = s.appendText(raw[:0]); err != nil {
				return err
			}
			one = appendEscaped(one, raw)
		}
	}
}

// maxStrings bounds the texts of a workbook; four bytes of each stay in memory.
const maxStrings = 8 << 20

var errStrings = errors.New("body: too many texts")

func (t *sharedStrings) add(text []byte, lim Limits, spill string) (err error) {
	if len(t.ends) >= min(lim.Cells, maxStrings) || int64(t.size)+int64(len(text)) > lim.ZipBytes {
		return errStrings
	}
	t.size += uint32(len(text))
	t.ends = append(t.ends, t.size)
	if t.out != nil {
		_, err = t.out.Write(text)
		return err
	}
	if t.mem = append(t.mem, text...); int64(len(t.mem)) <= lim.SpillBytes {
		return nil
	}
	if t.file, err = os.CreateTemp(spill, "credithub-workbook-*"); err != nil {
		return fmt.Errorf("body: texts of a workbook: %w", err)
	}
	t.out = bufio.NewWriterSize(t.file, 256<<10)
	_, err = t.out.Write(t.mem)
	t.mem = nil
	return err
}

// append appends the text of a number; false when there is none.
func (t *sharedStrings) append(dst []byte, n int) ([]byte, bool) {
	if t == nil || n < 0 || n >= len(t.ends) {
		return dst, false
	}
	from, to := uint32(0), t.ends[n]
	if n > 0 {
		from = t.ends[n-1]
	}
	if t.file == nil {
		return append(dst, t.mem[from:to]...), true
	}
	for from < to {
		b, err := t.block(int64(from / stringBlockSize))
		at := int(from % stringBlockSize)
		if err != nil || at >= len(b) {
			return dst, false
		}
		n := min(len(b)-at, int(to-from))
		dst = append(dst, b[at:at+n]...)
		from += uint32(n)
	}
	return dst, true
}

func (t *sharedStrings) block(n int64) ([]byte, error) {
	b := &t.blocks[n%stringBlocks]
	if b.at == n+1 {
		return b.text, nil
	}
	if b.text == nil {
		b.text = make([]byte, stringBlockSize)
	}
	b.at = 0
	got, err := t.file.ReadAt(b.text[:stringBlockSize], n*stringBlockSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	b.at, b.text = n+1, b.text[:got]
	return b.text, nil
}

// close removes the temporary file.
func (t *sharedStrings) close() error {
	if t == nil || t.file == nil {
		return nil
	}
	err := errors.Join(t.file.Close(), os.Remove(t.file.Name()))
	t.file = nil
	return err
}
