package record

import (
	"bytes"
	"strings"

	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/personal"
)

// personKeys reads keys of persons, with blanks between in the canonical form. What
// is none is never repeated: it may be what the key stands in the place of.
func (c *checker) personKeys(f *Field, b []byte) ([]byte, bool) {
	var keys []string
	for _, part := range strings.FieldsFunc(string(b), func(r rune) bool { return strings.ContainsRune(" \t,;，；、|", r) }) {
		k, ok := list.ParsePersonKey(part)
		if !ok {
			if _, id := c.look(b, personal.Free); id {
				c.row.Add(fault.E11Personal, f.Name, identity+"; send the keyed hash that credithub person-key makes of it")
			} else {
				c.row.Add(fault.E06Enum, f.Name, "must be 64 hex digits, the keyed hash that credithub person-key makes")
			}
			return nil, false
		}
		keys = append(keys, k)
	}
	return bytes.Clone([]byte(strings.Join(keys, " "))), len(keys) > 0
}
