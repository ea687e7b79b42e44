package bench

import (
	"bufio"
	"fmt"
	"net"
)

// wire is one keep-alive connection over which requests follow each other.
type wire struct {
	c      net.Conn
	r      *bufio.Reader
	addr   string
	header string // further header lines, each ending in CRLF
	req    []byte
	answer []byte
}

func dial(addr, header string) (*wire, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &wire{c: c, r: bufio.NewReaderSize(c, 64<<10), addr: addr, header: header}, nil
}

// post sends a body and reads the answer, which is valid until the next call.
func (w *wire) post(path, contentType string, body []byte) (int, []byte, error) {
	w.req = fmt.Appendf(w.req[:0], "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n", path, w.addr, contentType, w.header, len(body))
	w.req = append(w.req, body...)
	if _, err := w.c.Write(w.req); err != nil {
		return 0, nil, err
	}
	status, b, err := readAnswer(w.r, w.answer)
	w.answer = b
	return status, b, err
}

func bearer(token string) string { return "Authorization: Bearer " + token + "\r\n" }
