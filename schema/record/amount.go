package record

import (
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
	{"美元", "USD"}, {"USD", "USD"}, {"香港元", "HKD"}, {"港元", "HKD"}, {"港币", "HKD"}, {"HKD", "HKD"}, {"欧元", "EUR"}, {"EUR", "EUR"},
	{"日元", "JPY"}, {"JPY", "JPY"}, {"英镑", "GBP"}, {"GBP", "GBP"}, {"新加坡元", "SGD"}, {"SGD", "SGD"},
	{"加拿大元", "CAD"}, {"加元", "CAD"}, {"澳大利亚元", "AUD"}, {"澳元", "AUD"}, {"韩元", "KRW"}, {"瑞士法郎", "CHF"},
	{"新台币", "TWD"}, {"台币", "TWD"}, {"澳门元", "MOP"}, {"德国马克", "DEM"},
}

// maxAmountText bounds the text of an amount in bytes.
const maxAmountText = 128

// ParseAmount reads one sum as files write it: 4500万人民币元, 10,000万, 壹万元,
// ￥2,000.00. wan tells that a number without a unit of its own is in 万元. Texts
// with several sums or other words are refused.
func ParseAmount(text string, wan bool) (Amount, bool) {
	if len(text) > maxAmountText {
		return Amount{}, false
	}
	if a, ok := plainAmount(text, wan); ok {
		return a, true
	}
	s := strings.ToUpper(halfWidth(text))
	for _, w := range []string{"人民币", "RMB", "CNY", "￥", "¥", "罚款"} {
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
	s = strings.Trim(s, "。.;:")
	s = strings.TrimRight(s, "整正")
	sum, named, ok := amountOf(s)
	if !ok || sum.Sign() < 0 {
		return Amount{}, false
	}
	if wan && !named {
		sum.Mul(sum, big.NewRat(10000, 1))
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
func plainAmount(text string, wan bool) (Amount, bool) {
	b := []byte(text)
	if !decimal(b, 6) {
		return Amount{}, false
	}
	if wan {
		b = shift4(nil, b)
	}
	v := string(b)
	if strings.IndexByte(v, '.') >= 0 {
		v = strings.TrimSuffix(strings.TrimRight(v, "0"), ".")
	}
	return Amount{Value: v}, decimal([]byte(v), 6)
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
	digits, unit := strings.ReplaceAll(s[:n], ",", ""), s[n:]
	if len(digits) > 40 || strings.Contains(digits, "E") && len(digits) > 24 || exponent(digits) > 18 {
		return nil, false, false
	}
	sum, ok = new(big.Rat).SetString(digits)
	if !ok {
		return nil, false, false
	}
	named = unit != ""
	unit = strings.TrimRight(strings.TrimRight(unit, "元圆圓"), "整正")
	factor, known := map[string]int64{
		"": 1, "十": 10, "百": 100, "千": 1000, "万": 1e4, "萬": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8, "億": 1e8, "万亿": 1e12,
	}[unit]
	if !known {
		return nil, false, false
	}
	return sum.Mul(sum, big.NewRat(factor, 1)), named, true
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
