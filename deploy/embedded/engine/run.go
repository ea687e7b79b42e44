package engine

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/child"
	"credithub/deploy/platform/metrics"
)

// Run serves the engine until ctx ends, then lets running statements finish
// for Config.ShutdownTimeout. It is meant to be the only thing its process
// does: it changes the working directory and the time zone, and a process can
// run it once.
func Run(ctx context.Context, c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	c.setDefaults()
	ln, leave, err := child.Config{DataDir: c.DataDir, LockWait: c.LockWait, Nice: c.Nice, Listen: c.Listen, Listener: c.Listener}.Take()
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	defer leave()
	defer ln.Close()
	start := time.Now()
	e, err := boot(&c)
	if err != nil {
		return err
	}
	if err := child.Nice(c.Nice); err != nil { // the engine sets threads of its own higher
		return fmt.Errorf("engine: %w", err)
	}
	s := newServer(&c, e)
	quit := make(chan struct{})
	defer close(quit)
	go s.keepSmall(quit)
	hs := &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       5 * time.Minute,
		MaxHeaderBytes:    1 << 20,
		ErrorLog:          nil,
	}
	c.Logger.Info("engine started", "addr", ln.Addr().String(), "version", e.version, "took", time.Since(start))
	if c.Ready != nil {
		c.Ready(ln.Addr().String())
	}
	failed := make(chan error, 1)
	go func() { failed <- hs.Serve(ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("engine: serve: %w", err)
	case <-ctx.Done():
	}
	return s.stop(hs)
}

// stop ends the service. Statements that outlive the time are cancelled, and
// the engine is only closed when all have ended.
func (s *server) stop(hs *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.ShutdownTimeout)
	defer cancel()
	if err := hs.Shutdown(ctx); err != nil {
		s.cfg.Logger.Warn("engine cancels running statements", "running", s.running())
		if err := s.killAll(); err != nil {
			return err
		}
		_ = hs.Close()
	}
	if s.idle(time.Second) {
		s.closeCore()
	}
	return nil // should a statement still run: the parts on disk are whole
}

// keepSmall trims the process at the start and whenever little has been asked
// of it for a while.
func (s *server) keepSmall(quit <-chan struct{}) {
	if s.cfg.TrimEvery < 0 {
		return
	}
	t := time.NewTicker(s.cfg.TrimEvery)
	defer t.Stop()
	library, err := filepath.EvalSymlinks(s.cfg.Library) // as the kernel names it
	if err != nil {
		library = s.cfg.Library
	}
	for last := uint64(0); ; last = s.seq.Load() {
		if s.running() == 0 && s.seq.Load()-last < quietStatements {
			freed, err := trim(library)
			if err != nil {
				s.cfg.Logger.Warn("engine can't give memory back", "error", err)
				return
			}
			s.met.trimmed.Add(float64(freed))
		}
		select {
		case <-quit:
			return
		case <-t.C:
		}
	}
}

// quietStatements in one Config.TrimEvery are few enough to pay for the pages
// once more.
const quietStatements = 100

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("Ok.\n")) })
	mux.Handle("GET /metrics", metrics.Handler(s.met.registry))
	mux.HandleFunc("/", s.handle)
	return mux
}

// counters count what the engine answers and refuses.
type counters struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	failures *prometheus.CounterVec
	refused  *prometheus.CounterVec
	killed   prometheus.Counter
	active   prometheus.Gauge
	inBytes  prometheus.Counter
	outBytes prometheus.Counter
	trimmed  prometheus.Counter
}

func newCounters() *counters {
	reg := prometheus.NewRegistry()
	return &counters{
		registry: reg,
		requests: metrics.Counters(reg, "engine", "requests_total", "Statements that were run, by kind: read, write, hello.", "kind"),
		failures: metrics.Counters(reg, "engine", "failures_total", "Statements that ended in an exception.", "code"),
		refused:  metrics.Counters(reg, "engine", "refused_total", "Requests that never reached the engine.", "reason"),
		killed:   metrics.Counter(reg, "engine", "killed_total", "Statements cancelled because the client had gone or the engine stopped."),
		active:   metrics.Gauge(reg, "engine", "active", "Statements running now."),
		inBytes:  metrics.Counter(reg, "engine", "inserted_bytes_total", "Bytes of inserted data, decompressed."),
		outBytes: metrics.Counter(reg, "engine", "result_bytes_total", "Bytes of results, before compression."),
		trimmed:  metrics.Counter(reg, "engine", "trimmed_bytes_total", "Bytes of library pages given back to the page cache."),
	}
}
