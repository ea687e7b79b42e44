// Package request reads what a caller of GraphQL sends, the body of a POST, without
// allocating; and it holds the values of variables against their declared types.
package request

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"credithub/schema/fault"
	"credithub/schema/jsontext"
)

// Request is a GraphQL request as it came. Its texts alias the body that it was
// decoded from, or its own memory, which the next request uses again.
type Request struct {
	Query     []byte
	Operation []byte
	RawVars   []byte // the variables object as JSON; nil without one
	Vars      []Variable
	Loose     bool // Vars doesn't tell all: look into RawVars

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

// Decode reads the body of a POST, as strictly as encoding/json; of what is given
// twice the last counts. The body may not change while r is used.
func (r *Request) Decode(body []byte) error {
	if cap(r.text) < len(body) { // room for all that is unescaped
		r.text = make([]byte, 0, len(body)+512)
	}
	d := decoder{s: jsontext.NewScanner(body, jsontext.Deepest), body: body, r: r}
	switch {
	case d.s.Peek() == '[':
		return bad("one request at a time: batching is not offered")
	case !d.object():
		return bad("the body is not a JSON object")
	case !d.s.End():
		return bad("the body holds more than one JSON object")
	}
	return d.finish()
}

func bad(what string) error { return fault.New(fault.BadInput, "%s", what) }

// Variables gives the variables as Execute wants them.
func (r *Request) Variables() (map[string]any, error) {
	if r.RawVars == nil {
		return nil, nil
	}
	var m map[string]any
	if err := json.Unmarshal(r.RawVars, &m); err != nil {
		return nil, bad("variables: not an object")
	}
	return m, nil
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

// decoder reads one body. Its methods answer false when it is no JSON.
type decoder struct {
	s    jsontext.Scanner
	body []byte
	r    *Request

	query, operation      jsontext.Token
	variables, extensions jsontext.Kind
}

// text is the text of a string.
func (d *decoder) text(t jsontext.Token) []byte {
	if raw := d.s.Raw(t); !t.Escaped && utf8.Valid(raw) {
		return raw
	}
	from := len(d.r.text)
	d.r.text = d.s.AppendText(d.r.text, t)
	return d.r.text[from:len(d.r.text):len(d.r.text)]
}

// object reads the whole body.
func (d *decoder) object() bool {
	more, ok := d.s.Open(jsontext.Object)
	for more && ok {
		if !d.member() {
			return false
		}
		more, ok = d.s.Next(jsontext.Object)
	}
	return ok
}

func (d *decoder) member() bool {
	key, ok := d.s.Key()
	if !ok {
		return false
	}
	name := d.text(key)
	if string(name) == "variables" {
		return d.values()
	}
	t, ok := d.s.Value()
	switch string(name) {
	case "query":
		d.query = t
	case "operationName":
		d.operation = t
	case "extensions":
		d.extensions = t.Kind
	}
	return ok
}

// finish takes what the members are, once all of the body is known to be in order.
func (d *decoder) finish() error {
	r := d.r
	switch {
	case d.query.Kind != jsontext.String:
		return bad("query: a text is needed")
	case d.operation.Kind != jsontext.String && !none(d.operation.Kind):
		return bad("operationName: not a text")
	case d.variables != jsontext.Object && !none(d.variables):
		return bad("variables: not an object")
	case d.extensions != jsontext.Object && !none(d.extensions):
		return bad("extensions: not an object")
	}
	r.Query = d.text(d.query)
	if d.operation.Kind == jsontext.String {
		r.Operation = d.text(d.operation)
	}
	return nil
}

func none(k jsontext.Kind) bool { return k == jsontext.None || k == jsontext.Null }

// values reads the variables.
func (d *decoder) values() bool {
	r := d.r
	r.Vars, r.RawVars, r.Loose = r.Vars[:0], nil, false
	d.variables = jsontext.Kind(d.s.Peek())
	if d.variables != jsontext.Object {
		t, ok := d.s.Value()
		d.variables = t.Kind
		return ok
	}
	from := d.s.Pos()
	more, ok := d.s.Open(jsontext.Object)
	for more && ok {
		var name jsontext.Token
		if name, ok = d.s.Key(); !ok || !d.value(d.text(name)) {
			return false
		}
		more, ok = d.s.Next(jsontext.Object)
	}
	r.RawVars = d.body[from:d.s.Pos()]
	return ok
}

// value reads the value of one variable. When it has a shape that no plan can use,
// or a name that was there before, the variables are loose.
func (d *decoder) value(name []byte) (ok bool) {
	r := d.r
	for i := range r.Vars {
		r.Loose = r.Loose || bytes.Equal(r.Vars[i].Name, name)
	}
	if len(r.Vars) < cap(r.Vars) {
		r.Vars = r.Vars[:len(r.Vars)+1]
	} else {
		r.Vars = append(r.Vars, Variable{})
	}
	v := &r.Vars[len(r.Vars)-1]
	*v = Variable{Name: name, List: v.List[:0]}
	if d.s.Peek() == '[' {
		v.Kind = List
		return d.list(v)
	}
	t, ok := d.s.Value()
	switch t.Kind {
	case jsontext.String:
		v.Kind, v.Text = String, d.text(t)
	case jsontext.Null:
		v.Kind = Null
	default:
		r.Loose = true
	}
	return ok
}

func (d *decoder) list(v *Variable) bool {
	more, ok := d.s.Open(jsontext.Array)
	for more && ok {
		t, good := d.s.Value()
		if !good {
			return false
		}
		if t.Kind != jsontext.String {
			d.r.Loose = true
		} else {
			v.List = append(v.List, d.text(t))
		}
		more, ok = d.s.Next(jsontext.Array)
	}
	return ok
}
