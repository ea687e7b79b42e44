package record

import (
	"encoding/hex"
	"strings"

	"credithub/schema/fault"
	"credithub/schema/fold"
	"credithub/schema/jsontext"
	"credithub/schema/personal"
	"credithub/schema/uscc"

	"github.com/zeebo/xxh3"
)

// Cell is one cell of a row of a file under a header that MatchHeader knew.
type Cell struct {
	Field string // a field of the kind or of the envelope
	Text  string
	// Unit: what the header says of the numbers below it; see HeaderUnit.
	Unit Unit
	// Serial: a spreadsheet shows Text, a number of days since 1899-12-30, as a
	// day or a month.
	Serial bool
}

// Build appends the envelope of a row of a file, ready for Decode, and gives the
// warnings about what was normalised (W05) or is damaged (W15). Of several cells of one field the
// first that says something counts. A row without record number gets one from
// its identity (document number, period, …), so that the same file pushed again
// is the same records; without op it is an upsert.
func (k *KindSpec) Build(dst []byte, cells []Cell) ([]byte, []fault.Fault) {
	var warnings []fault.Fault
	var finder personal.Finder
	note := func(field, message string) {
		warnings = append(warnings, fault.Fault{Code: fault.W05Normalised, Field: field, Message: message})
	}
	values := make(map[string]string, len(cells))
	for _, c := range cells {
		v, ok := normalise(k, c)
		if v == "" || values[c.Field] != "" {
			continue
		}
		values[c.Field] = strings.ToValidUTF8(v, "\uFFFD")
		f := k.Field(c.Field)
		if seen := c.seen(f); ok && v != strings.TrimSpace(seen) && k.worthNoting(c.Field) {
			note(c.Field, "brought into the form of the hub"+arrow(&finder, f, seen, v))
		}
		if strings.ContainsFunc(c.Text, damagedRune) && !strings.ContainsFunc(v, damagedRune) && k.worthNoting(c.Field) {
			warnings = append(warnings, fault.Fault{Code: fault.W15Damaged, Field: c.Field, Message: damage})
		}
		if c.Field == "registeredCapital" && ok {
			if a, _ := ParseAmount(trimCell(c.Text), c.Unit); a.Currency != "" && k.Field("currency") != nil {
				values["currency"] = a.Currency
			}
		}
	}
	if code := values["uscc"]; k.regNo >= 0 && uscc.CheckRegNo(code) != uscc.RegNoWrong && values["regNo"] == "" {
		values["regNo"], values["uscc"] = code, ""
		note("uscc", "a registration number stood in place of the code")
	}
	if values["recordId"] == "" {
		values["recordId"] = k.derivedID(values)
	}
	return k.appendBuilt(dst, values), warnings
}

// seen is what whoever looks at the cell sees in it.
func (c *Cell) seen(f *Field) string {
	if !c.Serial || f != nil && f.Type.counts() {
		return c.Text
	}
	return serialText(trimCell(c.Text), f)
}

// worthNoting: folding a document's width says nothing to anyone, a changed
// value does.
func (k *KindSpec) worthNoting(field string) bool {
	f := k.Field(field)
	return f == nil || f.Type != Dropped
}

// derivedID is the record number of a row that has none. Brackets, width and
// blanks of a document number don't make another record.
func (k *KindSpec) derivedID(values map[string]string) string {
	subject := values["uscc"]
	if subject == "" || uscc.Placeholder(subject) {
		subject = values["regNo"] + fold.Name(values["name"])
	}
	key := k.Domain.String() + "\x00" + k.Name + "\x00" + subject
	for _, f := range k.Identity {
		key += "\x00" + fold.Name(values[f])
	}
	sum := xxh3.HashString128(key).Bytes()
	return "F-" + hex.EncodeToString(sum[:])
}

func (k *KindSpec) appendBuilt(dst []byte, values map[string]string) []byte {
	str := func(name, v string) {
		dst = jsontext.AppendString(jsontext.AppendKey(dst, name), v)
	}
	dst = append(dst, `{"domain":"`+k.Domain.String()+`","kind":"`+k.Name+`"`...)
	str("recordId", values["recordId"])
	if v := values["version"]; v != "" {
		if _, ok := parseCount([]byte(v)); ok {
			dst = append(append(dst, `,"version":`...), v...)
		} else {
			str("version", v)
		}
	}
	if values["op"] == "" {
		values["op"] = "upsert"
	}
	for _, name := range []string{"op", "uscc", "occurredOn"} {
		if v := values[name]; v != "" {
			str(name, v)
		}
	}
	dst = append(dst, `,"data":{`...)
	for i := range k.Fields {
		f := &k.Fields[i]
		v := values[f.Name]
		if v == "" {
			continue
		}
		dst = append(jsontext.AppendComma(dst), f.prefix...)
		if f.Type == Texts || f.Type == Objects {
			dst = append(dst, v...) // cellList wrote JSON
		} else {
			dst = jsontext.AppendString(dst, v)
		}
	}
	return append(dst, "}}"...)
}
