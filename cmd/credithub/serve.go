package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"credithub/deploy/platform/httpx"
	"credithub/deploy/platform/limit"
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

// scraped gathers what another process of the hub counts, without what every
// process has. One that doesn't answer leaves its metrics out.
type scraped struct{ addr string }

// Gather implements prometheus.Gatherer.
func (s scraped) Gather() ([]*dto.MetricFamily, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addr+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil //nolint:nilerr // credithub_child_up tells it
	}
	defer r.Body.Close()
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(r.Body)
	if err != nil {
		return nil, fmt.Errorf("metrics of %s: %w", s.addr, err)
	}
	var out []*dto.MetricFamily
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if strings.HasPrefix(name, "credithub_intake_") || strings.HasPrefix(name, "credithub_sink_") {
			out = append(out, families[name])
		}
	}
	return out, nil
}

// gcPercent makes the collector of a serving process run a third as often as by
// default: live memory is small, and checks make little garbage each but many a
// second. The environment's GOGC wins.
const gcPercent = 300

// serve answers on l until ctx ends, then lets running requests finish. Of the
// GraphQL requests, which graph answers when it is not nil, most take the fast path.
func (h *hub) serve(ctx context.Context, l net.Listener, handler, graph http.Handler) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	behind, safe := limit.Behind(h.conf.Networks("trustedProxies")), httpx.Recover(h.log, h.reg)
	recovered := func(next http.Handler) http.Handler { return safe(behind(next)) }
	c := httpx.Config{Log: h.log, Metrics: h.reg}
	if graph != nil {
		c.FastPath, c.FastHandler = graphPath, recovered(graph)
	}
	return httpx.Serve(ctx, l, recovered(handler), c)
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
