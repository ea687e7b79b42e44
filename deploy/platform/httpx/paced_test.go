package httpx

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// crawl begins n requests whose bodies come a byte now and then, for as long as the
// test runs. They are begun again when they are cut off.
func crawl(t *testing.T, addr string, n int) {
	for i := range n {
		go func() {
			for t.Context().Err() == nil {
				c, err := net.Dial("tcp", addr)
				if err != nil {
					time.Sleep(10 * time.Millisecond)
					continue
				}
				path := []string{"/fast", "/other"}[i%2]
				_, _ = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: 4096\r\n\r\n", path)
				for t.Context().Err() == nil {
					if _, err := c.Write([]byte("{")); err != nil {
						break
					}
					time.Sleep(100 * time.Millisecond)
				}
				_ = c.Close()
				time.Sleep(50 * time.Millisecond)
			}
		}()
	}
}

func TestCase_T9_CrawlingBodiesKeepNobodyOut(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, "ok")
	})
	go func() {
		_ = Serve(t.Context(), l, h, Config{Connections: 32, FastPath: "/fast", FastHandler: h, HeaderTimeout: 300 * time.Millisecond})
	}()
	crawl(t, addr, 40)
	time.Sleep(3 * time.Second) // all have places, and handlers wait for their bodies
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	refused := 0
	for i := range 40 {
		r, err := client.Post("http://"+addr+[]string{"/fast", "/other"}[i%2], "application/json", strings.NewReader("{}"))
		if err != nil {
			refused++
			t.Log(err)
			continue
		}
		b, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if r.StatusCode != http.StatusOK || string(b) != "ok" {
			t.Errorf("%d %s", r.StatusCode, b)
		}
	}
	if refused > 2 { // one may be cut off while it is only being accepted
		t.Errorf("%d of 40 others were kept out", refused)
	}
}

// With room for all, a body that crawls is still given up soon, and one that comes
// at a fair rate is not, however long it takes.
func TestCase_T9_ABodyComesAtALeastRate(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		time.Sleep(400 * time.Millisecond) // work has its own time
		if r.Context().Err() != nil {
			return
		}
		_, _ = fmt.Fprint(w, len(b))
	})
	go func() {
		_ = Serve(t.Context(), l, h, Config{BodyGrace: 300 * time.Millisecond, BodyRate: 1000})
	}()
	send := func(size, each int, pause time.Duration) (int, string, time.Duration) {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		start := time.Now()
		_, _ = fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", size)
		go func() {
			for n := 0; n < size; n += each {
				if _, err := c.Write(make([]byte, min(each, size-n))); err != nil {
					return
				}
				time.Sleep(pause)
			}
		}()
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, _ := io.ReadAll(r.Body)
		return r.StatusCode, string(b), time.Since(start)
	}
	status, text, took := send(10_000, 1, 50*time.Millisecond)
	if status != http.StatusBadRequest || !strings.Contains(text, "1000 bytes a second") || took > 5*time.Second {
		t.Errorf("a crawling body: %d %q after %s", status, text, took)
	}
	if status, text, took = send(4000, 200, 50*time.Millisecond); status != http.StatusOK || text != "4000" {
		t.Errorf("a slow line: %d %q after %s", status, text, took)
	}
}
