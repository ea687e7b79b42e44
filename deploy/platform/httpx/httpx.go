// Package httpx is the one set-up of HTTP servers: limits of time and size, a
// stop that lets running requests end, and the wrappers that every face of the
// hub wears.
//
// It promises that a slow or greedy client costs bounded time and memory, that
// a panic becomes a problem document without internals, and that every answer
// forbids guessing of types, framing and leaking of addresses. It never logs a
// query, a body or a token.
package httpx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/httpx/crowd"
	"credithub/deploy/platform/httpx/fastpath"
	"credithub/deploy/platform/metrics"
	"credithub/deploy/platform/problem"
	"credithub/deploy/platform/random"
	"credithub/schema/fault"
)

// Config of a server; zero values take the defaults.
type Config struct {
	HeaderTimeout time.Duration // for a request's head to arrive; 10 s
	ReadTimeout   time.Duration // for a whole request; 2 min
	BodyRate      int           // bytes a second that a body must come at, after BodyGrace; 1 KiB
	BodyGrace     time.Duration // 10 s
	WriteTimeout  time.Duration // for an answer after the head arrived; 5 min
	IdleTimeout   time.Duration // between requests; 2 min
	HeaderBytes   int           // of a request's head; 16 KiB
	StopTimeout   time.Duration // for running requests to end; 3 s
	// FastPath is a path whose small POSTs take the way of package fastpath to
	// FastHandler, which must answer as the handler of everything does; "": none.
	FastPath    string
	FastHandler http.Handler
	Connections int                   // open at once; crowd.DefaultMost
	Metrics     prometheus.Registerer // nil: not registered
	Log         *slog.Logger          // nil: says nothing
}

func (c Config) withDefaults() Config {
	c.HeaderTimeout = cmp.Or(c.HeaderTimeout, 10*time.Second)
	c.ReadTimeout = cmp.Or(c.ReadTimeout, 2*time.Minute)
	c.BodyGrace = cmp.Or(c.BodyGrace, 10*time.Second)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, 5*time.Minute)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, 2*time.Minute)
	c.StopTimeout = cmp.Or(c.StopTimeout, 3*time.Second)
	c.BodyRate = cmp.Or(c.BodyRate, 1<<10)
	c.HeaderBytes = cmp.Or(c.HeaderBytes, 16<<10)
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	return c
}

// Serve answers on l until ctx ends, then takes no more and waits for the
// requests that run. It closes l. A clean stop is no error.
func Serve(ctx context.Context, l net.Listener, h http.Handler, c Config) error {
	if l == nil || h == nil {
		return errors.New("httpx: a listener and a handler are needed")
	}
	c = c.withDefaults()
	s := &http.Server{
		Handler: seated(h, c), ConnContext: withConn, ReadHeaderTimeout: c.HeaderTimeout, ReadTimeout: c.ReadTimeout, WriteTimeout: c.WriteTimeout,
		IdleTimeout: c.IdleTimeout, MaxHeaderBytes: c.HeaderBytes,
		ErrorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),
	}
	l = crowd.Listen(l, c.Connections, c.Metrics)
	servers := []server{s}
	done := make(chan error, 2)
	if c.FastPath == "" {
		go func() { done <- s.Serve(l) }()
	} else {
		fast := fastpath.New(l, fastpath.Config{
			Path: c.FastPath, Handler: c.FastHandler,
			HeaderTimeout: c.HeaderTimeout, IdleTimeout: c.IdleTimeout, WriteTimeout: c.WriteTimeout, Log: c.Log,
		})
		servers = append(servers, fast)
		go func() { done <- fast.Serve() }()
		go func() { done <- s.Serve(fast.Rest()) }()
	}
	var failed error
	ended := 0
	select {
	case failed = <-done:
		ended++
	case <-ctx.Done():
	}
	// The stop has its own time: ctx has ended.
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.StopTimeout)
	defer cancel()
	var stopping sync.WaitGroup
	for _, s := range servers {
		stopping.Go(func() {
			if err := s.Shutdown(stop); err != nil {
				c.Log.Warn("requests were cut off by the stop")
				_ = s.Close()
			}
		})
	}
	stopping.Wait()
	for ; ended < len(servers); ended++ {
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			failed = errors.Join(failed, err)
		}
	}
	if failed != nil {
		return fmt.Errorf("httpx: serve: %w", failed)
	}
	return nil
}

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// seated keeps a connection's place while a request of it is at work: not while one
// only begins to arrive, nor while its body crawls.
func seated(next http.Handler, cfg Config) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(net.Conn); ok {
			crowd.Busy(c)
			defer func() { crowd.Idle(c, time.Now()) }()
			if r.Body != nil && r.Body != http.NoBody {
				r.Body = newPaced(r.Body, c, http.NewResponseController(w), cfg)
			}
		}
		next.ServeHTTP(w, r)
	})
}

// server is what stops.
type server interface {
	Shutdown(ctx context.Context) error
	Close() error
}

// Wrapper puts something around a handler.
type Wrapper func(http.Handler) http.Handler

// Wrap puts wrappers around h; the first is the outermost.
func Wrap(h http.Handler, ws ...Wrapper) http.Handler {
	for i := len(ws) - 1; i >= 0; i-- {
		h = ws[i](h)
	}
	return h
}

// Headers sets what every answer says to browsers. Handlers may replace a
// value, as pages do with the policy of content.
func Headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		next.ServeHTTP(w, r)
	})
}

// Recover turns a panic into a problem document, or, when the answer has begun,
// breaks the connection off, so that no part is taken for the whole. And it takes
// in what is left of a request that is refused.
func Recover(log *slog.Logger, reg prometheus.Registerer) Wrapper {
	log = cmp.Or(log, slog.New(slog.DiscardHandler))
	panics := metrics.Counter(reg, "http", "panics_total", "Requests that ended in a panic.")
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			t := &tracked{ResponseWriter: w, request: r, body: r.Body}
			defer func() {
				v := recover()
				if v == nil {
					return
				}
				if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares so too
					panic(v)
				}
				panics.Inc()
				log.Error("request ended in a panic", "method", r.Method, "request", RequestID(r.Context()),
					"panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
				if t.begun {
					panic(http.ErrAbortHandler)
				}
				problem.Write(t, fault.New(fault.Internal, "the hub could not answer; try again later"))
			}()
			next.ServeHTTP(t, r)
		})
	}
}

// tracked knows whether an answer has begun.
type tracked struct {
	http.ResponseWriter
	request *http.Request
	body    io.ReadCloser // as it came; handlers may put limits around it
	begun   bool
}

// Limits of what is taken in of a refused request.
const (
	drainBytes = 64 << 20
	drainTime  = 5 * time.Second
)

// drain reads what a client still sends: many read no answer before they have
// sent everything, and a connection closed on them destroys it. Whoever waits for
// 100 Continue sends nothing.
func (t *tracked) drain() {
	r := t.request
	if r == nil || r.ContentLength == 0 || r.Header.Get("Expect") != "" {
		return
	}
	until := time.Now().Add(drainTime)
	_ = http.NewResponseController(t.ResponseWriter).SetReadDeadline(until)
	if p, ok := t.body.(*paced); ok {
		p.end(until)
	}
	_, _ = io.CopyN(io.Discard, t.body, drainBytes)
}

func (t *tracked) WriteHeader(status int) {
	if status >= http.StatusBadRequest && !t.begun {
		t.drain()
	}
	t.begun = t.begun || status >= 200
	t.ResponseWriter.WriteHeader(status)
}

func (t *tracked) Write(b []byte) (int, error) {
	t.begun = true
	return t.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// HeaderRequestID carries the id of a request, of the caller's choosing or ours.
const HeaderRequestID = "X-Request-Id"

type requestKey struct{}

// RequestIDs gives each request an id, which the answer carries too. The
// caller's own is kept when it is short and plain.
func RequestIDs(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(HeaderRequestID)
		if !plain(id) {
			id = random.Hex(12)
		}
		w.Header().Set(HeaderRequestID, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, id)))
	})
}

// RequestID is the id of the request that ctx belongs to, "" without one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

func plain(id string) bool {
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return id != "" && len(id) <= 64
}
