package policy

import (
	"encoding/json"
	"slices"
	"strings"

	"credithub/schema/record"
)

// StoredValues gives the values of a record as it is stored.
func StoredValues(data []byte, occurredOn record.Date) Values {
	var all map[string]json.RawMessage
	if json.Unmarshal(data, &all) != nil {
		all = nil
	}
	return func(field string) []byte {
		if field == OccurredOn {
			if occurredOn == record.NoDate {
				return nil
			}
			return occurredOn.AppendTo(nil)
		}
		raw := all[field]
		var text string
		if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
			return []byte(text)
		}
		return raw
	}
}

// Sieve is an SQL expression over the columns kind and data of stored records that
// is true for every record of a domain that can be a fact or has a place in a
// series; "" when none of the domain can. It may let others through.
func (p *Policy) Sieve(d record.Domain) string {
	if int(d) >= len(p.factsOf) {
		return ""
	}
	k := &p.factsOf[d]
	var any []string
	for _, s := range k.series {
		any = append(any, "kind = "+literal(s.kind))
	}
	for _, f := range k.facts {
		if slices.ContainsFunc(k.series, func(s series) bool { return s.kind == f.Kind }) {
			continue
		}
		all := []string{"kind = " + literal(f.Kind)}
		for i := range f.when {
			if c := f.when[i].sql(); c != "" {
				all = append(all, c)
			}
		}
		any = append(any, "("+strings.Join(all, " AND ")+")")
	}
	return strings.Join(any, " OR ")
}

// sql is the condition as an expression; "" for one that is left to the reader.
func (c *condition) sql() string {
	var any []string
	for _, name := range c.fields {
		text := "JSONExtractString(data, " + literal(name) + ")"
		switch {
		case c.in != nil:
			any = append(any, text+" IN ("+literals(c.in)+")")
		case c.contains != nil:
			any = append(any, "multiSearchAny("+text+", ["+literals(c.contains)+"])")
		default:
			return ""
		}
	}
	return "(" + strings.Join(any, " OR ") + ")"
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
