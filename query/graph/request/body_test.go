package request

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"
)

// slow reads a body by encoding/json.
func slow(body []byte, r *Request) error {
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

// The reader of bodies understands what encoding/json understands, and nothing else,
// and says the same of the rest.
func FuzzDecode(f *testing.F) {
	for _, b := range []string{
		`{"query":"{__typename}"}`, ` { "query" : "{a}" , "variables" : { "u" : "x" , "l" : ["a","b"], "n":null } } `,
		`{"query":"a\n\"b\\\/","operationName":"A","variables":{}}`, `{"query":"\u4e2d\ud83c\udfc3"}`, `{"query":"中"}`, `{"query":"a","variables":{"u":1}}`,
		`{"query":"a","variables":{"u":"x","u":"y"}}`, `{"query":"a","query":"b"}`, `{"query":"a","extensions":{"a":{}}}`, `{"query":"a"}x`, `[{"query":"a"}]`,
		"{\"query\":\"\xff\"}", `{"query":1}`, `{"query":null}`, `{}`, `null`, ``, `{"query":"a","operationName":1}`, `{"query":"a","variables":[]}`, `{"query":"a","extensions":1}`,
		`{"query":"a","variables":{"u":"x"},"variables":{"v":1}}`, `{"query":"a","variables":{"l":["a",1],"o":{"a":[]},"b":true}}`, `{"qu\u0065ry":"a","variables":{"\u0061":"\n"}} x`,
		`{"query":"a","variables":{"l":[]}}`, `{"query":"a","variables":null,"operationName":null}`,
	} {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var r, want Request
		got := r.Decode(append([]byte(nil), body...))
		err := slow(append([]byte(nil), body...), &want)
		if (got == nil) != (err == nil) || err != nil && got.Error() != err.Error() {
			t.Fatalf("%q: %v, encoding/json says %v", body, got, err)
		}
		if err != nil {
			return
		}
		if string(r.Query) != string(want.Query) || string(r.Operation) != string(want.Operation) {
			t.Fatalf("%q: query %q %q, want %q %q", body, r.Query, r.Operation, want.Query, want.Operation)
		}
		have, herr := r.Variables()
		vars, verr := want.Variables()
		hraw, _ := json.Marshal(have)
		wraw, _ := json.Marshal(vars)
		if (herr == nil) != (verr == nil) || !bytes.Equal(hraw, wraw) {
			t.Fatalf("%q: variables %s %v, want %s %v", body, hraw, herr, wraw, verr)
		}
		if r.Loose {
			return
		}
		for _, v := range r.Vars {
			raw, _ := json.Marshal(v.any())
			if want, _ := json.Marshal(vars[string(v.Name)]); !bytes.Equal(raw, want) {
				t.Fatalf("%q: %s is %s, want %s", body, v.Name, raw, want)
			}
		}
	})
}

// any is the variable as encoding/json would read it.
func (v *Variable) any() any {
	switch v.Kind {
	case String:
		return string(v.Text)
	case List:
		out := make([]string, len(v.List))
		for i, s := range v.List {
			out[i] = string(s)
		}
		return out
	}
	return nil
}
