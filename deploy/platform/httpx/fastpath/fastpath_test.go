package fastpath

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var testNow = time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)

// echo answers with what it was asked, and as the request's header says.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if r.Header.Get("X-Panic") != "" {
		panic(http.ErrAbortHandler)
	}
	said, _ := json.Marshal(map[string]any{
		"method": r.Method, "url": r.URL.String(), "uri": r.RequestURI, "host": r.Host, "proto": r.Proto, "header": r.Header,
		"length": r.ContentLength, "body": string(b), "failed": err != nil, "close": r.Close,
	})
	w.Header().Set("X-One", "1")
	w.Header()["X-Two"] = []string{"a", "b"}
	if r.Header.Get("X-Close") != "" {
		w.Header().Set("Connection", "close")
	}
	if status, _ := strconv.Atoi(r.Header.Get("X-Status")); status != 0 {
		w.WriteHeader(status)
	}
	_, _ = w.Write(said)
	n, _ := strconv.Atoi(r.Header.Get("X-More"))
	_, _ = io.WriteString(w, strings.Repeat("x", n))
})

// served is a server as the hub has it: fast, and net/http for the rest.
type served struct {
	*Server
	addr  string
	fast  atomic.Int64 // requests that the fast path answered
	ended chan error
}

func serve(t testing.TB, h http.Handler, change ...func(*Config)) *served {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &served{addr: l.Addr().String(), ended: make(chan error, 1)}
	c := Config{
		Path: path, HeaderTimeout: time.Minute, IdleTimeout: time.Minute, WriteTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.fast.Add(1)
			h.ServeHTTP(w, r)
		}),
		Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&c)
	}
	s.Server = New(l, c)
	rest := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
	go func() { s.ended <- s.Serve() }()
	go func() { _ = rest.Serve(s.Rest()) }()
	t.Cleanup(func() {
		_ = s.Close()
		_ = rest.Close()
	})
	return s
}

// reply is an answer without its date.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends raw bytes in parts, ends its side, and reads all answers.
func ask(t testing.TB, addr string, parts ...string) (all []reply) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	go func() {
		for _, p := range parts {
			if _, err := io.WriteString(c, p); err != nil {
				return
			}
			if len(parts) > 1 {
				time.Sleep(time.Millisecond)
			}
		}
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	r := bufio.NewReader(c)
	for {
		if _, err := r.Peek(1); err != nil {
			return all
		}
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("%v after %d answers", err, len(all))
		}
		b, err := io.ReadAll(res.Body)
		if err != nil {
			b = append(b, " broken off"...)
		}
		res.Header.Del("Date")
		res.Header.Del("Content-Length") // net/http has it of short answers only
		if res.Close {
			res.Header.Set("Connection", "close")
		}
		all = append(all, reply{res.StatusCode, res.Header, string(b)})
	}
}

func same(a, b []reply) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].status != b[i].status || a[i].body != b[i].body ||
			!maps.EqualFunc(a[i].header, b[i].header, func(x, y []string) bool { return fmt.Sprint(x) == fmt.Sprint(y) }) {
			return false
		}
	}
	return true
}

// pair is the same handler behind both.
func pair(t testing.TB) (fast *served, slow string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: echo, ReadHeaderTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return serve(t, echo), l.Addr().String()
}

const get = "GET /graphql?query={a} HTTP/1.1\r\nHost: h\r\n\r\n"

// Whatever is sent, and in however many parts, is answered as net/http alone
// answers it.
func TestEveryRequestIsAnsweredAsByNetHTTP(t *testing.T) {
	fast, slow := pair(t)
	bytewise := func(s string) (parts []string) {
		for _, b := range []byte(s) {
			parts = append(parts, string(b))
		}
		return parts
	}
	ok, more := plainHead+"{}", func(header string) string { return with(header+"\r\n") + "{}" }
	long := "POST /graphql HTTP/1.1\r\nHost: h\r\nContent-Length: 16000\r\n\r\n" + strings.Repeat("y", 16000)
	longer := strings.Replace(long, "16000", "17000", 1) + strings.Repeat("z", 1000)
	chunked := "POST /graphql HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
	cases := map[string]struct {
		parts []string
		fast  int64
	}{
		"one":                        {[]string{ok}, 1},
		"three at once":              {[]string{ok + more("a: b") + ok}, 3},
		"one after the other":        {[]string{ok, ok, more("a: b"), ok}, 4},
		"byte by byte":               {bytewise(ok), 1},
		"head and body apart":        {[]string{plainHead, "{}", plainHead, "{", "}"}, 2},
		"two and a half":             {[]string{ok + ok + plainHead[:50], plainHead[50:] + "{}"}, 3},
		"without a body":             {[]string{strings.Replace(plainHead, "Length: 2", "Length: 0", 1)}, 1},
		"long":                       {[]string{long + ok + long}, 3},
		"too long for it":            {[]string{ok + longer + ok}, 1},
		"statuses":                   {[]string{more("X-Status: 404") + more("X-Status: 503") + more("X-Status: 204") + ok}, 4},
		"a long answer":              {[]string{more("X-More: 3000") + more("X-More: 300000") + ok}, 3},
		"the handler closes":         {[]string{more("X-Close: 1") + ok}, 1},
		"the handler breaks off":     {[]string{ok + more("X-Panic: 1") + ok}, 2},
		"another between":            {[]string{ok + get + ok + ok}, 1},
		"chunked between":            {[]string{ok + chunked + ok}, 1},
		"continue":                   {[]string{strings.Replace(ok, "accept:*/*", "Expect: 100-continue", 1) + ok}, 0},
		"cut in the head":            {[]string{ok + plainHead[:60]}, 1},
		"cut in the body":            {[]string{ok + plainHead + "{"}, 1},
		"a line end too many":        {[]string{ok + "\r\n" + ok + "\n\n" + ok + get}, 3},
		"four line ends too many":    {[]string{ok + "\r\n\r\n" + ok + "\r\n\r\n"}, 2},
		"six line ends too many":     {[]string{ok + "\r\n\r\n\r\n" + ok}, 1},
		"three bytes behind":         {[]string{ok + "POS"}, 1},
		"nonsense":                   {[]string{"nonsense\r\n\r\n"}, 0},
		"nonsense after a good one":  {[]string{ok + "\x00\x01"}, 1},
		"a request hidden in a body": {[]string{strings.Replace(plainHead, "Length: 2", fmt.Sprintf("Length: %d", len(ok)), 1) + ok}, 1},
	}
	for name, c := range cases {
		before := fast.fast.Load()
		got, want := ask(t, fast.addr, c.parts...), ask(t, slow, c.parts...)
		if !same(got, want) {
			t.Errorf("%s:\n%v\n%v", name, got, want)
		}
		if n := fast.fast.Load() - before; n != c.fast {
			t.Errorf("%s: the fast path answered %d, want %d", name, n, c.fast)
		}
	}
	for _, h := range heads {
		in := h.head + "{}"
		if got, want := ask(t, fast.addr, in), ask(t, slow, in); !same(got, want) {
			t.Errorf("%s:\n%v\n%v", h.name, got, want)
		}
	}
}

func FuzzConnection(f *testing.F) {
	fast, slow := pair(f)
	for _, h := range heads {
		f.Add([]byte(h.head+"{}"), byte(0))
		f.Add([]byte(plainHead+"{}"+h.head+"{}"+get), byte(9))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut byte) {
		if len(b) > 4<<10 {
			return
		}
		parts := []string{string(b)}
		if k := int(cut); k > 0 && k < len(b) {
			parts = []string{string(b[:k]), string(b[k:])}
		}
		// A connection that is closed on what is still on its way is reset, and the
		// answer may be lost with it: with either server, and by chance.
		for tries := 0; ; tries++ {
			got, want := ask(t, fast.addr, parts...), ask(t, slow, parts...)
			if same(got, want) {
				return
			}
			if tries == 5 || len(parts) == 1 {
				t.Fatalf("%q:\n%v\n%v", b, got, want)
			}
		}
	})
}

// open sends bytes and gives the connection.
func open(t *testing.T, addr, raw string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(c, raw); err != nil {
		t.Fatal(err)
	}
	return c
}

// ends demands that the peer closes, having sent what begins with want.
func ends(t *testing.T, name string, c net.Conn, want string) {
	t.Helper()
	b, err := io.ReadAll(c)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) || !strings.HasPrefix(string(b), want) || want == "" && len(b) > 0 {
		t.Errorf("%s: %v %q", name, err, b)
	}
}

func TestSilentAndSlowCallersAreLetGo(t *testing.T) {
	s := serve(t, echo, func(c *Config) { c.HeaderTimeout, c.IdleTimeout = 80*time.Millisecond, 160*time.Millisecond })
	ends(t, "silent", open(t, s.addr, ""), "")
	ends(t, "half a head", open(t, s.addr, plainHead[:70]), "")
	ends(t, "idle after a request", open(t, s.addr, plainHead+"{}"), "HTTP/1.1 200 OK\r\n")
	ends(t, "half a head after a request", open(t, s.addr, plainHead+"{}"+plainHead[:70]), "HTTP/1.1 200 OK\r\n")
	// A body has the time that net/http gives it.
	c := open(t, s.addr, plainHead+"{")
	time.Sleep(200 * time.Millisecond)
	if _, err := io.WriteString(c, "}"); err != nil {
		t.Fatal(err)
	}
	if res, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || res.StatusCode != 200 {
		t.Errorf("a slow body: %v", err)
	}
}

// A connection that is used now and then lives on, however long.
func TestAUsedConnectionLivesOn(t *testing.T) {
	s := serve(t, echo, func(c *Config) { c.IdleTimeout = 400 * time.Millisecond })
	c := open(t, s.addr, "")
	r := bufio.NewReader(c)
	for i := range 8 {
		if _, err := io.WriteString(c, plainHead+"{}"); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		time.Sleep(120 * time.Millisecond)
	}
}

func TestShutdownLetsRunningRequestsEnd(t *testing.T) {
	began, end := make(chan bool, 1), make(chan bool)
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began <- true
		<-end
		if r.Context().Err() != nil {
			t.Error("the request was given up")
		}
		fmt.Fprint(w, "done")
	}))
	idle := open(t, s.addr, "")
	running := open(t, s.addr, plainHead+"{}")
	<-began
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(context.Background()) }()
	ends(t, "idle", idle, "")
	if err := <-s.ended; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", s.addr); err == nil {
		t.Error("connections are still taken")
	}
	close(end)
	b, _ := io.ReadAll(running)
	if !bytes.Contains(b, []byte("\r\nConnection: close\r\n")) || !bytes.HasSuffix(b, []byte("done")) {
		t.Errorf("%q", b)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestShutdownHasAnEnd(t *testing.T) {
	began := make(chan bool, 1)
	s := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		began <- true
		<-r.Context().Done()
	}))
	c := open(t, s.addr, plainHead+"{}")
	<-began
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	_ = s.Close()
	ends(t, "cut off", c, "")
	s.open.Wait() // the handler was told
}

// A caller who goes away ends what runs for it.
func TestWhoGoesAwayIsNotWorkedFor(t *testing.T) {
	for name, leave := range map[string]func(*net.TCPConn) error{
		"closed": func(c *net.TCPConn) error { return c.Close() },
		"reset": func(c *net.TCPConn) error {
			_ = c.SetLinger(0)
			return c.Close()
		},
		"half closed": func(c *net.TCPConn) error { return c.CloseWrite() },
	} {
		began, told := make(chan bool, 1), make(chan bool, 1)
		s := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			began <- true
			select {
			case <-r.Context().Done():
				told <- true
			case <-time.After(10 * time.Second):
				told <- false
			}
		}))
		c := open(t, s.addr, plainHead+"{}")
		<-began
		select {
		case <-told:
			t.Errorf("%s: given up while the caller waits", name)
		case <-time.After(3 * sweepEvery):
		}
		_ = leave(c.(*net.TCPConn))
		if !<-told {
			t.Errorf("%s: not told", name)
		}
	}
}

// A panic ends its connection and no other.
func TestAPanicEndsItsConnection(t *testing.T) {
	var log bytes.Buffer
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Panic") != "" {
			panic("secret")
		}
		echo(w, r)
	}), func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	other := open(t, s.addr, "")
	ends(t, "panic", open(t, s.addr, with("X-Panic: 1\r\n")+"{}"), "")
	_, _ = io.WriteString(other, plainHead+"{}")
	if res, err := http.ReadResponse(bufio.NewReader(other), nil); err != nil || res.StatusCode != 200 {
		t.Error(err)
	}
	if strings.Contains(log.String(), "secret") || !strings.Contains(log.String(), "panic") {
		t.Errorf("%s", &log)
	}
}

// starved is a listener that has no descriptors left for a while.
type starved struct {
	net.Listener
	left atomic.Int32
}

func (l *starved) Accept() (net.Conn, error) {
	if l.left.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

func TestAStarvedListenerIsAskedAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hungry := &starved{Listener: l}
	hungry.left.Store(3)
	s := New(hungry, Config{Path: path, Handler: echo, HeaderTimeout: time.Minute, IdleTimeout: time.Minute, WriteTimeout: time.Minute, Log: slog.New(slog.DiscardHandler)})
	ended := make(chan error, 1)
	go func() { ended <- s.Serve() }()
	if got := ask(t, l.Addr().String(), plainHead+"{}"); len(got) != 1 || got[0].status != 200 {
		t.Errorf("%v", got)
	}
	_ = l.Close() // not by Shutdown: an error
	if err := <-ended; err == nil || errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

// Many connections at once, each with many requests of different heads: every
// answer belongs to its question.
func TestAnswersAreNotMixed(t *testing.T) {
	s := serve(t, echo)
	var all sync.WaitGroup
	for w := range 16 {
		all.Go(func() {
			c, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(20 * time.Second))
			r := bufio.NewReader(c)
			for i := range 100 {
				body := strings.Repeat("b", (w*i)%700) + fmt.Sprintf("-%d-%d", w, i)
				fmt.Fprintf(c, "POST /graphql HTTP/1.1\r\nHost: h%d\r\nX-Of: %d\r\nContent-Length: %d\r\n\r\n%s", w, i/10, len(body), body)
				res, err := http.ReadResponse(r, nil)
				if err != nil {
					t.Error(err)
					return
				}
				var said struct {
					Host, Body string
					Header     http.Header
				}
				if err := json.NewDecoder(res.Body).Decode(&said); err != nil || said.Host != fmt.Sprintf("h%d", w) || said.Body != body || said.Header.Get("X-Of") != strconv.Itoa(i/10) {
					t.Errorf("%d-%d: %v %+v", w, i, err, said)
				}
				_, _ = io.Copy(io.Discard, res.Body)
			}
		})
	}
	all.Wait()
}

// BenchmarkRequest compares the two on one connection.
func BenchmarkRequest(b *testing.B) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header()["Content-Type"] = []string{"application/json"}
		_, _ = io.WriteString(w, `{"data":{}}`)
	})
	slow := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = slow.Serve(l) }()
	defer slow.Close()
	for _, c := range []struct{ name, addr string }{{"fast", serve(b, h).addr}, {"nethttp", l.Addr().String()}} {
		b.Run(c.name, func(b *testing.B) {
			n, err := net.Dial("tcp", c.addr)
			if err != nil {
				b.Fatal(err)
			}
			defer n.Close()
			b.ReportAllocs()
			in, out := []byte(plainHead+"{}"), make([]byte, 4096)
			for b.Loop() {
				if _, err := n.Write(in); err != nil {
					b.Fatal(err)
				}
				if _, err := n.Read(out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
