package body

import (
	"bytes"
	"strconv"

	"credithub/schema/fault"
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
	pos := space(b, 0)
	if pos == len(b) {
		return &object{}, nil
	}
	switch b[pos] {
	case '{':
		end, err := value(b, pos, lim.Depth)
		if err != nil {
			return nil, err
		}
		if rest := space(b, end); rest != len(b) {
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
		if rest := space(b, s.pos); rest != len(b) {
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
	pos := space(s.b, s.pos)
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
		pos = space(s.b, pos+1)
	}
	end, err := value(s.b, pos, s.deep)
	if err != nil {
		return nil, false, err
	}
	s.pos, s.n = end, s.n+1
	return s.b[pos:end], true, nil
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// value gives the end of the value that starts at i: brackets are matched and
// strings closed. A bare word ends before the next comma, bracket or blank.
func value(b []byte, i, deep int) (int, error) {
	if i == len(b) {
		return 0, broken(i, "the body breaks off")
	}
	switch b[i] {
	case '{', '[':
		return nested(b, i, deep)
	case '"':
		return quoted(b, i)
	}
	from := i
	for i < len(b) && !delimits(b[i]) {
		i++
	}
	if i == from {
		return 0, broken(i, "a value is missing")
	}
	return i, nil
}

func delimits(c byte) bool {
	switch c {
	case ',', ']', '}', '[', '{', ':', '"', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

// nested finds the bracket that closes the one at i. Open brackets are kept as
// bits, one for a brace.
func nested(b []byte, i, deep int) (int, error) {
	var stack [16]uint64
	depth := 0
	deep = min(deep, 64*len(stack))
	for i < len(b) {
		switch c := b[i]; c {
		case '"':
			end, err := quoted(b, i)
			if err != nil {
				return 0, err
			}
			i = end
			continue
		case '{', '[':
			if depth == deep {
				return 0, broken(i, "nested deeper than "+strconv.Itoa(deep))
			}
			bit := uint64(1) << (depth & 63)
			if stack[depth>>6] &^= bit; c == '{' {
				stack[depth>>6] |= bit
			}
			depth++
		case '}', ']':
			depth--
			if brace := stack[depth>>6]>>(depth&63)&1 == 1; brace != (c == '}') {
				return 0, broken(i, "brackets do not match")
			}
			if depth == 0 {
				return i + 1, nil
			}
		}
		i++
	}
	return 0, broken(i, "the body breaks off inside a bracket")
}

// quoted gives the end of the string that starts at i.
func quoted(b []byte, i int) (int, error) {
	for j := i + 1; ; j++ {
		k := bytes.IndexByte(b[j:], '"')
		if k < 0 {
			return 0, broken(len(b), "the body breaks off inside the string that starts at byte "+strconv.Itoa(i))
		}
		j += k
		slashes := 0
		for b[j-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return j + 1, nil
		}
	}
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
