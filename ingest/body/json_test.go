package body

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"credithub/schema/fault"

	"pgregory.net/rapid"
)

func limits() Limits {
	l := DefaultLimits()
	l.RowBytes, l.Rows, l.Depth = 200, 50, 8
	return l
}

// flat writes the rows of a source as line:raw or line!code.
func flat(s Source) string {
	var out []string
	var it Item
	for s.Next(&it) {
		line := strings.TrimSpace(strings.Join([]string{itoa(int(it.Line)), string(it.Raw)}, ":"))
		if it.Raw == nil {
			line = itoa(int(it.Line)) + "!" + string(it.Faults[0].Code)
		}
		out = append(out, line)
	}
	return strings.Join(out, " ")
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func kind(err error) fault.Kind {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Kind
	}
	return ""
}

func TestNDJSONIsOneRecordALine(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		s, err := NDJSON([]byte(in), limits())
		if err != nil {
			t.Fatal(err)
		}
		if got := flat(s); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", in, got, want)
		}
	}
	long := strings.Repeat("x", 201)
	f("", "")
	f("\n \r\n\t\n", "")
	f("{}", "1:{}")
	f("{}\n", "1:{}")
	f("\xef\xbb\xbf{}\r\n\r\n{\"a\":1}\r\n", `1:{} 3:{"a":1}`)
	f("{}\n"+long+"\n{}", "1:{} 2!E13 3:{}")
	f("tru\n[1]\n\xff\xfe", "1:tru 2:[1] 3:\xff\xfe")
	if _, err := NDJSON([]byte(strings.Repeat("{}\n", 51)), limits()); kind(err) != fault.TooLarge {
		t.Errorf("51 rows: %v", err)
	}
	if _, err := NDJSON([]byte(strings.Repeat("{}\n\n\n", 50)), limits()); err != nil {
		t.Errorf("50 rows and blank lines: %v", err)
	}
}

func TestJSONIsAnObjectOrAnArray(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		s, err := JSON([]byte(in), limits())
		if err != nil {
			t.Errorf("%q: %v", in, err)
			return
		}
		if got := flat(s); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", in, got, want)
		}
	}
	f("", "")
	f(" \n", "")
	f("[]", "")
	f("\xef\xbb\xbf [ ]\n", "")
	f(`{"a":[1,{"b":"}"}]}`, `1:{"a":[1,{"b":"}"}]}`)
	f(`[{"a":1}, {"b":"\"]\\"} ,{}]`, `1:{"a":1} 2:{"b":"\"]\\"} 3:{}`)
	f(`[1,"x",tru,null,[]]`, `1:1 2:"x" 3:tru 4:null 5:[]`)
	f(`[{"a":tru}, {"a" 1}, {}]`, `1:{"a":tru} 2:{"a" 1} 3:{}`) // content is the decoder's
	f(`[{},{"a":"`+strings.Repeat("x", 200)+`"},{}]`, `1:{} 2!E13 3:{}`)
}

func TestUnreadableJSONIsRefusedAsAWhole(t *testing.T) {
	f := func(in, says string) {
		t.Helper()
		_, err := JSON([]byte(in), limits())
		if kind(err) != fault.BadInput || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", in, err, says)
		}
	}
	f(`null`, "neither")
	f(`"x"`, "neither")
	f(`{`, "breaks off")
	f(`{"a`, "inside the string")
	f(`{"a\"`, "inside the string")
	f(`{}{}`, "after the object")
	f("{}\n{}", "x-ndjson")
	f(`[{}`, "comma or the end")
	f(`[{},`, "breaks off")
	f(`[{} {}]`, "comma")
	f(`[{},]`, "value is missing")
	f(`[,]`, "value is missing")
	f(`[{]`, "do not match")
	f(`[}]`, "value is missing")
	f(`[]x`, "after the array")
	f(`[1:2]`, "comma")
	f(strings.Repeat("[", 10), "deeper")
	if _, err := JSON([]byte("["+strings.Repeat("0,", 50)+"0]"), limits()); kind(err) != fault.TooLarge {
		t.Errorf("51 elements: %v", err)
	}
}

// Whatever encoding/json can read, comes apart into the same elements.
func TestTheSplitterAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var elems []json.RawMessage
		n := rapid.IntRange(0, 8).Draw(t, "n")
		for range n {
			v := map[string]any{
				rapid.String().Draw(t, "key"): rapid.String().Draw(t, "text"),
				"nested":                      []any{rapid.Int().Draw(t, "int"), map[string]any{"]": "}"}},
			}
			b, _ := json.Marshal(v)
			elems = append(elems, b)
		}
		whole, _ := json.MarshalIndent(elems, rapid.StringMatching(`[ \t]{0,3}`).Draw(t, "prefix"), " ")
		if n == 0 {
			whole = []byte("[]")
		}
		lim := DefaultLimits()
		s, err := JSON(whole, lim)
		if err != nil {
			t.Fatal(err)
		}
		var it Item
		i := 0
		for s.Next(&it) {
			var got, want any
			if json.Unmarshal(it.Raw, &got) != nil || json.Unmarshal(elems[i], &want) != nil {
				t.Fatalf("element %d is no JSON: %s", i, it.Raw)
			}
			g, _ := json.Marshal(got)
			w, _ := json.Marshal(want)
			if string(g) != string(w) {
				t.Fatalf("element %d: %s, want %s", i, g, w)
			}
			i++
		}
		if i != n {
			t.Fatalf("%d of %d elements", i, n)
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{"", "[]", `[{"a":"\\\""},{}]`, `{"a":[{}]}`, `[{"a":tru}]`, `[[[[`, `["]`, "\xef\xbb\xbf[1]", `[{"}":"["}]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		lim := DefaultLimits()
		s, err := JSON(b, lim)
		var whole []json.RawMessage
		isArray := json.Unmarshal(b, &whole) == nil && len(strings.TrimSpace(string(b))) > 0 && strings.TrimSpace(string(b))[0] == '['
		if err != nil {
			if isArray && !strings.Contains(err.Error(), "deeper") {
				t.Fatalf("a JSON array is refused: %v", err)
			}
			return
		}
		var it Item
		n := 0
		for s.Next(&it) {
			n++
			if int(it.Line) != n {
				t.Fatalf("line %d at row %d", it.Line, n)
			}
			if isArray && string(it.Raw) != string(whole[n-1]) {
				t.Fatalf("row %d: %q, want %q", n, it.Raw, whole[n-1])
			}
		}
		if isArray && n != len(whole) {
			t.Fatalf("%d rows of %d", n, len(whole))
		}
	})
}

func FuzzNDJSON(f *testing.F) {
	f.Add([]byte("{}\n\n{}\r\nx"))
	f.Add([]byte("\xef\xbb\xbf{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := NDJSON(b, DefaultLimits())
		if err != nil {
			return
		}
		want := 0
		for _, l := range strings.Split(strings.TrimPrefix(string(b), "\xef\xbb\xbf"), "\n") {
			if strings.Trim(l, " \t\r") != "" {
				want++
			}
		}
		var it Item
		got, last := 0, uint32(0)
		for s.Next(&it) {
			got++
			if it.Line <= last {
				t.Fatalf("line %d after %d", it.Line, last)
			}
			last = it.Line
		}
		if got != want {
			t.Fatalf("%d rows, want %d", got, want)
		}
	})
}
