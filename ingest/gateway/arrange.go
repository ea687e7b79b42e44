package gateway

import (
	"slices"
	"strings"

	"credithub/ingest/body"
	"credithub/schema/jsontext"
	"credithub/schema/record"
)

// noteColumns are the headings of the reasons, which a push leaves out again.
var noteColumns = []string{"错误代码", "错误字段", "错误原因", "错误值"}

// column is one of a file of rejections: a field of the kind, or what no field takes.
type column struct {
	field   *record.Field // nil: of the envelope, or of nothing
	name    string        // of the field; "" when there is none
	heading string        // the first under which it was sent
	unit    record.Unit   // of the numbers under that heading
	differs bool          // it was sent under others too
	mixed   bool          // and they name several units
}

// sheet is rejected rows under one header, whatever the shape in which each was
// sent: every field has one column, and what a push would stop at is kept under a
// heading that it leaves out.
type sheet struct {
	kind    *record.KindSpec // nil: not known
	columns []column
	at      map[string]int // by field or heading
	rows    [][]part
}

// part is a cell and the column where it stands.
type part struct {
	column int
	text   string
	unit   record.Unit
}

// arrange brings rejected rows of one kind under one header, the reasons behind.
func arrange(rows []Refused, zh bool) (header []string, cells [][]string) {
	s := sheet{at: map[string]int{}}
	if len(rows) > 0 {
		s.kind = record.FindKind(record.ParseDomain(rows[0].Domain), rows[0].Kind)
	}
	for i := range rows {
		s.add(rows[i].Row)
	}
	header = make([]string, len(s.columns))
	for i := range s.columns {
		header[i] = s.heading(i)
	}
	for i := range rows {
		if zh {
			speakChinese(rows[i].Findings)
		}
		cells = append(cells, s.cells(s.rows[i]))
	}
	if s.kind != nil {
		for i, refused := range body.Refused(s.kind, header, cells) {
			if refused {
				header[i] = unused(header[i])
			}
		}
	}
	for i := range cells {
		cells[i] = append(cells[i], notes(rows[i].Findings)...)
	}
	return append(header, noteColumns...), cells
}

func notes(all []Finding) []string {
	out := make([]string, len(noteColumns))
	for i, f := range all {
		for j, s := range []string{string(f.Code), f.Field, f.Message, f.Value} {
			if i > 0 {
				out[j] += "；"
			}
			out[j] += s
		}
	}
	return out
}

func unused(heading string) string {
	if heading == "" {
		return body.Unused
	}
	return body.Unused + "（" + heading + "）"
}

// add takes a row in.
func (s *sheet) add(row []byte) {
	var parts []part
	taken := map[int]bool{}
	for _, c := range flat(row) {
		if body.Own(c.name) && !strings.HasPrefix(c.name, body.Unused) {
			continue // reasons of another time
		}
		n := s.column(c)
		if taken[n] && s.columns[n].name != "" && c.text != "" { // a field that is given twice
			n = s.place("\x00"+c.name, column{heading: unused(c.name)})
		}
		if taken[n] {
			for i := range parts {
				if parts[i].column == n && c.text != "" {
					parts[i].text = strings.TrimPrefix(parts[i].text+"；"+c.text, "；")
				}
			}
			continue
		}
		taken[n] = true
		if f := s.columns[n].field; f != nil && (f.Type == record.Texts || f.Type == record.Objects) {
			c.text = s.list(f, c)
		}
		parts = append(parts, part{n, c.text, s.unit(c.name)})
	}
	s.rows = append(s.rows, parts)
}

// column finds the column of a cell.
func (s *sheet) column(c cell) int {
	if c.name == "" || strings.HasPrefix(c.name, " (") { // has no heading
		return s.place("\x00", column{heading: unused("")})
	}
	if s.kind == nil {
		return s.place(c.name, column{heading: c.name})
	}
	name, known := s.kind.MatchHeader(c.name)
	if known && c.deep && s.kind.Field(name) == nil { // of the envelope, inside data
		known = false
		c.name = "data." + c.name
	}
	if f := s.kind.Field(name); !known || f != nil && f.Type == record.Dropped {
		return s.place("\x00"+record.FoldHeader(c.name), column{heading: c.name})
	}
	unit := s.unit(c.name)
	n := s.place(name, column{field: s.kind.Field(name), name: name, heading: c.name, unit: unit})
	k := &s.columns[n]
	k.differs = k.differs || c.name != k.heading
	k.mixed = k.mixed || unit != k.unit
	return n
}

// unit is what a heading says of the numbers under it; none is yuan or one.
func (s *sheet) unit(heading string) (u record.Unit) {
	if s.kind != nil {
		u, _ = s.kind.HeaderUnit(heading)
	}
	u.Named = false
	return u
}

func (s *sheet) place(key string, c column) int {
	n, known := s.at[key]
	if !known {
		n = len(s.columns)
		s.at[key] = n
		s.columns = append(s.columns, c)
	}
	return n
}

// heading is the one under which a column was sent, or the usual one of its field
// when there were several.
func (s *sheet) heading(i int) string {
	c := &s.columns[i]
	if !c.differs || c.unit != (record.Unit{}) && !c.mixed {
		return c.heading
	}
	words := []string{c.name}
	if c.field != nil {
		words = append(append([]string{}, c.field.Headers...), c.name)
	} else if c.name == "uscc" {
		words = []string{"统一社会信用代码", c.name}
	}
	for _, w := range words {
		if name, ok := s.kind.MatchHeader(w); ok && name == c.name {
			if s.unit(w) == (record.Unit{}) {
				return w
			}
		}
	}
	return c.name
}

// cells is a row under the header. A number whose own heading named a unit says so
// itself where the common one doesn't.
func (s *sheet) cells(parts []part) []string {
	out := make([]string, len(s.columns))
	for _, p := range parts {
		out[p.column] = p.text
		c := &s.columns[p.column]
		if p.unit == (record.Unit{}) || !c.mixed || c.field == nil {
			continue
		}
		text := strings.TrimSpace(p.text)
		plain, ok := record.NormaliseIn(s.kind, c.name, text, record.Unit{})
		if in, known := record.NormaliseIn(s.kind, c.name, text, p.unit); in != "" && (!known || !ok || in != plain || p.unit.Currency != "") {
			out[p.column] = text + p.unit.Word(c.field)
		}
	}
	return out
}

// list is an array as a cell of names with separators between, or as it is when
// that would not be read as the same.
func (s *sheet) list(f *record.Field, c cell) string {
	all, ok := jsontext.Texts(c.raw)
	if !ok || len(all) == 0 {
		return c.text
	}
	text := strings.Join(all, "；")
	read, _, _ := record.Normalise(s.kind, f.Name, text)
	if back, ok := jsontext.Texts([]byte(read)); !ok || !slices.Equal(all, back) {
		return c.text
	}
	return text
}

// cell is a value of a row, by the heading or the key under which it was sent.
type cell struct {
	name, text string
	raw        []byte
	deep       bool // inside data
}

// flat gives the cells of a row: those of a table, or the fields of a record, its
// data beside its envelope.
func flat(row []byte) []cell { return flatten(nil, row, false) }

func flatten(all []cell, row []byte, deep bool) []cell {
	s := jsontext.NewScanner(row, jsontext.Deepest)
	if s.Peek() != '{' {
		if len(row) > 0 {
			all = append(all, cell{name: "原文", text: original(row), raw: row})
		}
		return all
	}
	_ = jsontext.Members(row, func(m jsontext.Member) { // as far as it can be read
		switch name := string(m.Name); {
		case name == "data" && !deep && m.Kind == jsontext.Object:
			all = flatten(all, m.Value, true)
		case !deep && (name == "domain" || name == "kind" || name == "unit"): // of the push, not of the row
		default:
			all = append(all, cell{name, m.Plain(), m.Value, deep})
		}
	})
	return all
}

// original is a row that is no object: a text where it was kept as one.
func original(row []byte) string {
	s := jsontext.NewScanner(row, jsontext.Deepest)
	switch t, _ := s.Value(); t.Kind {
	case jsontext.String:
		return string(s.Text(t))
	case jsontext.Null:
		return ""
	}
	return string(row)
}
