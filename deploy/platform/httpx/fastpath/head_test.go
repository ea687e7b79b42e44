package fastpath

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

const path = "/graphql"

// plainHead is what officers' systems send.
const plainHead = "POST /graphql HTTP/1.1\r\nHost: hub.example:8080\r\nContent-Length: 2\r\n" +
	"Authorization: Bearer abc.def-_~+/=\r\ncontent-type: application/json\r\naccept:*/*\r\nX-A:  1 \t\r\nx-a:\t2\r\nX-Empty:\r\nConnection: Keep-Alive\r\n\r\n"

// with is the plain head with one line more or another start.
func with(line string) string { return strings.Replace(plainHead, "accept:*/*\r\n", line, 1) }

// Heads of the plain form, and what is close to it and not of it.
var heads = []struct {
	name, head string
	want       verdict
}{
	{"plain", plainHead, plain},
	{"least", "POST /graphql HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", plain},
	{"an IPv6 host", strings.Replace(plainHead, "hub.example", "[::1]", 1), plain},
	{"largest body", strings.Replace(plainHead, "Length: 2", fmt.Sprint("Length: ", bodyBytes), 1), plain},
	{"leading zeros", strings.Replace(plainHead, "Length: 2", "Length: 000002", 1), plain},
	{"something follows", plainHead + "{}POST", plain},
	{"nothing", "", partial},
	{"a byte", "P", partial},
	{"no end", plainHead[:len(plainHead)-2], partial},
	{"another method", "GET /graphql HTTP/1.1\r\n", other},
	{"a small letter", "pOST /graphql HTTP/1.1\r\n", other},
	{"another path", "POST /graphq1 HTTP/1.1\r\n", other},
	{"a query", "POST /graphql?a HTTP/1.1\r\n", other},
	{"a whole address", "POST http://h/graphql HTTP/1.1\r\n", other},
	{"HTTP/1.0", "POST /graphql HTTP/1.0\r\n", other},
	{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", other},
	{"two spaces", "POST  /graphql HTTP/1.1\r\n", other},
	{"TLS", "\x16\x03\x01\x02\x00", other},
	{"an empty line first", "\r\n" + plainHead, other},
	{"LF alone", strings.ReplaceAll(plainHead, "\r\n", "\n"), other},
	{"LF alone once", with("a: b\n"), other},
	{"CR within", with("a: b\rc\r\n"), other},
	{"NUL", with("a: b\x00\r\n"), other},
	{"DEL", with("a: \x7f\r\n"), other},
	{"UTF-8", with("a: 企业\r\n"), other},
	{"folded", with("a: b\r\n c\r\n"), other},
	{"no colon", with("abc\r\n"), other},
	{"no name", with(": b\r\n"), other},
	{"space before the colon", with("a : b\r\n"), other},
	{"a name with an underscore", with("a_b: c\r\n"), other},
	{"chunked", with("Transfer-Encoding: chunked\r\n"), other},
	{"chunked, small", with("transfer-encoding:identity\r\n"), other},
	{"Expect", with("Expect: 100-continue\r\n"), other},
	{"Upgrade", with("Upgrade: h2c\r\n"), other},
	{"Trailer", with("Trailer: a\r\n"), other},
	{"Pragma", with("Pragma: no-cache\r\n"), other},
	{"Connection twice", with("Connection: keep-alive\r\n"), other},
	{"Connection: close", strings.Replace(plainHead, "Keep-Alive", "close", 1), other},
	{"Connection of two", strings.Replace(plainHead, "Keep-Alive", "keep-alive, upgrade", 1), other},
	{"no host", strings.Replace(plainHead, "Host: hub.example:8080\r\n", "", 1), other},
	{"an empty host", strings.Replace(plainHead, "hub.example:8080", "", 1), other},
	{"two hosts", with("Host: b\r\n"), other},
	{"a host with a path", strings.Replace(plainHead, "hub.example", "a/b", 1), other},
	{"a host with a user", strings.Replace(plainHead, "hub.example", "a@b", 1), other},
	{"no length", strings.Replace(plainHead, "Content-Length: 2\r\n", "", 1), other},
	{"an empty length", strings.Replace(plainHead, "Length: 2", "Length:", 1), other},
	{"two lengths", with("Content-Length: 2\r\n"), other},
	{"a list of lengths", strings.Replace(plainHead, "Length: 2", "Length: 2, 2", 1), other},
	{"a signed length", strings.Replace(plainHead, "Length: 2", "Length: +2", 1), other},
	{"a hexadecimal length", strings.Replace(plainHead, "Length: 2", "Length: 0x2", 1), other},
	{"a body too large", strings.Replace(plainHead, "Length: 2", fmt.Sprint("Length: ", bodyBytes+1), 1), other},
	{"a body far too large", strings.Replace(plainHead, "Length: 2", "Length: 99999999999999999999", 1), other},
	{"largest head", with("a: " + strings.Repeat("x", headBytes-len(with("a: \r\n"))) + "\r\n"), plain},
	{"a head too large", with("a: " + strings.Repeat("x", headBytes-len(with("a: \r\n"))+1) + "\r\n"), other},
	{"an endless line", with("a: " + strings.Repeat("x", 2*headBytes)), other},
	{"most lines", with(strings.Repeat("a: b\r\n", maxLines-9)), plain},
	{"too many lines", with(strings.Repeat("a: b\r\n", maxLines-8)), other},
}

func TestHeads(t *testing.T) {
	for _, h := range heads {
		if _, _, got := parse([]byte(h.head), path); got != h.want {
			t.Errorf("%s: %d, want %d", h.name, got, h.want)
		}
		sameAsNetHTTP(t, []byte(h.head))
	}
}

// sameAsNetHTTP demands of a head that parse finds plain that net/http reads the
// same from it to the last bit, and that no shorter part of it says anything else.
func sameAsNetHTTP(t *testing.T, b []byte) {
	t.Helper()
	got, n, v := parse(b, path)
	if v != plain {
		return
	}
	rest := bufio.NewReader(bytes.NewReader(append(b[:n:n], "rest"+strings.Repeat("x", bodyBytes)...)))
	want, err := http.ReadRequest(rest)
	if err != nil {
		t.Fatalf("plain, and to net/http: %v: %q", err, b)
	}
	if got.Method != want.Method || !reflect.DeepEqual(got.URL, want.URL) || got.RequestURI != want.RequestURI || got.Host != want.Host ||
		got.Proto != want.Proto || got.ProtoMajor != want.ProtoMajor || got.ProtoMinor != want.ProtoMinor ||
		got.ContentLength != want.ContentLength || want.TransferEncoding != nil || want.Close || !reflect.DeepEqual(got.Header, want.Header) {
		t.Fatalf("%q:\n%+v\n%+v", b, got, want)
	}
	if body, err := io.ReadAll(want.Body); err != nil || int64(len(body)) != got.ContentLength {
		t.Fatalf("%q: body of %d bytes: %v", b, len(body), err)
	}
	if got.ContentLength == 0 {
		if next, _ := rest.Peek(4); string(next) != "rest" {
			t.Fatalf("%q: the head ends elsewhere: %q", b, next)
		}
	}
	for k := range n {
		if _, _, v := parse(b[:k], path); v != partial {
			t.Fatalf("%q: %d after %d of %d bytes", b, v, k, n)
		}
	}
}

func FuzzHead(f *testing.F) {
	for _, h := range heads {
		f.Add([]byte(h.head))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) <= 2<<10 {
			sameAsNetHTTP(t, b)
		}
	})
}

func TestAnAnswerStaysOnItsLines(t *testing.T) {
	w := responses.New().(*response)
	w.Header()["X-A"] = []string{"b\r\nSet-Cookie: c\nd"}
	w.WriteHeader(http.StatusContinue) // said before the answer, which can't be sent here
	w.WriteHeader(http.StatusTeapot)
	w.WriteHeader(http.StatusOK)
	fmt.Fprint(w, "<html>")
	fmt.Fprint(w, "x")
	b, last := w.bytes(testNow, true)
	want := "HTTP/1.1 418 I'm a teapot\r\nContent-Type: text/html; charset=utf-8\r\nDate: Thu, 01 Oct 2026 08:00:00 GMT\r\n" +
		"X-A: b  Set-Cookie: c d\r\nConnection: close\r\nContent-Length: 7\r\n\r\n<html>x"
	if string(b) != want || !last {
		t.Errorf("%v %q", last, b)
	}
	w = responses.New().(*response)
	w.WriteHeader(http.StatusNoContent)
	if b, _ := w.bytes(testNow, false); strings.Contains(string(b), "Content-") || !strings.HasSuffix(string(b), "\r\n\r\n") {
		t.Errorf("%q", b)
	}
}
