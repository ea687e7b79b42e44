// Package crowd bounds how many connections a server has open, so that a flood of
// them takes neither the descriptors nor the memory that its work needs.
//
// It promises that a new connection finds a place as long as an open one waits for
// a request or sends one at a crawl, and that it takes that place from the address
// that has most of them: nobody is kept out by another address's crowd. Below the
// limit an address may have as many as it likes, as all callers behind one proxy do.
// Of an address, those that crawl go first, then the one that has waited longest for
// a request, as it would be closed some time later anyway; only when all are at work
// is the new one closed. Marking a connection takes no lock.
package crowd

import (
	"net"
	"net/netip"
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
	of     map[netip.Prefix]int // guests of each address
}

// Listen bounds the connections of l to most; zero or less: to DefaultMost.
func Listen(l net.Listener, most int, reg prometheus.Registerer) *Listener {
	if most <= 0 {
		most = DefaultMost()
	}
	return &Listener{
		Listener: l, most: most, guests: map[*guest]struct{}{}, of: map[netip.Prefix]int{},
		refused: metrics.Counter(reg, "http", "connections_refused_total", "Connections closed at once because all others were at work."),
		evicted: metrics.Counter(reg, "http", "connections_evicted_total", "Waiting or crawling connections closed to make room for new ones."),
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
		g := &guest{TCPConn: t, of: l, from: address(t.RemoteAddr())}
		g.idle.Store(time.Now().UnixNano())
		if l.place(g) {
			return g, nil
		}
		l.refused.Inc()
		_ = t.Close()
	}
}

// address is what counts as one address: of IPv6 what one subscriber has.
func address(a net.Addr) netip.Prefix {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip, bits := t.AddrPort().Addr().Unmap().WithZone(""), 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // the bits fit
	return p
}

// place takes a guest in, when need be instead of another.
func (l *Listener) place(g *guest) bool {
	l.mu.Lock()
	var leaves *guest
	if len(l.guests) >= l.most {
		if leaves = l.leaving(time.Now().UnixNano()); leaves == nil {
			l.mu.Unlock()
			return false
		}
		l.forget(leaves)
	}
	l.guests[g] = struct{}{}
	l.of[g.from]++
	l.mu.Unlock()
	if leaves != nil {
		l.evicted.Inc()
		_ = leaves.Close()
	}
	return true
}

// forget gives a place back, once.
func (l *Listener) forget(g *guest) {
	if _, here := l.guests[g]; !here {
		return
	}
	delete(l.guests, g)
	if l.of[g.from]--; l.of[g.from] <= 0 {
		delete(l.of, g.from)
	}
}

// leaving is who gives way: of the address that has most guests, or of another where
// none of those can.
func (l *Listener) leaving(now int64) *guest {
	var best *guest
	var rank int
	var since int64
	for g := range l.guests {
		r, at := g.dispensable(now)
		if r == 0 {
			continue
		}
		mine, others := l.of[g.from], 0
		if best != nil {
			others = l.of[best.from]
		}
		if best == nil || mine > others || mine == others && (r > rank || r == rank && at < since) {
			best, rank, since = g, r, at
		}
	}
	return best
}

// A body crawls that comes slower than over a bad line. When all places are taken
// that is soon found: whoever comes again and again would else keep others out with
// bodies that have only begun.
const (
	crawlRate  = 1 << 10 // bytes a second
	crawlAfter = 200 * time.Millisecond
)

// guest is a connection with a place.
type guest struct {
	*net.TCPConn
	of   *Listener
	from netip.Prefix

	idle  atomic.Int64 // since when it waits for a request, in ns; 0: it is at work
	reads atomic.Int64 // since when a body comes, while more of it is waited for, in ns; 0: it isn't
	got   atomic.Int64 // bytes of that body
}

// dispensable ranks who can give way, 0 for who can't, and since when.
func (g *guest) dispensable(now int64) (rank int, since int64) {
	if at := g.idle.Load(); at != 0 {
		return 1, at
	}
	at := g.reads.Load()
	passed := time.Duration(now - at)
	if at != 0 && passed > crawlAfter && float64(g.got.Load()) < passed.Seconds()*crawlRate {
		return 2, at
	}
	return 0, 0
}

// Close gives the place back.
func (g *guest) Close() error {
	g.of.mu.Lock()
	g.of.forget(g)
	g.of.mu.Unlock()
	return g.TCPConn.Close()
}

// Busy marks a connection as at work, Idle as waiting for a request since now, Reads
// as waiting for more of a body of which got bytes have come since began. Connections
// that are no guests are left alone; wrappers show what they wrap by a method
// NetConn, as tls.Conn does.
func Busy(c net.Conn) {
	if g := guestOf(c); g != nil {
		g.reads.Store(0)
		g.idle.Store(0)
	}
}

// Idle is explained at Busy.
func Idle(c net.Conn, now time.Time) {
	if g := guestOf(c); g != nil {
		g.reads.Store(0)
		g.idle.Store(now.UnixNano())
	}
}

// Reads is explained at Busy.
func Reads(c net.Conn, began time.Time, got int64) {
	if g := guestOf(c); g != nil {
		g.got.Store(got)
		g.reads.Store(began.UnixNano())
		g.idle.Store(0)
	}
}

func guestOf(c net.Conn) *guest {
	for {
		switch x := c.(type) {
		case *guest:
			return x
		case interface{ NetConn() net.Conn }:
			c = x.NetConn()
		default:
			return nil
		}
	}
}
