package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"credithub/schema/record"
)

// filter keeps the members of a JSON object whose name the caller keeps, in
// their order and with their bytes. Anything that is no object becomes {}: what
// can't be read can't be shown.
func filter(data []byte, keep func(name string) bool) []byte {
	out, all := make([]byte, 0, len(data)), true
	out = append(out, '{')
	ok := members(data, func(name string, key, value []byte) {
		if !keep(name) {
			all = false
			return
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, key...), ':'), value...)
	})
	switch {
	case !ok:
		return []byte("{}")
	case all:
		return data
	}
	return append(out, '}')
}

// members calls f for each member of a JSON object with its name, the raw name
// and the raw value, and tells whether data is one object.
func members(data []byte, f func(name string, key, value []byte)) bool {
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	for dec.More() {
		t, err := dec.Token()
		name, isName := t.(string)
		if err != nil || !isName {
			return false
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return false
		}
		key, err := json.Marshal(name)
		if err != nil {
			return false
		}
		f(name, key, value)
	}
	if _, err := dec.Token(); err != nil {
		return false
	}
	_, err := dec.Token()
	return errors.Is(err, io.EOF)
}

// holds tells whether a record with such data is public on a day. Data that
// can't be read is not.
func (r *rule) holds(data []byte, day record.Date) bool {
	if len(r.when)+len(r.unless) == 0 && r.last == "" && r.ends == "" {
		return true
	}
	met, barred := 0, false
	ok := members(data, func(name string, _, value []byte) {
		var s string
		if json.Unmarshal(value, &s) != nil {
			return
		}
		if want, asked := r.when[name]; asked && slices.Contains(want, s) {
			met++
		}
		barred = barred || slices.Contains(r.unless[name], s)
		if name == r.last || name == r.ends {
			d, isDate := record.ParseDate(s)
			barred = barred || !isDate || day > d || day == d && name == r.ends
		}
	})
	return ok && !barred && met == len(r.when)
}
