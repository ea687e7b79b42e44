package sent

import (
	"testing"

	"credithub/schema/record"
)

// A row keeps its form; texts and numbers that tell of a person give way to a mask.
func TestRowsAreKeptAsSentButMasked(t *testing.T) {
	penalty := record.FindKind(record.Penalty, []byte("penalty"))
	f := func(raw, want string) {
		t.Helper()
		if got := string(Row([]byte(raw), penalty)); got != want {
			t.Errorf("%s: %s", raw, got)
		}
	}
	f(` { "名称" : "示例" , "n":[ 1.50 , true,null ] } `, ` { "名称" : "示例" , "n":[ 1.50 , true,null ] } `)
	f(`{"a":"\u6b66\/","\u0062":"\n"}`, `{"a":"武/","b":"\n"}`)
	f(`{"note":"362322198709086409"}`, `{"note":"***"}`)
	f(`{"note":362322198709086409}`, `{"note":"***"}`)
	f(`{"personId":["x",{"name":"y"},5]}`, `{"personId":["***",{"name":"y"},"***"]}`)
	f(`no JSON 362322198709086409`, `"***"`)
	f("a\xffb", "\"a\ufffdb\"")
	f(`{"a":1`, `"{\"a\":1"`)
	f(``, ``)
}

func TestTablesBecomeObjects(t *testing.T) {
	got := string(Table([]string{"名称", "金额", "金额", ""}, []string{"甲", "1", "2", "", "3"}, []bool{false, false, false}))
	if want := `{"名称":"甲","金额":"1","金额 (2)":"2","":"3"}`; got != want {
		t.Error(got)
	}
	if got := string(Table([]string{"a", "b"}, []string{"1", "2"}, []bool{true})); got != `{"b":"2"}` {
		t.Error(got)
	}
}

func TestValuesAreThoseOfFields(t *testing.T) {
	penalty := record.FindKind(record.Penalty, []byte("penalty"))
	value := Values([]byte(`{"recordId":"R-1","data":{"CF_WSH":"1","fineAmount":2.5,"content":null,"data":{"x":1}}}`), penalty)
	for field, want := range map[string]string{"recordId": "R-1", "documentNo": "1", "fineAmount": "2.5", "content": "", "data": `{"x":1}`, "unheard": ""} {
		if got := value(field); got != want {
			t.Errorf("%s: %q", field, got)
		}
	}
}
