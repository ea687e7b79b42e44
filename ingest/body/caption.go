package body

import (
	"strings"
	"unicode/utf8"

	"credithub/schema/record"
)

// units takes the units of columns whose headings name none from what stands around
// the header: a group of columns above (金额（万元）), a row of units that is part of
// it, or a caption for the whole table (单位：万元). The nearest counts.
func (c *columns) units(seen []tableRow, to int) {
	for i := range c.field {
		f := c.kind.Field(c.field[i])
		if f == nil || c.unit[i].Named || f.Type != record.Money && f.Type != record.Count {
			continue
		}
		if u, ok := f.Unit(cellAt(seen[to].cells, i)); ok {
			c.count(i, f, u)
			continue
		}
		for at := to - 1; at >= 0 && !c.unit[i].Named && c.wrong[i] == ""; at-- {
			c.caption(i, f, seen[at].cells)
		}
	}
}

func (c *columns) count(i int, f *record.Field, u record.Unit) {
	c.unit[i] = u
	c.header[i] = clean(c.header[i]) + "（" + u.Word(f) + "）"
}

// caption looks for the unit of a column in a row above the header.
func (c *columns) caption(i int, f *record.Field, cells []string) {
	over, filled := "", 0
	for j := range cells {
		cell := cellAt(cells, j)
		if cell == "" {
			continue
		}
		if filled++; filled == 1 || j <= i {
			over = cell
		}
		if word, ok := captionWord(cell); ok {
			for _, w := range strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune("、,;/", r) }) {
				if u, ok := f.Unit(w); ok {
					c.count(i, f, u)
					return
				}
			}
			if f.Type == record.Money && strings.HasSuffix(word, "元") {
				c.wrong[i] = word
				return
			}
		}
	}
	if filled == 0 || utf8.RuneCountInString(over) > maxCaption || filled > 1 && !c.covered(i, cells) {
		return
	}
	word := record.FoldHeader(over)
	if at := strings.LastIndexByte(word, '('); at >= 0 && strings.HasSuffix(word, ")") {
		word = word[at+1 : len(word)-1]
	}
	if u, ok := f.Unit(word); ok {
		c.count(i, f, u)
	}
}

// covered tells whether some cell of the row stands at the column or before it.
func (c *columns) covered(i int, cells []string) bool {
	for j := 0; j <= i; j++ {
		if cellAt(cells, j) != "" {
			return true
		}
	}
	return false
}

// maxCaption bounds a caption in characters; longer ones are prose.
const maxCaption = 60

// captionWord gives what a caption says behind 单位.
func captionWord(cell string) (string, bool) {
	key := record.FoldHeader(cell)
	_, rest, ok := cutLast(key, "单位")
	rest = strings.TrimLeft(rest, ":为是均")
	if i := strings.IndexByte(rest, ')'); i >= 0 {
		rest = rest[:i]
	}
	return rest, ok && rest != "" && utf8.RuneCountInString(key) <= maxCaption
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// unitRow tells whether a row below the header holds units alone, and takes them.
func (c *columns) unitRow(cells []string) bool {
	only, some := true, false
	for i := range cells {
		cell := cellAt(cells, i)
		if cell == "" {
			continue
		}
		if i >= len(c.field) {
			return false
		}
		f := c.kind.Field(c.field[i])
		u, ok := f.Unit(cell)
		some = true
		if only = only && ok; ok && !c.unit[i].Named {
			c.count(i, f, u)
		}
	}
	return only && some
}
