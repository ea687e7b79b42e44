package graph

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// send makes any request.
func send(s http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

const (
	jsonType    = "application/json; charset=utf-8"
	graphqlType = "application/graphql-response+json; charset=utf-8"
)

func TestMediaTypes(t *testing.T) {
	s := newHub(t).server()
	f := func(accept, query string, status int, media string) {
		t.Helper()
		h := []string{"Content-Type", "application/json"}
		if accept != "-" {
			h = append(h, "Accept", accept)
		}
		w := send(s, "POST", "/graphql", `{"query":"`+query+`"}`, h...)
		if w.Code != status || w.Header().Get("Content-Type") != media {
			t.Errorf("%s %s: %d %s", accept, query, w.Code, w.Header().Get("Content-Type"))
		}
	}
	const ok, bad, both = "{__typename}", "{nothing}", "application/graphql-response+json, application/json"
	f("-", ok, 200, jsonType)
	f("*/*", ok, 200, jsonType)
	f("application/json", ok, 200, jsonType)
	f("application/json", bad, 200, jsonType)
	f("application/graphql-response+json", ok, 200, graphqlType)
	f("application/graphql-response+json", bad, 400, graphqlType)
	f(both, ok, 200, graphqlType)
	f("application/json, application/graphql-response+json", ok, 200, jsonType)
	f("application/json;q=0.5, application/graphql-response+json;q=0.9", ok, 200, graphqlType)
	f("application/graphql-response+json;q=0, */*", ok, 200, jsonType)
	f("text/html", ok, 406, jsonType)
	f("application/graphql-response+json;q=x", ok, 406, jsonType)
}

func TestRequestsThatAreNone(t *testing.T) {
	s := newHub(t).server()
	f := func(method, contentType, body string, status int, code string) {
		t.Helper()
		h := []string{}
		if contentType != "" {
			h = append(h, "Content-Type", contentType)
		}
		w := send(s, method, "/graphql", body, h...)
		var a answer
		if w.Code != status || json.Unmarshal(w.Body.Bytes(), &a) != nil || a.code() != code {
			t.Errorf("%s %s %.60s: %d %s", method, contentType, body, w.Code, w.Body)
		}
	}
	const ok = `{"query":"{__typename}"}`
	f("POST", "", ok, 415, "BAD_INPUT")
	f("POST", "text/plain", ok, 415, "BAD_INPUT")
	f("POST", "application/x-www-form-urlencoded", "query={__typename}", 415, "BAD_INPUT")
	f("POST", "application/json; charset=gbk", ok, 415, "BAD_INPUT")
	f("POST", "application/json; charset=UTF-8", ok, 200, "")
	f("PUT", "application/json", ok, 405, "BAD_INPUT")
	f("DELETE", "application/json", "", 405, "BAD_INPUT")
	f("POST", "application/json", "", 400, "BAD_INPUT")
	f("POST", "application/json", "["+ok+"]", 400, "BAD_INPUT")
	f("POST", "application/json", ok+ok, 400, "BAD_INPUT")
	f("POST", "application/json", `{"query":7}`, 400, "BAD_INPUT")
	f("POST", "application/json", `{"query":"{__typename}","variables":[]}`, 400, "BAD_INPUT")
	f("POST", "application/json", `{"query":"{__typename}","variables":{},"variables":{}}`, 200, "")
	f("POST", "application/json", `{"query":"{__typename}","extensions":1}`, 400, "BAD_INPUT")
	f("POST", "application/json", `{"query":"query A{__typename}","operationName":"B"}`, 200, "BAD_INPUT")
	f("POST", "application/json", `{"query":"query A{__typename}","operationName":"A"}`, 200, "")
	f("POST", "application/json", `{"query":"{__typename}","operationName":null,"variables":null,"extensions":null}`, 200, "")
}

// The body's limit holds to the byte.
func TestBodyLimit(t *testing.T) {
	s := newHub(t).server()
	const head, tail = `{"query":"{__typename}","variables":{"x":"`, `"}}`
	for more, status := range map[int]int{0: 200, 1: 413} {
		body := head + strings.Repeat("x", 16<<10-len(head)-len(tail)+more) + tail
		if w := send(s, "POST", "/graphql", body, "Content-Type", "application/json"); w.Code != status {
			t.Errorf("%d bytes: %d", len(body), w.Code)
		}
		r := httptest.NewRequest("POST", "/graphql", struct{ *bytes.Buffer }{bytes.NewBufferString(body)}) // of unknown length
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != status {
			t.Errorf("%d bytes in pieces: %d", len(body), w.Code)
		}
	}
	if n := counted(t, s, "body"); n != 2 {
		t.Errorf("counted %v", n)
	}
}

func TestGet(t *testing.T) {
	s := newHub(t).server()
	f := func(v url.Values, status int, want string) {
		t.Helper()
		w := send(s, "GET", "/graphql?"+v.Encode(), "", "Authorization", "Bearer officer:SAMR", "Accept", "application/graphql-response+json")
		if w.Code != status || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%v: %d %s", v, w.Code, w.Body)
		}
	}
	f(url.Values{"query": {"{__typename}"}}, 200, `{"data":{"__typename":"Query"}}`)
	f(url.Values{"query": {`query A($u:ID!){check(uscc:$u,matter:"TENDER"){outcome}}`}, "variables": {`{"u":"` + clearCode + `"}`}, "operationName": {"A"}}, 200, "CLEAR")
	f(url.Values{}, 400, "query")
	f(url.Values{"query": {"{__typename}"}, "variables": {"7"}}, 400, "variables")
	f(url.Values{"query": {"{__typename}"}, "extensions": {"[]"}}, 400, "extensions")
	f(url.Values{"query": {"{__typename"}}, 400, "BAD_INPUT")
	f(url.Values{"query": {"{__typename}#" + strings.Repeat("x", 16<<10)}}, 413, "TOO_COMPLEX")
}

// What would change something is refused by the method, whatever else is wrong with
// it, and by nothing but the operation that is asked for.
func TestCase_T14_NoMutationByGet(t *testing.T) {
	s := newHub(t).server()
	f := func(query, operation string, status int, allow string) {
		t.Helper()
		for _, token := range []string{"", "Bearer officer:SAMR"} {
			for _, accept := range []string{"application/json", "application/graphql-response+json", "*/*"} {
				headers := []string{"Accept", accept}
				if token != "" {
					headers = append(headers, "Authorization", token)
				}
				w := send(s, "GET", "/graphql?"+url.Values{"query": {query}, "operationName": {operation}}.Encode(), "", headers...)
				want := status
				if status == 0 { // a document that is not executed
					if want = 200; accept == "application/graphql-response+json" {
						want = 400
					}
				}
				if w.Code != want || w.Header().Get("Allow") != allow {
					t.Errorf("%s as %q, %s: %d, allow %q: %s", query, operation, accept, w.Code, w.Header().Get("Allow"), w.Body)
				}
			}
		}
	}
	f("mutation{__typename}", "", 405, "POST")
	f("mutation M($a:Int){nothing(a:$a){x}}", "", 405, "POST")
	f("mutation M{__typename}", "M", 405, "POST")
	f("subscription{__typename}", "", 405, "POST")
	f("query A{__typename} mutation B{__typename}", "B", 405, "POST")
	f("query A{__typename} mutation B{__typename}", "A", 0, "")
	f("mutation M{__typename}", "N", 0, "")
	f("fragment a on Query{__typename}", "", 0, "")
	f("query mutation{__typename}", "", 200, "")
	f("{mutation:__typename}", "", 200, "")
	if w := send(s, "POST", "/graphql", `{"query":"mutation{__typename}"}`, "Content-Type", "application/json"); w.Code != 200 || !strings.Contains(w.Body.String(), "BAD_INPUT") {
		t.Errorf("by POST: %d %s", w.Code, w.Body)
	}
}

func TestTokens(t *testing.T) {
	s := newHub(t).server()
	for token, status := range map[string]int{"Bearer officer": 200, "bearer officer": 200, "Bearer nobody": 401, "Basic x": 401, "Bearer": 401, "Bearer ": 401, "": 401} {
		w := send(s, "POST", "/graphql", `{"query":"{__typename}"}`, "Content-Type", "application/json", "Authorization", token)
		if w.Code != status || (status == 401) != (w.Header().Get("WWW-Authenticate") != "") || strings.Contains(w.Body.String(), "nobody") {
			t.Errorf("%q: %d %s", token, w.Code, w.Body)
		}
	}
	if w := send(s, "POST", "/graphql", `{"query":"{__typename}"}`, "Content-Type", "application/json", "Authorization", "Bearer officer", "Authorization", "Bearer admin"); w.Code != 401 {
		t.Error("two tokens")
	}
}

type slowDown struct{ keys []string }

func (l *slowDown) Allow(key string) (time.Duration, bool) {
	l.keys = append(l.keys, key)
	return 1500 * time.Millisecond, len(l.keys) < 3
}

func TestThrottling(t *testing.T) {
	l := &slowDown{}
	s := newHub(t).server(func(c *Config) { c.Limiter = l })
	send(s, "POST", "/graphql", `{"query":"{__typename}"}`, "Content-Type", "application/json")
	send(s, "POST", "/graphql", `{"query":"{__typename}"}`, "Content-Type", "application/json", "Authorization", "Bearer officer")
	w := send(s, "POST", "/graphql", `{"query":"{__typename}"}`, "Content-Type", "application/json")
	if w.Code != 429 || w.Header().Get("Retry-After") != "2" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if l.keys[0] != "192.0.2.1" || l.keys[1] != "u-officer" {
		t.Errorf("keys %v", l.keys)
	}
}

func TestAnswersKeepTheOrderOfTheQuery(t *testing.T) {
	s := newHub(t).server()
	wantData(t, ask(t, s, "", `{z:__typename a:__typename entity(uscc:"`+clearCode+`"){uscc name ...f status}} fragment f on Entity{z:uscc name blacklisted}`, nil),
		`{"z":"Query","a":"Query","entity":{"uscc":"`+clearCode+`","name":"武汉示例科技有限公司","z":"`+clearCode+`","blacklisted":false,"status":"1"}}`)
}

// An answer that grows too large is refused, whatever it holds.
func TestAnswerLimit(t *testing.T) {
	h := newHub(t)
	h.sameSeq = true
	for _, query := range []string{"{lists{code}}", `{check(uscc:"` + listedCode + `",matter:"GOVERNMENT_PROCUREMENT"){uscc hits{obligation}}}`} { // executed and planned
		size := len(ask(t, h.server(), "officer:SAMR", query, nil).raw)
		for less, code := range map[int]string{0: "", 1: "TOO_COMPLEX"} {
			s := h.server(func(c *Config) { c.Limits.AnswerBytes = size - less })
			if a := ask(t, s, "officer:SAMR", query, nil); a.code() != code || counted(t, s, "answer") != float64(less) {
				t.Errorf("%d bytes: %s", size-less, a.raw)
			}
		}
	}
}

// What a check may ask is limited, and each refusal counted.
func TestCheckLimitsAreCounted(t *testing.T) {
	h := newHub(t)
	s := h.server(func(c *Config) { c.Limits.Checks, c.Limits.CaseNo = 3, 8 })
	f := func(codes int, caseNo string, want string, checks, cases float64) {
		t.Helper()
		a := ask(t, s, "officer:SAMR", `query($u:[ID!]!,$c:String){checks(usccs:$u,matter:"TENDER",caseNo:$c){uscc}}`,
			map[string]any{"u": slices.Repeat([]string{clearCode}, codes), "c": caseNo})
		if a.code() != want || counted(t, s, "checks") != checks || counted(t, s, "caseNo") != cases {
			t.Errorf("%d codes, %q: %s; counted %v and %v", codes, caseNo, a.raw, counted(t, s, "checks"), counted(t, s, "caseNo"))
		}
	}
	f(3, "12345678", "", 0, 0)
	f(4, "", "BAD_INPUT", 1, 0)
	f(3, "123456789", "BAD_INPUT", 1, 1)
}
