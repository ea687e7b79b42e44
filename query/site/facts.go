package site

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"credithub/query/view"
	"credithub/schema/record"
)

// groups sorts records into their kinds, in the order of the catalogue. The
// registration has a section of its own.
func (p *public) groups(ctx context.Context, recs []view.Record) ([]Group, error) {
	by := map[string]*Group{}
	var order []*Group
	for _, d := range record.Domains() {
		kinds := record.Kinds(d)
		for i := range kinds {
			if d == record.Registration {
				continue
			}
			g := &Group{Kind: &kinds[i]}
			by[d.String()+"/"+kinds[i].Name] = g
			order = append(order, g)
		}
	}
	for i := range recs {
		recs[i].WantContent()
	}
	for i := range recs {
		r := &recs[i]
		if g := by[r.Domain+"/"+r.Kind]; g != nil {
			data, _, err := r.Content(ctx)
			if err != nil {
				return nil, err
			}
			g.Records = append(g.Records, Record{
				Unit: p.unit(r.Unit), OccurredOn: r.OccurredOn, RecordedAt: r.RecordedAt, Facts: factsOf(g.Kind, data),
			})
		}
	}
	out := make([]Group, 0, len(order))
	for _, g := range order {
		if len(g.Records) > 0 {
			out = append(out, *g)
		}
	}
	return out, nil
}

// factsOf reads the fields of a record's data in the order of its kind.
func factsOf(k *record.KindSpec, data []byte) []Fact {
	var m map[string]any
	if json.Unmarshal(data, &m) != nil {
		return nil
	}
	var out []Fact
	for i := range k.Fields {
		f := &k.Fields[i]
		v, ok := m[f.Name]
		if !ok {
			continue
		}
		s := textOf(v)
		if f.Type == record.Choice {
			s = word(f, s)
		}
		if f.Type == record.Money {
			s += " 元"
		}
		fact := Fact{Zh: f.Name, En: f.Name, Text: s}
		if len(f.Headers) > 0 {
			fact.Zh = f.Headers[0]
		}
		out = append(out, fact)
	}
	return out
}

// word is the usual word for a value of a choice.
func word(f *record.Field, value string) string {
	i := slices.IndexFunc(f.Enum, func(e record.Enum) bool { return e.Value == value })
	if i < 0 || len(f.Enum[i].Words) == 0 {
		return value
	}
	return f.Enum[i].Words[0]
}

// textOf writes a JSON value as text.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = textOf(e)
		}
		return strings.Join(parts, "；")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
