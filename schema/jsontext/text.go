package jsontext

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks in each byte's high bit a quote, a backslash or a control
// character; exact up to the lowest mark.
func special(w uint64) uint64 {
	q := w ^ ones*'"'
	e := w ^ ones*'\\'
	return ((w-ones*0x20)&^w | (q-ones)&^q | (e-ones)&^e) & highs
}

// text reads the string whose opening quote stands at p.
func (s *Scanner) text() (t Token, ok bool) {
	b, i := s.b, s.p+1
	t = Token{Start: int32(i), Kind: String}
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
			return Token{}, false
		}
		switch c := b[i]; {
		case c == '"':
			t.End, s.p = int32(i), i+1
			return t, true
		case c == '\\':
			n := escape(b[i:])
			if n == 0 {
				s.p = i
				s.fail("invalid escape")
				return Token{}, false
			}
			t.Escaped = true
			i += n
		case c < 0x20:
			s.p = i
			s.fail("control character in a string")
			return Token{}, false
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

// Text is the text of a string, as AppendText gives it: a span of what is read when
// it stands there as it is, a copy otherwise.
func (s *Scanner) Text(t Token) []byte {
	if b := s.Raw(t); !t.Escaped && utf8.Valid(b) {
		return b
	}
	return s.AppendText(nil, t)
}

// AppendText appends the text of a string: with its escapes resolved and as UTF-8,
// as encoding/json gives it.
func (s *Scanner) AppendText(dst []byte, t Token) []byte {
	b := s.b[t.Start:t.End]
	if !t.Escaped && utf8.Valid(b) {
		return append(dst, b...)
	}
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c == '\\' && b[i+1] == 'u':
			r, n := unicodeEscape(b[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		case c == '\\':
			dst = append(dst, plainEscape(b[i+1]))
			i += 2
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, n := utf8.DecodeRune(b[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return dst
}

// unicodeEscape reads the character of the one or two \uXXXX at the head of b and
// their length.
func unicodeEscape(b []byte) (r rune, n int) {
	if r, _ = hex4(b); !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
		if second, ok := hex4(b[6:]); ok {
			if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
				return pair, 12
			}
		}
	}
	return utf8.RuneError, 6
}

func plainEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c // " \ /
}
