//go:build linux

// All of 127.0.0.0/8 are addresses of this machine only there.

package crowd

import (
	"net"
	"testing"
	"time"
)

// from connects a visitor from an address of this machine, who comes in.
func (h *house) from(ip string) {
	h.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	c, err := d.Dial("tcp", h.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	h.visitors = append(h.visitors, c)
	h.ours = append(h.ours, wrapped{<-h.in})
	Idle(h.ours[len(h.ours)-1], time.Unix(int64(len(h.ours)), 0))
}

func TestCase_T9_PlacesComeFromTheAddressThatHasMost(t *testing.T) {
	h := open(t, 4)
	h.from("127.0.0.2") // has waited longest of all
	h.from("127.0.0.1")
	h.from("127.0.0.1")
	h.from("127.0.0.1")
	h.gone()
	h.from("127.0.0.3")
	h.gone(1)
	h.from("127.0.0.1") // for itself
	h.gone(1, 2)
	Busy(h.ours[3])
	Busy(h.ours[5])
	h.from("127.0.0.3") // nobody of the crowd can give way: who has waited longest
	h.gone(0, 1, 2)
}

func TestCase_T9_BodiesThatCrawlGiveWay(t *testing.T) {
	h := open(t, 3)
	h.visit(3)
	now := time.Now()
	Busy(h.ours[0])
	Reads(h.ours[1], now.Add(-time.Minute), 10)    // a byte now and then
	Reads(h.ours[2], now.Add(-time.Minute), 1<<20) // a slow line
	h.visit(1)
	h.gone(1)
	Busy(h.ours[3])
	Reads(h.ours[2], time.Now().Add(time.Second), 0) // has only begun
	h.knock()
	h.gone(1, 4)
	Reads(h.ours[2], now.Add(-5*time.Second), 1<<10)
	h.visit(1)
	h.gone(1, 2, 4)
}

func TestAnAddressIsWhatOneSubscriberHas(t *testing.T) {
	f := func(a, b string, same bool) {
		t.Helper()
		x, y := address(&net.TCPAddr{IP: net.ParseIP(a)}), address(&net.TCPAddr{IP: net.ParseIP(b)})
		if (x == y) != same {
			t.Errorf("%s is %s, %s is %s", a, x, b, y)
		}
	}
	f("192.0.2.1", "192.0.2.1", true)
	f("192.0.2.1", "::ffff:192.0.2.1", true)
	f("192.0.2.1", "192.0.2.2", false)
	f("2001:db8::1", "2001:db8::2", true)
	f("2001:db8::1", "2001:db8:0:1::1", false)
}
