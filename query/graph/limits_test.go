package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"credithub/schema/list"
)

// crowd gives an enterprise more list entries than may be read at once.
func (h *hub) crowd(code string) {
	for i := range 20_001 {
		h.list(code, list.L01, "SAMR", fmt.Sprintf("X-%05d", i), "示例决字")
	}
}

// What is too much of one enterprise is an error with the number at its own fields,
// and the nearest that may be null above is null; its neighbours are answered.
func TestCase_C3_ALargeNeighbourCostsNothing(t *testing.T) {
	h := newHub(t)
	s := h.server()
	h.crowd(clearCode)
	alone := ask(t, s, "officer:SAMR", `{b:entity(uscc:"`+listedCode+`"){blacklisted abnormal grade gradeReasons entries{id} records{totalCount}}}`, nil)
	var want map[string]json.RawMessage
	if err := json.Unmarshal(alone.Data, &want); err != nil || len(alone.Errors) > 0 {
		t.Fatal(alone.raw)
	}
	both := ask(t, s, "officer:SAMR", `{a:entity(uscc:"`+clearCode+`"){name grade} c:entity(uscc:"`+clearCode+`"){name blacklisted} d:entity(uscc:"`+clearCode+`"){entries{id}}
		b:entity(uscc:"`+listedCode+`"){blacklisted abnormal grade gradeReasons entries{id} records{totalCount}}}`, nil)
	var got map[string]json.RawMessage
	if err := json.Unmarshal(both.Data, &got); err != nil {
		t.Fatal(both.raw)
	}
	if string(got["b"]) != string(want["b"]) || !strings.Contains(string(got["b"]), `"blacklisted":true`) {
		t.Errorf("beside a large one %s, alone %s", got["b"], want["b"])
	}
	if string(got["a"]) != `{"name":"武汉示例科技有限公司","grade":null}` || string(got["c"]) != "null" || string(got["d"]) != "null" {
		t.Errorf("the large one: %.500s", both.raw)
	}
	var paths []string
	for _, e := range both.Errors {
		paths = append(paths, fmt.Sprint(e.Path...))
		if e.Extensions.Code != "TOO_COMPLEX" || !strings.Contains(e.Message, "20000") {
			t.Errorf("%+v", e)
		}
	}
	if !slices.Equal(paths, []string{"agrade", "cblacklisted", "dentries"}) {
		t.Errorf("errors at %v", paths)
	}
}

// The same among the subjects of checks, where each hit is told all the same.
func TestCase_C2_OneTruthInOneAnswer(t *testing.T) {
	h := newHub(t)
	s := h.server()
	h.crowd(clearCode)
	a := ask(t, s, "officer:SAMR", `{checks(usccs:["`+clearCode+`","`+listedCode+`"],matter:"GOVERNMENT_PROCUREMENT"){outcome subject{blacklisted abnormal grade}}}`, nil)
	if want := `{"checks":[{"outcome":"HIT","subject":null},{"outcome":"HIT","subject":{"blacklisted":true,"abnormal":true,"grade":"SERIOUSLY_DISHONEST"}}]}`; string(a.Data) != want {
		t.Errorf("%s", a.raw)
	}
	if len(a.Errors) == 0 || a.code() != "TOO_COMPLEX" {
		t.Errorf("%v", a.Errors)
	}
}

// A code that could be an identity number is to the public as one that doesn't exist,
// in every answer; who is signed in sees it.
func TestCase_T11_APersonsNumberIsNobodys(t *testing.T) {
	h := newHub(t)
	s := h.server()
	const person = "512000195901100098"
	h.list(person, list.Code(9), "MOF", "P-1", "示例决字")
	h.register(person, "昆明示例个体有限公司")
	for _, q := range []string{
		`{listEntries(uscc:"%s"){totalCount edges{cursor node{id}} pageInfo{hasNextPage startCursor}}}`, `{entity(uscc:"%s"){name entries{id}}}`,
		`{search(text:"%s"){totalCount edges{node{name}}}}`, `{listEntries(uscc:"%s",first:1,list:"L09"){totalCount}}`,
	} {
		h.reads = nil
		got, reads := ask(t, s, "", fmt.Sprintf(q, person), nil), len(h.reads)
		h.reads = nil
		if want := ask(t, s, "", fmt.Sprintf(q, unknownCode), nil); got.raw != want.raw || reads != len(h.reads) {
			t.Errorf("%s: %s with %d reads, of nobody %s with %d", q, got.raw, reads, want.raw, len(h.reads))
		}
	}
	a := ask(t, s, "", `{listEntries(first:1){totalCount edges{node{uscc}} pageInfo{hasNextPage}} search(text:"昆明示例"){totalCount edges{node{name}}}}`, nil)
	if strings.Contains(a.raw, person) || strings.Contains(a.raw, "昆明") || !strings.Contains(a.raw, `"listEntries":{"totalCount":2`) {
		t.Errorf("%s", a.raw)
	}
	a = ask(t, s, "officer", `{listEntries(uscc:"`+person+`"){totalCount edges{node{id}}}}`, nil)
	if string(a.Data) != `{"listEntries":{"totalCount":1,"edges":[{"node":{"id":"P-1"}}]}}` {
		t.Errorf("%s", a.raw)
	}
}
