package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/client"
)

// hub answers every request with the next of answers, the last one for ever.
func hub(t *testing.T, answers ...string) (*client.Hub, *[]string) {
	t.Helper()
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.String()+" "+r.Header.Get("Authorization")+" "+r.Header.Get("Accept-Language")+" "+string(b))
		status, body, _ := strings.Cut(answers[min(len(asked), len(answers))-1], " ")
		w.WriteHeader(map[string]int{"200": 200, "202": 202, "403": 403, "404": 404, "502": 502}[status])
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return client.At(s.URL, "T"), &asked
}

func TestPush(t *testing.T) {
	h, asked := hub(t, `202 {"batchId":"b","accepted":2,"rejected":1,"receipt":"r","rejections":[{"line":3,"code":"E05","field":"name"}]}`,
		`403 {"code":"FORBIDDEN","detail":"not yours","status":1}`, `502 gone`, `202 <html>`)
	h.Language = "zh"
	push := func() (client.Batch, error) { return h.Push(t.Context(), "?domain=tax", "text/csv", []byte("rows")) }
	b, err := push()
	if err != nil || b.BatchID != "b" || b.Accepted != 2 || b.Receipt != "r" || len(b.Rejections) != 1 || b.Rejections[0].Code != "E05" {
		t.Errorf("%+v %v", b, err)
	}
	if want := "POST /v1/records?domain=tax Bearer T zh rows"; (*asked)[0] != want {
		t.Errorf("asked %q, want %q", (*asked)[0], want)
	}
	var refused *client.Refusal
	if _, err := push(); !errors.As(err, &refused) || refused.Status != 403 || refused.Code != "FORBIDDEN" || err.Error() != "the hub answered 403: not yours" {
		t.Errorf("%v", err)
	}
	if _, err := push(); !errors.As(err, &refused) || refused.Status != 502 || err.Error() != "the hub answered 502 Bad Gateway" {
		t.Errorf("%v", err)
	}
	if _, err := push(); !errors.Is(err, client.ErrStrange) {
		t.Errorf("%v", err)
	}
}

func TestWaitStored(t *testing.T) {
	h, _ := hub(t, `404 {}`, `200 {"state":"PARTIAL"}`, `200 {"state":"STORED","stored":3}`)
	if b, err := h.WaitStored(t.Context(), "b", time.Minute); err != nil || b.Stored != 3 {
		t.Errorf("%+v %v", b, err)
	}
	h, _ = hub(t, `200 {"state":"PARTIAL"}`)
	if _, err := h.WaitStored(t.Context(), "b", 100*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "PARTIAL") {
		t.Errorf("%v", err)
	}
}

func TestQuery(t *testing.T) {
	h, asked := hub(t, `200 {"data":{"check":{"outcome":"HIT"}}}`, `200 {"data":null,"errors":[{"message":"no","extensions":{"code":"BAD_INPUT","near":[1]}}]}`,
		`403 {"detail":"not yours"}`, `200 <html>`)
	var a struct{ Check struct{ Outcome string } }
	query := func() error { return h.Query(t.Context(), "{check}", map[string]any{"u": "x"}, &a) }
	if err := query(); err != nil || a.Check.Outcome != "HIT" || !strings.HasSuffix((*asked)[0], `{"query":"{check}","variables":{"u":"x"}}`) {
		t.Errorf("%+v %v %q", a, err, *asked)
	}
	var g *client.GraphError
	if err := query(); client.Code(err) != "BAD_INPUT" || !errors.As(err, &g) || string(g.Extensions) != `{"code":"BAD_INPUT","near":[1]}` || err.Error() != "BAD_INPUT: no" {
		t.Errorf("%v", err)
	}
	var refused *client.Refusal
	if err := query(); !errors.As(err, &refused) || refused.Detail != "not yours" || client.Code(err) != "" {
		t.Errorf("%v", err)
	}
	if err := query(); err == nil || !strings.Contains(err.Error(), "no GraphQL") {
		t.Errorf("%v", err)
	}
}
