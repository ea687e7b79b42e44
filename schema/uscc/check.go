package uscc

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"credithub/schema/fault"
)

// Length is the number of characters of a code.
const Length = 18

// Alphabet holds the 31 symbols of GB 32100 in order of their value: no I O S V Z.
const Alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// pairs are the legal department (登记管理部门) and category (机构类别) pairs. Their
// order is part of Key: append only.
var pairs = [...]string{
	"11", "12", "13", "19", // 机构编制
	"21", "29", // 外交
	"31", "32", "33", "34", "35", "39", // 司法行政
	"41", "49", // 文化
	"51", "52", "53", "59", // 民政
	"61", "62", "69", // 旅游
	"71", "72", "79", // 宗教
	"81", "89", // 工会
	"91", "92", "93", "99", // 市场监管
	"A1", "A9", // 军委改革编制办
	"N1", "N2", "N3", "N9", // 农业
	"Y1", // 其他
}

// provinces are the first two digits of GB/T 2260 codes; 10 is the nation
// (100000). Their order is part of Key: append only.
var provinces = [...]string{
	"10", "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35",
	"36", "37", "41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54",
	"61", "62", "63", "64", "65", "71", "81", "82",
}

// Tables by character: value in the 31-symbol alphabet, value in the plain
// 36-letter alphabet; 0xff where the character is in neither.
var (
	value31 = table(Alphabet)
	value36 = table("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")

	pairIndex     = pairTable()
	provinceIndex = provinceTable()
)

const none = 0xff

func table(alphabet string) (t [256]uint8) {
	for i := range t {
		t[i] = none
	}
	for i := 0; i < len(alphabet); i++ {
		t[alphabet[i]] = uint8(i)
	}
	return
}

func pairTable() (t [31 * 10]uint8) {
	for i := range t {
		t[i] = none
	}
	for i, p := range pairs {
		t[int(value31[p[0]])*10+int(p[1]-'0')] = uint8(i)
	}
	return
}

func provinceTable() (t [100]uint8) {
	for i := range t {
		t[i] = none
	}
	for i, p := range provinces {
		t[(p[0]-'0')*10+p[1]-'0'] = uint8(i)
	}
	return
}

// weights are 3^(i−1) mod 31 of GB/T 17710.
var weights = [17]uint32{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// Verdict is what can be said about a code by looking at it alone.
type Verdict struct {
	// Code is "" for a clean code, W01 when only the inner GB 11714 check
	// fails, W04 for a pilot code, E01 for a wrong shape, E02 for a wrong check
	// character.
	Code fault.Code
	// Message says what is wrong, for the agency; it holds no code.
	Message string
	// Personal tells that the characters are also a valid citizen's identity
	// number (公民身份号码): they must not be shown publicly.
	Personal bool
}

// Valid tells whether the code identifies a subject: clean or with a warning.
func (v Verdict) Valid() bool { return !v.Code.Rejects() }

// Check looks at a code. It allocates nothing for codes that it does not reject.
func Check(s []byte) Verdict {
	v := check(s)
	if len(s) == Length && s[6] <= '2' && s[6] >= '1' && CheckID(s) {
		v.Personal = true
	}
	return v
}

func check(s []byte) Verdict {
	if len(s) != Length {
		return Verdict{Code: fault.E01Format, Message: lengthMessage(s)}
	}
	var sum uint32
	bad := -1
	for i, w := range weights {
		x := value31[s[i]]
		if x == none && bad < 0 {
			bad = i
		}
		sum += uint32(x) * w
	}
	last := value31[s[17]]
	if bad >= 0 || last == none {
		if pilot(s) {
			return pilotVerdict
		}
		if bad < 0 {
			bad = 17
		}
		m := characterMessage(s[bad], bad)
		if why := Cause(s); why != "" {
			m += "; " + why
		}
		return Verdict{Code: fault.E01Format, Message: m}
	}
	if pairOf(s) == none {
		return Verdict{Code: fault.E01Format, Message: "characters 1–2 are no department and category of GB 32100"}
	}
	for i := 2; i < 8; i++ {
		if s[i] > '9' {
			return Verdict{Code: fault.E01Format, Message: "characters 3–8 must be a division code of digits"}
		}
	}
	if want := (31 - sum%31) % 31; uint32(last) != want {
		if pilot(s) {
			return pilotVerdict
		}
		return Verdict{Code: fault.E02Check, Message: checkMessage(s, Alphabet[want])}
	}
	if orgCheck(s[8:16]) != s[16] {
		return Verdict{Code: fault.W01Inner, Message: "the organisation code inside (characters 9–17) fails its GB 11714 check"}
	}
	return Verdict{}
}

var pilotVerdict = Verdict{Code: fault.W04Pilot, Message: "code of a pilot before GB 32100-2015, valid by the pilot's own check"}

func pairOf(s []byte) uint8 {
	a, b := value31[s[0]], s[1]-'0'
	if a == none || b > 9 {
		return none
	}
	return pairIndex[int(a)*10+int(b)]
}

func lengthMessage(s []byte) string {
	switch n := len(s); {
	case n == 15 && digits(s):
		return "15 digits are a registration number (or a code that a spreadsheet cut short), not a code of 18 characters"
	case n == 13 && digits(s):
		return "13 digits are a registration number, not a code of 18 characters"
	case n == 9 || n == 10 && s[8] == '-':
		return "this is an organisation code, not a code of 18 characters"
	default:
		m := fmt.Sprintf("length is %d characters, expected 18", utf8.RuneCount(s))
		if why := Cause(s); why != "" {
			m += "; " + why
		} else if n == 17 && digits(s) {
			m += "; a spreadsheet may have cut a zero off its head (前导零丢失): format the column as text"
		}
		return m
	}
}

// Cause tells what a spreadsheet or its export did to a value, and the cure; ""
// when nothing speaks of it.
func Cause[T ~string | ~[]byte](value T) string {
	s := strings.TrimSpace(string(value))
	switch {
	case strings.HasPrefix(s, "="):
		return "this is the text of a formula (公式), not its result: paste the values as text"
	case scientific(s):
		return "a spreadsheet turned it into a number in scientific notation (科学计数法), its digits are lost: format the column as text and enter it anew"
	case totals[s]:
		return "this looks like the row of a total (合计): leave it out"
	case len(s) > 2 && s[0] == '#' && errorValues[s]:
		return "this is the error value of a formula (公式出错): mend the formula and paste its result"
	case strings.Contains(s, "*"):
		return "some characters are masked with * (脱敏): send them in full"
	}
	return ""
}

// totals are the words that lead the last row of a table.
var totals = map[string]bool{
	"合计": true, "总计": true, "小计": true, "共计": true, "累计": true, "总和": true, "汇总": true,
	"合计:": true, "总计:": true, "小计:": true, "合计：": true, "总计：": true, "小计：": true, "本页合计": true, "本页小计": true, "合 计": true, "总 计": true, "小 计": true,
}

// Total tells whether a text leads the row of a total (合计), which is no record.
func Total[T ~string | ~[]byte](s T) bool {
	return len(s) <= 24 && totals[strings.TrimSpace(string(s))]
}

var errorValues = map[string]bool{
	"#N/A": true, "#REF!": true, "#VALUE!": true, "#DIV/0!": true, "#NAME?": true, "#NUM!": true, "#NULL!": true, "#SPILL!": true, "#CALC!": true, "#GETTING_DATA": true,
}

// ErrorValue tells whether a text is what a spreadsheet writes where a formula
// fails.
func ErrorValue[T ~string | ~[]byte](s T) bool {
	return len(s) > 2 && s[0] == '#' && errorValues[string(s)]
}

// scientific tells whether a text is a number with an exponent, such as 9.14E+17.
func scientific(s string) bool {
	digits, exponent, found := strings.Cut(strings.ToUpper(s), "E")
	return found && plainNumber(digits) && plainNumber(strings.TrimLeft(exponent, "+-"))
}

func plainNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789.") == "" && strings.Trim(s, ".") != ""
}

func characterMessage(c byte, at int) string {
	switch {
	case c >= 'a' && c <= 'z':
		return fmt.Sprintf("character %d is in lower case", at+1)
	case c == 'I' || c == 'O' || c == 'S' || c == 'V' || c == 'Z':
		return fmt.Sprintf("character %d is one of I O S V Z, which GB 32100 does not use", at+1)
	default:
		return fmt.Sprintf("character %d is none of the 31 symbols of GB 32100", at+1)
	}
}

func checkMessage(s []byte, want byte) string {
	m := fmt.Sprintf("check character is %c, expected %c", s[17], want)
	if digits(s) && string(s[15:]) == "000" {
		m += "; a spreadsheet may have cut the number to 15 digits"
	}
	return m
}

func digits(s []byte) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) > 0
}

// KnownProvince tells whether a division code begins with a province of GB/T
// 2260, or is that of the nation (10….).
func KnownProvince[T ~string | ~[]byte](division T) bool {
	return len(division) >= 2 && provinceOf(division[0], division[1]) != none
}

func provinceOf(a, b byte) uint8 {
	a, b = a-'0', b-'0'
	if a > 9 || b > 9 {
		return none
	}
	return provinceIndex[a*10+b]
}

// placeholder stands for "no code" in the feeds of 双公示: 17 zeros and an X.
const placeholder = "00000000000000000X"

// Placeholder tells whether the code means "absent". It must never be stored as
// an identifier or matched on.
func Placeholder[T ~string | ~[]byte](s T) bool { return string(s) == placeholder }
