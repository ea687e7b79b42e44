package fastpath

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func (b *body) Read(p []byte) (int, error) {
	if len(b.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.b)
	if b.b = b.b[n:]; len(b.b) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// response is an http.ResponseWriter that sends when the handler has ended.
type response struct {
	header http.Header
	status int // 0 before WriteHeader
	body   []byte
	out    []byte
	names  []string
}

var responses = sync.Pool{New: func() any { return &response{header: http.Header{}} }}

func (w *response) release() {
	if cap(w.body) > 4*keepBytes || cap(w.out) > 4*keepBytes {
		return
	}
	clear(w.header)
	w.status, w.body, w.out = 0, w.body[:0], w.out[:0]
	responses.Put(w)
}

func (w *response) Header() http.Header { return w.header }

func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
}

func (w *response) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.body = append(w.body, b...)
	return len(b), nil
}

// bytes is the response as it is sent, and whether it is the last of its connection.
func (w *response) bytes(now time.Time, last bool) ([]byte, bool) {
	w.WriteHeader(http.StatusOK)
	h := w.header
	last = last || len(h["Connection"]) > 0 && strings.EqualFold(h["Connection"][0], "close")
	delete(h, "Connection")
	delete(h, "Transfer-Encoding")
	delete(h, "Content-Length")
	if len(h["Date"]) == 0 {
		h["Date"] = dateOf(now)
	}
	empty := w.status == http.StatusNoContent || w.status == http.StatusNotModified
	if _, ok := h["Content-Type"]; !ok && !empty && len(w.body) > 0 {
		h["Content-Type"] = []string{http.DetectContentType(w.body)}
	}
	b := append(w.out[:0], "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(w.status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(w.status)...)
	b = append(b, "\r\n"...)
	w.names = w.names[:0]
	for name := range h {
		w.names = append(w.names, name)
	}
	slices.Sort(w.names)
	for _, name := range w.names {
		for _, v := range h[name] {
			b = append(b, name...)
			b = append(b, ": "...)
			b = appendValue(b, v)
			b = append(b, "\r\n"...)
		}
	}
	if last {
		b = append(b, "Connection: close\r\n"...)
	}
	if !empty {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(len(w.body)), 10)
		b = append(b, "\r\n"...)
	}
	b = append(b, "\r\n"...)
	if !empty {
		b = append(b, w.body...)
	}
	w.out = b
	return b, last
}

// appendValue keeps a value on its line.
func appendValue(b []byte, v string) []byte {
	if strings.IndexByte(v, '\n') < 0 && strings.IndexByte(v, '\r') < 0 {
		return append(b, v...)
	}
	for _, c := range []byte(v) {
		if c == '\n' || c == '\r' {
			c = ' '
		}
		b = append(b, c)
	}
	return b
}

// second is the header Date for one second.
type second struct {
	unix int64
	date []string
}

var lastSecond atomic.Pointer[second]

func dateOf(t time.Time) []string {
	if l := lastSecond.Load(); l != nil && l.unix == t.Unix() {
		return l.date
	}
	l := &second{t.Unix(), []string{t.UTC().Format(http.TimeFormat)}}
	lastSecond.Store(l)
	return l.date
}
