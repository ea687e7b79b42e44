package body

import (
	"io"
	"strconv"
	"strings"
)

// numberStyle is how a spreadsheet shows a number.
type numberStyle uint8

const (
	asNumber  numberStyle = iota
	asDay                 // or month, or time: the number counts days
	asPercent             // a hundred times the number
	asUnit                // and those behind it: with a unit of units behind the number
)

// units are the words that number formats write beside a number, longest first;
// the last stands for a currency that isn't known.
var units = []string{"百万元", "十万元", "千万元", "亿元", "万元", "千元", "百元", "万人", "百万", "千万", "美元", "USD", "港元", "HKD", "欧元", "EUR", "万", "亿", "千", "元", "人", "角", "外币"}

// shown adds the unit that the style shows to the text of a number.
func (n numberStyle) shown(text []byte) []byte {
	if n < asUnit {
		return text
	}
	return append(text, units[n-asUnit]...)
}

// unitOf gives the style of a format that writes a unit in quotes, behind a backslash or as a
// currency. Where commas divide the number that is shown, the number itself is whole.
func unitOf(code string) numberStyle {
	code, _, _ = strings.Cut(code, ";")
	if last := strings.LastIndexAny(code, "0#?"); last >= 0 && strings.HasPrefix(code[last+1:], ",") {
		return asNumber
	}
	for i, u := range units {
		if strings.Contains(strings.ToUpper(strings.NewReplacer(`"`, "", `\`, "").Replace(code)), u) {
			return asUnit + numberStyle(i)
		}
	}
	if strings.ContainsAny(code, "€£") || strings.Contains(code, "[$$") || strings.Contains(code, `"US$"`) {
		return asUnit + numberStyle(len(units)-1)
	}
	return asNumber
}

// readStyles gives the style of each format of cells (cellXfs of styles.xml).
func readStyles(r io.Reader) ([]numberStyle, error) {
	s := newXMLScanner(r)
	custom := map[int]numberStyle{}
	var all []numberStyle
	cells := false
	for {
		token, err := s.next()
		if err != nil {
			return nil, err
		}
		switch {
		case token == xmlEOF:
			return all, nil
		case string(s.name) == "cellXfs":
			cells = token == xmlStart
		case token != xmlStart:
		case string(s.name) == "numFmt":
			code, err := appendXML(nil, s.attr("formatCode"))
			if err != nil {
				return nil, err
			}
			if len(custom) < 10_000 {
				custom[number(s.attr("numFmtId"))] = styleOf(string(code))
			}
		case cells && string(s.name) == "xf":
			id := number(s.attr("numFmtId"))
			style, ok := custom[id]
			if !ok {
				style = builtIn(id)
			}
			all = append(all, style)
		}
	}
}

func number(b []byte) int {
	n, err := strconv.Atoi(string(b))
	if err != nil {
		return -1
	}
	return n
}

// builtIn is the style of a number format without a code (ECMA-376 part 1, 18.8.30;
// 27 … 36 and 50 … 58 are days in East Asian editions).
func builtIn(id int) numberStyle {
	switch {
	case id == 9 || id == 10:
		return asPercent
	case id >= 14 && id <= 22, id >= 27 && id <= 36, id >= 45 && id <= 47, id >= 50 && id <= 58:
		return asDay
	}
	return asNumber
}

// styleOf reads a number format code: what stands in quotes, brackets and behind a
// backslash is text.
func styleOf(code string) numberStyle {
	if style := shape(code); style != asNumber {
		return style
	}
	return unitOf(code)
}

// shape is styleOf without units.
func shape(code string) numberStyle {
	code, _, _ = strings.Cut(strings.ToLower(code), ";") // the part for positive numbers
	if strings.Contains(code, "general") {
		return asNumber
	}
	style := asNumber
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			if n := strings.IndexByte(code[i+1:], '"'); n >= 0 {
				i += n + 1
			} else {
				return style
			}
		case '[':
			n := strings.IndexByte(code[i:], ']')
			if n < 0 {
				return style
			}
			if in := code[i+1 : i+n]; strings.Trim(in, "h") == "" || strings.Trim(in, "m") == "" || strings.Trim(in, "s") == "" {
				return asNumber // hours that go on counting are no time of day
			}
			i += n
		case '\\', '_', '*':
			i++
		case '%':
			style = asPercent
		case 'y', 'm', 'd', 'e', 'g', 'b':
			if code[i] == 'e' && i+1 < len(code) && (code[i+1] == '+' || code[i+1] == '-') {
				continue // an exponent
			}
			return asDay
		}
	}
	return style
}
