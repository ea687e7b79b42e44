package uscc

import "strings"

// Fold brings a code from a file into the shape that Check expects: full-width
// characters become half-width, lower case upper case; blanks, line feeds,
// zero-width characters and hyphens go. It mends writing, never content.
func Fold(s string) string {
	if folded(s) {
		return s
	}
	if t := strings.TrimSpace(s); scientific(t) || strings.HasPrefix(t, "=") {
		return t // what is left of a code would hide what happened to it
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 32
		case r >= '！' && r <= '～': // full-width forms stand 0xFEE0 above ASCII
			if r -= 0xFEE0; r >= 'a' && r <= 'z' {
				r -= 32
			}
		}
		switch r {
		case '-', ' ', '\t', '\n', '\r', '\v', '\f', '\'', '`', // a spreadsheet's text mark
			0x85, 0xA0, 0x3000, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x202F,
			'‐', '‑', '–', '—', '−':
			return -1
		}
		return r
	}, s)
}

func folded(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x80 || value36[c] == none {
			return false
		}
	}
	return true
}
