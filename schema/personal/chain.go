package personal

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// run is digits side by side, maybe with characters between that can't be seen.
type run struct {
	from, to int // bytes of the text
	at, n    int // digits of the chain
	sep      sep // before it
}

// sep is what stands between two runs.
type sep struct {
	first, second rune // 0: one only
	runes, width  int  // width in bytes
}

// chain is runs of digits with one or two separators between.
type chain struct {
	text   []byte
	digits []byte // as ASCII
	runs   []run
	mail   bool // the sign of an address was met
}

// Limits of a chain: what begins an identity or telephone number is found within
// them, and a text of nothing but digits costs no more than its length.
const (
	shortest = 7 // digits that are worth a look
	longest  = 512
)

// next reads the next chain with enough digits from at on, and sets at behind it.
// text is valid UTF-8.
func (c *chain) next(text []byte, at *int) bool {
	c.text = text
	i := *at
	for {
		for i < len(text) && step[text[i]] > 0 {
			i += int(step[text[i]])
		}
		if i >= len(text) {
			return false
		}
		if b := text[i]; b-'0' <= 9 && !goesOn(text, i) {
			i++ // one digit alone
			continue
		}
		if _, n := digitAt(text, i); n == 0 {
			c.mail = c.mail || text[i] == '@' || bytes.HasPrefix(text[i:], wideAt)
			i++
			continue
		}
		i = c.read(i)
		if len(c.digits) >= shortest {
			*at = i
			return true
		}
	}
}

// goesOn tells whether the byte behind i may belong to the same chain.
func goesOn(text []byte, i int) bool {
	if i+1 == len(text) {
		return false
	}
	b := text[i+1]
	return b-'0' <= 9 || b >= utf8.RuneSelf && (b < 0xE4 || b > 0xE9) || b < utf8.RuneSelf && separator(rune(b)) // E4 … E9: Han
}

// read reads the chain at i and tells where it ends.
func (c *chain) read(i int) int {
	c.digits, c.runs = c.digits[:0], c.runs[:0]
	r := run{from: i}
	end := i
	for i < len(c.text) && len(c.digits) < longest {
		if b := c.text[i]; b-'0' <= 9 {
			c.digits = append(c.digits, b)
			i++
			end = i
			continue
		}
		if d, n := digitAt(c.text, i); n > 0 {
			c.digits = append(c.digits, d)
			i += n
			end = i
			continue
		}
		if c.text[i] < utf8.RuneSelf && !separator(rune(c.text[i])) {
			break
		}
		k, s := i, sep{}
		for s.runes < 3 {
			x, n := utf8.DecodeRune(c.text[k:])
			switch {
			case n > 0 && unseen(x):
				s.width += n
				k += n
				continue
			case n > 0 && separator(x):
				if s.runes++; s.runes == 1 {
					s.first = x
				} else {
					s.second = x
				}
				s.width += n
				k += n
				continue
			}
			break
		}
		if _, n := digitAt(c.text, k); n == 0 || s.runes > 2 {
			break
		}
		if s.runes > 0 {
			r.to, r.n = end, len(c.digits)-r.at
			c.runs = append(c.runs, r)
			r = run{from: k, at: len(c.digits), sep: s}
		}
		i = k
	}
	r.to, r.n = end, len(c.digits)-r.at
	c.runs = append(c.runs, r)
	return max(end, i)
}

// of is the digits of a run.
func (c *chain) of(r *run) []byte { return c.digits[r.at : r.at+r.n : r.at+r.n] }

// separator tells what may stand between the groups of a number.
func separator(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '-', '.', '/', ':', '_', ')', '·', '•', '‐', '‑', '‒', '–', '—', '−', '－', '．', '）', '：', '＿':
		return true
	}
	return r > 0x7F && unicode.Is(unicode.Zs, r)
}

// unseen tells characters without width of their own.
func unseen(r rune) bool {
	return r > 0x7F && (r == 0xAD || unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me))
}

// step is how far the next character is from one that begins so and is neither a
// digit nor the sign of addresses; 0 when it may be one.
var step = func() (t [256]uint8) {
	for i := range t {
		switch b := byte(i); {
		case b < 0xC0:
			t[i] = 1
		case b < 0xE0:
			t[i] = 2
		case b < 0xF0:
			t[i] = 3
		default:
			t[i] = 4
		}
	}
	for r := range rune(0x20000) {
		if _, is := digitOf(r); is || r == '@' {
			t[utf8.AppendRune(nil, r)[0]] = 0
		}
	}
	return t
}()

// digitAt is the digit at i as ASCII, and its length; 0 for none.
func digitAt(b []byte, i int) (byte, int) {
	if i >= len(b) || step[b[i]] > 0 {
		return 0, 0
	}
	if c := b[i]; c < utf8.RuneSelf {
		if c == '@' {
			return 0, 0
		}
		return c, 1
	}
	if b[i] == 0xEF && (i+2 >= len(b) || b[i+1] != 0xBC) { // full width, not punctuation
		return 0, 0
	}
	r, n := utf8.DecodeRune(b[i:])
	if d, ok := digitOf(r); ok {
		return d, n
	}
	return 0, 0
}

// digitOf is the digit that a character stands for, in any script, in circles,
// raised or lowered.
func digitOf(r rune) (byte, bool) {
	switch {
	case r <= '9':
		return byte(r), r >= '0'
	case r < 0xB2 || r > 0x1FBF9:
		return 0, false
	case r == 0xB2, r == 0xB3:
		return byte('0' + r - 0xB0), true
	case r == 0xB9:
		return '1', true
	case r == 0x2070 || r >= 0x2074 && r <= 0x2079:
		return byte('0' + r - 0x2070), true
	case r >= 0x2080 && r <= 0x2089:
		return byte('0' + r - 0x2080), true
	case r >= 0x2460 && r <= 0x2468: // ①
		return byte('1' + r - 0x2460), true
	case r >= 0x2474 && r <= 0x247C: // ⑴
		return byte('1' + r - 0x2474), true
	case r >= 0x2488 && r <= 0x2490: // ⒈
		return byte('1' + r - 0x2488), true
	case r == 0x24EA, r == 0x24FF, r == 0x3007: // ⓪ ⓿ 〇
		return '0', true
	case r >= 0x2776 && r <= 0x277E: // ❶
		return byte('1' + r - 0x2776), true
	case r >= 0x1D7CE && r <= 0x1D7FF: // five alphabets of mathematics
		return byte('0' + (r-0x1D7CE)%10), true
	case r >= 0x2000 && r < 0xA620 || !unicode.Is(unicode.Nd, r): // none among punctuation and Han
		return 0, false
	}
	// The digits of a script stand side by side, from zero on.
	n := rune(0)
	for n < 9 && unicode.Is(unicode.Nd, r-n-1) {
		n++
	}
	return byte('0' + n), true
}
