package graph

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What one check costs between net/http and the index: reading, the plan, the
// audit record, the answer.
func BenchmarkCheck(b *testing.B) {
	h := newHub(b)
	s := h.server(func(c *Config) { c.Auditor = discard{} })
	body := `{"query":"query($u:ID!,$m:ID!){check(uscc:$u,matter:$m){outcome obligation receipt hits{obligation measure{code citation} entry{id documentNo since until list{code nameZh}}}}}","variables":{"u":"` + listedCode + `","m":"GOVERNMENT_PROCUREMENT"}}`
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer officer:SAMR")
	w := &sinkWriter{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(strings.NewReader(body))
		s.ServeHTTP(w, r)
	}
	if w.status != http.StatusOK || !strings.Contains(w.last, `"REJECT"`) {
		b.Fatalf("answered %d %s", w.status, w.last)
	}
}

// sinkWriter keeps the status and the last answer.
type sinkWriter struct {
	header http.Header
	status int
	last   string
	seen   bool
}

func (w *sinkWriter) Header() http.Header { return w.header }
func (w *sinkWriter) WriteHeader(s int)   { w.status = s }
func (w *sinkWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if !w.seen {
		w.last, w.seen = string(p), true
	}
	return len(p), nil
}
