package record

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// FoldName brings a name into the form in which names are compared: half-width
// upper case, one kind of brackets and of quotes and dots, no blanks. It is for
// finding candidates, never for showing.
func FoldName(s string) string {
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

// FoldDocument brings the number of a document into the form in which numbers are
// compared: as FoldName, compatibility forms as their own, and 第…号 around digits
// left out.
func FoldDocument(s string) string {
	s = FoldName(norm.NFKC.String(s))
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
	if blankRune(r) {
		return -1
	}
	if r >= 'a' && r <= 'z' {
		return r - 32
	}
	return r
}
