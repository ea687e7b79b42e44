package jsontext

import (
	"time"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends a text as a JSON string with no escape that is not needed:
// quote and backslash behind a backslash, line feed, carriage return and tab as \n,
// \r and \t, other control characters as \u00xx. Each byte that is no UTF-8 becomes
// \ufffd.
func AppendString[T string | []byte](dst []byte, text T) []byte {
	return appendString(dst, text, false)
}

// AppendStrict is AppendString in the form in which the audit is kept, whose bytes
// are fixed: every control character, DEL, U+2028 and U+2029 are written \uxxxx.
func AppendStrict[T string | []byte](dst []byte, text T) []byte {
	return appendString(dst, text, true)
}

func appendString[T string | []byte](dst []byte, text T, strict bool) []byte {
	dst = append(dst, '"')
	if printable(text) || !strict && whole(text) {
		return append(append(dst, text...), '"')
	}
	from := 0
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(string(text[i:min(i+utf8.UTFMax, len(text))]))
		}
		if needsEscape(r, size, strict) {
			dst = append(dst, text[from:i]...)
			dst = appendEscape(dst, r, strict)
			from = i + size
		}
		i += size
	}
	return append(append(dst, text[from:]...), '"')
}

// word is eight bytes.
func word[T string | []byte](p T) uint64 {
	_ = p[7]
	return uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24 |
		uint64(p[4])<<32 | uint64(p[5])<<40 | uint64(p[6])<<48 | uint64(p[7])<<56
}

// printable tells printable ASCII without quote and backslash, eight bytes at a time.
func printable[T string | []byte](text T) bool {
	for ; len(text) >= 8; text = text[8:] {
		w := word(text)
		// With the high bits clear, no byte carries into the next one: each term sets
		// those of bytes beyond ASCII, DEL, quotes, backslashes, control characters.
		if (w|(w+ones)|^(w^ones*'"'+ones*0x7f)|^(w^ones*'\\'+ones*0x7f)|^(w+ones*0x60))&highs != 0 {
			return false
		}
	}
	for i := range len(text) {
		if c := text[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// whole tells UTF-8 without quotes, backslashes and control characters.
func whole[T string | []byte](text T) bool {
	rest := text
	for ; len(rest) >= 8; rest = rest[8:] {
		if special(word(rest)) != 0 {
			return false
		}
	}
	for i := range len(rest) {
		if c := rest[i]; c < 0x20 || c == '"' || c == '\\' {
			return false
		}
	}
	switch text := any(text).(type) {
	case string:
		return utf8.ValidString(text)
	case []byte:
		return utf8.Valid(text)
	}
	return false
}

func needsEscape(r rune, size int, strict bool) bool {
	switch {
	case r < 0x20 || r == '"' || r == '\\':
		return true
	case r == utf8.RuneError:
		return size == 1
	}
	return strict && (r == 0x7f || r == '\u2028' || r == '\u2029')
}

func appendEscape(dst []byte, r rune, strict bool) []byte {
	switch {
	case r == '"' || r == '\\':
		return append(dst, '\\', byte(r))
	case strict:
	case r == '\n':
		return append(dst, '\\', 'n')
	case r == '\r':
		return append(dst, '\\', 'r')
	case r == '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

// AppendPlain appends a text that needs no escape, such as a code of the hub's own,
// as a JSON string.
func AppendPlain[T string | []byte](dst []byte, text T) []byte {
	return append(append(append(dst, '"'), text...), '"')
}

// AppendTime appends a time as a JSON string in a layout of package time that needs
// no escape.
func AppendTime(dst []byte, t time.Time, layout string) []byte {
	return append(t.AppendFormat(append(dst, '"'), layout), '"')
}

// AppendComma appends the comma before a member or an element that is not the first
// of the object or array that is open at the end of dst.
func AppendComma(dst []byte) []byte {
	if last := dst[len(dst)-1]; last == '{' || last == '[' {
		return dst
	}
	return append(dst, ',')
}

// AppendKey appends the name of a member, with the comma before it unless it is the
// first and the colon behind it.
func AppendKey[T string | []byte](dst []byte, name T) []byte {
	return append(AppendString(AppendComma(dst), name), ':')
}
