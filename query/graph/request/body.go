// Package request reads what a caller of GraphQL sends: the body of a POST in its
// usual shape without allocating, and any other by encoding/json; and it holds the
// values of variables against their declared types.
package request

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"

	"credithub/schema/fault"
)

// Request is a GraphQL request as it came. Its texts alias the body that it was
// decoded from, or its own memory, which the next request uses again.
type Request struct {
	Query     []byte
	Operation []byte
	RawVars   []byte // the variables object as JSON; nil without one
	Vars      []Variable
	Loose     bool // Vars wasn't filled: look into RawVars

	text []byte // unescaped texts
}

// Reset makes r ready for the next request.
func (r *Request) Reset() { *r = Request{Vars: r.Vars[:0], text: r.text[:0]} }

// Kept is how much memory r keeps for the next request, in bytes.
func (r *Request) Kept() int { return cap(r.text) }

// Variable is a variable of one of the usual shapes.
type Variable struct {
	Name []byte
	Kind Kind
	Text []byte   // of a String
	List [][]byte // of a List
}

// Kind is the shape of a variable's value.
type Kind uint8

// Kinds of variables.
const (
	Other  Kind = iota // anything else: only Execute can use it
	Null               // null
	String             // a text
	List               // a list of texts
)

// Decode reads the body of a POST: by hand when it has the usual shape, else by
// encoding/json, which also says what is wrong with it. The body may not change
// while r is used.
func (r *Request) Decode(body []byte) error {
	d := fast{in: body, text: r.text[:0]}
	usual := d.request(r)
	if r.text = d.text; usual {
		return nil
	}
	r.Reset()
	return slow(body, r)
}

// slow reads any JSON body.
func slow(body []byte, r *Request) error {
	bad := func(what string) error { return fault.New(fault.BadInput, "%s", what) }
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	if len(trimmed) > 0 && trimmed[0] == '[' {
		return bad("one request at a time: batching is not offered")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	var fields map[string]json.RawMessage
	if err := dec.Decode(&fields); err != nil || fields == nil {
		return bad("the body is not a JSON object")
	}
	if _, err := dec.Token(); err != io.EOF {
		return bad("the body holds more than one JSON object")
	}
	var query, operation *string
	if json.Unmarshal(orNull(fields["query"]), &query) != nil || query == nil {
		return bad("query: a text is needed")
	}
	if json.Unmarshal(orNull(fields["operationName"]), &operation) != nil {
		return bad("operationName: not a text")
	}
	for _, name := range []string{"variables", "extensions"} {
		var object map[string]json.RawMessage
		if json.Unmarshal(orNull(fields[name]), &object) != nil {
			return bad(name + ": not an object")
		}
		if name == "variables" && object != nil {
			r.RawVars = fields[name]
		}
	}
	r.Query, r.Loose = []byte(*query), true
	if operation != nil {
		r.Operation = []byte(*operation)
	}
	return nil
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// Variables gives the variables as Execute wants them.
func (r *Request) Variables() (map[string]any, error) {
	if r.RawVars == nil {
		return nil, nil
	}
	var m map[string]any
	if err := json.Unmarshal(r.RawVars, &m); err != nil {
		return nil, fault.New(fault.BadInput, "variables: not an object")
	}
	return m, nil
}

// fast reads bodies of the usual shape. Each method answers false when
// something is unusual; then slow has the word.
type fast struct {
	in   []byte
	i    int
	text []byte // unescaped texts
}

func (d *fast) blank() {
	for d.i < len(d.in) {
		switch d.in[d.i] {
		case ' ', '\t', '\n', '\r':
			d.i++
		default:
			return
		}
	}
}

// byte takes one structural character.
func (d *fast) byte(c byte) bool {
	d.blank()
	if d.i < len(d.in) && d.in[d.i] == c {
		d.i++
		return true
	}
	return false
}

func (d *fast) null() bool {
	if len(d.in)-d.i >= 4 && string(d.in[d.i:d.i+4]) == "null" {
		d.i += 4
		return true
	}
	return false
}

// string takes a JSON string and gives its text.
func (d *fast) string() ([]byte, bool) {
	if !d.byte('"') {
		return nil, false
	}
	from := d.i
	for ascii := true; d.i < len(d.in); d.i++ {
		c := d.in[d.i]
		switch {
		case c == '"':
			s := d.in[from:d.i]
			d.i++
			return s, ascii || utf8.Valid(s)
		case c == '\\':
			return d.escaped(from)
		case c < 0x20:
			return nil, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, false
}

// escaped goes on with a string whose first escape stands at d.i. \u is left to
// encoding/json.
func (d *fast) escaped(from int) ([]byte, bool) {
	start := len(d.text)
	d.text = append(d.text, d.in[from:d.i]...)
	for d.i < len(d.in) {
		c := d.in[d.i]
		switch {
		case c == '"':
			d.i++
			s := d.text[start:]
			return s, utf8.Valid(s)
		case c < 0x20:
			return nil, false
		case c != '\\':
			d.text = append(d.text, c)
			d.i++
			continue
		}
		if d.i+1 >= len(d.in) {
			return nil, false
		}
		switch e := d.in[d.i+1]; e {
		case '"', '\\', '/':
			d.text = append(d.text, e)
		case 'n':
			d.text = append(d.text, '\n')
		case 't':
			d.text = append(d.text, '\t')
		case 'r':
			d.text = append(d.text, '\r')
		default:
			return nil, false
		}
		d.i += 2
	}
	return nil, false
}

// request takes the whole body.
func (d *fast) request(r *Request) bool {
	// Unescaped texts are shorter than the body, so that d.text never moves
	// once it has room for it.
	if cap(d.text) < len(d.in) {
		d.text = make([]byte, 0, len(d.in)+512)
	}
	if !d.byte('{') {
		return false
	}
	var seen [3]bool
	for {
		key, ok := d.string()
		if !ok || !d.byte(':') {
			return false
		}
		d.blank()
		which := 0
		switch string(key) {
		case "query":
			r.Query, ok = d.string()
		case "variables":
			which = 1
			ok = d.variables(r)
		case "operationName":
			which = 2
			if !d.null() {
				r.Operation, ok = d.string()
			}
		default:
			return false
		}
		if !ok || seen[which] {
			return false
		}
		seen[which] = true
		if d.byte(',') {
			continue
		}
		if !d.byte('}') {
			return false
		}
		d.blank()
		return d.i == len(d.in) && seen[0]
	}
}

// variables takes the variables object.
func (d *fast) variables(r *Request) bool {
	if d.null() {
		return true
	}
	from := d.i
	if !d.byte('{') {
		return false
	}
	if d.byte('}') {
		r.RawVars = d.in[from:d.i]
		return true
	}
	for {
		name, ok := d.string()
		if !ok || !d.byte(':') {
			return false
		}
		for i := range r.Vars {
			if string(r.Vars[i].Name) == string(name) {
				return false
			}
		}
		if !d.value(r, name) {
			return false
		}
		if d.byte(',') {
			continue
		}
		if !d.byte('}') {
			return false
		}
		r.RawVars = d.in[from:d.i]
		return true
	}
}

// value takes the value of one variable; shapes that no plan can use are
// unusual.
func (d *fast) value(r *Request, name []byte) bool {
	if len(r.Vars) < cap(r.Vars) {
		r.Vars = r.Vars[:len(r.Vars)+1]
	} else {
		r.Vars = append(r.Vars, Variable{})
	}
	v := &r.Vars[len(r.Vars)-1]
	*v = Variable{Name: name, List: v.List[:0]}
	d.blank()
	if d.i == len(d.in) {
		return false
	}
	var ok bool
	switch d.in[d.i] {
	case '"':
		v.Kind = String
		v.Text, ok = d.string()
		return ok
	case 'n':
		v.Kind = Null
		return d.null()
	case '[':
		v.Kind = List
		d.i++
		if d.byte(']') {
			return true
		}
		for {
			s, ok := d.string()
			if !ok {
				return false
			}
			v.List = append(v.List, s)
			if d.byte(',') {
				continue
			}
			return d.byte(']')
		}
	}
	return false
}

// Find gives a variable by name, nil when the request has none.
func (r *Request) Find(name string) *Variable {
	for i := range r.Vars {
		if string(r.Vars[i].Name) == name {
			return &r.Vars[i]
		}
	}
	return nil
}
