package jsontext

import (
	"fmt"
	"math"
)

// Deepest is how deep encoding/json lets values nest.
const Deepest = 10_000

// Kind tells a value by its first character.
type Kind byte

// Kinds of values. None is that of a Token that stands for no value.
const (
	None   Kind = 0
	String Kind = '"'
	Number Kind = '0'
	Object Kind = '{'
	Array  Kind = '['
	True   Kind = 't'
	False  Kind = 'f'
	Null   Kind = 'n'
)

// Close is the character that ends an object or an array.
func (k Kind) Close() byte { return byte(k) + 2 }

// Token is where a value stands in the text: the content of a string without its
// quotes, the whole of any other value.
type Token struct {
	Start, End int32
	Kind       Kind
	Escaped    bool // a string that holds a backslash
}

// Error is a text that is not JSON.
type Error struct {
	At   int    // byte where reading ended
	What string // in English, without the place
}

// Error tells place and fault.
func (e *Error) Error() string {
	return fmt.Sprintf("not readable as JSON at byte %d: %s", e.At, e.What)
}

// Scanner walks over a JSON text. Its methods answer false at the first fault, which
// Err then tells; after that the scanner is of no use. Each skips the white space
// before what it reads. A token comes with true only, and is None otherwise.
type Scanner struct {
	b     []byte
	p     int
	depth int    // objects and arrays that are open
	max   int    // most of them
	bad   string // first fault
}

// NewScanner reads a text in which objects and arrays nest at most depth deep; 1
// is one whose values are scalars. Texts of 2 GiB and more are refused.
func NewScanner(text []byte, depth int) Scanner {
	if len(text) > math.MaxInt32 {
		return Scanner{bad: "the text is too long"}
	}
	return Scanner{b: text, max: depth}
}

// Err is the first fault as an *Error, nil without one.
func (s *Scanner) Err() error {
	if s.bad == "" {
		return nil
	}
	return &Error{At: s.p, What: s.bad}
}

// Pos is the byte at which reading goes on: after Peek, that of the character it
// gave.
func (s *Scanner) Pos() int { return s.p }

func (s *Scanner) fail(what string) {
	if s.bad == "" {
		s.bad = what
	}
}

// Peek gives the first character of what comes next, without reading it; 0 at the
// end.
func (s *Scanner) Peek() byte {
	s.p = Blank(s.b, s.p)
	if s.p == len(s.b) {
		return 0
	}
	return s.b[s.p]
}

// Blank gives the place of the first byte of b, from i on, that is not white space
// of JSON; len(b) when there is none.
func Blank(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// Value reads one value whole.
func (s *Scanner) Value() (t Token, ok bool) {
	switch c := s.Peek(); {
	case c == '"':
		return s.text()
	case c == '-' || c-'0' <= 9:
		return s.number()
	case c == '{' || c == '[':
		t = Token{Start: int32(s.p), Kind: Kind(c)}
		if !s.nested(Kind(c)) {
			return Token{}, false
		}
		t.End = int32(s.p)
		return t, true
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

// nested reads the object or array that begins at p.
func (s *Scanner) nested(k Kind) bool {
	more, ok := s.Open(k)
	for more && ok {
		if k == Object {
			if _, ok = s.Key(); !ok {
				return false
			}
		}
		if _, ok = s.Value(); !ok {
			return false
		}
		more, ok = s.Next(k)
	}
	return ok
}

// Open steps into an Object or Array. more tells that a member or element comes;
// an empty one is behind the scanner already.
func (s *Scanner) Open(k Kind) (more, ok bool) {
	switch {
	case s.Peek() != byte(k) && k == Object:
		s.fail("expected an object")
		return false, false
	case s.Peek() != byte(k):
		s.fail("expected an array")
		return false, false
	case s.depth == s.max:
		s.fail("nested too deep")
		return false, false
	}
	s.p++
	if s.Peek() == k.Close() {
		s.p++
		return false, true
	}
	s.depth++
	return true, true
}

// Key reads a member's name and the colon behind it.
func (s *Scanner) Key() (t Token, ok bool) {
	if s.Peek() != '"' {
		s.fail("expected a member name")
		return t, false
	}
	if t, ok = s.text(); !ok {
		return t, false
	}
	if s.p < len(s.b) && s.b[s.p] == ':' || s.Peek() == ':' {
		s.p++
		return t, true
	}
	s.fail("expected a colon")
	return t, false
}

// Next reads what stands behind a member or element: a comma when more come, or the
// end of the Object or Array.
func (s *Scanner) Next(k Kind) (more, ok bool) {
	switch s.Peek() {
	case ',':
		s.p++
		return true, true
	case k.Close():
		s.p++
		s.depth--
		return false, true
	}
	s.fail("expected a comma or an end")
	return false, false
}

// Skip reads exactly lead, which is no white space, and stays where it is without
// it.
func (s *Scanner) Skip(lead string) bool {
	end := s.p + len(lead)
	if end > len(s.b) || string(s.b[s.p:end]) != lead {
		return false
	}
	s.p = end
	return true
}

// End tells whether nothing but white space is left.
func (s *Scanner) End() bool {
	if s.Peek(); s.p == len(s.b) {
		return s.bad == ""
	}
	switch s.b[Blank(s.b, 0)] {
	case '{':
		s.fail("text after the object")
	case '[':
		s.fail("text after the array")
	default:
		s.fail("text after the value")
	}
	return false
}

func (s *Scanner) literal(word string) (Token, bool) {
	t := Token{Start: int32(s.p), End: int32(s.p + len(word)), Kind: Kind(word[0])}
	if !s.Skip(word) {
		s.fail("unknown word")
		return Token{}, false
	}
	return t, true
}

// number reads the number that begins at p.
func (s *Scanner) number() (t Token, ok bool) {
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
	t = Token{Start: int32(s.p), End: int32(i), Kind: Number}
	s.p = i
	if !ok {
		s.fail("invalid number")
		return Token{}, false
	}
	return t, true
}

// Raw is the value as it is written, a string without its quotes; no copy.
func (s *Scanner) Raw(t Token) []byte { return s.b[t.Start:t.End:t.End] }

// Whole is the value as it is written, a string in its quotes; no copy.
func (s *Scanner) Whole(t Token) []byte {
	if t.Kind == String {
		return s.b[t.Start-1 : t.End+1 : t.End+1]
	}
	return s.Raw(t)
}
