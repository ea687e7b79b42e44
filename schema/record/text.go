package record

import (
	"credithub/schema/fold"
	"unicode/utf16"
	"unicode/utf8"
)

// appendUnescaped appends the text of a string's content that str has accepted.
// A lone surrogate becomes U+FFFD, as encoding/json does.
func appendUnescaped(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		c := b[i]
		if c != '\\' {
			dst = append(dst, c)
			i++
			continue
		}
		if b[i+1] != 'u' {
			dst = append(dst, plainEscape(b[i+1]))
			i += 2
			continue
		}
		r, _ := hex4(b[i:])
		i += 6
		if utf16.IsSurrogate(r) {
			r2, ok := rune(0), false
			if i+1 < len(b) && b[i] == '\\' && b[i+1] == 'u' {
				r2, ok = hex4(b[i:])
			}
			if r = utf16.DecodeRune(r, r2); ok && r != utf8.RuneError {
				i += 6
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
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

// appendQuoted appends text as a JSON string with no escape that is not needed.
func appendQuoted(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i, c := range text {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, text[from:]...), '"')
}

// allBlank tells whether a text holds nothing but white space, U+3000, NBSP and
// characters that can't be seen.
func allBlank(b []byte) bool {
	for len(b) > 0 {
		if c := b[0]; c > ' ' && c < 0x7F || c >= 0xE4 && c < 0xEF {
			return false // no blank begins like this
		}
		r, n := utf8.DecodeRune(b)
		if !fold.Blank(r) && !unseenRune(r) {
			return false
		}
		b = b[n:]
	}
	return true
}

// trimBlank leaves out blanks at both ends.
func trimBlank(b []byte) []byte {
	for len(b) > 0 {
		if c := b[0]; c > ' ' && c < 0x80 || c >= 0xE4 && c < 0xEF {
			break
		}
		r, n := utf8.DecodeRune(b)
		if !fold.Blank(r) {
			break
		}
		b = b[n:]
	}
	for len(b) > 0 {
		if c := b[len(b)-1]; c > ' ' && c < 0x80 {
			break
		}
		r, n := utf8.DecodeLastRune(b)
		if !fold.Blank(r) {
			break
		}
		b = b[:len(b)-n]
	}
	return b
}

// unseen is the place of the first character that can't be seen and changes how
// the others look or compare: controls but for tab and line ends, marks and
// overrides of direction, and joiners and marks of no width. −1: none. damaged
// tells that some character stands for one that was lost.
func unseen(b []byte) (at int, damaged bool) {
	at = -1
	for i, c := range b {
		if !maybeUnseen[c] {
			continue
		}
		r, _ := utf8.DecodeRune(b[i:])
		if at < 0 && unseenRune(r) {
			at = i
		}
		damaged = damaged || damagedRune(r)
	}
	return at, damaged
}

// damagedRune tells whether a character stands for one that was lost: the
// replacement character, and those of private use, which an encoding that was
// guessed wrong leaves behind.
func damagedRune(r rune) bool {
	return r == utf8.RuneError || r >= 0xE000 && r <= 0xF8FF || r >= 0xF0000
}

// appendSeen appends b without the characters that unseen finds; the first stands
// at i.
func appendSeen(dst, b []byte, i int) []byte {
	dst = append(dst, b[:i]...)
	for b = b[i:]; len(b) > 0; {
		r, n := utf8.DecodeRune(b)
		if !unseenRune(r) {
			dst = append(dst, b[:n]...)
		}
		b = b[n:]
	}
	return dst
}

func unseenRune(r rune) bool {
	switch {
	case r < ' ':
		return r != '\t' && r != '\n' && r != '\r'
	case r < 0x7F:
		return false
	case r < 0xA0, r == 0xAD, r == 0x061C, r == 0x180E, r == 0xFEFF:
		return true
	}
	return r == 0x200B || r >= 0x200E && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2060 && r <= 0x206F || r >= 0xFFF9 && r <= 0xFFFB
}

// maybeUnseen tells the first bytes of such characters; none of them begins an
// ideograph.
var maybeUnseen = func() (t [256]bool) {
	for r := range rune(0x110000) {
		if unseenRune(r) || damagedRune(r) {
			t[utf8.AppendRune(nil, r)[0]] = true
		}
	}
	return t
}()
