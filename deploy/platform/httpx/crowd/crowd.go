// Package crowd bounds how many connections a server has open, so that a flood of
// them takes neither the descriptors nor the memory that its work needs.
//
// It promises that a new connection finds a place as long as an open one waits for
// a request: the one that has waited longest is closed for it, as it would be some
// time later anyway. Only when all are at work is the new one closed. Marking a
// connection takes no lock.
package crowd

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/metrics"
)

// Listener is a net.Listener whose connections are counted.
type Listener struct {
	net.Listener
	most    int
	refused prometheus.Counter
	evicted prometheus.Counter

	mu     sync.Mutex
	guests map[*guest]struct{}
}

// Listen bounds the connections of l to most; zero or less: to DefaultMost.
func Listen(l net.Listener, most int, reg prometheus.Registerer) *Listener {
	if most <= 0 {
		most = DefaultMost()
	}
	return &Listener{
		Listener: l, most: most, guests: map[*guest]struct{}{},
		refused: metrics.Counter(reg, "http", "connections_refused_total", "Connections closed at once because all others were at work."),
		evicted: metrics.Counter(reg, "http", "connections_evicted_total", "Waiting connections closed to make room for new ones."),
	}
}

// upperMost is the largest default; a waiting connection takes about 12 KiB.
const upperMost = 16 << 10

// DefaultMost leaves a quarter of the process's descriptors to everything else.
func DefaultMost() int { return min(upperMost, max(16, descriptors()/4*3)) }

// Accept gives the next connection that finds a place.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		t, ok := c.(*net.TCPConn)
		if !ok {
			return c, nil
		}
		g := &guest{TCPConn: t, of: l}
		g.idle.Store(time.Now().UnixNano())
		if l.place(g) {
			return g, nil
		}
		l.refused.Inc()
		_ = t.Close()
	}
}

// place takes a guest in, when need be instead of the one that has waited longest.
func (l *Listener) place(g *guest) bool {
	l.mu.Lock()
	var longest *guest
	if len(l.guests) >= l.most {
		since := int64(0)
		for o := range l.guests {
			if at := o.idle.Load(); at != 0 && (longest == nil || at < since) {
				longest, since = o, at
			}
		}
		if longest == nil {
			l.mu.Unlock()
			return false
		}
		delete(l.guests, longest)
	}
	l.guests[g] = struct{}{}
	l.mu.Unlock()
	if longest != nil {
		l.evicted.Inc()
		_ = longest.Close()
	}
	return true
}

// guest is a connection with a place.
type guest struct {
	*net.TCPConn
	of   *Listener
	idle atomic.Int64 // since when it waits for a request, in ns; 0: it is at work
}

// Close gives the place back.
func (g *guest) Close() error {
	g.of.mu.Lock()
	delete(g.of.guests, g)
	g.of.mu.Unlock()
	return g.TCPConn.Close()
}

// Busy marks a connection as at work, Idle as waiting for a request since now.
// Connections that are no guests are left alone; wrappers show what they wrap by a
// method NetConn, as tls.Conn does.
func Busy(c net.Conn) { mark(c, 0) }

// Idle is explained at Busy.
func Idle(c net.Conn, now time.Time) { mark(c, now.UnixNano()) }

func mark(c net.Conn, at int64) {
	for {
		switch x := c.(type) {
		case *guest:
			x.idle.Store(at)
			return
		case interface{ NetConn() net.Conn }:
			c = x.NetConn()
		default:
			return
		}
	}
}
