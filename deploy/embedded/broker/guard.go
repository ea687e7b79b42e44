package broker

import (
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// minFrame is the smallest request: key, version and correlation id.
const minFrame = 8

// apiVersions may be asked at any version: a newer client must be told which
// ones there are. Those from firstFlexible on are answered by a refusal
// whatever they hold, so nothing of them but their correlation id is passed on.
const (
	apiVersions   = int16(kmsg.ApiVersions)
	firstFlexible = 3
	maxHello      = 8 << 10
)

// Produce is offered one version beyond Kafka 2.3: the last without tagged
// fields is that of 2.4.
const (
	produce        = int16(kmsg.Produce)
	produceVersion = 8
	fetch          = int16(kmsg.Fetch)
)

// served are the protocol versions that are offered: those of Kafka 2.3, the
// last before requests could carry tagged fields. kfake counts through as many
// tags as a request claims, four thousand million if it likes.
func served() *kversion.Versions {
	v := kversion.V2_3_0()
	v.SetMaxKeyVersion(produce, produceVersion)
	return v
}

// beforeProof are the requests of a client that says who it is: which versions there
// are, which mechanisms, and the proof.
var beforeProof = []int16{apiVersions, saslHandshake, saslAuthenticate}

const (
	saslHandshake    = int16(kmsg.SASLHandshake)
	saslAuthenticate = int16(kmsg.SASLAuthenticate)
)

// errFrame ends a connection that sent what no Kafka client sends.
var errFrame = errors.New("broker: not a Kafka request")

// guard is a listener whose connections pass whole, plausible request headers
// only. kfake allocates whatever size a frame claims and ends its process at a
// request key that it doesn't know.
type guard struct {
	net.Listener
	maxFrame int32
	maxConns int64
	open     atomic.Int64
	versions *kversion.Versions
	m        *counters
	proof    bool // who doesn't soon say who he is loses his place

	away  chan struct{} // closed when kfake takes no more
	gone  sync.Once
	mu    sync.Mutex
	conns map[*conn]struct{}
}

// proofTime is how long a connection may stay that hasn't proved whose it is.
const proofTime = 10 * time.Second

func newGuard(ln net.Listener, maxFrame int32, maxConns int, m *counters) *guard {
	return &guard{Listener: ln, maxFrame: maxFrame, maxConns: int64(maxConns), versions: served(), m: m,
		away: make(chan struct{}), conns: map[*conn]struct{}{}}
}

// door is a listener that one guard after the other stands at: kfake closes the
// guard with which it was opened, and the listener stays.
type door struct {
	net.Listener
	in   chan arrival
	done chan struct{}
	shut sync.Once
}

type arrival struct {
	c   net.Conn
	err error
}

func newDoor(ln net.Listener) *door {
	d := &door{Listener: ln, in: make(chan arrival), done: make(chan struct{})}
	go func() {
		for {
			c, err := ln.Accept()
			select {
			case d.in <- arrival{c, err}:
			case <-d.done:
				if c != nil {
					_ = c.Close()
				}
				return
			}
		}
	}()
	return d
}

// Close closes the listener.
func (d *door) Close() error {
	d.shut.Do(func() { close(d.done) })
	return d.Listener.Close()
}

// arrives waits for a connection while the guard is at the door.
func (g *guard) arrives() (net.Conn, error) {
	d, ok := g.Listener.(*door)
	if !ok {
		return g.Listener.Accept()
	}
	select {
	case a := <-d.in:
		return a.c, a.err
	case <-g.away:
		return nil, net.ErrClosed
	}
}

// Close lets nobody in any more. A door stays open for the next guard.
func (g *guard) Close() error {
	g.gone.Do(func() { close(g.away) })
	if _, ok := g.Listener.(*door); ok {
		return nil
	}
	return g.Listener.Close()
}

// sendAway closes what is still open.
func (g *guard) sendAway() {
	_ = g.Close()
	g.mu.Lock()
	conns := slices.Collect(maps.Keys(g.conns))
	g.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
	}
}

// Accept returns the next connection; those beyond the limit are closed.
func (g *guard) Accept() (net.Conn, error) {
	for {
		c, err := g.arrives()
		if err != nil {
			if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
				continue
			}
			return nil, err
		}
		if g.open.Add(1) > g.maxConns && !g.makeRoom() {
			g.open.Add(-1)
			g.m.refused.WithLabelValues("connections").Inc()
			c.Close()
			continue
		}
		g.m.connections.Inc()
		in := &conn{Conn: c, g: g}
		in.proven.Store(!g.proof)
		if g.proof {
			_ = c.SetReadDeadline(time.Now().Add(proofTime))
		}
		g.mu.Lock()
		g.conns[in] = struct{}{}
		g.mu.Unlock()
		return in, nil
	}
}

// makeRoom closes a connection of somebody who hasn't proved who he is: strangers
// keep out no user.
func (g *guard) makeRoom() bool {
	g.mu.Lock()
	var stranger *conn
	for c := range g.conns {
		if !c.proven.Load() {
			stranger = c
			break
		}
	}
	g.mu.Unlock()
	if stranger == nil {
		return false
	}
	g.m.refused.WithLabelValues("proof").Inc()
	_ = stranger.Close()
	return true
}

// conn is read by one goroutine at a time.
type conn struct {
	net.Conn
	g      *guard
	head   [24]byte // the start of the current frame
	unread []byte   // the part of it not yet given out
	rest   int32    // bytes of the frame after head
	dead   bool
	asked  atomic.Bool // which versions there are, and has no answer yet
	proven atomic.Bool // it has sent what only its owner's proof allows; kfake closes others that do
	once   sync.Once

	fetchMu sync.Mutex
	fetches map[uint32]int16 // versions of those without an answer yet, by correlation id
}

// Read gives out the bytes of checked frames, never beyond the end of one.
func (c *conn) Read(p []byte) (int, error) {
	if c.dead {
		return 0, errFrame
	}
	if len(p) == 0 {
		return 0, nil
	}
	if len(c.unread) == 0 && c.rest == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if len(c.unread) > 0 {
		n := copy(p, c.unread)
		c.unread = c.unread[n:]
		return n, nil
	}
	if int64(len(p)) > int64(c.rest) {
		p = p[:c.rest]
	}
	n, err := c.Conn.Read(p)
	c.rest -= int32(n)
	return n, err
}

// next reads and checks the head of a frame: size, key and version.
func (c *conn) next() error {
	head := c.head[:8]
	if _, err := io.ReadFull(c.Conn, head); err != nil {
		return err
	}
	size := int32(binary.BigEndian.Uint32(head))
	key := int16(binary.BigEndian.Uint16(head[4:]))
	version := int16(binary.BigEndian.Uint16(head[6:]))
	if reason := c.g.fault(size, key, version); reason != "" {
		c.dead = true
		c.g.m.refused.WithLabelValues(reason).Inc()
		_ = c.Conn.Close()
		return errFrame
	}
	if !c.proven.Load() && !slices.Contains(beforeProof, key) {
		c.proven.Store(true)
		_ = c.SetReadDeadline(time.Time{})
	}
	c.g.m.requests.Inc()
	c.g.m.inBytes.Add(float64(size) + 4)
	switch key {
	case apiVersions:
		c.asked.Store(true)
		if version >= firstFlexible {
			return c.hello(size)
		}
	case produce:
		return c.produced(size)
	case fetch:
		return c.fetching(size, version)
	}
	c.unread = head
	c.rest = size - 4
	return nil
}

// hello replaces a request for the versions by one that holds nothing.
func (c *conn) hello(size int32) error {
	var corr [4]byte
	_, err := io.ReadFull(c.Conn, corr[:])
	if err == nil {
		_, err = io.CopyN(io.Discard, c.Conn, int64(size)-minFrame)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	req := kmsg.NewPtrApiVersionsRequest()
	req.Version, req.ClientSoftwareName, req.ClientSoftwareVersion = firstFlexible, "x", "x"
	c.unread = new(kmsg.RequestFormatter).AppendRequest(c.head[:0], req, int32(binary.BigEndian.Uint32(corr[:])))
	return nil
}

// Write sends an answer, which kfake gives as a whole.
func (c *conn) Write(b []byte) (int, error) {
	if version, ok := c.fetched(b); ok {
		tellTimes(b, version)
	}
	if c.asked.Swap(false) {
		offerHandshake(b)
	}
	return c.Conn.Write(b)
}

// offerHandshake makes an answer that says which versions there are, with its size
// and correlation id, begin with version 0 of the handshake. Clients of librdkafka take
// a broker that doesn't for one without; they use version 1 all the same.
func offerHandshake(answer []byte) {
	const head = 8
	resp := kmsg.NewPtrApiVersionsResponse() // in version 0: others have more behind
	if len(answer) < head || resp.ReadFrom(answer[head:]) != nil {
		return
	}
	for i := range resp.ApiKeys {
		if k := &resp.ApiKeys[i]; k.ApiKey == saslHandshake && k.MaxVersion == 1 {
			k.MinVersion = 0
		}
	}
	resp.AppendTo(answer[:head]) // in its place
}

// fault names what is wrong with a frame, "" if nothing.
func (g *guard) fault(size int32, key, version int16) string {
	if size < minFrame || size > g.maxFrame {
		return "size"
	}
	req := kmsg.RequestForKey(key)
	top, ok := g.versions.LookupMaxKeyVersion(key)
	if req == nil || !ok {
		return "key"
	}
	if key == apiVersions && version >= firstFlexible {
		if size > maxHello {
			return "size"
		}
		return ""
	}
	if version < 0 || version > top {
		return "version"
	}
	if req.SetVersion(version); req.IsFlexible() {
		return "version"
	}
	return ""
}

// Close closes the connection once.
func (c *conn) Close() error {
	c.once.Do(func() {
		c.g.open.Add(-1)
		c.g.m.connections.Dec()
		c.g.mu.Lock()
		delete(c.g.conns, c)
		c.g.mu.Unlock()
	})
	return c.Conn.Close()
}
