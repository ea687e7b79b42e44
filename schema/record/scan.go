package record

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// MaxDepth bounds how deep the values of a row may nest.
const MaxDepth = 32

// token is a JSON value in the raw row: the content of a string without its
// quotes, or the whole of any other value.
type token struct {
	start, end int32
	kind       byte // first character: " 0 { [ t f n; 0 when there is none
	escaped    bool // the string holds a backslash
}

const number = '0'

// scanner walks over JSON text by RFC 8259. It reads strictly: whatever
// encoding/json refuses it refuses.
type scanner struct {
	b   []byte
	p   int
	bad string // first error
}

func (s *scanner) fail(what string) {
	if s.bad == "" {
		s.bad = what
	}
}

func (s *scanner) message() string {
	return fmt.Sprintf("not readable as JSON at byte %d: %s", s.p, s.bad)
}

// blank skips white space and gives the next character, 0 at the end.
func (s *scanner) blank() byte {
	for s.p < len(s.b) {
		switch c := s.b[s.p]; c {
		case ' ', '\t', '\n', '\r':
			s.p++
		default:
			return c
		}
	}
	return 0
}

// value reads one value after white space.
func (s *scanner) value(depth int) (t token, ok bool) {
	switch c := s.blank(); {
	case c == '"':
		return s.str()
	case c == '-' || c-'0' <= 9:
		return s.num()
	case c == '{' || c == '[':
		start := s.p
		if !s.nested(c, depth+1) {
			return t, false
		}
		return token{start: int32(start), end: int32(s.p), kind: c}, true
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	case c == 0 && s.p >= len(s.b):
		s.fail("unexpected end")
	default:
		s.fail("unexpected character")
	}
	return t, false
}

func (s *scanner) literal(word string) (token, bool) {
	end := s.p + len(word)
	if end > len(s.b) || string(s.b[s.p:end]) != word {
		s.fail("unknown word")
		return token{}, false
	}
	t := token{start: int32(s.p), end: int32(end), kind: word[0]}
	s.p = end
	return t, true
}

// nested checks an object or array that opens at p and stops behind it.
func (s *scanner) nested(open byte, depth int) bool {
	if depth > MaxDepth {
		s.fail("nested too deep")
		return false
	}
	s.p++
	if c := s.blank(); c == open+2 { // '{'+2 = '}', '['+2 = ']'
		s.p++
		return true
	}
	for {
		if open == '{' {
			if _, ok := s.key(); !ok {
				return false
			}
		}
		if _, ok := s.value(depth); !ok {
			return false
		}
		more, ok := s.next(open + 2)
		if !ok || !more {
			return ok
		}
	}
}

// key reads a member's name and the colon behind it.
func (s *scanner) key() (t token, ok bool) {
	if s.blank() != '"' {
		s.fail("expected a member name")
		return t, false
	}
	if t, ok = s.str(); !ok {
		return t, false
	}
	if s.p < len(s.b) && s.b[s.p] == ':' || s.blank() == ':' {
		s.p++
		return t, true
	}
	s.fail("expected a colon")
	return t, false
}

// next reads a comma (more) or the closing character.
func (s *scanner) next(closing byte) (more, ok bool) {
	switch s.blank() {
	case ',':
		s.p++
		return true, true
	case closing:
		s.p++
		return false, true
	}
	s.fail("expected a comma or an end")
	return false, false
}

// special marks in each byte's high bit a quote, a backslash or a control
// character; exact up to the lowest mark.
func special(w uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	q := w ^ ones*'"'
	e := w ^ ones*'\\'
	return ((w-ones*0x20)&^w | (q-ones)&^q | (e-ones)&^e) & high
}

// str reads a string whose opening quote stands at p.
func (s *scanner) str() (t token, ok bool) {
	b, i := s.b, s.p+1
	t = token{start: int32(i), kind: '"'}
	for {
		// Eight bytes at a time: the next byte that needs a look.
		for i+8 <= len(b) {
			if m := special(binary.LittleEndian.Uint64(b[i:])); m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(b) {
			s.p = len(b)
			s.fail("unterminated string")
			return t, false
		}
		switch c := b[i]; {
		case c == '"':
			t.end, s.p = int32(i), i+1
			return t, true
		case c == '\\':
			n := escape(b[i:])
			if n == 0 {
				s.p = i
				s.fail("invalid escape")
				return t, false
			}
			t.escaped = true
			i += n
		case c < 0x20:
			s.p = i
			s.fail("control character in a string")
			return t, false
		default:
			i++
		}
	}
}

// escape is the length of the escape sequence at the head of b, 0 when invalid.
func escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b); ok {
			return 6
		}
	}
	return 0
}

// hex4 reads \uXXXX at the head of b.
func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 6 {
		return 0, false
	}
	for _, c := range b[2:6] {
		r <<= 4
		switch {
		case c-'0' <= 9:
			r |= rune(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r |= rune(c|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	return r, true
}

// num reads a number at p.
func (s *scanner) num() (t token, ok bool) {
	b, i := s.b, s.p
	run := func() bool {
		from := i
		for i < len(b) && b[i]-'0' <= 9 {
			i++
		}
		return i > from
	}
	ok = true
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else {
		ok = run()
	}
	if ok && i < len(b) && b[i] == '.' {
		i++
		ok = run()
	}
	if ok && i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		ok = run()
	}
	t = token{start: int32(s.p), end: int32(i), kind: number}
	s.p = i
	if !ok {
		s.fail("invalid number")
	}
	return t, ok
}
