package uscc

import "time"

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
