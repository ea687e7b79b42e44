package crowd

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// wrapped is what a server makes of a connection.
type wrapped struct{ net.Conn }

func (w wrapped) NetConn() net.Conn { return w.Conn }

// house is a listener with the server's and the clients' ends of its guests.
type house struct {
	t *testing.T
	*Listener
	in       chan net.Conn
	ours     []net.Conn
	visitors []net.Conn
}

func open(t *testing.T, most int) *house {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, Listener: Listen(l, most, nil), in: make(chan net.Conn, 100)}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		defer close(h.in)
		for {
			c, err := h.Accept()
			if err != nil {
				return
			}
			h.in <- c
		}
	}()
	return h
}

// visit connects n visitors, of which all come in.
func (h *house) visit(n int) {
	h.t.Helper()
	for range n {
		h.knock()
		h.ours = append(h.ours, wrapped{<-h.in})
		Idle(h.ours[len(h.ours)-1], time.Unix(int64(len(h.ours)), 0))
	}
}

func (h *house) knock() {
	h.t.Helper()
	c, err := net.Dial("tcp", h.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	h.visitors = append(h.visitors, c)
}

// gone demands that exactly these visitors were sent away.
func (h *house) gone(want ...int) {
	h.t.Helper()
	for i, c := range h.visitors {
		expected := false
		for _, w := range want {
			expected = expected || w == i
		}
		wait := 20 * time.Millisecond
		if expected {
			wait = 10 * time.Second
		}
		_ = c.SetReadDeadline(time.Now().Add(wait))
		_, err := c.Read(make([]byte, 1))
		if away := !errors.Is(err, os.ErrDeadlineExceeded); away != expected {
			h.t.Errorf("visitor %d: sent away %v, want %v", i, away, expected)
		}
	}
}

func count(t *testing.T, c prometheus.Counter) float64 {
	t.Helper()
	var m dto.Metric
	if err := c.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}

func TestWhoHasWaitedLongestGoes(t *testing.T) {
	h := open(t, 3)
	h.visit(3)
	h.gone()
	h.visit(1)
	h.gone(0)
	Busy(h.ours[1])
	h.visit(1)
	h.gone(0, 2)
	Idle(h.ours[1], time.Now()) // waits, but only since now
	h.visit(1)
	h.gone(0, 2, 3)
	if got := count(t, h.evicted); got != 3 {
		t.Errorf("%v evicted, want 3", got)
	}
}

func TestWhenAllAreAtWorkNobodyComesIn(t *testing.T) {
	h := open(t, 2)
	h.visit(2)
	Busy(h.ours[0])
	Busy(h.ours[1])
	h.knock()
	h.gone(2)
	_ = h.ours[0].Close() // twice is once
	_ = h.ours[0].Close()
	h.visit(1)
	h.gone(0, 2)
	Busy(h.ours[2])
	h.knock()
	h.gone(0, 2, 4)
	if got := count(t, h.refused); got != 2 {
		t.Errorf("%v refused, want 2", got)
	}
	Busy(&net.UnixConn{}) // no guest
}

func TestTheDefaultLeavesRoomForOtherFiles(t *testing.T) {
	if n := DefaultMost(); n < 16 || n >= descriptors() || n > upperMost {
		t.Errorf("%d of %d", n, descriptors())
	}
	if l := Listen(nil, 0, nil); l.most != DefaultMost() {
		t.Errorf("%d", l.most)
	}
}
