package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"credithub/deploy/embedded/child"
)

// Run serves the engine until ctx ends, then lets running statements finish
// for Config.ShutdownTimeout. It is meant to be the only thing its process
// does: it changes the working directory and the time zone, and a process can
// run it once.
func Run(ctx context.Context, c Config) (err error) {
	if err := c.Validate(); err != nil {
		return err
	}
	c.setDefaults()
	lock, err := child.LockDir(c.DataDir, c.LockWait)
	if err != nil {
		return fmt.Errorf("engine: data directory: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if err := child.Nice(c.Nice); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	ln := c.Listener
	if ln == nil {
		if ln, err = child.Listen(c.Listen); err != nil {
			return fmt.Errorf("engine: %w", err)
		}
	}
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
		s.core.close()
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
			s.metrics.trimmed.Add(float64(freed))
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
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.gatherer, promhttp.HandlerOpts{}))
	mux.HandleFunc("/", s.handle)
	return mux
}

// metrics count what the engine answers and refuses.
type metrics struct {
	gatherer prometheus.Gatherer
	requests *prometheus.CounterVec // by kind: read, write, hello
	failures *prometheus.CounterVec // by code of the exception
	refused  *prometheus.CounterVec // by reason
	killed   prometheus.Counter
	active   prometheus.Gauge
	inBytes  prometheus.Counter
	outBytes prometheus.Counter
	trimmed  prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "credithub_engine_requests_total", Help: "Statements that were run."}, []string{"kind"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "credithub_engine_failures_total", Help: "Statements that ended in an exception."}, []string{"code"}),
		refused:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "credithub_engine_refused_total", Help: "Requests that never reached the engine."}, []string{"reason"}),
		killed:   prometheus.NewCounter(prometheus.CounterOpts{Name: "credithub_engine_killed_total", Help: "Statements cancelled because the client had gone or the engine stopped."}),
		active:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "credithub_engine_active", Help: "Statements running now."}),
		inBytes:  prometheus.NewCounter(prometheus.CounterOpts{Name: "credithub_engine_inserted_bytes_total", Help: "Bytes of inserted data, decompressed."}),
		outBytes: prometheus.NewCounter(prometheus.CounterOpts{Name: "credithub_engine_result_bytes_total", Help: "Bytes of results, before compression."}),
	}
	m.trimmed = prometheus.NewCounter(prometheus.CounterOpts{Name: "credithub_engine_trimmed_bytes_total", Help: "Bytes of library pages given back to the page cache."})
	own := prometheus.NewRegistry()
	m.gatherer = own
	if reg == nil {
		reg = own
	} else if g, ok := reg.(prometheus.Gatherer); ok {
		m.gatherer = g
	}
	reg.MustRegister(m.requests, m.failures, m.refused, m.killed, m.active, m.inBytes, m.outBytes, m.trimmed)
	return m
}
