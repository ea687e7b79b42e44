package record

import (
	"credithub/schema/fold"
	"math/big"
	"strings"
)

// Amount is a sum of money as a decimal without exponent; Currency is "" for
// yuan, else the ISO 4217 letters.
type Amount struct {
	Value    string
	Currency string
}

// currencies are the words that name a currency other than the yuan.
var currencies = []struct{ word, code string }{
	{"美元", "USD"}, {"美金", "USD"}, {"USD", "USD"}, {"香港元", "HKD"}, {"港元", "HKD"}, {"港币", "HKD"}, {"HKD", "HKD"}, {"欧元", "EUR"}, {"EUR", "EUR"},
	{"日元", "JPY"}, {"JPY", "JPY"}, {"英镑", "GBP"}, {"GBP", "GBP"}, {"新加坡元", "SGD"}, {"SGD", "SGD"},
	{"加拿大元", "CAD"}, {"加元", "CAD"}, {"澳大利亚元", "AUD"}, {"澳元", "AUD"}, {"韩元", "KRW"}, {"瑞士法郎", "CHF"},
	{"新台币", "TWD"}, {"台币", "TWD"}, {"澳门元", "MOP"}, {"德国马克", "DEM"},
}

// maxAmountText bounds the text of an amount in bytes.
const maxAmountText = 128

// ParseAmount reads one sum as files write it: 4500万人民币元, 10,000万, 壹万元,
// ￥2,000.00. A number without a unit of its own counts by the unit of its heading.
// Texts with several sums or other words are refused.
func ParseAmount(text string, unit Unit) (Amount, bool) {
	if len(text) > maxAmountText {
		return Amount{}, false
	}
	if a, ok := plainAmount(text, unit); ok {
		return a, true
	}
	text, ok := ungroup(text)
	if !ok {
		return Amount{}, false
	}
	s := strings.ToUpper(halfWidth(text))
	yuan := false
	for _, w := range []string{"人民币", "RMB", "CNY", "￥", "¥", "罚款"} {
		yuan = yuan || w != "罚款" && strings.Contains(s, w)
		s = strings.ReplaceAll(s, w, "")
	}
	currency := ""
	for _, c := range currencies {
		if strings.Contains(s, c.word) {
			s, currency = strings.Replace(s, c.word, "元", 1), c.code
			break
		}
	}
	if !strings.HasPrefix(s, "(") { // (500) is how accounts write −500
		s = brackets.Replace(s)
	}
	s = strings.TrimRight(strings.TrimLeft(s, ";:"), "。.;:")
	s = strings.TrimRight(s, "整正")
	sum, named, ok := amountOf(s)
	if !ok || sum.Sign() < 0 {
		return Amount{}, false
	}
	switch {
	case currency != "" || yuan:
	case unit.Currency != "" && named && strings.ContainsAny(s, "元圆圓"):
		return Amount{}, false // yuan or the heading's currency: nobody can tell
	default:
		currency = unit.Currency
	}
	if !named && !unit.scale(sum) {
		return Amount{}, false
	}
	v := strings.TrimRight(sum.FloatString(6), "0")
	if v = strings.TrimSuffix(v, "."); !decimal([]byte(v), 6) {
		return Amount{}, false
	}
	return Amount{Value: v, Currency: currency}, true
}

var brackets = strings.NewReplacer("(", "", ")", "")

// plainAmount reads a number without anything beside it, as most cells hold: it
// gives what the long way would.
func plainAmount(text string, unit Unit) (Amount, bool) {
	b := []byte(text)
	if !decimal(b, 6) || unit.Power != 0 && unit.Power != 4 {
		return Amount{}, false
	}
	if unit.Power == 4 {
		b = shift4(nil, b)
	}
	v := string(b)
	if strings.IndexByte(v, '.') >= 0 {
		v = strings.TrimSuffix(strings.TrimRight(v, "0"), ".")
	}
	return Amount{Value: v, Currency: unit.Currency}, decimal([]byte(v), 6)
}

// amountOf reads digits or Chinese numerals; named tells that a unit stood there.
func amountOf(s string) (sum *big.Rat, named, ok bool) {
	n := 0
	for n < len(s) && strings.IndexByte("0123456789.,E+", s[n]) >= 0 {
		n++
	}
	if n == 0 {
		return chineseAmount(s)
	}
	digits, unit := s[:n], s[n:]
	if len(digits) > 40 || strings.Contains(digits, "E") && len(digits) > 24 || exponent(digits) > 18 {
		return nil, false, false
	}
	sum, ok = new(big.Rat).SetString(digits)
	if !ok {
		return nil, false, false
	}
	named = unit != ""
	unit = strings.TrimRight(strings.TrimRight(unit, "元圆圓"), "整正")
	power, known := powers[unit]
	if !known {
		return nil, false, false
	}
	(Unit{Power: power}).scale(sum)
	return sum, named, true
}

// scale brings a sum that counts the unit into ones.
func (u Unit) scale(sum *big.Rat) bool {
	for range u.Power {
		sum.Mul(sum, big.NewRat(10, 1))
	}
	for range -u.Power {
		sum.Mul(sum, big.NewRat(1, 10))
	}
	return u.Power <= 12
}

// ungroup takes the commas and blanks out of a number: they stand between groups of
// three digits. 1,5 and 1 234,56 are no numbers here.
func ungroup(s string) (string, bool) {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] > ' ' && s[i] < 0x7F && s[i] != ','
	}
	if plain {
		return s, true
	}
	var out []rune
	all := []rune(s)
	digitAt := func(i int) bool {
		return i >= 0 && i < len(all) && (all[i] >= '0' && all[i] <= '9' || all[i] >= '０' && all[i] <= '９')
	}
	grouped, group, point := false, 0, false // digits since the last comma, or of the number
	for i := 0; i < len(all); i++ {
		r := all[i]
		if digitAt(i) {
			group++
			out = append(out, r)
			continue
		}
		mark := r == ',' || r == '，'
		if !mark && fold.Blank(r) {
			j := i
			for j < len(all) && fold.Blank(all[j]) {
				j++
			}
			mark = digitAt(i-1) && digitAt(j)
			if mark && j > i+1 {
				return s, false
			}
		}
		switch {
		case !mark:
		case !digitAt(i-1) && !digitAt(i+1): // between words
		case point || !digitAt(i-1) || !digitAt(i+1) || group > 3 || grouped && group != 3:
			return s, false
		default:
			grouped, group = true, 0
			continue
		}
		if fold.Blank(r) {
			out = append(out, r)
			continue
		}
		if grouped && group != 3 {
			return s, false
		}
		point = r == '.' || r == '．'
		grouped, group = false, 0
		out = append(out, r)
	}
	return string(out), !grouped || group == 3
}

// exponent is the decimal exponent of a number such as 1.2E+7.
func exponent(s string) int {
	_, e, found := strings.Cut(s, "E")
	if !found {
		return 0
	}
	n, rest := leading(strings.TrimPrefix(e, "+"), 3)
	if rest != "" || e == "" {
		return 99
	}
	return n
}

var chineseDigits = map[rune]int64{
	'零': 0, '〇': 0, '一': 1, '壹': 1, '二': 2, '贰': 2, '貳': 2, '两': 2, '三': 3, '叁': 3, '四': 4, '肆': 4, '五': 5, '伍': 5,
	'六': 6, '陆': 6, '七': 7, '柒': 7, '八': 8, '捌': 8, '九': 9, '玖': 9,
}

var chineseUnits = map[rune]int64{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000}

// chineseAmount reads 人民币肆万捌仟元, 壹拾万零伍佰元伍角整.
func chineseAmount(s string) (sum *big.Rat, named, ok bool) {
	var total, section, digit int64
	var cents int64
	seen, whole := false, true
	for _, r := range s {
		d, isDigit := chineseDigits[r]
		u, isUnit := chineseUnits[r]
		switch {
		case isDigit:
			digit, seen = d, true
		case isUnit && whole:
			if digit == 0 && section == 0 && total == 0 {
				digit = 1 // 十万
			}
			section += digit * u
			digit, seen = 0, true
		case r == '万' || r == '萬' || r == '亿' || r == '億':
			factor := int64(1e4)
			if r == '亿' || r == '億' {
				factor = 1e8
				section, total = section+total, 0
			}
			total += (section + digit) * factor
			section, digit, named = 0, 0, true
		case strings.ContainsRune("元圆圓", r) && whole:
			total += section + digit
			section, digit, named, whole = 0, 0, true, false
		case r == '角' && !whole:
			cents += digit * 10
			digit = 0
		case r == '分' && !whole:
			cents += digit
			digit = 0
		default:
			return nil, false, false
		}
		if total > 1e16 || section > 1e8 {
			return nil, false, false
		}
	}
	total += section + digit
	return new(big.Rat).Add(big.NewRat(total, 1), big.NewRat(cents, 100)), named, seen
}
