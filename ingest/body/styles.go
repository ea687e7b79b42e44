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
)

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
