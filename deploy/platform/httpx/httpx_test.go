package httpx

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/problem"
	"credithub/schema/fault"
)

func do(t *testing.T, h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAPanicShowsNothing(t *testing.T) {
	var log bytes.Buffer
	h := Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("SELECT secret FROM /etc") }),
		RequestIDs, Headers, Recover(slog.New(slog.NewTextHandler(&log, nil)), nil))
	w := do(t, h, httptest.NewRequest(http.MethodGet, "/?uscc=91", nil))
	var d problem.Document
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != 500 || d.Code != "INTERNAL" {
		t.Fatalf("%d %s %v", w.Code, w.Body, err)
	}
	for _, text := range []string{w.Body.String(), log.String()} {
		if strings.Contains(text, "secret") || strings.Contains(text, "uscc=91") {
			t.Errorf("told %s", text)
		}
	}
	if !strings.Contains(log.String(), w.Header().Get(HeaderRequestID)) {
		t.Error("the log can't be matched with the answer")
	}
}

func TestAPanicWithinAnAnswerBreaksItOff(t *testing.T) {
	s := httptest.NewServer(Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"hits":[`)
		_ = http.NewResponseController(w).Flush()
		panic("later")
	}), Recover(nil, nil)))
	defer s.Close()
	res, err := http.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadAll(res.Body); err == nil {
		t.Error("half an answer came as a whole one")
	}
}

// A client that reads nothing before it has sent everything still gets the answer
// that refuses it.
func TestARefusedRequestIsTakenIn(t *testing.T) {
	s := httptest.NewServer(Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 10)
		_, _ = io.ReadAll(r.Body)
		problem.Write(w, fault.New(fault.TooLarge, "too large"))
	}), Recover(nil, nil)))
	defer s.Close()
	for _, head := range []string{"Content-Length: 8388608", "Transfer-Encoding: chunked"} {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		body := bytes.Repeat([]byte("x"), 8<<20)
		if strings.HasPrefix(head, "Transfer") {
			body = fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n\r\n", len(body), body)
		}
		if _, err := fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: hub\r\n%s\r\n\r\n", head); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(body); err != nil {
			t.Errorf("%s: the server did not take the request in: %v", head, err)
			continue
		}
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || r.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %+v %v", head, r, err)
		}
		c.Close()
	}
	// Who waits for leave to send is not given it.
	h := Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }), Recover(nil, nil))
	read := false
	r := httptest.NewRequest(http.MethodPost, "/", readFunc(func([]byte) (int, error) { read = true; return 0, io.EOF }))
	r.Header.Set("Expect", "100-continue")
	if do(t, h, r); read {
		t.Error("asked a client to send what is refused")
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestEveryAnswerIsGuardedAndNamed(t *testing.T) {
	var inside string
	h := Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inside = RequestID(r.Context()) }), RequestIDs, Headers)
	f := func(given string, kept bool) {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set(HeaderRequestID, given)
		w := do(t, h, r)
		id := w.Header().Get(HeaderRequestID)
		if id == "" || id != inside || (id == given) != kept {
			t.Errorf("%q became %q", given, id)
		}
		for _, name := range []string{"X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Content-Security-Policy"} {
			if w.Header().Get(name) == "" {
				t.Errorf("no %s", name)
			}
		}
	}
	f("case-2026.1", true)
	f("", false)
	f("a b", false)
	f("x\r\ny", false)
	f(strings.Repeat("a", 65), false)
}

// The fast path and the rest share a listener, and a stop.
func TestAStopLetsRunningRequestsEnd(t *testing.T) {
	for _, c := range []struct{ method, path, body string }{
		{http.MethodGet, "/", "whole"}, {http.MethodPost, "/", "whole"}, {http.MethodGet, "/fast", "whole"}, {http.MethodPost, "/fast", "fast"},
	} {
		t.Run(c.method+c.path, func(t *testing.T) { stopWhile(t, c.method, c.path, c.body) })
	}
}

func stopWhile(t *testing.T, method, path, want string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	begun, release := make(chan struct{}), make(chan struct{})
	says := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(begun)
			<-release
			_, _ = io.WriteString(w, text)
		})
	}
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, l, says("whole"), Config{StopTimeout: 20 * time.Second, FastPath: "/fast", FastHandler: says("fast")})
	}()
	got := make(chan string, 1)
	go func() {
		r, _ := http.NewRequest(method, "http://"+l.Addr().String()+path, strings.NewReader("{}"))
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			got <- err.Error()
			return
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		got <- string(b)
	}()
	<-begun
	cancel()
	for { // no new ones are taken
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			break
		}
		c.Close()
		time.Sleep(time.Millisecond)
	}
	close(release)
	if b := <-got; b != want {
		t.Errorf("got %q", b)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestNothingToServeIsAnError(t *testing.T) {
	if err := Serve(t.Context(), nil, nil, Config{}); err == nil {
		t.Error("served nothing")
	}
	// And so is a listener that breaks: the rest stops with it.
	for _, fast := range []string{"", "/fast"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
		if err := Serve(t.Context(), l, http.NotFoundHandler(), Config{FastPath: fast, FastHandler: http.NotFoundHandler()}); err == nil {
			t.Errorf("%q: served on a closed listener", fast)
		}
	}
}

func TestGreedyHeadersAreRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_ = Serve(ctx, l, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), Config{})
	}()
	r, _ := http.NewRequest(http.MethodGet, "http://"+l.Addr().String(), nil)
	r.Header.Set("X", strings.Repeat("x", 64<<10))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", res.StatusCode)
	}
}

// However many connections are opened and left, or begun and not ended, the next
// caller is served, and who is being served stays.
func TestAFloodOfConnectionsKeepsNobodyOut(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	begun, release := make(chan bool, 1), make(chan bool)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Wait") != "" {
			begun <- true
			<-release
		}
		_, _ = io.WriteString(w, "ok")
	})
	go func() { _ = Serve(t.Context(), l, h, Config{Connections: 8, FastPath: "/fast", FastHandler: h}) }()
	ask := func(method, path, wait string) string {
		tr := &http.Transport{DisableKeepAlives: path == "/"}
		defer tr.CloseIdleConnections()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+addr+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if wait != "" {
			r.Header.Set("X-Wait", wait)
		}
		res, err := (&http.Client{Transport: tr}).Do(r)
		if err != nil {
			return err.Error()
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return string(b)
	}
	running := make(chan string, 2)
	for _, path := range []string{"/", "/fast"} {
		go func() { running <- ask("POST", path, "1") }()
		<-begun
	}
	const head = "POST /fast HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n"
	for i, raw := range []string{"", "G", head, head + "\r\n{", "GET / HTTP/1.1\r\n", head + "\r\n{}", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"} {
		for range 20 {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, _ = io.WriteString(c, raw)
		}
		for _, path := range []string{"/", "/fast"} {
			if got := ask("POST", path, ""); got != "ok" {
				t.Errorf("flood %d, %s: %s", i, path, got)
			}
		}
	}
	close(release)
	for range 2 {
		if got := <-running; got != "ok" {
			t.Errorf("who was being served: %s", got)
		}
	}
}
