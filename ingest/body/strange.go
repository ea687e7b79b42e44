package body

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"credithub/schema/fault"
	"credithub/schema/record"
	"credithub/schema/uscc"
)

// ignores tells whether the sender wants the column of a heading left out.
func (o *Options) ignores(cell string) bool {
	if o == nil || len(o.Ignore) == 0 {
		return false
	}
	key := record.FoldHeader(cell)
	for _, name := range o.Ignore {
		if key != "" && record.FoldHeader(name) == key {
			return true
		}
	}
	return false
}

// own are the headings of columns that the hub adds to the rows that it gives back
// to be mended (退回文件), and with which they may come again.
var own = foldAll("原值", "修改建议", "退回原因", "拒收原因",
	"批次号", "原文件行号", "errorCode", "errorField", "errorMessage", "errorValue", "suggestion", "rejectionReason", "batchId")

// bookkeeping are the headings of columns by which agencies number and date the
// rows of a file, not what they are about: left out with a warning, whatever they
// look like.
var bookkeeping = foldAll("序号", "行号", "No", "No.", "地方编码", "更新时间", "更新日期", "数据更新时间", "时间戳", "数据更新时间戳", "创建时间", "创建日期",
	"入库时间", "上报时间", "上报日期", "录入时间", "录入日期", "填报时间", "填报日期", "填表日期", "采集时间", "归集时间", "推送时间", "报送时间", "报送日期",
	"邮政编码", "邮编", "电话", "电话号码", "联系电话", "手机", "手机号", "手机号码", "传真", "传真号码", "DFBM", "SJC", "CREATE_DATE", "CREATE_TIME", "UPDATE_DATE", "UPDATE_TIME", "CREATE_DEPT_NAME",
	"CHECK_FLAG", "PERSON_ID", "ID")

func foldAll(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[record.FoldHeader(w)] = true
	}
	return m
}

func ownHeading(cell string) bool {
	key := record.FoldHeader(cell)
	return own[key] || strings.HasPrefix(key, "错误") || key == Unused || strings.HasPrefix(key, Unused+"(")
}

// Unused begins the headings under which the hub gives back what no field of the
// kind takes: 未采用（HEADING）.
const Unused = "未采用"

// Own tells whether a heading is one of those that the hub adds to rows that it
// gives back.
func Own(heading string) bool { return ownHeading(heading) }

// Refused tells which columns of a table would end its push, as nobody knows them
// and they look as if they mattered.
func Refused(kind *record.KindSpec, header []string, rows [][]string) []bool {
	c := columns{kind: kind}
	for _, h := range header {
		c.add(h)
	}
	out := make([]bool, len(header))
	for _, i := range c.unknown() {
		var v strangeValues
		for _, cells := range rows {
			v.add(cells[i], false)
		}
		_, _, merged := c.merged(i)
		key := record.FoldHeader(header[i])
		out[i] = merged || looksBy(header[i]) != plain || !bookkeeping[key] && v.most() != plain || key == "编号" && !v.counted()
	}
	return out
}

// read gives the cells of a row that stand in columns which are read: what stands in
// the others is no heading.
func (c *columns) read(cells []string) []string {
	out := cells
	for i := range cells {
		if i < len(c.ignore) && c.ignore[i] && cells[i] != "" {
			if &out[0] == &cells[0] {
				out = slices.Clone(cells)
			}
			out[i] = ""
		}
	}
	return out
}

// unknown lists the columns that belong to no field and that nobody wants left
// out.
func (c *columns) unknown() (all []int) {
	for i, f := range c.field {
		if f == "" && !c.ignore[i] {
			all = append(all, i)
		}
	}
	return all
}

// heading is how a column is named in messages.
func (c *columns) heading(i int) string {
	if h := clean(c.header[i]); h != "" {
		return h
	}
	return "第" + strconv.Itoa(i+1) + "列"
}

// looks is what an unknown column seems to hold.
type looks uint8

const (
	plain looks = iota
	day
	code
	term
)

func (l looks) String() string { return [...]string{"text", "a date", "a code", "a term"}[l] }

// dayWords, codeWords and termWords make a heading look like one of a day, of a code
// or number, of a term.
var (
	dayWords  = []string{"日期", "时间", "年月", "年度", "年份", "月份", "DATE", "DAY", "届满", "期满", "到期", "失效", "生效", "截止", "截至", "起始", "终止"}
	codeWords = []string{"代码", "编号", "编码", "文号", "证号", "案号", "字号", "书号", "证书号", "许可号", "号码", "注册号", "CODE", "NUMBER"}
	termWords = []string{"期", "年限", "时限", "UNTIL", "EXPIR", "VALID", "TERM", "DEADLINE", "PERIOD"}
	termEnds  = []string{"至", "止", "自", "起", "日", "号"}
)

// looksBy tells what a column seems to hold by its heading.
func looksBy(heading string) looks {
	key := record.FoldHeader(heading)
	in := func(words []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(key, w) })
	}
	switch {
	case key == "" || bookkeeping[key] || key == "编号":
		return plain // what a bare number counts, its values tell
	case in(dayWords):
		return day
	case in(codeWords):
		return code
	case in(termWords), slices.ContainsFunc(termEnds, func(w string) bool { return strings.HasSuffix(key, w) }):
		return term
	}
	return plain
}

// strange gives the problem of a column that nobody knows and whose heading looks
// like that of a day, a code or a term: its loss would change what a row means.
func (c *columns) strange(where string) error {
	for _, i := range c.unknown() {
		if l := looksBy(c.header[i]); l != plain {
			return c.refuse(i, l, where)
		}
	}
	return nil
}

func (c *columns) refuse(i int, l looks, where string) error {
	return fault.New(fault.BadInput, "the column %q%s looks like %s and is no field of %s: nothing was accepted. Nearest are %s. Rename it, or leave it out by ignore=%s",
		c.heading(i), where, l, c.kind.NameZh, strings.Join(c.near(i, l), ", "), c.heading(i))
}

// near names the fields whose headings are most like an unknown one, those without
// a column of their own first.
func (c *columns) near(i int, l looks) []string {
	type candidate struct {
		word  string
		score int
	}
	var all []candidate
	key := []rune(record.FoldHeader(c.header[i]))
	for j := range c.kind.Fields {
		f := &c.kind.Fields[j]
		if f.Type == record.Dropped {
			continue
		}
		best := candidate{word: wordOf(f)}
		for _, w := range append([]string{f.Name}, f.Headers...) {
			best.score = max(best.score, likeness(key, []rune(record.FoldHeader(w))))
		}
		if l == day && f.Type == record.Day || l == term && (f.Type == record.Day || f.Type == record.Month) || l == code && f.Type == record.DocumentNo {
			best.score += 20
		}
		if c.has(f.Name) {
			best.score -= 30
		}
		all = append(all, best)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	var words []string
	for _, a := range all[:min(3, len(all))] {
		words = append(words, a.word)
	}
	return words
}

// likeness is the share of pairs of characters, and of characters, that two words
// have in common, 0 … 100.
func likeness(a, b []rune) int {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	pairs, single := 0, 0
	for i := range a {
		if slices.Contains(b, a[i]) {
			single++
		}
		for j := 0; i+1 < len(a) && j+1 < len(b); j++ {
			if a[i] == b[j] && a[i+1] == b[j+1] {
				pairs++
				break
			}
		}
	}
	return (100*pairs + 50*single) / (2 * max(len(a), len(b)))
}

// strangeValues counts what the cells of an unknown column look like.
type strangeValues struct {
	filled int
	small  int    // whole numbers of up to six digits, as rows are counted
	by     [4]int // by looks
}

// counted tells whether the column numbers the rows of the file.
func (v *strangeValues) counted() bool { return v.small == v.filled }

func (v *strangeValues) add(cell string, serial bool) {
	s := clean(cell)
	if s == "" {
		return
	}
	v.filled++
	if n := strings.TrimSuffix(s, ".0"); len(n) <= 6 && strings.Trim(n, "0123456789") == "" {
		v.small++
	}
	switch {
	case serial || record.LooksLikeDay(s):
		v.by[day]++
	case isCode(s):
		v.by[code]++
	case isTerm(s):
		v.by[term]++
	}
}

// most is what the column looks like: what most of its cells do.
func (v *strangeValues) most() looks {
	for _, l := range []looks{day, code, term} {
		if 2*v.by[l] > v.filled {
			return l
		}
	}
	return plain
}

func isCode(s string) bool {
	c := uscc.Fold(s)
	return len(c) == uscc.Length && uscc.Check([]byte(c)).Valid()
}

// isTerm tells whether a cell is a length of time, such as 3年 and 六个月.
func isTerm(s string) bool {
	s = strings.TrimRight(s, "整")
	rest := strings.TrimLeft(s, "0123456789０１２３４５６７８９一二三四五六七八九十两半")
	if rest == s {
		return false
	}
	switch rest {
	case "年", "个月", "月", "天", "日", "个工作日", "周":
		return true
	}
	return false
}
