package policy

import (
	"maps"
	"slices"
	"strings"

	"credithub/schema/civil"
	"credithub/schema/jsontext"
	"credithub/schema/record"
)

// StoredValues gives the values of a record as it is stored: texts, and whatever else
// there is as it is written. Data that can't be read have none.
func StoredValues(data []byte, occurredOn civil.Date) Values {
	all := make([]jsontext.Member, 0, 16)
	if jsontext.Members(data, func(m jsontext.Member) { all = append(all, m) }) != nil {
		all = nil
	}
	return func(field string) []byte {
		if field == OccurredOn {
			if occurredOn == civil.NoDate {
				return nil
			}
			return occurredOn.AppendTo(nil)
		}
		for i := len(all) - 1; i >= 0; i-- { // the last of a name counts
			if string(all[i].Name) == field {
				return all[i].Text()
			}
		}
		return nil
	}
}

// Sieve is an SQL expression over the columns kind and data of stored records that
// is true for every record of a domain that can be a fact or has a place in a
// series; "" when none of the domain can. It lets others through: it looks for words
// without reading the data as JSON, which costs a fiftieth, and takes every record
// with an escape in it, behind which a word may hide.
func (p *Policy) Sieve(d record.Domain) string {
	if int(d) >= len(p.factsOf) {
		return ""
	}
	k := &p.factsOf[d]
	words := map[string][]string{} // by kind; nil: every record
	for _, s := range k.series {
		words[s.kind] = nil
	}
	for _, f := range k.facts {
		if all, met := words[f.Kind]; !met || all != nil {
			if own := f.words(); own != nil {
				words[f.Kind] = append(all, own...)
			} else {
				words[f.Kind] = nil
			}
		}
	}
	var any []string
	for _, kind := range slices.Sorted(maps.Keys(words)) {
		c := "kind = " + literal(kind)
		if all := words[kind]; all != nil {
			slices.Sort(all)
			c = "(" + c + " AND multiSearchAny(data, [" + literals(append(slices.Compact(all), `\u`)) + "]))"
		}
		any = append(any, c)
	}
	return strings.Join(any, " OR ")
}

// words are such that the data of every record that is the fact hold one of them;
// nil when there are none.
func (f *Fact) words() []string {
	for i := range f.when {
		switch c := &f.when[i]; {
		case c.contains != nil:
			return c.contains
		case c.in != nil:
			var out []string
			for _, name := range c.fields {
				for _, v := range c.in {
					out = append(out, `"`+name+`":"`+v+`"`)
				}
			}
			return out
		}
	}
	return nil
}

func literals(all []string) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = literal(s)
	}
	return strings.Join(out, ", ")
}

func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
