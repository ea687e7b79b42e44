package record

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"credithub/schema/uscc"
)

// Normalise brings a file's cell for a field of the kind (or uscc, recordId,
// version, op, occurredOn of the envelope) into the form that Decode reads.
// value is "" when the cell says "nothing". changed tells that more than white
// space around it was touched (W05). When ok is false the cell could not be
// understood and value is its trimmed text, for Decode to refuse with its code.
// Amounts are in yuan where the cell names no unit.
func Normalise(kind *KindSpec, field, text string) (value string, changed, ok bool) {
	value, ok = normalise(kind, field, text, false)
	return value, value != strings.TrimSpace(text), ok
}

func normalise(kind *KindSpec, field, text string, wan bool) (string, bool) {
	s := trimCell(text)
	if emptyCell(s) {
		return "", true
	}
	switch field {
	case "uscc":
		return uscc.Fold(s), true
	case "recordId":
		return s, true
	case "version":
		return wholeNumber(s)
	case "op":
		return opWord(s)
	case "occurredOn":
		return cellDay(s, false)
	}
	f := kind.Field(field)
	if f == nil {
		return s, false
	}
	switch f.Type {
	case Choice:
		return f.word(s)
	case Day:
		return cellDay(s, f.Open)
	case Month:
		return cellMonth(s)
	case Year:
		n, ok := wholeNumber(strings.TrimSuffix(strings.TrimSuffix(halfWidth(s), "度"), "年"))
		if !ok {
			return s, false
		}
		return n, true
	case Count:
		n, ok := wholeNumber(strings.TrimRight(s, "人名个月"))
		if !ok {
			return s, false
		}
		return n, true
	case Score:
		return strings.TrimSuffix(halfWidth(s), "分"), true
	case Money:
		a, ok := ParseAmount(s, wan)
		if !ok || a.Currency != "" && f.Name != "registeredCapital" {
			return s, false
		}
		return a.Value, true
	case Division, RegNo:
		return strings.TrimSuffix(uscc.Fold(s), ".0"), true
	case Code:
		return uscc.Fold(s), true
	case Texts, Objects:
		return cellList(s), true
	}
	return s, true
}

// trimCell cuts white space of every kind, the text mark of spreadsheets and
// the rests of scanned texts off both ends.
func trimCell(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return blankRune(r) || r == '〓' || r == 0xFFFD })
	if len(s) > 1 && s[0] == '\'' && s[len(s)-1] != '\'' {
		s = s[1:]
	}
	return s
}

// saysNothing is emptyCell of a text that is mostly a value.
func saysNothing(b []byte) bool {
	if len(b) > maxNothing {
		return false
	}
	switch r, _ := utf8.DecodeRune(b); r {
	case '无', '暂', '空', '未', '不', '企', '该', 'n', 'N', '-', '—', '–', '－', '/', '／', '\\', '*', '＊', '_', '〓', '\'', utf8.RuneError:
	default:
		if !blankRune(r) {
			return false
		}
	}
	return emptyCell(trimCell(string(b)))
}

// maxNothing bounds in bytes what says "nothing".
const maxNothing = 64

// emptyCell tells whether a trimmed cell says "nothing".
func emptyCell(s string) bool {
	switch strings.ToLower(s) {
	case "", "无", "暂无", "空", "未公开", "未公示", "不公示", "企业选择不公示", "该企业选择不公示", "null", "nil", "none", "n/a", "nan", "无数据", "不详":
		return true
	}
	return strings.Trim(s, "-—–－/／\\*＊_") == ""
}

func halfWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - 0xFEE0
		}
		if blankRune(r) {
			return -1
		}
		return r
	}, s)
}

func opWord(s string) (string, bool) {
	switch strings.ToLower(s) {
	case "upsert", "新增", "变更", "修改", "更新":
		return "upsert", true
	case "retract", "撤回", "撤销", "删除":
		return "retract", true
	}
	return s, false
}

// word gives the value of an enumeration that a word of a file stands for.
func (f *Field) word(s string) (string, bool) {
	key := strings.TrimSuffix(FoldName(s), ".0") // a spreadsheet's number
	for i := range f.Enum {
		e := &f.Enum[i]
		if FoldName(e.Value) == key {
			return e.Value, true
		}
		for _, w := range e.Words {
			if FoldName(w) == key {
				return e.Value, true
			}
		}
	}
	return s, false
}

// wholeNumber reads 12, 1,234, 12.0 and full-width digits.
func wholeNumber(s string) (string, bool) {
	n := strings.ReplaceAll(halfWidth(s), ",", "")
	if i := strings.IndexByte(n, '.'); i > 0 && strings.Trim(n[i+1:], "0") == "" {
		n = n[:i]
	}
	if trimmed := strings.TrimLeft(n, "0"); trimmed != "" {
		n = trimmed
	}
	if _, ok := parseCount([]byte(n)); !ok {
		return s, false
	}
	return n, true
}

// cellList splits a cell of several names into a JSON array.
func cellList(s string) string {
	out := []byte{'['}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(";；、\n\r", r) }) {
		if part = trimCell(part); emptyCell(part) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = appendQuoted(out, []byte(strings.ToValidUTF8(part, "\uFFFD")))
	}
	return string(append(out, ']'))
}

// openTerm tells whether words say that a term has no end.
func openTerm(s string) bool {
	switch s {
	case "长期", "长期有效", "永久", "永续经营", "无固定期限", "无固定期", "无期限", "无限期", "永久有效":
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
	day, ok := parseCellDay(halfWidth(s))
	if !ok {
		return s, false
	}
	return day.String(), true
}

func parseCellDay(s string) (Date, bool) {
	if n, err := strconv.ParseFloat(s, 64); err == nil && strings.IndexFunc(s, notNumber) < 0 {
		return numericDay(s, n)
	}
	y, rest := leading(s, 4)
	if len(s)-len(rest) != 4 {
		return NoDate, false
	}
	rest, ok := separator(rest, "年")
	if !ok {
		return NoDate, false
	}
	m, after := leading(rest, 2)
	if after, ok = separator(after, "月"); !ok {
		return NoDate, false
	}
	d, tail := leading(after, 2)
	tail = strings.TrimPrefix(tail, "日")
	if !timeOfDay(tail) || !validDay(y, m, d) {
		return NoDate, false
	}
	return dayNumber(y, m, d), true
}

func notNumber(r rune) bool { return (r < '0' || r > '9') && r != '.' }

// numericDay reads YYYYMMDD, a serial day of a spreadsheet, and seconds or
// milliseconds since 1970.
func numericDay(s string, n float64) (Date, bool) {
	whole := len(s)
	if i := strings.IndexByte(s, '.'); i >= 0 {
		whole = i
	}
	switch {
	case whole == 8 && n >= 18000101 && n <= 99991231:
		y, m, d := int(n)/10000, int(n)/100%100, int(n)%100
		return dayNumber(y, m, d), validDay(y, m, d)
	case whole == 8: // not a day, not a serial
		return NoDate, false
	case whole == 5 && n >= 10000: // 1927 … 2173
		return Date(int(n)) + MakeDate(1899, 12, 30), true
	case whole == 9 || whole == 10:
		return Date((int64(n) + 8*3600) / 86400), true
	case whole == 12 || whole == 13:
		return Date((int64(n)/1000 + 8*3600) / 86400), true
	}
	return NoDate, false
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

// timeOfDay tells whether what follows a day is nothing or a time.
func timeOfDay(s string) bool {
	if s == "" {
		return true
	}
	s = strings.TrimPrefix(s, "T")
	return strings.Trim(s, "0123456789:.Z+-") == "" && (strings.Contains(s, ":") || strings.Trim(s, "0.") == "")
}

func cellMonth(s string) (string, bool) {
	t := halfWidth(s)
	y, rest := leading(t, 4)
	if len(t)-len(rest) != 4 {
		return s, false
	}
	if after, ok := separator(rest, "年"); ok {
		rest = after
	}
	m, tail := leading(rest, 2)
	if tail = strings.TrimPrefix(tail, "月"); tail != "" || !validDay(y, m, 1) {
		return s, false
	}
	return dayNumber(y, m, 1).String()[:7], true
}
