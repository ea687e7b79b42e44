package request

import (
	"bytes"
	"encoding/json"
	"testing"
)

// The hand-written reader of bodies understands what encoding/json understands,
// and nothing else.
func FuzzDecode(f *testing.F) {
	for _, b := range []string{
		`{"query":"{__typename}"}`, ` { "query" : "{a}" , "variables" : { "u" : "x" , "l" : ["a","b"], "n":null } } `,
		`{"query":"a\n\"b\\\/","operationName":"A","variables":{}}`, `{"query":"\u4e2d\ud83c\udfc3"}`, `{"query":"中"}`, `{"query":"a","variables":{"u":1}}`,
		`{"query":"a","variables":{"u":"x","u":"y"}}`, `{"query":"a","query":"b"}`, `{"query":"a","extensions":{"a":{}}}`, `{"query":"a"}x`, `[{"query":"a"}]`,
		"{\"query\":\"\xff\"}", `{"query":"a","variables":{"l":[]}}`, `{"query":"a","variables":null,"operationName":null}`,
	} {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var r, want Request
		got := r.Decode(append([]byte(nil), body...))
		err := slow(append([]byte(nil), body...), &want)
		if (got == nil) != (err == nil) {
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
