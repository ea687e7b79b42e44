package record

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"credithub/schema/civil"
	"credithub/schema/fold"
	"credithub/schema/jsontext"
	"credithub/schema/uscc"
)

// Normalise brings a file's cell for a field of the kind (or uscc, recordId,
// version, op, occurredOn of the envelope) into the form that Decode reads.
// value is "" when the cell says "nothing". changed tells that more than white
// space around it was touched (W05). When ok is false the cell could not be
// understood and value is its trimmed text, for Decode to refuse with its code.
// Amounts are in yuan where the cell names no unit.
func Normalise(kind *KindSpec, field, text string) (value string, changed, ok bool) {
	value, ok = normalise(kind, Cell{Field: field, Text: text})
	return value, value != strings.TrimSpace(text), ok
}

// NormaliseIn is Normalise under a heading that names a unit.
func NormaliseIn(kind *KindSpec, field, text string, unit Unit) (value string, ok bool) {
	return normalise(kind, Cell{Field: field, Text: text, Unit: unit})
}

func normalise(kind *KindSpec, c Cell) (string, bool) {
	s := trimCell(c.Text)
	if emptyCell(s) {
		return "", true
	}
	f := kind.Field(c.Field)
	if c.Serial && (f == nil || !f.Type.counts()) {
		s = serialText(s, f) // a number that is shown as a day is one, whatever the field
	}
	switch c.Field {
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
	if f == nil {
		return s, false
	}
	switch f.Type {
	case Choice:
		return f.word(s)
	case Day:
		return cellDay(s, f.Open)
	case Moment:
		return cellMoment(s)
	case Month:
		return cellMonth(s)
	case Year:
		return cellYear(s)
	case Count:
		return cellCount(s, c.Unit)
	case Score:
		return cellScore(s), true
	case Money:
		a, ok := ParseAmount(s, c.Unit)
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
	s = strings.TrimFunc(s, func(r rune) bool { return fold.Blank(r) || r == '〓' || r == 0xFFFD })
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
		if !fold.Blank(r) {
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
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] > ' ' && s[i] < 0x7F
	}
	if plain {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - 0xFEE0
		}
		if fold.Blank(r) {
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
	key := strings.TrimSuffix(fold.Name(s), ".0") // a spreadsheet's number
	for i := range f.Enum {
		e := &f.Enum[i]
		if fold.Name(e.Value) == key {
			return e.Value, true
		}
		for _, w := range e.Words {
			if fold.Name(w) == key {
				return e.Value, true
			}
		}
	}
	return s, false
}

// wholeNumber reads 12, 1,234, 12.0 and full-width digits.
func wholeNumber(s string) (string, bool) {
	n, ok := ungroup(s)
	if !ok {
		return s, false
	}
	n = plainDecimal(halfWidth(n))
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

// cellCount reads a number of persons or months; without a unit of its own it counts
// by the unit of its heading.
func cellCount(s string, unit Unit) (string, bool) {
	digits := strings.TrimRight(s, "人名个月")
	if unit.Power == 0 || digits != s {
		if n, ok := wholeNumber(digits); ok {
			return n, true
		}
	}
	n, ok := ungroup(digits)
	sum, named, isNumber := amountOf(strings.ToUpper(halfWidth(n)))
	switch {
	case !ok || !isNumber || strings.ContainsAny(n, "元圆圓"):
		return s, false
	case !named && digits == s && !unit.scale(sum), !sum.IsInt() || sum.Sign() < 0:
		return s, false
	}
	n = sum.Num().String()
	if _, ok := parseCount([]byte(n)); !ok {
		return s, false
	}
	return n, true
}

// cellList splits a cell of several names into a JSON array. A cell that is such an
// array, as the hub itself writes one that separators can't hold, stays it.
func cellList(s string) string {
	if s[0] == '[' && s[len(s)-1] == ']' && json.Valid([]byte(s)) {
		return s
	}
	out := []byte{'['}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(";；、\n\r", r) }) {
		if part = trimCell(part); emptyCell(part) {
			continue
		}
		out = jsontext.AppendString(jsontext.AppendComma(out), strings.ToValidUTF8(part, "\uFFFD"))
	}
	return string(append(out, ']'))
}

// cellMoment reads a time with its offset, or a day and a time of day in China.
func cellMoment(s string) (string, bool) {
	if _, ok := parseInstant(s); ok {
		return s, true
	}
	day, clock, ok := strings.Cut(s, " ")
	d, known := parseCellDay(halfWidth(day))
	if clock = strings.TrimSpace(clock); !ok || !known {
		return s, false
	}
	for _, layout := range []string{time.TimeOnly, "15:04", "15:04:05.000"} {
		if t, err := time.Parse(layout, clock); err == nil {
			at := time.Date(d.Time().Year(), d.Time().Month(), d.Time().Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), civil.China)
			return at.Format(time.RFC3339Nano), true
		}
	}
	return s, false
}
