package record

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"credithub/schema/fault"
	"credithub/schema/personal"
	"credithub/schema/uscc"
)

// longer tells whether a text has more than so many characters.
func longer(b []byte, limit int) bool { return len(b) > limit && utf8.RuneCount(b) > limit }

func tooLong(limit int) string { return "longer than " + strconv.Itoa(limit) + " characters" }

// clip shortens a text to so many characters.
func clip(s string, limit int) string {
	n := 0
	for i := range s {
		if n++; n > limit {
			return s[:i] + "…"
		}
	}
	return s
}

// wrong adds the fault of a value, with what a spreadsheet did to it when that
// can be told.
func (c *checker) wrong(code fault.Code, field, message string, value []byte) {
	if why := uscc.Cause(value); why != "" {
		message += "; " + why
	}
	c.row.Add(code, field, message)
}

// unread tells why a free text is none: the text of a formula or its error value.
func unread(b []byte) string {
	if len(b) < 3 || b[0] != '=' && b[0] != '#' {
		return ""
	}
	if uscc.ErrorValue(b) || b[0] == '=' && formula(b[1:]) {
		return uscc.Cause(b)
	}
	return ""
}

// formula tells whether what follows a sign of equality is that of a formula: a
// quoted text, a function or cell in Latin letters, or the mark of one without a
// result.
func formula(b []byte) bool {
	if b[0] == '"' || bytes.HasPrefix(b, []byte("…")) {
		return true
	}
	i := 0
	for i < len(b) && (b[i]|0x20 >= 'a' && b[i]|0x20 <= 'z' || b[i] == '$' || b[i] == '.') {
		i++
	}
	return i > 0 && i < len(b) && (b[i] == '(' || b[i] == '!' || b[i]-'0' <= 9)
}

// onlyDigits tells whether a text has digits and no letter of any script.
func onlyDigits(b []byte) bool {
	found := false
	for len(b) > 0 {
		c := b[0]
		switch {
		case c >= 0xE4 && c <= 0xED || c|0x20 >= 'a' && c|0x20 <= 'z':
			return false // an ideograph, a Latin letter
		case c < utf8.RuneSelf:
			found = found || c-'0' <= 9
			b = b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		if unicode.IsLetter(r) {
			return false
		}
		found = found || unicode.IsDigit(r)
		b = b[n:]
	}
	return found
}

// nameKey tells whether the member of an object is the name of whom it is about.
func nameKey(key []byte) bool {
	switch string(key) {
	case "name", "姓名", "名称", "inv", "股东", "股东名称":
		return true
	}
	return false
}

const totalRow = "missing; this looks like the row of a total (合计), which is no record: leave it out"

// total tells whether a name of the row leads the row of a total.
func (c *checker) total() bool {
	if c.row.spec == nil {
		return false
	}
	for i := range c.row.spec.Fields {
		if f := &c.row.spec.Fields[i]; f.Named && c.row.values[i].set && uscc.Total(c.row.values[i].text) {
			return true
		}
	}
	return false
}

// beside warns of what stands beside the fields of the envelope.
func (c *checker) beside() {
	for i, t := range c.d.strange {
		if i == maxUnknown {
			c.row.Add(fault.W13Column, "", strconv.Itoa(len(c.d.strange)-i)+" more fields beside data are none of the envelope, not kept")
			return
		}
		c.row.Add(fault.W13Column, c.clip(c.d.text(t)), "no field of the envelope, not kept; fields of the record stand in data")
	}
}

// arrow is a message with the value before and after.
func (c *checker) arrow(message string, f *Field, before, after []byte) string {
	return message + arrow(&c.d.finder, f, string(before), string(after))
}

// arrow shows a value before and after it was touched. What tells of a person is
// masked, what can't be seen is written out.
func arrow(finder *personal.Finder, f *Field, before, after string) string {
	return ": " + shown(finder, f, before) + " → " + shown(finder, f, after)
}

// maxShown bounds a value in a message.
const maxShown = 40

func shown(finder *personal.Finder, f *Field, value string) string {
	if spans, id := finder.Look(nil, []byte(value), personal.Number); id || len(spans) > 0 {
		return "“" + personal.Mask + "”"
	}
	if f != nil && f.Person {
		name := string(trimBlank([]byte(value)))
		if _, n := utf8.DecodeRuneInString(name); n > 0 && n < len(name) {
			value = name[:n] + personal.Mask
		}
	}
	var b strings.Builder
	b.WriteString("“")
	for _, r := range clip(value, maxShown) {
		if unseenRune(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String() + "”"
}
