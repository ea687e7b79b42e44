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

	"credithub/schema/personal"
	"credithub/schema/record"
)

// MaxRow bounds what is kept of a row, in bytes; a longer one is not kept.
const MaxRow = 32 << 10

// maxValue bounds a value, in bytes.
const maxValue = 200

// Table is a row of a table as an object of its headings, with those too for which
// it has no cell and without the columns that are left out.
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
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(out, quote(name)...), ':')
		out = append(out, quote(cell)...)
	}
	return append(out, '}')
}

func quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text: never an error
	return bytes.TrimSpace(b.Bytes())
}

// Row masks a row, JSON of an object or anything else as a text. kind may be nil.
func Row(raw []byte, kind *record.KindSpec) json.RawMessage {
	if len(raw) == 0 || len(raw) > MaxRow {
		return nil
	}
	if !json.Valid(raw) {
		return quote(Mask(string(bytes.ToValidUTF8(raw, []byte("\uFFFD")))))
	}
	m := masker{kind: kind}
	return m.mask(raw)
}

// masker walks over JSON.
type masker struct {
	kind *record.KindSpec
	key  string
}

func (m *masker) mask(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case c == '"':
			end := stringEnd(raw, i)
			var s string
			_ = json.Unmarshal(raw[i:end], &s) // valid JSON: never an error
			if next := skip(raw, end); next < len(raw) && raw[next] == ':' {
				m.key = s
				out = append(out, quote(Mask(s))...)
			} else {
				out = append(out, quote(m.value(s))...)
			}
			i = end
		case c == '-' || c >= '0' && c <= '9':
			end := i
			for end < len(raw) && bytes.IndexByte([]byte("+-.eE0123456789"), raw[end]) >= 0 {
				end++
			}
			if s := string(raw[i:end]); m.value(s) != s {
				out = append(out, quote(m.value(s))...)
			} else {
				out = append(out, s...)
			}
			i = end
		default:
			out = append(out, c)
			i++
		}
	}
	return out
}

// value masks a value under the key at hand.
func (m *masker) value(s string) string {
	if s != "" && m.kind != nil {
		if name, ok := m.kind.MatchHeader(m.key); ok {
			if f := m.kind.Field(name); f != nil && f.Type == record.Dropped {
				return personal.Mask
			}
		}
	}
	return Mask(s)
}

func stringEnd(b []byte, i int) int {
	for j := i + 1; j < len(b); j++ {
		switch b[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return len(b)
}

func skip(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
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
	var add func(raw json.RawMessage, deep bool)
	add = func(raw json.RawMessage, deep bool) {
		var o map[string]json.RawMessage
		if json.Unmarshal(raw, &o) != nil {
			return
		}
		for k, v := range o {
			if k == "data" && deep {
				add(v, false)
				continue
			}
			text := string(v)
			var s string
			if json.Unmarshal(v, &s) == nil {
				text = s
			}
			if r := []rune(text); len(text) > maxValue {
				text = string(r[:min(len(r), maxValue/3)]) + "…"
			}
			name := k
			if kind != nil {
				if f, ok := kind.MatchHeader(k); ok {
					name = f
				}
			}
			if all[name] == "" {
				all[name] = text
			}
		}
	}
	add(row, true)
	return func(field string) string { return all[field] }
}
