package graph

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/limit"
)

// lookUp asks as a stranger at an address, or as somebody who is signed in.
func lookUp(s http.Handler, peer, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.RemoteAddr = peer
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestCase_S5_StrangersHaveAQuota(t *testing.T) {
	h := newHub(t)
	quota, err := limit.NewQuota(limit.QuotaConfig{Lookups: 60, Window: 10 * time.Minute, PerDay: 300})
	if err != nil {
		t.Fatal(err)
	}
	s := h.server(func(c *Config) { c.Quota = quota })
	entity := `{"query":"{entity(uscc:\"` + clearCode + `\"){name}}"}`
	answered := 0
	for range 800 {
		w := lookUp(s, "192.0.2.1:1", "", entity)
		switch w.Code {
		case http.StatusOK:
			answered++
		case http.StatusTooManyRequests:
			if n, err := strconv.Atoi(w.Header().Get("Retry-After")); err != nil || n < 1 || n > 600 {
				t.Fatalf("Retry-After %q", w.Header().Get("Retry-After"))
			}
			if !strings.Contains(w.Body.String(), "60 look-ups at once and 300 a day") || !strings.Contains(w.Body.String(), `"TOO_MANY_REQUESTS"`) {
				t.Fatal(w.Body)
			}
		default:
			t.Fatal(w.Code, w.Body)
		}
	}
	if answered != 60 {
		t.Errorf("%d of 800 look-ups were answered", answered)
	}
	for _, body := range []string{`{"query":"{lists{code} measures{code} matters{code} purposes{code} sources{domain}}"}`, `{"query":"{__schema{queryType{name}}}"}`} {
		if w := lookUp(s, "192.0.2.1:1", "", body); w.Code != http.StatusOK {
			t.Errorf("a catalogue counts: %s", w.Body)
		}
	}
	for range 100 {
		if w := lookUp(s, "192.0.2.1:1", "officer:SAMR", entity); w.Code != http.StatusOK {
			t.Fatalf("signed in: %s", w.Body)
		}
	}
	if w := lookUp(s, "192.0.2.2:1", "", entity); w.Code != http.StatusOK {
		t.Errorf("a neighbour suffers: %s", w.Body)
	}
}

// Rows, aliases, fragments and variables are no way around it.
func TestCase_S5_ListsComePageByPage(t *testing.T) {
	h := newHub(t)
	for i, c := range []struct {
		body  string
		costs int
	}{
		{`{"query":"{listEntries{totalCount}}"}`, 1},
		{`{"query":"{listEntries(first:100){totalCount}}"}`, 5},
		{`{"query":"query($n:Int){listEntries(first:$n){totalCount}}","variables":{"n":100}}`, 5},
		{`{"query":"query($n:Int){listEntries(first:$n){totalCount}}","variables":{"n":20}}`, 1},
		{`{"query":"query($n:Int){search(text:\"x\",first:$n){totalCount}}"}`, 5},
		{`{"query":"{a:entity(uscc:\"` + clearCode + `\"){name} b:entity(uscc:\"` + listedCode + `\"){name}}"}`, 2},
		{`{"query":"{...f ... on Query{search(text:\"x\"){totalCount}}} fragment f on Query{listEntries(first:41){totalCount}}"}`, 4},
	} {
		quota, err := limit.NewQuota(limit.QuotaConfig{Lookups: 60, Window: time.Hour, PerDay: 300})
		if err != nil {
			t.Fatal(err)
		}
		s := h.server(func(x *Config) { x.Quota = quota })
		peer, n := fmt.Sprintf("192.0.2.%d:1", i), 0
		for ; n < 100 && lookUp(s, peer, "", c.body).Code != http.StatusTooManyRequests; n++ {
		}
		if n != 60/c.costs {
			t.Errorf("%s: %d times, want %d", c.body, n, 60/c.costs)
		}
	}
	quota, _ := limit.NewQuota(limit.QuotaConfig{Lookups: 3, Window: time.Hour, PerDay: 300})
	s := h.server(func(x *Config) { x.Quota = quota })
	w := lookUp(s, "192.0.2.1:1", "", `{"query":"{listEntries(first:100){totalCount}}"}`)
	if !strings.Contains(w.Body.String(), "TOO_COMPLEX") || !strings.Contains(w.Body.String(), "holds 5 look-ups of the public, which has 3") {
		t.Errorf("more than there are at once: %s", w.Body)
	}
}
