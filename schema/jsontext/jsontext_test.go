package jsontext

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// seeds are texts on both sides of the grammar.
var seeds = []string{
	``, ` `, `null`, `nul`, `nulls`, `true`, `tru`, `false`, `fals`, `0`, `-0`, `00`, `01`, `-`, `1.`, `.5`, `1.5`, `1e`, `1e+`, `1E-9`, `1e5.5`, `+1`, `1 2`, `NaN`,
	`""`, `"`, `"a`, `"武汉"`, `"\"\\\/\b\f\n\r\t"`, `"\u6b66\u6c49"`, `"\uD83D\ude00"`, `"\ud83d"`, `"\ud83d\u0041"`, `"\ude00\ud83d"`, `"\ud83d\ud83d\ude00"`, `"\ud83d\n"`,
	`"\u00"`, `"\u00g0"`, `"\x41"`, `"\`, `"\u`, "\"a\tb\"", "\"a\x00b\"", "\"\x7f\"", "\"\xff\"", "\"a\xe6\xadb\"", "\"\xed\xa0\x80\"", "\"\\n\xff\"", "\"\u2028\"",
	`"1234567"`, `"12345678"`, `"123456789"`, `"1234567\"8"`, `"12345678\\"`,
	`{}`, `{ }`, `{`, `}`, `{"a"}`, `{"a":}`, `{"a":1`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`, `{"a":1,"a":2}`, `{a:1}`, `{"a":1}}`, `{"":""}`, ` { "a" : [ 1 , { } ] } `, `{"a" 1}`, `{1:2}`,
	`[]`, `[ ]`, `[`, `]`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `[[[]]]`, `[}`, `{]`, `[1}`, "[\v1]", "\ufeff{}", "[1]\x00", "\x00",
}

// read walks over a text as a caller does that looks at everything, and makes of it
// what encoding/json makes of it.
func read(s *Scanner) (v any, ok bool) {
	switch c := s.Peek(); c {
	case '{':
		m := map[string]any{}
		more, ok := s.Open(Object)
		for more && ok {
			key, good := s.Key()
			if !good {
				return nil, false
			}
			if v, ok = read(s); !ok {
				return nil, false
			}
			m[string(s.AppendText(nil, key))] = v
			more, ok = s.Next(Object)
		}
		return m, ok
	case '[':
		all := []any{}
		more, ok := s.Open(Array)
		for more && ok {
			if v, ok = read(s); !ok {
				return nil, false
			}
			all = append(all, v)
			more, ok = s.Next(Array)
		}
		return all, ok
	}
	t, ok := s.Value()
	if !ok {
		return nil, false
	}
	switch t.Kind {
	case String:
		return string(s.AppendText(nil, t)), ok
	case Number:
		return json.Number(s.Raw(t)), ok
	case True, False:
		return t.Kind == True, ok
	}
	return nil, ok
}

// same holds a text against encoding/json: accepted or not, and what it says.
func same(t *testing.T, text []byte) {
	t.Helper()
	valid := json.Valid(text)
	s := NewScanner(text, Deepest)
	token, ok := s.Value()
	if ok = ok && s.End(); ok != valid {
		t.Fatalf("%q: read %v, encoding/json %v (%v)", text, ok, valid, s.Err())
	}
	if (s.Err() == nil) != valid {
		t.Fatalf("%q: %v", text, s.Err())
	}
	walk := NewScanner(text, Deepest)
	v, ok := read(&walk)
	if ok = ok && walk.End(); ok != valid {
		t.Fatalf("%q: walked %v, encoding/json %v (%v)", text, ok, valid, walk.Err())
	}
	if !valid {
		return
	}
	if got, want := string(s.Whole(token)), strings.Trim(string(text), " \t\r\n"); got != want {
		t.Fatalf("%q: span %q", text, got)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var want any
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	if got, want := plainForm(t, v), plainForm(t, want); got != want {
		t.Fatalf("%q: %s, encoding/json %s", text, got, want)
	}
	outlined(t, text)
}

func plainForm(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// outlined: whatever is JSON has an outline that ends where it ends.
func outlined(t *testing.T, text []byte) {
	t.Helper()
	end, err := Outline(text, Blank(text, 0), 1<<20)
	if err != nil && strings.HasPrefix(err.What, "nested deeper") {
		return
	}
	if err != nil || Blank(text, end) != len(text) {
		t.Fatalf("%q: outline ends at %d, %v", text, end, err)
	}
}

func TestScannerAcceptsWhatEncodingJSONAccepts(t *testing.T) {
	for _, text := range seeds {
		same(t, []byte(text))
	}
	for _, depth := range []int{Deepest, Deepest + 1} {
		same(t, []byte(strings.Repeat("[", depth)+strings.Repeat("]", depth)))
	}
}

func FuzzScanner(f *testing.F) {
	for _, text := range seeds {
		f.Add([]byte(text))
	}
	f.Fuzz(same)
}

// A string is read eight bytes at a time: what needs a look may stand anywhere.
func TestStringsOfEveryLengthAndPlace(t *testing.T) {
	for n := range 20 {
		for at := range n + 1 {
			for _, c := range []string{`"`, `\"`, `\u0041`, `\`, "\x1f", "\x7f", "\xff", "é", "汉"} {
				text := `"` + strings.Repeat("a", at) + c + strings.Repeat("b", n-at) + `"`
				same(t, []byte(text))
				var s string
				_ = json.Unmarshal([]byte(text), &s)
				written(t, s)
				written(t, strings.Repeat("a", at)+c+strings.Repeat("b", n-at))
			}
		}
	}
}

func TestErrorsTellThePlace(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		s := NewScanner([]byte(text), 3)
		if _, ok := s.Value(); ok && s.End() {
			t.Errorf("%q was read", text)
			return
		}
		if got := s.Err().Error(); got != "not readable as JSON at byte "+want {
			t.Errorf("%q: %s", text, got)
		}
	}
	f(``, "0: unexpected end")
	f(` {"a":`, "6: unexpected end")
	f(`{"a":x}`, "5: unexpected character")
	f(`{"a":nil}`, "5: unknown word")
	f(`{"a":01}`, "6: expected a comma or an end")
	f(`{"a":1.}`, "7: invalid number")
	f(`{"a":"b`, "7: unterminated string")
	f(`{"a":"\x"}`, "6: invalid escape")
	f("{\"a\":\"\n\"}", "6: control character in a string")
	f(`{1:2}`, "1: expected a member name")
	f(`{"a";2}`, "4: expected a colon")
	f(`{"a":1;}`, "6: expected a comma or an end")
	f(`[[[[]]]]`, "3: nested too deep")
	f(`{} {}`, "3: text after the object")
	f(`[] []`, "3: text after the array")
	f(` 1 1`, "3: text after the value")

	s := NewScanner([]byte(` []`), 1)
	if _, ok := s.Open(Object); ok || s.Err().Error() != "not readable as JSON at byte 1: expected an object" {
		t.Error(s.Err())
	}
	s = NewScanner([]byte(`{}`), 1)
	if _, ok := s.Open(Array); ok || s.Err().Error() != "not readable as JSON at byte 0: expected an array" {
		t.Error(s.Err())
	}
}

func TestSkip(t *testing.T) {
	s := NewScanner([]byte(`{"seq":12}`), 1)
	if !s.Skip(`{"seq":`) || s.Skip(`"`) || s.Skip(`12}, `) {
		t.Error("skip")
	}
	n, ok := s.Value()
	if !ok || string(s.Raw(n)) != "12" || !s.Skip("}") || !s.End() {
		t.Error(s.Err())
	}
}

func TestMembers(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		var got []string
		err := Members([]byte(text), func(m Member) {
			got = append(got, string(m.Name)+"|"+string(m.Kind)+"|"+string(m.Value)+"|"+string(m.Text()))
		})
		if err != nil {
			got = append(got, err.Error())
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	f(`{}`, ``)
	f(` { "a" : "x" , "b\u0063" : [ 1 , 2 ] , "a" : -1e3 } `, `a|"|"x"|x bc|[|[ 1 , 2 ]|[ 1 , 2 ] a|0|-1e3|-1e3`)
	f("{\"\xff\":null,\"\":\"\\u6b66\xff\"}", "\ufffd|n|null|null |\"|\"\\u6b66\xff\"|武\ufffd")
	f(`[]`, `not readable as JSON at byte 0: expected an object`)
	f(`{"a":1} x`, `a|0|1|1 not readable as JSON at byte 8: text after the object`)
	f(`{"a":1,"b"}`, `a|0|1|1 not readable as JSON at byte 10: expected a colon`)
}

func TestValues(t *testing.T) {
	got, err := Values([]byte(`{"a":null,"b":"x","b":"\u6b66","c":1.50,"d":[ ]}`))
	want := map[string]string{"a": "", "b": "武", "c": "1.50", "d": "[ ]"}
	if err != nil || !maps.Equal(got, want) {
		t.Error(got, err)
	}
	for _, text := range []string{``, `null`, `{"a":1} x`} {
		if got, err := Values([]byte(text)); got != nil || err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestTexts(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got := "no"
		if all, ok := Texts([]byte(text)); ok {
			got = strings.Join(all, "|")
		}
		if got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	f(`[]`, "")
	f(`[ "a" , "\u6b66" ] `, "a|武")
	f("[\"\xff\"]", "\ufffd")
	f(`["a",1]`, "no")
	f(`["a",["b"]]`, "no")
	f(`["a",null]`, "no")
	f(`["a"`, "no")
	f(`["a"] x`, "no")
	f(`{}`, "no")
}

func TestOutline(t *testing.T) {
	f := func(text string, depth int, want string) {
		t.Helper()
		end, err := Outline([]byte(text), 0, depth)
		got := text[:end]
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	f(`{"a":[1,"]}"]} x`, 9, `{"a":[1,"]}"]}`)
	f(`{"a" nonsense \ 01} x`, 9, `{"a" nonsense \ 01}`) // the row's own fault
	f(`"a\"b" x`, 9, `"a\"b"`)
	f(`word,`, 9, `word`)
	f(``, 9, "not readable as JSON at byte 0: the body breaks off")
	f(`,`, 9, "not readable as JSON at byte 0: a value is missing")
	f(`{"a":[1,2}`, 9, "not readable as JSON at byte 9: brackets do not match")
	f(`{"a":[1,2`, 9, "not readable as JSON at byte 9: the body breaks off inside a bracket")
	f(`{"a":"\"}`, 9, "not readable as JSON at byte 9: the body breaks off inside the string that starts at byte 5")
	f(`[[[]]]`, 2, "not readable as JSON at byte 2: nested deeper than 2")
}

// written holds what is written of a text against encoding/json.
func written(t *testing.T, text string) {
	t.Helper()
	plain, strict := AppendString(nil, text), AppendStrict(nil, text)
	if string(AppendString(nil, []byte(text))) != string(plain) || string(AppendStrict(nil, []byte(text))) != string(strict) {
		t.Fatalf("%q: bytes are written unlike a string", text)
	}
	var want string
	b, _ := json.Marshal(text)
	_ = json.Unmarshal(b, &want)
	for _, form := range [][]byte{plain, strict} {
		var got string
		if err := json.Unmarshal(form, &got); err != nil || got != want {
			t.Fatalf("%q: %s is %q, %v", text, form, got, err)
		}
		if !utf8.Valid(form) {
			t.Fatalf("%q: %q is no UTF-8", text, form)
		}
		s := NewScanner(form, 1)
		v, ok := s.Value()
		if !ok || !s.End() || string(s.AppendText(nil, v)) != want {
			t.Fatalf("%q: %s is not read back", text, form)
		}
	}
	if c := strings.IndexFunc(string(strict), func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\u2028' || r == '\u2029' }); c >= 0 {
		t.Fatalf("%q: %q in the strict form", text, strict)
	}
}

func TestEveryByteIsWrittenAtEveryPlace(t *testing.T) {
	for c := range 256 {
		for at := range 19 {
			b := []byte("no need to escape 1")
			b[at] = byte(c)
			written(t, string(b))
			written(t, string(b[:at+1]))
		}
	}
}

func FuzzAppendString(f *testing.F) {
	for _, text := range seeds {
		f.Add(text)
	}
	f.Fuzz(written)
}

func TestAppendString(t *testing.T) {
	f := func(text, plain, strict string) {
		t.Helper()
		if got := string(AppendString([]byte("x"), text)); got != "x"+plain {
			t.Errorf("%q: %s", text, got)
		}
		if got := string(AppendStrict([]byte("x"), text)); got != "x"+strict {
			t.Errorf("%q: strict %s", text, got)
		}
	}
	f("", `""`, `""`)
	f("武汉 a/b <&>", `"武汉 a/b <&>"`, `"武汉 a/b <&>"`)
	f(`"\`, `"\"\\"`, `"\"\\"`)
	f("\n\r\t\b\f\x00", `"\n\r\t\u0008\u000c\u0000"`, `"\u000a\u000d\u0009\u0008\u000c\u0000"`)
	f("a\x7f\u2028\u2029", "\"a\x7f\u2028\u2029\"", `"a\u007f\u2028\u2029"`)
	f("a\xff\xfeb", `"a\ufffd\ufffdb"`, `"a\ufffd\ufffdb"`)
	f("\ufffd", "\"\ufffd\"", "\"\ufffd\"")
}

func TestAppendRest(t *testing.T) {
	b := AppendKey([]byte("{"), "a\n")
	b = AppendPlain(b, "L09")
	b = AppendTime(AppendKey(b, "at"), time.Date(2026, 3, 2, 1, 2, 3, 0, time.UTC), time.RFC3339)
	b = append(AppendKey(b, "all"), '[')
	for range 2 {
		b = append(AppendComma(b), '1')
	}
	if got := string(append(b, "]}"...)); got != `{"a\n":"L09","at":"2026-03-02T01:02:03Z","all":[1,1]}` {
		t.Error(got)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	text := []byte(`{"name":"武汉示例科技有限公司","at":[1,2,{"a":null}],"escaped":"\u6b66"}`)
	room := make([]byte, 0, 256)
	name := "武汉示例科技有限公司\n\xff"
	if n := testing.AllocsPerRun(100, func() {
		if Members(text, func(m Member) { room = append(room[:0], m.Name...) }) != nil {
			t.Error("members")
		}
		room = AppendString(AppendString(room[:0], name), text)
		room = AppendStrict(room, name)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkValue(b *testing.B) {
	text := []byte(`{"domain":"registration","recordId":"R-91420100MA4N0A2B5Y","version":3,"data":{"name":"武汉示例科技有限公司","businessScope":"软件开发;信息系统集成服务","former":["a","b"]}}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s := NewScanner(text, 32)
		if _, ok := s.Value(); !ok {
			b.Fatal(s.Err())
		}
	}
}

func BenchmarkAppendString(b *testing.B) {
	room := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		room = AppendString(room[:0], "91420100MA4N0A2B5Y/GOVERNMENT_PROCUREMENT")
		room = AppendString(room, "武汉东湖新技术开发区市场监督管理局")
	}
}
