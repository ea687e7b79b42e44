package httpx

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"credithub/deploy/platform/httpx/crowd"
	"credithub/schema/fault"
)

// paced is a body that must come at a least rate: a connection that sends a byte now
// and then would hold its place for as long as a whole request may take. While more
// of it is waited for, the connection may lose its place to another.
type paced struct {
	io.ReadCloser
	conn  net.Conn
	ctl   *http.ResponseController
	rate  int
	grace time.Duration

	began time.Time
	last  time.Time // by when all must be there
	set   time.Time // deadline that is set; zero: another's
	got   int64
}

func newPaced(body io.ReadCloser, conn net.Conn, ctl *http.ResponseController, c Config) *paced {
	now := time.Now()
	return &paced{ReadCloser: body, conn: conn, ctl: ctl, rate: c.BodyRate, grace: c.BodyGrace, began: now, last: now.Add(c.ReadTimeout)}
}

// end sets when all must be there.
func (p *paced) end(t time.Time) { p.last, p.set = t, time.Time{} }

// Read waits for more as long as what has come is worth it.
func (p *paced) Read(b []byte) (int, error) {
	until := p.began.Add(p.grace + time.Duration(float64(p.got)/float64(p.rate)*float64(time.Second)))
	if until.After(p.last) {
		until = p.last
	}
	if p.set.IsZero() || until.Sub(p.set) > time.Second { // setting it costs more than a small read
		p.set = until
		_ = p.ctl.SetReadDeadline(until)
	}
	crowd.Reads(p.conn, p.began, p.got)
	n, err := p.ReadCloser.Read(b)
	crowd.Busy(p.conn)
	p.got += int64(n)
	switch {
	case errors.Is(err, io.EOF):
		// The handler's work has its own time; without a deadline here its end would be
		// taken for the caller's leaving.
		_ = p.ctl.SetReadDeadline(time.Time{})
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = fault.Wrap(fault.BadInput, err, "the body comes too slowly: %d bytes a second are the least", p.rate)
	}
	return n, err
}
