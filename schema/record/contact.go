package record

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// Free text must not carry how to reach a person or where to pay one: telephone
// numbers, e-mail addresses and bank cards are never public (政府信息公开条例 第十五条,
// 个人信息保护法 第二十五条), and nothing that the hub decides hangs on them.

// noContact stands where one was.
const noContact = "***"

var wideAt = []byte("＠")

// span is a part of a text: its bytes, and how many digits they are.
type span struct{ from, to, digits int }

// appendWithoutContacts appends b with noContact in place of every contact, and
// tells whether there was one; without one it appends nothing.
func appendWithoutContacts(dst, b []byte) ([]byte, bool) {
	var room [8]span
	found := appendNumbers(room[:0], b)
	if bytes.IndexByte(b, '@') >= 0 || bytes.Contains(b, wideAt) {
		found = appendMails(found, b)
		slices.SortFunc(found, func(x, y span) int { return x.from - y.from })
	}
	if len(found) == 0 {
		return dst, false
	}
	done := 0
	for _, s := range found {
		if s.from >= done {
			dst = append(append(dst, b[done:s.from]...), noContact...)
		}
		done = max(done, s.to)
	}
	return append(dst, b[done:]...), true
}

// appendNumbers appends where numbers to call and bank cards stand.
func appendNumbers(out []span, b []byte) []span {
	for i := 2; i < len(b); {
		from := digitsAround(b, i)
		if from < 0 {
			i += 3 // each has three digits side by side, or wide ones of three bytes
			continue
		}
		var room [8]span
		runs := digitRuns(room[:0], b, from)
		for n := 0; n < len(runs); {
			k := contact(b, runs[n:])
			if k > 0 {
				out = append(out, span{from: runs[n].from, to: runs[n+k-1].to})
			}
			n += max(k, 1)
		}
		i = runs[len(runs)-1].to + 2
	}
	return out
}

// digitAt is the length of the digit at i, ASCII or of full width; 0 for none.
func digitAt(b []byte, i int) int {
	switch {
	case i < 0 || i >= len(b):
		return 0
	case b[i] >= '0' && b[i] <= '9':
		return 1
	case b[i] == 0xEF && i+2 < len(b) && b[i+1] == 0xBC && b[i+2] >= 0x90 && b[i+2] <= 0x99:
		return 3
	}
	return 0
}

// digitsAround is where the run of digits begins that holds byte i; -1 when it
// holds none. i is at least 2.
func digitsAround(b []byte, i int) int {
	from := i
	switch c := b[i]; {
	case c >= '0' && c <= '9':
	case c == 0xEF:
	case c == 0xBC:
		from -= 1
	case c >= 0x90 && c <= 0x99 && b[i-1] == 0xBC:
		from -= 2
	default:
		return -1
	}
	if digitAt(b, from) == 0 {
		return -1
	}
	for from > 0 {
		switch {
		case digitAt(b, from-1) == 1:
			from--
		case digitAt(b, from-3) == 3:
			from -= 3
		default:
			return from
		}
	}
	return from
}

// digitRuns appends the run of digits at from and those that follow it with one
// separator between.
func digitRuns(runs []span, b []byte, from int) []span {
	for i := from; ; {
		s := span{from: i, to: i}
		for n := digitAt(b, s.to); n > 0; n = digitAt(b, s.to) {
			s.to += n
			s.digits++
		}
		runs = append(runs, s)
		r, n := utf8.DecodeRune(b[s.to:])
		switch r {
		case ' ', '-', '\u3000', '\u00a0', '‐', '‑', '–', '—', '−', '－':
		default:
			return runs
		}
		if i = s.to + n; digitAt(b, i) == 0 {
			return runs
		}
	}
}

// contact tells how many of the runs, from the first on, are one number to call
// or one bank card; 0 when they are none.
func contact(b []byte, runs []span) int {
	if !open(b, runs[0].from) {
		return 0
	}
	for _, shape := range shapes {
		k := len(shape.runs)
		if len(runs) < k {
			continue
		}
		var room [24]byte
		d, fits := room[:0], true
		for i := range k {
			if n := runs[i].digits; n < shape.runs[i][0] || n > shape.runs[i][1] {
				fits = false
				break
			}
			d = appendDigits(d, b[runs[i].from:runs[i].to])
		}
		if fits && shape.is(d) && ended(b, runs[k-1].to) {
			return k
		}
	}
	return 0
}

// shapes are how such numbers are grouped: least and most digits of each run.
var shapes = []struct {
	runs [][2]int
	is   func(digits []byte) bool
}{
	{[][2]int{{11, 11}}, mobile},
	{[][2]int{{13, 13}}, func(d []byte) bool { return d[0] == '8' && d[1] == '6' && mobile(d[2:]) }},
	{[][2]int{{3, 3}, {4, 4}, {4, 4}}, mobile},
	{[][2]int{{3, 4}, {7, 8}}, func(d []byte) bool { return d[0] == '0' && d[1] != '0' }},
	{[][2]int{{16, 19}}, card},
	{[][2]int{{4, 4}, {4, 4}, {4, 4}, {4, 4}, {1, 3}}, card},
	{[][2]int{{4, 4}, {4, 4}, {4, 4}, {4, 4}}, card},
}

func appendDigits(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		n := digitAt(b, i)
		dst = append(dst, '0'+b[i+n-1]&0x0F)
		i += n
	}
	return dst
}

// mobile is the plan of mobile numbers: eleven digits from 13 to 19.
func mobile(d []byte) bool { return len(d) == 11 && d[0] == '1' && d[1] >= '3' }

// card is a card of a Chinese bank: 62…, with the check digit of ISO/IEC 7812.
func card(d []byte) bool {
	sum := 0
	for i := range d {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return d[0] == '6' && d[1] == '2' && sum%10 == 0
}

// open tells that a number may begin at i: it is no tail of a word or amount.
func open(b []byte, i int) bool {
	return i == 0 || !wordByte(b[i-1]) && b[i-1] != '.'
}

// ended tells that a number may end at i: it is no head of a word, no amount and
// no document's number.
func ended(b []byte, i int) bool {
	if i == len(b) {
		return true
	}
	if wordByte(b[i]) || b[i] == '.' && digitAt(b, i+1) > 0 {
		return false
	}
	r, _ := utf8.DecodeRune(b[i:])
	switch r {
	case '号', '元', '万', '亿', '美', '股':
		return false
	}
	return true
}

func wordByte(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }

// appendMails appends where e-mail addresses stand.
func appendMails(out []span, b []byte) []span {
	for i := 0; i < len(b); {
		sign := 1
		switch {
		case b[i] == '@':
		case bytes.HasPrefix(b[i:], wideAt):
			sign = 3
		default:
			i++
			continue
		}
		s := span{from: i, to: i + sign}
		for s.from > 0 && (wordByte(b[s.from-1]) || bytes.IndexByte([]byte("._%+-"), b[s.from-1]) >= 0) {
			s.from--
		}
		for s.to < len(b) && (wordByte(b[s.to]) || b[s.to] == '.' || b[s.to] == '-') {
			s.to++
		}
		for s.to > i && (b[s.to-1] == '.' || b[s.to-1] == '-') {
			s.to--
		}
		host := b[min(i+sign, s.to):s.to]
		if dot := bytes.LastIndexByte(host, '.'); s.from < i && dot > 0 && len(host)-dot > 2 {
			out = append(out, s)
		}
		i = max(s.to, i+sign)
	}
	return out
}
