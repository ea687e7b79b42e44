// Package fold brings names, document numbers and headings into the forms in which they
// are compared. A folded text is for finding and comparing, never for showing or keeping
// in the place of what was sent.
package fold

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Name brings a name into the form in which names are compared: half-width
// upper case, one kind of brackets and of quotes and dots, no blanks.
func Name(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		c := s[i]
		plain = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z'
	}
	if plain {
		return s
	}
	return strings.Map(foldRune, s)
}

// Document brings the number of a document into the form in which numbers are
// compared: as Name, compatibility forms as their own, and 第…号 around digits
// left out.
func Document(s string) string {
	s = Name(norm.NFKC.String(s))
	digit := func(i int) bool { return i >= 0 && i < len(s) && s[i]-'0' <= 9 }
	var b strings.Builder
	for i, r := range s {
		if r == '第' && digit(i+len("第")) || r == '号' && digit(i-1) {
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func foldRune(r rune) rune {
	if r >= '！' && r <= '～' { // full-width forms stand 0xFEE0 above ASCII
		r -= 0xFEE0
	}
	switch r {
	case '(', '[', '{', '〔', '【', '﹙', '〈', '《', '『', '「', '〖', '<':
		return '('
	case ')', ']', '}', '〕', '】', '﹚', '〉', '》', '』', '」', '〗', '>':
		return ')'
	case '“', '”', '„', '"', '‘', '’', '\'', '`', '＂':
		return '"'
	case '•', '・', '‧', '∙', '●', '·', '．':
		return '·'
	case '–', '—', '―', '‐', '‑', '−':
		return '-'
	case '〓', 0xFFFD: // what is left at the end of scanned texts
		return -1
	}
	if Blank(r) {
		return -1
	}
	if r >= 'a' && r <= 'z' {
		return r - 32
	}
	return r
}

// Blank tells whether a character is a blank of any width, a line end, or takes no room
// at all.
func Blank(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\v', '\f', 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
		0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF:
		return true
	}
	return r >= 0x2000 && r <= 0x200A
}
