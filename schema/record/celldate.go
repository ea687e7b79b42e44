package record

import (
	"credithub/schema/civil"
	"credithub/schema/fold"
	"strconv"
	"strings"
	"time"
)

// openTerm tells whether words say that a term has no end.
func openTerm(s string) bool {
	switch s {
	case "长期", "长期有效", "永久", "永续经营", "无固定期限", "无固定期", "无期限", "无限期", "永久有效", "长久", "长期至今", "不约定期限", "不限期", "无限", "永续":
		return true
	}
	return strings.HasPrefix(s, "9999")
}

// cellDay reads a day in any of the shapes that files hold, as YYYY-MM-DD.
func cellDay(s string, open bool) (string, bool) {
	if openTerm(s) {
		if open {
			return string(longTerm), true
		}
		return s, false
	}
	day, ok, zone := zonedDay(s)
	if !zone {
		day, ok = parseCellDay(halfWidth(withoutTime(s)))
	}
	if !ok {
		return s, false
	}
	if open && day >= endless {
		return string(longTerm), true
	}
	return day.String(), true
}

// zonedDay reads a time with an offset as the day that it is in China: 2020-05-06T16:00Z
// is the 7th. zone tells that the text names an offset, be it a wrong one.
func zonedDay(s string) (day civil.Date, ok, zone bool) {
	colon := strings.IndexByte(s, ':')
	if colon < 0 || !strings.ContainsAny(s[colon:], "Zz+-") && !strings.Contains(s[colon:], "GMT") && !strings.Contains(s[colon:], "UTC") {
		return civil.NoDate, false, false
	}
	t := strings.Replace(strings.ToUpper(s), " ", "T", 1)
	for _, clock := range []string{"15:04:05", "15:04"} {
		for _, offset := range []string{"Z07:00", "Z0700", "Z07"} {
			if at, err := time.Parse("2006-01-02T"+clock+offset, strings.ReplaceAll(t, " ", "")); err == nil {
				return civil.DateOf(at), true, true
			}
		}
	}
	return civil.NoDate, false, true
}

// endless begins the year that stands for "no end", as do the words of openTerm.
var endless = civil.MakeDate(9999, 1, 1)

func parseCellDay(s string) (civil.Date, bool) {
	if n, err := strconv.ParseFloat(s, 64); err == nil && strings.IndexFunc(s, notNumber) < 0 {
		return numericDay(s, n)
	}
	y, rest := leading(s, 4)
	if len(s)-len(rest) != 4 {
		if n := chineseDay(s); n != "" {
			return parseCellDay(n)
		}
		return englishDay(s)
	}
	rest, ok := separator(rest, "年")
	if !ok {
		return civil.NoDate, false
	}
	m, after := leading(rest, 2)
	if after, ok = separator(after, "月"); !ok {
		return civil.NoDate, false
	}
	d, tail := leading(after, 2)
	tail = strings.TrimPrefix(tail, "日")
	if !timeOfDay(tail) || !civil.ValidDate(y, m, d) {
		return civil.NoDate, false
	}
	return civil.MakeDate(y, m, d), true
}

func notNumber(r rune) bool { return (r < '0' || r > '9') && r != '.' }

// numericDay reads YYYYMMDD, a serial day of a spreadsheet, and seconds or
// milliseconds since 1970.
func numericDay(s string, n float64) (civil.Date, bool) {
	whole := len(s)
	if i := strings.IndexByte(s, '.'); i >= 0 {
		whole = i
	}
	switch {
	case whole == 8 && n >= 18000101 && n <= 99991231:
		y, m, d := int(n)/10000, int(n)/100%100, int(n)%100
		return civil.MakeDate(y, m, d), civil.ValidDate(y, m, d)
	case whole == 8: // not a day, not a serial
		return civil.NoDate, false
	case whole == 5 && n >= 10000: // 1927 … 2173
		return serialDay(n), true
	case whole == 7 && n >= serialOf(endless) && n < serialOf(endless)+366:
		return serialDay(n), true
	case whole == 9 || whole == 10:
		return civil.Date((int64(n) + 8*3600) / 86400), true
	case whole == 12 || whole == 13:
		return civil.Date((int64(n)/1000 + 8*3600) / 86400), true
	}
	return civil.NoDate, false
}

// leading reads up to most digits at the head of s.
func leading(s string, most int) (n int, rest string) {
	i := 0
	for i < len(s) && i < most && s[i]-'0' <= 9 {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:]
}

func separator(s, word string) (string, bool) {
	if rest, ok := strings.CutPrefix(s, word); ok {
		return rest, true
	}
	if s != "" && strings.IndexByte("-/.", s[0]) >= 0 {
		return s[1:], true
	}
	return s, false
}

// withoutTime cuts a time off that stands behind a blank: without the blank its
// first digit would be one of the day's.
func withoutTime(s string) string {
	colon := strings.IndexAny(s, ":：")
	if colon < 0 {
		return s
	}
	if blank := strings.LastIndexFunc(s[:colon], fold.Blank); blank > 0 {
		if digits := strings.TrimFunc(s[blank:colon], fold.Blank); digits != "" && strings.Trim(digits, "0123456789０１２３４５６７８９") == "" {
			return s[:blank]
		}
	}
	return s
}

// timeOfDay tells whether what follows a day is nothing or a time.
func timeOfDay(s string) bool {
	if s == "" {
		return true
	}
	if rest, ok := strings.CutPrefix(s, "T"); ok {
		s = rest
	} else if i := strings.IndexByte(s, ':'); i >= 0 && i != 2 {
		return false // some digit of the hour may be the day's
	}
	return strings.Trim(s, "0123456789:.Z+-") == "" && (strings.Contains(s, ":") || strings.Trim(s, "0.") == "")
}

// serialDay is the day that a spreadsheet counts from 1899-12-30.
func serialDay(n float64) civil.Date { return civil.Date(int(n)) + civil.MakeDate(1899, 12, 30) }

func serialOf(d civil.Date) float64 { return float64(d - civil.MakeDate(1899, 12, 30)) }

// serialText writes out the day of a cell that a spreadsheet shows as one. A year
// that was typed into such a cell stays a year.
func serialText(s string, f *Field) string {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n < 1 || n >= serialOf(endless)+366 {
		return s
	}
	if f != nil && f.Type == Year && n >= 1900 && n < 2300 {
		return s
	}
	text := serialDay(n).String()
	if seconds := int((n-float64(int(n)))*86400 + 0.5); seconds > 0 && seconds < 86400 && (f == nil || f.Type != Day) {
		text += " " + clock(seconds)
	}
	return text
}

func clock(seconds int) string {
	two := func(n int) string { return strconv.Itoa(n/10) + strconv.Itoa(n%10) }
	return two(seconds/3600) + ":" + two(seconds/60%60) + ":" + two(seconds%60)
}

// counts tells whether the type counts or measures, so that a cell that is shown
// as a day is a number all the same.
func (t FieldType) counts() bool { return t == Count || t == Score || t == Money }

// cellMonth reads a month, also where a spreadsheet made a day of it.
func cellMonth(s string) (string, bool) {
	if day, ok, zone := zonedDay(s); zone {
		if !ok {
			return s, false
		}
		return day.String()[:7], true
	}
	t := halfWidth(withoutTime(s))
	y, rest := leading(t, 4)
	if len(t)-len(rest) == 4 {
		if after, ok := separator(rest, "年"); ok {
			rest = after
		}
		m, tail := leading(rest, 2)
		tail = strings.TrimPrefix(strings.TrimPrefix(tail, "月"), "份")
		if tail == "" && civil.ValidDate(y, m, 1) && !(len(t) == 5 && t >= "30000") { // 46023 is a serial day
			return civil.MakeDate(y, m, 1).String()[:7], true
		}
	}
	if day, ok := englishMonth(t); ok {
		return day.String()[:7], true
	}
	if n := chineseDay(t); n != "" {
		t = n
	}
	if day, ok := parseCellDay(t); ok {
		return day.String()[:7], true
	}
	if strings.HasSuffix(t, "月") {
		if day, ok := parseCellDay(t + "1日"); ok {
			return day.String()[:7], true
		}
	}
	return s, false
}

// cellYear reads a year, also where a spreadsheet made a day of it.
func cellYear(s string) (string, bool) {
	t := strings.TrimSuffix(strings.TrimSuffix(halfWidth(s), "度"), "年")
	n, ok := wholeNumber(t)
	if ok && len(n) == 4 {
		return n, true
	}
	if day, isDay := parseCellDay(t); isDay {
		return day.String()[:4], true
	}
	if ok {
		return n, true
	}
	return s, false
}

// cellScore reads a decimal; a percentage stands for its number: 95% is 95.
func cellScore(s string) string {
	n := strings.TrimSuffix(strings.TrimSuffix(halfWidth(s), "分"), "%")
	return plainDecimal(n)
}

// plainDecimal writes a number without its exponent, if that loses nothing.
func plainDecimal(s string) string {
	if strings.IndexAny(s, "Ee") < 1 {
		return s
	}
	sum, _, ok := amountOf(strings.ToUpper(s))
	if !ok {
		return s
	}
	text := sum.FloatString(6)
	if text = strings.TrimSuffix(strings.TrimRight(text, "0"), "."); len(text) > 15 {
		return s // a spreadsheet keeps 15 digits: the rest is made up
	}
	return text
}

var englishMonths = [...]string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}

func monthName(s string) int {
	s = strings.ToUpper(s)
	if len(s) < 3 {
		return 0
	}
	for i, m := range englishMonths {
		if s[:3] == m && (len(s) == 3 || strings.HasPrefix(longMonths[i], s[3:])) {
			return i + 1
		}
	}
	return 0
}

// longMonths are the rests of the names.
var longMonths = [...]string{"UARY", "RUARY", "CH", "IL", "", "E", "Y", "UST", "TEMBER", "OBER", "EMBER", "EMBER"}

// englishDay reads 2-Mar-26 and 2-Mar-2026, as spreadsheets in English show days.
// 3/2/26 is refused: it is one day there and another here.
func englishDay(s string) (civil.Date, bool) {
	part := strings.FieldsFunc(s, func(r rune) bool { return r == '-' || r == '/' || r == ' ' })
	if len(part) != 3 {
		return civil.NoDate, false
	}
	d, rest := leading(part[0], 2)
	m, y := monthName(part[1]), shortYear(part[2])
	if rest != "" || m == 0 || y == 0 || !civil.ValidDate(y, m, d) {
		return civil.NoDate, false
	}
	return civil.MakeDate(y, m, d), true
}

// englishMonth reads Mar-26 and March-2026.
func englishMonth(s string) (civil.Date, bool) {
	name, year, found := strings.Cut(s, "-")
	m, y := monthName(name), shortYear(year)
	if !found || m == 0 || y == 0 {
		return civil.NoDate, false
	}
	return civil.MakeDate(y, m, 1), true
}

// shortYear reads 2026 and 26 as spreadsheets do, 30 … 99 in the last century; 0:
// neither.
func shortYear(s string) int {
	n, rest := leading(s, 4)
	switch {
	case rest != "" || len(s) != 2 && len(s) != 4:
		return 0
	case len(s) == 4:
		return n
	case n < 30:
		return 2000 + n
	}
	return 1900 + n
}

// chineseDay brings 二〇二六年三月二日 into digits; "": it is none. What it gives
// has a digit, so that it is never its own reading.
func chineseDay(s string) string {
	if !strings.Contains(s, "年") || strings.ContainsAny(s, "0123456789") {
		return ""
	}
	out, unit := make([]byte, 0, 16), 0
	for _, r := range s {
		digit := strings.IndexRune("〇一二三四五六七八九", r)
		switch {
		case r == '零' || r == '○' || r == 'O':
			out = append(out, '0')
		case digit >= 0:
			out = append(out, '0'+byte(digit/len("〇")))
		case r == '十':
			out, unit = append(out, 't'), unit+1
		case r == '年' || r == '月' || r == '日':
			out = append(out, string(r)...)
		default:
			return ""
		}
	}
	day := tens(string(out), unit)
	if !strings.ContainsAny(day, "0123456789") {
		return "" // 年月日: the heading in a cell
	}
	return day
}

// tens writes t of 三t一, t二 and 二t as digits.
func tens(s string, n int) string {
	digit := func(i int) bool { return i >= 0 && i < len(s) && s[i]-'0' <= 9 }
	for ; n > 0; n-- {
		i := strings.IndexByte(s, 't')
		ten := ""
		if !digit(i - 1) {
			ten = "1"
		}
		if !digit(i + 1) {
			ten += "0"
		}
		s = s[:i] + ten + s[i+1:]
	}
	return s
}
