package fastpath

import (
	"bytes"
	"net/http"
	"net/textproto"
	"net/url"
)

// verdict of what stands in a buffer.
type verdict uint8

const (
	partial verdict = iota // more must come before anything can be said
	plain                  // a head of the plain form
	other                  // net/http's
)

// A head is plain when every line of it is:
//
//	POST <path> HTTP/1.1, with one space between and CRLF behind
//	a name of letters, digits and hyphens, ":", a value of printable ASCII, spaces
//	and tabs, and CRLF (RFC 9112 §5, without its obsolete forms)
//
// and of the names that say how a message is framed or a connection is used it has
// Host once, Content-Length once, Connection at most as keep-alive, and no other.

// framing are the names that make a head unusual, in canonical form.
var framing = map[string]bool{
	"Transfer-Encoding": true, "Expect": true, "Upgrade": true, "Trailer": true, "Te": true,
	"Keep-Alive": true, "Proxy-Connection": true, "Http2-Settings": true,
	"Pragma": true, // which net/http turns into another header
}

const (
	maxLines = 48
	method   = "POST "
	version  = " HTTP/1.1\r\n"
)

// parse reads a head from the start of b. What it gives when the head is plain is
// the request without body and context, and the head's length.
func parse(b []byte, path string) (*http.Request, int, verdict) {
	line := method + path + version
	if len(b) < len(line) {
		if line[:len(b)] == string(b) {
			return nil, 0, partial
		}
		return nil, 0, other
	}
	if string(b[:len(line)]) != line {
		return nil, 0, other
	}
	r := &http.Request{
		Method: http.MethodPost, URL: &url.URL{Path: path}, RequestURI: path,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, ContentLength: -1,
	}
	at := len(line)
	for range maxLines {
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			if len(b) >= headBytes {
				return nil, 0, other
			}
			return nil, 0, partial
		}
		l := b[at : at+end]
		at += end + 1
		if len(l) == 0 || l[len(l)-1] != '\r' || at > headBytes {
			return nil, 0, other
		}
		if l = l[:len(l)-1]; len(l) == 0 {
			if r.Host == "" || r.ContentLength < 0 {
				return nil, 0, other
			}
			return r, at, plain
		}
		if !header(r, l) {
			return nil, 0, other
		}
	}
	return nil, 0, other
}

// header takes one line into r, unless it is not plain.
func header(r *http.Request, l []byte) bool {
	colon := bytes.IndexByte(l, ':')
	if colon <= 0 {
		return false
	}
	for _, c := range l[:colon] {
		if !nameByte[c] {
			return false
		}
	}
	value := bytes.Trim(l[colon+1:], " \t")
	for _, c := range value {
		if c < ' ' && c != '\t' || c > '~' {
			return false
		}
	}
	name := textproto.CanonicalMIMEHeaderKey(string(l[:colon]))
	switch v := string(value); {
	case framing[name]:
		return false
	case name == "Host":
		if r.Host != "" || !hostOnly(value) {
			return false
		}
		r.Host = v
	case name == "Content-Length":
		n, ok := length(value)
		if r.ContentLength >= 0 || !ok {
			return false
		}
		r.ContentLength = int64(n)
		r.Header[name] = []string{v}
	case name == "Connection":
		if r.Header[name] != nil || !bytes.EqualFold(value, []byte("keep-alive")) {
			return false
		}
		r.Header[name] = []string{v}
	default:
		r.Header[name] = append(r.Header[name], v)
	}
	return true
}

// nameByte tells letters, digits and hyphens.
var nameByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-'
	}
	return t
}()

// hostOnly demands a name or an address, with or without a port.
func hostOnly(b []byte) bool {
	for _, c := range b {
		if !nameByte[c] && c != '.' && c != ':' && c != '[' && c != ']' {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 255
}

// length reads a Content-Length of a small body.
func length(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 6 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, n <= bodyBytes
}
