package record

import (
	"unicode/utf8"

	"credithub/schema/fold"
)

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
