package record

import "strings"

// Unit is what a heading says of the numbers below it: 万元, 千元, 万美元, 万人.
type Unit struct {
	Power    int8   // the numbers count 10^Power of yuan, persons or months
	Currency string // ISO 4217; "" is the yuan
	Named    bool   // the heading names a unit
}

// Word is the unit as a cell of the field writes it behind a number.
func (u Unit) Word(f *Field) string {
	word := ""
	for w, p := range powers {
		if p == u.Power && (word == "" || w < word) {
			word = w
		}
	}
	switch {
	case f.Type != Money:
		return word + "人"
	case u.Currency != "":
		return word + u.Currency
	case u.Power == -1:
		return "角"
	case u.Power == -2:
		return "分"
	}
	return word + "元"
}

// powers are the words for multiples, by their power of ten.
var powers = map[string]int8{"": 0, "十": 1, "拾": 1, "百": 2, "佰": 2, "千": 3, "仟": 3, "万": 4, "萬": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "億": 8, "万亿": 12}

// moneyUnit reads a folded word as a unit of money.
func moneyUnit(word string) (u Unit, ok bool) {
	u.Named = true
	for _, w := range []string{"人民币", "RMB", "CNY", "¥"} {
		word = strings.Replace(word, w, "", 1)
	}
	switch word {
	case "角":
		u.Power = -1
		return u, true
	case "分":
		u.Power = -2
		return u, true
	}
	for _, c := range currencies {
		if strings.Contains(word, c.word) {
			word, u.Currency = strings.Replace(word, c.word, "元", 1), c.code
			break
		}
	}
	u.Power, ok = powers[strings.TrimRight(word, "元圆圓")]
	return u, ok && strings.Count(word, "元") < 2
}

// countUnit reads a folded word as a unit of what is counted: persons or months.
func countUnit(word string, months bool) (u Unit, ok bool) {
	u.Named = true
	if months {
		return u, word == "月" || word == "个月"
	}
	power, cut := strings.CutSuffix(word, "人")
	if !cut {
		if power, cut = strings.CutSuffix(word, "名"); !cut {
			power, cut = strings.CutSuffix(word, "人次")
		}
	}
	u.Power, ok = powers[power]
	return u, ok && cut
}

// Unit reads a word as a unit of the field's numbers; ok is false for a field
// without units and for other words.
func (f *Field) Unit(word string) (u Unit, ok bool) {
	if f == nil {
		return u, false
	}
	word = unitWord(foldHeader(word))
	if word == "" {
		return u, false
	}
	switch f.Type {
	case Money:
		if u, ok = moneyUnit(word); ok && u.Currency != "" && f.Name != "registeredCapital" {
			return Unit{}, false
		}
		return u, ok
	case Count:
		return countUnit(word, strings.HasSuffix(f.Name, "Months"))
	}
	return u, false
}

// unitWord cuts what introduces a unit: 单位:万元, 以万元计, 以万元为单位.
func unitWord(s string) string {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "("), ")")
	if i := strings.LastIndex(s, "单位"); i >= 0 {
		if rest := strings.TrimLeft(s[i+len("单位"):], ":为是均"); rest != "" {
			s = rest
		} else {
			s = strings.TrimSuffix(s[:i], "为")
		}
	}
	s = strings.TrimPrefix(strings.TrimPrefix(s, "均"), "以")
	return strings.TrimSuffix(s, "计")
}

// unitLike tells whether a remark in brackets, that is no known unit of the
// field's, looks like one.
func (f *Field) unitLike(remark string) bool {
	switch f.Type {
	case Money:
		return strings.ContainsAny(remark, "元圆币角分万亿千百十仟佰美欧英港镑磅$€£%‰")
	case Count:
		return strings.ContainsAny(remark, "人名户万亿千百十年月日天周家个%‰")
	}
	return false
}

// harmless are the remarks in brackets that leave a heading what it is.
var harmless = map[string]bool{}

func init() {
	for _, w := range []string{"必填", "必填项", "必须", "必须填写", "选填", "选填项", "非必填", "可选", "可空", "如有", "若有", "没有填无", "无则不填", "全称", "中文", "文本", "文本格式", "数字", "数值",
		"18位", "15位", "6位", "六位", "日期", "日期格式", "YYYY-MM-DD", "YYYY/MM/DD", "YYYYMMDD", "YYYY-MM", "YYYY", "年月日", "年-月-日", "年/月/日", "年月", "年", "字典", "代码", "签章", "盖章", "个", "%"} {
		harmless[foldHeader(w)] = true
	}
}

// heading is a header cell, taken apart.
type heading struct {
	field string
	unit  Unit
	wrong string // a unit that the field doesn't have
	ok    bool
}

// heading reads a header cell: a name that is known, with remarks in brackets
// behind it that name a unit or don't matter.
func (k *KindSpec) heading(cell string) heading {
	key := foldHeader(cell)
	h := heading{}
	var remarks []string
	name := key
	for {
		var known bool
		if h.field, known = k.headers[name]; known {
			break
		}
		i := strings.LastIndexByte(name, '(')
		if i <= 0 || !strings.HasSuffix(name, ")") {
			return k.looseUnit(key)
		}
		if r := strings.Trim(name[i+1:len(name)-1], "*:_'\""); r != "" {
			remarks = append(remarks, r)
		}
		name = strings.Trim(name[:i], "*:_'\"")
	}
	f := k.Field(h.field)
	coded := f != nil && f.TenThousand && f.column(name)
	for _, r := range remarks {
		u, isUnit := f.Unit(r)
		switch {
		case isUnit && !h.unit.Named:
			h.unit = u
		case isUnit:
			h.unit.Power, h.unit.Currency = max(h.unit.Power, u.Power), h.unit.Currency+u.Currency
		case f != nil && f.column(r):
			coded = coded || f.TenThousand
		case f != nil && f.unitLike(r):
			h.wrong = r
		case harmless[r], k.headers[r] == h.field:
		default:
			return heading{}
		}
	}
	if i := strings.LastIndexByte(name, '('); i > 0 && !h.unit.Named { // a unit in a name that is known as a whole
		if u, ok := f.Unit(strings.TrimSuffix(name[i+1:], ")")); ok && strings.HasSuffix(name, ")") {
			h.unit = u
		}
	}
	if coded && !h.unit.Named {
		h.unit = Unit{Power: 4, Named: true}
	}
	h.ok = true
	return h
}

// looseUnit reads a heading with a unit behind it that stands in no brackets:
// 欠税金额万元, 注册资本:万元.
func (k *KindSpec) looseUnit(key string) heading {
	for i := range key {
		if i == 0 {
			continue
		}
		f := k.Field(k.headers[key[:i]])
		if f == nil || f.Type != Money && f.Type != Count {
			continue
		}
		if u, ok := f.Unit(strings.Trim(key[i:], ":,/-_、")); ok && strings.Trim(key[i:], ":,/-_、") != "" {
			return heading{field: f.Name, unit: u, ok: true}
		}
	}
	return heading{}
}

// column tells whether a folded name is a column code of the field's.
func (f *Field) column(name string) bool {
	if f == nil {
		return false
	}
	for _, c := range f.Columns {
		if foldHeader(c) == name {
			return true
		}
	}
	return false
}

// HeaderUnit gives the unit of the numbers under a header cell that MatchHeader
// knows. A column code of the standard may stand for 万元. wrong names a unit that
// the field doesn't have.
func (k *KindSpec) HeaderUnit(cell string) (u Unit, wrong string) {
	h := k.heading(cell)
	return h.unit, h.wrong
}
