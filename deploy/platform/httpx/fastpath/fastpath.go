// Package fastpath answers the one kind of request that comes by the thousand,
// small POSTs to one path on connections that stay open, at less than half of the
// processor time of net/http, and gives every other connection to net/http
// together with the bytes that it has read.
//
// It promises that a request is answered here only when its head is of the plain
// form that head.go describes, for which net/http would understand exactly the
// same; whatever else comes, well-formed or not, is net/http's to answer, from
// then on until the connection ends. The handler is the same http.Handler, sees
// the same request, and its context ends when the caller goes away. A slow or
// silent client costs bounded time and memory, as there. It never parses what it
// could leave alone, and reads no body that is larger than a small question.
//
// Why it is there, and not net/http alone or a library: deploy/docs/figures.md, "The
// server of small GraphQL requests".
package fastpath

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Config of a Server. All fields are needed.
type Config struct {
	Path          string // of the POSTs that are answered here, such as "/graphql"
	Handler       http.Handler
	HeaderTimeout time.Duration // for a head to arrive, and for the first request of a connection
	IdleTimeout   time.Duration // between requests
	WriteTimeout  time.Duration // for an answer to be taken
	Log           *slog.Logger
}

// Sizes up to which requests are answered here.
const (
	headBytes = 8 << 10
	bodyBytes = 16 << 10
	keepBytes = 16 << 10 // of a buffer, between requests
)

// Server answers what is plain and hands over the rest.
type Server struct {
	cfg  Config
	l    net.Listener
	rest *rest
	ctx  context.Context // of all requests
	stop context.CancelFunc

	mu     sync.Mutex
	conns  map[*conn]struct{}
	closed bool           // no connection is taken any more
	open   sync.WaitGroup // connections that are served here
}

// New makes a server on l, which it closes.
func New(l net.Listener, c Config) *Server {
	s := &Server{cfg: c, l: l, conns: map[*conn]struct{}{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.rest = &rest{conns: make(chan net.Conn), done: make(chan struct{}), addr: l.Addr()}
	return s
}

// Rest is where the connections come out that are net/http's. Who serves it closes
// it, which gives http.ErrServerClosed there, before or after Shutdown.
func (s *Server) Rest() net.Listener { return s.rest }

// Serve takes connections until Shutdown, which gives http.ErrServerClosed.
func (s *Server) Serve() error {
	go s.sweep()
	var pause time.Duration
	for {
		c, err := s.l.Accept()
		if err == nil {
			pause = 0
			s.take(c)
			continue
		}
		if s.isClosed() {
			return http.ErrServerClosed
		}
		// Too many open files, for example: others will be closed.
		if t, ok := errors.AsType[net.Error](err); !ok || !t.Temporary() { //nolint:staticcheck // as net/http does
			return err
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		s.cfg.Log.Warn("a connection could not be taken", "error", err, "again", pause)
		time.Sleep(pause)
	}
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Server) take(n net.Conn) {
	c := &conn{Server: s, peer: n, buf: make([]byte, 4<<10), remote: n.RemoteAddr().String()}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		_ = n.Close()
		return
	}
	s.conns[c] = struct{}{}
	s.open.Add(1)
	s.mu.Unlock()
	go c.serve()
}

// leave forgets a connection that has ended or is handed over.
func (s *Server) leave(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.open.Done()
}

// Shutdown takes no more connections, closes those that wait for a request and
// lets running requests end, until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	_ = s.l.Close()
	for c := range s.conns {
		c.closeIdle()
	}
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		s.open.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		s.stop()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close cuts off what still runs.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.stop()
	for c := range s.conns {
		_ = c.peer.Close()
	}
	return s.l.Close()
}

// sweepEvery is how often running requests are looked at, and how long they have
// run at least: most have ended long before.
const sweepEvery = 100 * time.Millisecond

// sweep ends the context of requests whose caller has gone.
func (s *Server) sweep() {
	t := time.NewTicker(sweepEvery)
	defer t.Stop()
	var slow []*conn
	for {
		select {
		case <-s.ctx.Done():
			return
		case now := <-t.C:
			slow = slow[:0]
			s.mu.Lock()
			for c := range s.conns {
				if c.runs(now.Add(-sweepEvery)) {
					slow = append(slow, c)
				}
			}
			s.mu.Unlock()
			for _, c := range slow {
				if gone(c.peer) {
					c.abandon()
				}
			}
		}
	}
}

// rest is the listener of net/http.
type rest struct {
	conns chan net.Conn
	done  chan struct{}
	close sync.Once
	addr  net.Addr
}

func (r *rest) Accept() (net.Conn, error) {
	select {
	case c := <-r.conns:
		return c, nil
	case <-r.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept; connections that would be handed over are closed from now on.
func (r *rest) Close() error {
	r.close.Do(func() { close(r.done) })
	return nil
}

func (r *rest) Addr() net.Addr { return r.addr }

// begun is a connection of which some bytes have been read.
type begun struct {
	net.Conn
	b []byte
}

func (c *begun) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.b)
	if c.b = c.b[n:]; len(c.b) == 0 {
		c.b = nil
	}
	return n, nil
}

// NetConn is the connection as it was accepted.
func (c *begun) NetConn() net.Conn { return c.Conn }

// CloseWrite lets net/http say that an answer is whole before it closes on a
// client that still sends.
func (c *begun) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}
