package body

import (
	"bytes"
	"strconv"

	"credithub/schema/fault"
	"credithub/schema/jsontext"
)

// object is a single JSON object as a body of one row.
type object struct {
	raw []byte
	max int
}

func (s *object) Next(it *Item) bool {
	if s.raw == nil {
		return false
	}
	it.reset(1)
	fill(it, s.raw, s.max)
	s.raw = nil
	return true
}

// array yields the elements of a JSON array, which has been scanned before.
type array struct {
	b    []byte
	pos  int
	n    int
	max  int
	deep int
}

// JSON reads one object or an array of them; no bytes at all count as an empty
// array. It scans the whole body for structure first: strings, brackets and
// commas of the array must be in order, what stands in the elements is not
// looked at. The error is a fault.Error with the byte where reading ended.
func JSON(b []byte, lim Limits) (Source, error) {
	b = bytes.TrimPrefix(b, utf8BOM)
	pos := jsontext.Blank(b, 0)
	if pos == len(b) {
		return &object{}, nil
	}
	switch b[pos] {
	case '{':
		end, err := cut(b, pos, lim.Depth)
		if err != nil {
			return nil, err
		}
		if rest := jsontext.Blank(b, end); rest != len(b) {
			return nil, broken(rest, "text after the object; use application/x-ndjson for one object a line")
		}
		return &object{raw: b[pos:end], max: lim.RowBytes}, nil
	case '[':
		s := &array{b: b, pos: pos + 1, max: lim.RowBytes, deep: lim.Depth}
		for {
			_, ok, err := s.element()
			if err != nil {
				return nil, err
			}
			if !ok {
				break
			}
		}
		if s.n > lim.Rows {
			return nil, tooManyRows(s.n, lim.Rows)
		}
		if rest := jsontext.Blank(b, s.pos); rest != len(b) {
			return nil, broken(rest, "text after the array")
		}
		s.pos, s.n = pos+1, 0
		return s, nil
	}
	return nil, broken(pos, "neither an object nor an array")
}

func (s *array) Next(it *Item) bool {
	raw, ok, err := s.element()
	if err != nil || !ok {
		return false
	}
	it.reset(s.n)
	fill(it, raw, s.max)
	return true
}

// element cuts the next element out; false at the closing bracket.
func (s *array) element() ([]byte, bool, error) {
	pos := jsontext.Blank(s.b, s.pos)
	if pos < len(s.b) && s.b[pos] == ']' && s.n == 0 {
		s.pos = pos + 1
		return nil, false, nil
	}
	if s.n > 0 {
		if pos < len(s.b) && s.b[pos] == ']' {
			s.pos = pos + 1
			return nil, false, nil
		}
		if pos == len(s.b) || s.b[pos] != ',' {
			return nil, false, broken(pos, "a comma or the end of the array is missing after element "+strconv.Itoa(s.n))
		}
		pos = jsontext.Blank(s.b, pos+1)
	}
	end, err := cut(s.b, pos, s.deep)
	if err != nil {
		return nil, false, err
	}
	s.pos, s.n = end, s.n+1
	return s.b[pos:end], true, nil
}

// cut gives the end of the value that starts at byte at, whatever stands in it.
func cut(b []byte, at, deep int) (int, error) {
	end, err := jsontext.Outline(b, at, deep)
	if err != nil {
		return 0, broken(err.At, err.What)
	}
	return end, nil
}

func broken(at int, what string) error {
	return fault.New(fault.BadInput, "unreadable JSON at byte %d: %s", at, what)
}

// size writes a number of bytes for people.
func size(n int) string {
	switch {
	case n >= 10<<20:
		return strconv.Itoa(n>>20) + " MiB"
	case n >= 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
	case n >= 10<<10:
		return strconv.Itoa(n>>10) + " KiB"
	}
	return strconv.Itoa(n) + " bytes"
}
