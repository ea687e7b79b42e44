package fastpath

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"credithub/deploy/platform/httpx/crowd"
)

// conn is a connection while its requests are plain.
type conn struct {
	*Server
	peer   net.Conn
	remote string

	buf []byte
	n   int // bytes of buf that are read and not yet used

	between bool // a request has been answered, and fewer than peekBytes are read since

	// head is the last head that was plain, and request what it says: callers send
	// the same head again and again.
	head    []byte
	request *http.Request

	readUntil, writeUntil time.Time // deadlines that are set

	mu     sync.Mutex
	busy   bool // a request has begun to arrive
	closed bool
	began  time.Time          // when the handler began, zero without
	cancel context.CancelFunc // of the request that runs
}

// peekBytes is how much net/http wants to see before it takes a further request for
// begun.
const peekBytes = 4

func (c *conn) serve() {
	defer c.leave(c)
	if c.requests() {
		c.handOver()
		return
	}
	_ = c.peer.Close()
}

// requests answers one request after the other. It gives true when what stands in
// the buffer is net/http's, and false when the connection has ended.
func (c *conn) requests() (others bool) {
	now := time.Now()
	c.readBy(now, c.cfg.HeaderTimeout)
	for {
		v, size := c.whole()
		switch {
		case v == other:
			return true
		case v == plain:
			if !c.answer(now, size) || !c.idle() {
				return false
			}
			continue
		}
		if c.n == len(c.buf) {
			c.grow(size)
		}
		n, err := c.peer.Read(c.buf[c.n:])
		if n > 0 {
			now = time.Now()
			if c.n == 0 && !c.begin() {
				return false
			}
			if c.n += n; err == nil {
				continue
			}
		}
		// A body may come slowly, for which net/http has its own time, and what
		// breaks off has an answer there.
		slow := errors.Is(err, os.ErrDeadlineExceeded) && c.request != nil && bytes.HasPrefix(c.buf[:c.n], c.head)
		return slow || c.n > 0 && !c.between && errors.Is(err, io.EOF)
	}
}

// whole looks for a request at the start of the buffer, and gives its size as far
// as it is known.
func (c *conn) whole() (verdict, int) {
	if c.between {
		// As net/http does after a POST: old callers send a line end too many.
		if c.n < peekBytes {
			return partial, 0
		}
		c.between = false
		if extra := peekBytes - len(bytes.TrimLeft(c.buf[:peekBytes], "\r\n")); extra > 0 {
			c.n = copy(c.buf, c.buf[extra:c.n])
		}
	}
	if c.n == 0 {
		return partial, 0
	}
	b := c.buf[:c.n]
	if c.request == nil || !bytes.HasPrefix(b, c.head) {
		r, n, v := parse(b, c.cfg.Path)
		if v != plain {
			c.request = nil
			if v == partial {
				c.rush()
			}
			return v, 0
		}
		r.RemoteAddr = c.remote
		c.request, c.head = r, append(c.head[:0], b[:n]...)
	}
	size := len(c.head) + int(c.request.ContentLength)
	if c.n < size {
		c.rush()
		return partial, size
	}
	return plain, size
}

// grow makes room for a request of the given size, or for a head.
func (c *conn) grow(size int) {
	b := make([]byte, max(size, headBytes))
	copy(b, c.buf[:c.n])
	c.buf = b
}

// readBy sets the deadline of reading. It is moved on only now and then: setting
// it for each request would cost more than reading it.
func (c *conn) readBy(now time.Time, d time.Duration) {
	if until := now.Add(d); c.readUntil.Before(until) {
		c.readUntil = until.Add(d / 8)
		_ = c.peer.SetReadDeadline(c.readUntil)
	}
}

// rush gives the rest of a request that has begun the time of a head.
func (c *conn) rush() {
	if until := time.Now().Add(c.cfg.HeaderTimeout); c.readUntil.After(until) {
		c.readUntil = until
		_ = c.peer.SetReadDeadline(until)
	}
}

// begin notes that a request arrives; not when the server stops.
func (c *conn) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = true
	return !c.closed
}

// idle notes that no request runs, and whether one more may come.
func (c *conn) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = c.n > 0
	return !c.closed
}

// closeIdle closes the connection now or after the request that runs.
func (c *conn) closeIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if !c.busy {
		_ = c.peer.Close()
	}
}

// runs tells whether a request runs that began before t.
func (c *conn) runs(t time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cancel != nil && c.began.Before(t)
}

// abandon ends the context of the request that runs.
func (c *conn) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel()
	}
}

// handOver gives the connection to net/http with what has been read of it.
func (c *conn) handOver() {
	_ = c.peer.SetDeadline(time.Time{})
	select {
	case c.rest.conns <- &begun{Conn: c.peer, b: c.buf[:c.n:c.n]}:
	case <-c.rest.done:
		_ = c.peer.Close()
	}
}

// answer runs the handler for the request of the given size at the start of the
// buffer and sends what it says. It tells whether the connection goes on.
func (c *conn) answer(now time.Time, size int) bool {
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	r := c.request.WithContext(ctx)
	r.Body = http.NoBody
	if size > len(c.head) {
		r.Body = &body{b: c.buf[len(c.head):size]}
	}
	c.mu.Lock()
	c.began, c.cancel = now, cancel
	c.mu.Unlock()

	w := responses.Get().(*response)
	defer w.release()
	crowd.Busy(c.peer)
	ok := c.handle(w, r)
	crowd.Idle(c.peer, now)

	c.mu.Lock()
	c.cancel = nil
	last := c.closed
	c.mu.Unlock()
	if !ok {
		return false
	}
	b, last := w.bytes(now, last)
	if until := now.Add(c.cfg.WriteTimeout); c.writeUntil.Before(until) {
		c.writeUntil = until.Add(c.cfg.WriteTimeout / 8)
		_ = c.peer.SetWriteDeadline(c.writeUntil)
	}
	if _, err := c.peer.Write(b); err != nil || last {
		return false
	}
	c.n, c.between = copy(c.buf, c.buf[size:c.n]), true
	if len(c.buf) > keepBytes && c.n <= keepBytes {
		c.buf = append(make([]byte, 0, keepBytes), c.buf[:c.n]...)[:keepBytes]
	}
	c.readBy(now, c.cfg.IdleTimeout)
	return true
}

// handle runs the handler. A panic ends the connection, as with net/http.
func (c *conn) handle(w http.ResponseWriter, r *http.Request) (ok bool) {
	defer func() {
		if v := recover(); v != nil && v != http.ErrAbortHandler { //nolint:errorlint // net/http compares so too
			c.cfg.Log.Error("a handler ended in a panic", "stack", string(debug.Stack()))
		}
	}()
	c.cfg.Handler.ServeHTTP(w, r)
	return true
}

// body is a request's body, which has arrived whole.
type body struct{ b []byte }

func (b *body) Close() error { return nil }
