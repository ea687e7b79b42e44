package body

import (
	"strings"
	"unicode"

	"credithub/schema/fault"
	"credithub/schema/record"
	"credithub/schema/uscc"
)

// columns tell what the cells of a table mean.
type columns struct {
	kind    *record.KindSpec
	field   []string // by cell: field of the kind or the envelope; "" is not read
	header  []string // by cell, as found
	wan     []bool   // by cell: amounts in 万元
	matched int
	raw     int // cells as they came, before a TAB inside one was seen
}

// match reads a row as a header. A TAB inside a cell stands for a comma that
// was forgotten.
func match(kind *record.KindSpec, cells []string) columns {
	c := columns{kind: kind, raw: len(cells)}
	for _, cell := range cells {
		if _, ok := kind.MatchHeader(cell); !ok && strings.ContainsRune(strings.Trim(cell, "\t "), '\t') {
			for _, part := range strings.Split(strings.Trim(cell, "\t "), "\t") {
				c.add(part)
			}
			continue
		}
		c.add(cell)
	}
	for n := len(c.header); n > 0 && clean(c.header[n-1]) == ""; n-- { // columns without a name at the end
		c.field, c.header, c.wan = c.field[:n-1], c.header[:n-1], c.wan[:n-1]
	}
	return c
}

func (c *columns) add(cell string) {
	field, ok := "", false
	if clean(cell) != "" && len(cell) <= maxHeader {
		field, ok = c.kind.MatchHeader(cell)
	}
	if ok {
		c.matched++
	}
	c.field = append(c.field, field)
	c.header = append(c.header, cell)
	c.wan = append(c.wan, ok && c.kind.HeaderInTenThousand(cell))
}

// maxHeader bounds a header cell in bytes; longer ones are text.
const maxHeader = 200

func (c *columns) has(field string) bool {
	for _, f := range c.field {
		if f == field {
			return true
		}
	}
	return false
}

// better tells whether c explains a header better than d.
func (c *columns) better(d *columns) bool {
	return c.matched > d.matched || c.matched == d.matched && c.raw > d.raw
}

// named counts the columns that have a name.
func (c *columns) named() int {
	n := 0
	for _, h := range c.header {
		if clean(h) != "" {
			n++
		}
	}
	return n
}

// subject tells whether some column tells whom a row is about: the code or the
// registration number.
func (c *columns) subject() bool {
	if c.has("uscc") {
		return true
	}
	for i := range c.kind.Fields {
		if f := &c.kind.Fields[i]; f.Type == record.RegNo && c.has(f.Name) {
			return true
		}
	}
	return false
}

// check gives the problem of a header that can't be used: a column that every
// row needs is missing, or two names stand in one cell.
func (c *columns) check(where string) error {
	var missing []string
	if !c.subject() {
		missing = append(missing, "统一社会信用代码 (uscc)")
	}
	for i := range c.kind.Fields {
		f := &c.kind.Fields[i]
		if f.Required && !c.has(f.Name) {
			word := f.Name
			if len(f.Headers) > 0 {
				word = f.Headers[0] + " (" + f.Name + ")"
			}
			missing = append(missing, word)
		}
	}
	for i, h := range c.header {
		if a, b, ok := c.merged(i); ok {
			return fault.New(fault.BadInput, "the header cell %q%s holds two columns, %s and %s: give each a cell of its own", clean(h), where, a, b)
		}
	}
	if len(missing) > 0 {
		return fault.New(fault.BadInput, "the header%s has no column %s", where, strings.Join(missing, ", "))
	}
	return nil
}

// merged tells whether an unknown header cell is made of two known ones of which
// one has no column of its own.
func (c *columns) merged(i int) (a, b string, ok bool) {
	if c.field[i] != "" || len(c.header[i]) > maxHeader {
		return
	}
	word := []rune(clean(c.header[i]))
	for at := 1; at < len(word); at++ {
		left := strings.TrimRightFunc(string(word[:at]), separates)
		right := strings.TrimLeftFunc(string(word[at:]), separates)
		if left == "" || right == "" {
			continue
		}
		f, ok1 := c.kind.MatchHeader(left)
		g, ok2 := c.kind.MatchHeader(right)
		if ok1 && ok2 && f != g && (!c.has(f) || !c.has(g)) {
			return left, right, true
		}
	}
	return
}

func separates(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("/、，,;；|+&和及与", r)
}

// clean takes white space and invisible characters off both ends.
func clean(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' || unicode.IsControl(r)
	})
}

// findHeader reads rows until one is a whole header, or until it has looked at
// enough and takes the one that names most fields. It gives the rows that it has
// read: those above the header, which are instructions but for rows that hold a
// code, and those from the header on. Without a header all are above. A table
// without any row is empty, which is no fault.
func findHeader(t table, kind *record.KindSpec, lim Limits) (best columns, above, rows []tableRow, err error) {
	var seen []tableRow
	at := -1
	for len(seen) < lim.HeaderRows {
		var r tableRow
		if !t.next(&r) {
			break
		}
		seen = append(seen, r)
		c := match(kind, r.cells)
		if r.bad == "" && c.matched > best.matched {
			best, at = c, len(seen)-1
			if c.another() && c.check("") == nil {
				break
			}
		}
	}
	if len(seen) == 0 {
		return columns{}, nil, nil, errEmpty
	}
	if at < 0 || best.matched < 2 && best.named() > 1 {
		return columns{}, seen, nil, fault.New(fault.BadInput,
			"none of the first %d rows is a header of %s: name the columns, such as %s", len(seen), kind.NameZh, sample(kind))
	}
	return best, seen[:at], seen[at:], nil
}

// another tells whether a row is a header, by itself: most of what it names is
// known.
func (c *columns) another() bool { return c.matched >= 2 && 2*c.matched > c.named() }

// holdsCode tells whether some cell is a code of an organisation: such a row is no
// instruction.
func holdsCode(cells []string) bool {
	for _, cell := range cells {
		if c := uscc.Fold(clean(cell)); len(c) == uscc.Length && uscc.Check([]byte(c)).Valid() {
			return true
		}
	}
	return false
}

// errEmpty is a table without rows.
var errEmpty = fault.New(fault.BadInput, "the table is empty")

// sample names a few headers of a kind.
func sample(kind *record.KindSpec) string {
	words := []string{"统一社会信用代码"}
	for i := range kind.Fields {
		if f := &kind.Fields[i]; f.Required && len(f.Headers) > 0 {
			words = append(words, f.Headers[0])
		}
	}
	return strings.Join(words, ", ")
}
