package broker

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// minFrame is the smallest request: key, version and correlation id.
const minFrame = 8

// apiVersions may be asked at any version: a newer client must be told which
// ones there are.
const apiVersions = 18

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
	m        *metrics
}

func newGuard(ln net.Listener, maxFrame int32, maxConns int, m *metrics) *guard {
	return &guard{Listener: ln, maxFrame: maxFrame, maxConns: int64(maxConns), m: m}
}

// Accept returns the next connection; those beyond the limit are closed.
func (g *guard) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
				continue
			}
			return nil, err
		}
		if g.open.Add(1) > g.maxConns {
			g.open.Add(-1)
			g.m.refused.WithLabelValues("connections").Inc()
			c.Close()
			continue
		}
		g.m.connections.Inc()
		return &conn{Conn: c, g: g}, nil
	}
}

// conn is read by one goroutine at a time.
type conn struct {
	net.Conn
	g      *guard
	head   [minFrame]byte // size, key and version of the current frame
	unread int            // bytes of head not yet given out
	rest   int32          // bytes of the frame after head
	dead   bool
	once   sync.Once
}

// Read gives out the bytes of checked frames, never beyond the end of one.
func (c *conn) Read(p []byte) (int, error) {
	if c.dead {
		return 0, errFrame
	}
	if len(p) == 0 {
		return 0, nil
	}
	if c.unread == 0 && c.rest == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if c.unread > 0 {
		n := copy(p, c.head[len(c.head)-c.unread:])
		c.unread -= n
		return n, nil
	}
	if int64(len(p)) > int64(c.rest) {
		p = p[:c.rest]
	}
	n, err := c.Conn.Read(p)
	c.rest -= int32(n)
	return n, err
}

// next reads and checks the head of a frame.
func (c *conn) next() error {
	if _, err := io.ReadFull(c.Conn, c.head[:]); err != nil {
		return err
	}
	size := int32(binary.BigEndian.Uint32(c.head[:]))
	key := int16(binary.BigEndian.Uint16(c.head[4:]))
	version := int16(binary.BigEndian.Uint16(c.head[6:]))
	if reason := c.g.fault(size, key, version); reason != "" {
		c.dead = true
		c.g.m.refused.WithLabelValues(reason).Inc()
		_ = c.Conn.Close()
		return errFrame
	}
	c.g.m.requests.Inc()
	c.g.m.inBytes.Add(float64(size) + 4)
	c.unread = len(c.head)
	c.rest = size - 4
	return nil
}

// fault names what is wrong with a frame, "" if nothing.
func (g *guard) fault(size int32, key, version int16) string {
	if size < minFrame || size > g.maxFrame {
		return "size"
	}
	req := kmsg.RequestForKey(key)
	if req == nil {
		return "key"
	}
	if version < 0 || version > req.MaxVersion() && key != apiVersions {
		return "version"
	}
	return ""
}

// Close closes the connection once.
func (c *conn) Close() error {
	c.once.Do(func() {
		c.g.open.Add(-1)
		c.g.m.connections.Dec()
	})
	return c.Conn.Close()
}
