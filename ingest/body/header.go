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
	field   []string      // by cell: field of the kind or the envelope; "" is not read
	header  []string      // by cell, as found
	unit    []record.Unit // by cell: of the numbers below
	wrong   []string      // by cell: a unit that the field doesn't have
	ignore  []bool        // by cell: the sender, or the hub that wrote it, wants it left out
	opt     *Options
	matched int
	raw     int // cells as they came, before a TAB inside one was seen
}

// match reads a row as a header. A TAB inside a cell stands for a comma that
// was forgotten.
func match(kind *record.KindSpec, opt *Options, cells []string) columns {
	c := columns{kind: kind, opt: opt, raw: len(cells)}
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
		c.field, c.header, c.unit, c.wrong, c.ignore = c.field[:n-1], c.header[:n-1], c.unit[:n-1], c.wrong[:n-1], c.ignore[:n-1]
	}
	return c
}

func (c *columns) add(cell string) {
	field, ok := "", false
	if clean(cell) != "" && len(cell) <= maxHeader {
		field, ok = c.kind.MatchHeader(cell)
	}
	ignore := !ok && ownHeading(cell) || c.opt.ignores(cell)
	if ok {
		c.matched++
	}
	if ok && ignore {
		field, ok = "", false
	}
	c.ignore = append(c.ignore, ignore)
	c.field = append(c.field, field)
	c.header = append(c.header, cell)
	var unit record.Unit
	var wrong string
	if ok {
		unit, wrong = c.kind.HeaderUnit(cell)
	}
	c.unit, c.wrong = append(c.unit, unit), append(c.wrong, wrong)
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
// row needs is missing, two names stand in one cell, two columns are one field, or
// a column that nobody knows looks as if it mattered.
func (c *columns) check(where string) error {
	for i, h := range c.header {
		if a, b, ok := c.merged(i); ok {
			return fault.New(fault.BadInput, "the header cell %q%s holds two columns, %s and %s: give each a cell of its own", clean(h), where, a, b)
		}
	}
	if err := c.twice(where); err != nil {
		return err
	}
	for i, unit := range c.wrong {
		if unit != "" {
			return fault.New(fault.BadInput, "the column %q%s counts in %q, which is no unit of %s that is known: nothing was accepted. Write the numbers in another unit, such as 元 or 万元, or leave the column out by ignore=%s",
				c.heading(i), where, unit, wordOf(c.kind.Field(c.field[i])), c.heading(i))
		}
	}
	if err := c.strange(where); err != nil {
		return err
	}
	if missing := c.missing(); len(missing) > 0 {
		return fault.New(fault.BadInput, "the header%s has no column %s", where, strings.Join(missing, ", "))
	}
	return nil
}

// missing names the columns that every row needs and the header lacks.
func (c *columns) missing() (missing []string) {
	if !c.subject() {
		missing = append(missing, "统一社会信用代码 (uscc)")
	}
	for i := range c.kind.Fields {
		if f := &c.kind.Fields[i]; f.Required && !c.has(f.Name) {
			missing = append(missing, wordOf(f))
		}
	}
	return missing
}

// wordOf is the usual heading of a field, and its name.
func wordOf(f *record.Field) string {
	if len(f.Headers) > 0 {
		return f.Headers[0] + " (" + f.Name + ")"
	}
	return f.Name
}

// twice gives the problem of two columns of one field: nobody can tell which of
// them counts. Of what is dropped, there may be many.
func (c *columns) twice(where string) error {
	first := map[string]int{}
	for i, name := range c.field {
		if name == "" {
			continue
		}
		j, seen := first[name]
		if f := c.kind.Field(name); seen && (f == nil || f.Type != record.Dropped) {
			return fault.New(fault.BadInput, "the columns %q and %q%s are both the field %s: keep the one that is meant, or name the other in ignore",
				clean(c.header[j]), clean(c.header[i]), where, name)
		}
		first[name] = i
	}
	return nil
}

// merged tells whether an unknown header cell is made of two known ones of which
// one has no column of its own.
func (c *columns) merged(i int) (a, b string, ok bool) {
	if c.field[i] != "" || c.ignore[i] || len(c.header[i]) > maxHeader {
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

// found is a header with the rows around it.
type found struct {
	columns
	above []tableRow // stand above the header: instructions, but for rows that hold a code
	rows  []tableRow // the last row of the header and those read behind it
}

// findHeader reads rows until one is a whole header, or until it has looked at
// enough and takes the one that names most fields. A header may take up to three
// rows, groups of columns above their parts. Without a header all rows are above. A
// table without any row is empty, which is no fault.
func findHeader(t table, kind *record.KindSpec, opt *Options, lim Limits) (best found, err error) {
	var seen []tableRow
	from, to := -1, -1
	for whole := 0; len(seen) < lim.HeaderRows && whole < 2; {
		var r tableRow
		if !t.next(&r) {
			break
		}
		seen = append(seen, r)
		at := len(seen) - 1
		if c := match(kind, opt, best.read(r.cells)); r.bad == "" && c.matched > best.matched {
			best.columns, from, to = c, at, at
		}
		if c, n := grouped(kind, opt, seen); n > 0 && (c.matched > best.matched || from == at-n && to < at && best.partsBelow(&c, r.cells)) {
			best.columns, from, to = c, at-n, at
		}
		if from >= 0 && (whole > 0 || best.another() && len(best.missing()) == 0) {
			whole++ // one row more: the parts of its groups may stand there
		}
	}
	if len(seen) == 0 {
		return found{}, errEmpty
	}
	if to < 0 || best.matched < 2 && best.named() > 1 {
		return found{above: seen}, fault.New(fault.BadInput,
			"none of the first %d rows is a header of %s: name the columns, such as %s", len(seen), kind.NameZh, sample(kind))
	}
	best.above, best.rows = seen[:from], seen[to:]
	best.units(seen, to)
	if len(best.rows) > 1 && best.unitRow(best.rows[1].cells) {
		best.rows = best.rows[1:]
	}
	return best, nil
}

// grouped reads the last two or three rows as one header, and tells how many rows
// stand above the last.
func grouped(kind *record.KindSpec, opt *Options, seen []tableRow) (best columns, above int) {
	last := len(seen) - 1
	if seen[last].bad != "" || holdsCode(seen[last].cells) {
		return best, 0
	}
	cells := seen[last].cells
	alone := match(kind, opt, cells).matched
	for n := 1; n <= 2 && n <= last && seen[last-n].bad == ""; n++ {
		upper := seen[last-n].cells
		cells = compose(kind, upper, cells)
		c := match(kind, opt, cells)
		if up := match(kind, opt, upper).matched; c.matched > best.matched && c.matched > alone && c.matched >= up {
			best, above = c, n
		}
	}
	return best, above
}

// partsBelow tells whether the row below a header names parts of its groups, none
// of which is known: nothing stands under the code, nothing is a number, and columns
// get a name that had none.
func (c *columns) partsBelow(joined *columns, below []string) bool {
	if joined.matched < c.matched || joined.named() <= c.named() {
		return false
	}
	for i, cell := range below {
		if cell = clean(cell); cell == "" {
			continue
		}
		if i < len(c.field) && c.field[i] == "uscc" || strings.ContainsAny(cell, "0123456789") || len(cell) > maxHeader {
			return false
		}
	}
	return true
}

// compose joins a row of headings with the one below it: a heading that reaches
// over several columns stands in the first of them, one that reaches down stands
// in the upper row alone.
func compose(kind *record.KindSpec, upper, lower []string) []string {
	out := make([]string, 0, max(len(upper), len(lower)))
	group := ""
	for i := range cap(out) {
		up, low := cellAt(upper, i), cellAt(lower, i)
		if up != "" {
			group = up
		}
		word := low
		switch _, lowKnown := kind.MatchHeader(low); {
		case low == "" || ownHeading(up):
			word = up
		case group == "":
		case known(kind, group+low):
			word = group + low
		case lowKnown:
		case known(kind, up):
			word = up
		default:
			word = group + low
		}
		out = append(out, word)
	}
	return out
}

func known(kind *record.KindSpec, cell string) bool {
	_, ok := kind.MatchHeader(cell)
	return ok && cell != ""
}

func cellAt(cells []string, i int) string {
	if i < len(cells) {
		return clean(cells[i])
	}
	return ""
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
