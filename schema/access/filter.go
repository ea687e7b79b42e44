package access

import (
	"slices"

	"credithub/schema/civil"
	"credithub/schema/grade"
	"credithub/schema/jsontext"
)

// filter keeps the members of a JSON object whose name the caller keeps, in their
// order and with the bytes of their values. Anything that is no object becomes {}:
// what can't be read can't be shown.
func filter(data []byte, keep func(name string) bool) []byte {
	out, all := make([]byte, 0, len(data)), true
	out = append(out, '{')
	err := jsontext.Members(data, func(m jsontext.Member) {
		if !keep(string(m.Name)) {
			all = false
			return
		}
		out = append(jsontext.AppendKey(out, m.Name), m.Value...)
	})
	switch {
	case err != nil:
		return []byte("{}")
	case all:
		return data
	}
	return append(out, '}')
}

// displayFields are the fields of a penalty that its display hangs on.
var displayFields = []string{"category", "procedure", "decidedOn", "validUntil", "publicUntil", "repairedOn"}

// holds tells whether a record with such data is public on a day. Data that
// can't be read is not, nor is a date that can't.
func (r *rule) holds(data []byte, day civil.Date) bool {
	if len(r.when) == 0 && r.ends == "" && r.shown == nil {
		return true
	}
	values, err := jsontext.Values(data)
	if err != nil {
		return false
	}
	for name, want := range r.when {
		if !slices.Contains(want, values[name]) {
			return false
		}
	}
	if end, ok := date(values[r.ends]); !ok || end != civil.NoDate && day >= end {
		return false
	}
	return r.shown == nil || displayed(r.shown, values, day)
}

// displayed tells whether a penalty is displayed on a day (信用修复管理办法 第七至十二条).
func displayed(rules *grade.Rules, values map[string]string, day civil.Date) bool {
	p, ok := grade.Penalty{Category: values["category"], Procedure: values["procedure"]}, [4]bool{}
	p.DecidedOn, ok[0] = date(values["decidedOn"])
	p.ValidUntil, ok[1] = date(values["validUntil"])
	p.PublicUntil, ok[2] = date(values["publicUntil"])
	p.RepairedOn, ok[3] = date(values["repairedOn"])
	return ok == [4]bool{true, true, true, true} && rules.Displayed(&p, day)
}

// date reads a date that may be absent.
func date(s string) (civil.Date, bool) {
	if s == "" {
		return civil.NoDate, true
	}
	return civil.ParseDate(s)
}
