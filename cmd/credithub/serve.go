package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/httpx"
	"credithub/deploy/platform/metrics"
)

// readiness asks a part whether it is ready, and if not, why.
type readiness func(ctx context.Context) []string

// health adds /healthz, /readyz and /metrics.
func health(mux *http.ServeMux, reg prometheus.Gatherer, ready readiness) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		reasons := ready(r.Context())
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if len(reasons) > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"ready": len(reasons) == 0, "reasons": reasons})
	})
	mux.Handle("GET /metrics", metrics.Handler(reg))
}

// gcPercent makes the collector of a serving process run a third as often as by
// default: live memory is small, and checks make little garbage each but many a
// second. The environment's GOGC wins.
const gcPercent = 300

// serve answers on l until ctx ends, then lets running requests finish.
func (h *hub) serve(ctx context.Context, l net.Listener, handler http.Handler) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	return httpx.Serve(ctx, l, httpx.Wrap(handler, httpx.Recover(h.log, h.reg)), httpx.Config{Log: h.log})
}

// dressed is how answers for browsers and agencies leave. GraphQL sets the few
// headers that its JSON needs by itself.
func dressed(handler http.Handler) http.Handler {
	return httpx.Wrap(handler, httpx.Headers, httpx.RequestIDs)
}

// readyAt asks another process's /readyz.
func readyAt(ctx context.Context, addr string) []string {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
	if err != nil {
		return []string{err.Error()}
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return []string{"ingest does not answer"}
	}
	defer r.Body.Close()
	var body struct{ Reasons []string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return []string{fmt.Sprintf("ingest answers %d", r.StatusCode)}
	}
	return body.Reasons
}
