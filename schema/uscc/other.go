package uscc

import (
	"bytes"
	"time"
	"unicode/utf8"
)

var orgWeights = [8]uint32{3, 7, 9, 10, 5, 8, 4, 2}

// orgCheck is the check character of 8 body characters by GB 11714: letters
// take 10–35 by their place in the plain alphabet. 0 when a character is none.
func orgCheck(body []byte) byte {
	var sum uint32
	for i, w := range orgWeights {
		x := value36[body[i]]
		if x == none {
			return 0
		}
		sum += uint32(x) * w
	}
	return "0123456789X0"[11-sum%11]
}

// CheckOrgCode tells whether s is an organisation code (组织机构代码, GB 11714-1997),
// written with or without its hyphen: 19220382-1.
func CheckOrgCode[T ~string | ~[]byte](s T) bool {
	var b [9]byte
	switch {
	case len(s) == 9:
		copy(b[:], s)
	case len(s) == 10 && s[8] == '-':
		copy(b[:8], s[:8])
		b[8] = s[9]
	default:
		return false
	}
	return orgCheck(b[:8]) == b[8]
}

// RegNo classifies a registration number (注册号).
type RegNo uint8

// Classes of registration numbers.
const (
	RegNoWrong  RegNo = iota // neither shape, or the check digit fails
	RegNoLegacy              // 13 digits of before 2006, which carry no check
	RegNoValid               // 15 digits by GS15-2006, check holds
)

// CheckRegNo looks at a registration number: 15 digits whose last is the ISO
// 7064 MOD 11,10 check, or 13 digits without one.
func CheckRegNo[T ~string | ~[]byte](s T) RegNo {
	if len(s) != 13 && len(s) != 15 {
		return RegNoWrong
	}
	r := uint32(10)
	for i := 0; i < len(s); i++ {
		d := uint32(s[i]) - '0'
		if d > 9 {
			return RegNoWrong
		}
		if i == 14 {
			if d != (11-r)%10 {
				return RegNoWrong
			}
			break
		}
		if r = (r + d) % 10; r == 0 {
			r = 10
		}
		r = r * 2 % 11
	}
	if len(s) == 13 {
		return RegNoLegacy
	}
	return RegNoValid
}

var idWeights = [17]uint32{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

// CheckID tells whether s is a valid citizen's identity number (公民身份号码, GB
// 11643-1999): 17 digits with a province and a day of birth of 1900–2099, and
// the ISO 7064 MOD 11-2 check, x or X for ten.
func CheckID[T ~string | ~[]byte](s T) bool {
	if len(s) != 18 {
		return false
	}
	var sum uint32
	for i, w := range idWeights {
		d := uint32(s[i]) - '0'
		if d > 9 {
			return false
		}
		sum += d * w
	}
	last := s[17]
	if last == 'x' {
		last = 'X'
	}
	if "10X98765432"[sum%11] != last {
		return false
	}
	if p := provinceOf(s[0], s[1]); p == none || p == 0 {
		if s[0] != '8' || s[1] != '3' { // 830000: residence permit of Taiwan residents
			return false
		}
	}
	num := func(i, j int) (n int) {
		for ; i < j; i++ {
			n = n*10 + int(s[i]-'0')
		}
		return
	}
	y, m, d := num(6, 10), num(10, 12), num(12, 14)
	if y < 1900 || y > 2099 || m < 1 || m > 12 || d < 1 {
		return false
	}
	return d <= time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// FindID tells whether a citizen's identity number stands in a text: also as a
// part of a longer run of digits such as an old taxpayer number, in its groups
// of 6, 8 and 4 with a blank or hyphen between, in full-width characters, or
// with invisible ones between. A clean USCC is not taken for one.
func FindID(s []byte) bool {
	if findRun(s) || findGroups(s) {
		return true
	}
	if !disguised(s) {
		return false
	}
	plain := undisguise(make([]byte, 0, 256), s)
	return findRun(plain) || findGroups(plain)
}

// findRun looks at one byte in seventeen where there are no digits.
func findRun(s []byte) bool {
	for i := 16; i < len(s); {
		if !digit(s[i]) {
			i += 17
			continue
		}
		from, to := run(s, i)
		end := to
		if to < len(s) && (s[to]|0x20) == 'x' {
			end++
		}
		for j := from; j+18 <= end; j++ {
			if CheckID(s[j:j+18]) && !clean(s, j) {
				return true
			}
		}
		i = to + 17
	}
	return false
}

// findGroups looks for eight digits, a day of birth, and what stands beside.
func findGroups(s []byte) bool {
	for i := 14; i+5 < len(s); {
		if !digit(s[i]) {
			i += 8
			continue
		}
		from, to := run(s, i)
		i = to + 8
		if to-from != 8 {
			continue
		}
		first, last := from-gapBefore(s[:from])-6, to+gapAfter(s[to:])
		if first+6 == from || last == to || first < 0 || last+4 > len(s) ||
			first > 0 && value36[s[first-1]] != none || last+4 < len(s) && value36[s[last+4]] != none {
			continue
		}
		var id [18]byte
		copy(id[:], s[first:first+6])
		copy(id[6:], s[from:to])
		copy(id[14:], s[last:last+4])
		if CheckID(id[:]) {
			return true
		}
	}
	return false
}

// gaps stand between the groups of a number.
var gaps = [...]string{" ", "-", "\u3000", "\u00a0", "\u202f", "‐", "‑", "–", "—", "−"}

// gapBefore is the length of the gap at the end of s.
func gapBefore(s []byte) int {
	for _, g := range gaps {
		if len(s) >= len(g) && string(s[len(s)-len(g):]) == g {
			return len(g)
		}
	}
	return 0
}

// gapAfter is the length of the gap at the beginning of s.
func gapAfter(s []byte) int {
	for _, g := range gaps {
		if len(s) >= len(g) && string(s[:len(g)]) == g {
			return len(g)
		}
	}
	return 0
}

// run is the run of digits around i.
func run(s []byte, i int) (from, to int) {
	from, to = i, i+1
	for from > 0 && digit(s[from-1]) {
		from--
	}
	for to < len(s) && digit(s[to]) {
		to++
	}
	return from, to
}

// disguised tells whether a text holds full-width digits or characters without
// width.
func disguised(s []byte) bool {
	return after(s, 0xEF, func(a, b byte) bool { return a == 0xBC && b >= 0x90 && b <= 0x99 || a == 0xBB && b == 0xBF }) ||
		after(s, 0xE2, func(a, b byte) bool { return a == 0x80 && b >= 0x8B && b <= 0x8D || a == 0x81 && b == 0xA0 })
}

// after tells whether a byte is followed by two that f wants.
func after(s []byte, lead byte, f func(a, b byte) bool) bool {
	for {
		i := bytes.IndexByte(s, lead)
		if i < 0 || i+2 >= len(s) {
			return false
		}
		if f(s[i+1], s[i+2]) {
			return true
		}
		s = s[i+1:]
	}
}

// undisguise appends a text in half-width characters and without those that have
// no width.
func undisguise(dst, s []byte) []byte {
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		switch {
		case r >= '！' && r <= '～': // they stand 0xFEE0 above ASCII
			dst = append(dst, byte(r-0xFEE0))
		case r == 0x200B || r == 0x200C || r == 0x200D || r == 0x2060 || r == 0xFEFF:
		default:
			dst = append(dst, s[:n]...)
		}
		s = s[n:]
	}
	return dst
}

// clean tells whether the 18 characters at j stand alone and are a clean code.
func clean(s []byte, j int) bool {
	if j > 0 && value36[s[j-1]] != none || j+18 < len(s) && value36[s[j+18]] != none {
		return false
	}
	return check(s[j:j+18]).Code == ""
}

func digit(c byte) bool { return c-'0' <= 9 }
