package bench

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"credithub/deploy/platform/process"
	"credithub/deploy/testing/probe"
)

// Bare is the limit of a check: a plain net/http server that decodes the same
// body and returns an answer of the same length. It runs as a process of its
// own, like the hub.
func Bare(ctx context.Context, listen string, size int) error {
	const head, tail = `{"data":{"check":"`, `"}}`
	answer := []byte(head + strings.Repeat("x", max(0, size-len(head)-len(tail))) + tail)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /graphql", func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Query     string         `json:"query"`
			Variables map[string]any `json:"variables"`
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || q.Query == "" {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/graphql-response+json")
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		w.Write(answer)
	})
	s := &http.Server{Addr: listen, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { <-ctx.Done(); s.Close() }()
	return s.ListenAndServe()
}

// bareLimit starts Bare in a child process and loads it like l.
func bareLimit(ctx context.Context, l loader, size int) (loaded, error) {
	addr, err := probe.FreeAddr()
	if err != nil {
		return loaded{}, err
	}
	p, err := process.Start(process.Spec{Args: []string{"bench", "bare", "--listen", addr, "--bytes", strconv.Itoa(size)}, Stderr: os.Stderr})
	if err != nil {
		return loaded{}, err
	}
	defer p.End(os.Kill, time.Second)
	if err := p.Await(ctx, func(ctx context.Context) error { return probe.Listens(ctx, addr) }); err != nil {
		return loaded{}, err
	}
	l.addr, l.verify = addr, nil
	return l.do(ctx)
}
