// Package sent keeps rows as their senders wrote them, so that a rejected one can
// be mended: as JSON, in the order sent, with personal numbers masked.
//
// It promises that no identity number, telephone, e-mail address or account of a
// person is in what it gives, nor anything of a column of persons' documents, and
// that a row keeps below a bound. It never judges a row.
package sent

import (
	"bytes"
	"encoding/json"
	"strconv"

	"credithub/schema/jsontext"
	"credithub/schema/personal"
	"credithub/schema/record"
)

// MaxRow bounds what is kept of a row, in bytes; a longer one is not kept.
const MaxRow = 32 << 10

// maxValue bounds a value, in bytes.
const maxValue = 200

// Table writes a row of a table as a JSON object, a member for each heading. A heading
// without a cell gets an empty text, a repeated one a number: "日期 (2)". left are the
// columns that the sender had left out; they are not written.
func Table(header, cells []string, left []bool) []byte {
	out := []byte{'{'}
	seen := map[string]int{}
	for i := range max(len(header), len(cells)) {
		name, cell := "", ""
		if i < len(left) && left[i] {
			continue
		}
		if i < len(header) {
			name = header[i]
		}
		if i < len(cells) {
			cell = cells[i]
		}
		if name == "" && cell == "" {
			continue
		}
		if seen[name]++; seen[name] > 1 {
			name += " (" + strconv.Itoa(seen[name]) + ")"
		}
		out = jsontext.AppendString(jsontext.AppendKey(out, name), cell)
	}
	return append(out, '}')
}

// Row masks a row. What is no JSON becomes a text. It is nil for a row that is empty or
// longer than MaxRow. kind may be nil.
func Row(raw []byte, kind *record.KindSpec) json.RawMessage {
	if len(raw) == 0 || len(raw) > MaxRow {
		return nil
	}
	m := masker{kind: kind, raw: raw, s: jsontext.NewScanner(raw, jsontext.Deepest), out: make([]byte, 0, len(raw))}
	if !m.value("") || !m.s.End() {
		return jsontext.AppendString(nil, Mask(string(bytes.ToValidUTF8(raw, []byte("\uFFFD")))))
	}
	return append(m.out, raw[m.done:]...)
}

// masker copies JSON as it is written but for texts and numbers.
type masker struct {
	kind *record.KindSpec
	raw  []byte
	s    jsontext.Scanner
	out  []byte
	done int // bytes of raw that are copied
}

// value masks the next value, which stands under key.
func (m *masker) value(key string) bool {
	switch k := jsontext.Kind(m.s.Peek()); k {
	case jsontext.Object, jsontext.Array:
		more, ok := m.s.Open(k)
		for more && ok {
			if k == jsontext.Object {
				var t jsontext.Token
				if t, ok = m.s.Key(); !ok {
					return false
				}
				key = string(m.s.Text(t))
				m.replace(t, Mask(key))
			}
			if !m.value(key) {
				return false
			}
			more, ok = m.s.Next(k)
		}
		return ok
	}
	t, ok := m.s.Value()
	switch t.Kind {
	case jsontext.String:
		m.replace(t, m.masked(key, string(m.s.Text(t))))
	case jsontext.Number:
		text := string(m.s.Raw(t))
		if masked := m.masked(key, text); masked != text {
			m.replace(t, masked)
		}
	}
	return ok
}

// replace writes a text instead of the text or number that was read.
func (m *masker) replace(t jsontext.Token, text string) {
	from, to := int(t.Start), int(t.End)
	if t.Kind == jsontext.String {
		from, to = from-1, to+1
	}
	m.out = jsontext.AppendString(append(m.out, m.raw[m.done:from]...), text)
	m.done = to
}

// masked is a value as it is kept.
func (m *masker) masked(key, s string) string {
	if s != "" && m.kind != nil {
		if name, ok := m.kind.MatchHeader(key); ok {
			if f := m.kind.Field(name); f != nil && f.Type == record.Dropped {
				return personal.Mask
			}
		}
	}
	return Mask(s)
}

// Mask masks the personal numbers of a text.
func Mask(s string) string {
	var f personal.Finder
	spans, id := f.Look(nil, []byte(s), personal.Free)
	switch {
	case id:
		return personal.Mask
	case len(spans) > 0:
		return string(personal.Cut(nil, []byte(s), spans))
	}
	return s
}

// Values gives the values of fields in a row that was masked by Row, "" when it
// names none.
func Values(row json.RawMessage, kind *record.KindSpec) func(field string) string {
	all := map[string]string{}
	var add func(raw []byte, deep bool)
	add = func(raw []byte, deep bool) {
		_ = jsontext.Members(raw, func(m jsontext.Member) {
			name := string(m.Name)
			if name == "data" && deep {
				add(m.Value, false)
				return
			}
			if kind != nil {
				if f, ok := kind.MatchHeader(name); ok {
					name = f
				}
			}
			if all[name] == "" {
				all[name] = shown(m)
			}
		})
	}
	add(row, true)
	return func(field string) string { return all[field] }
}

// shown is a value, cut when it is longer than maxValue.
func shown(m jsontext.Member) string {
	text := m.Plain()
	if len(text) <= maxValue {
		return text
	}
	r := []rune(text)
	return string(r[:min(len(r), maxValue/3)]) + "…"
}
