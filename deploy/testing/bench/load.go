package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// loader asks one address over a fixed number of keep-alive connections, closed
// loop: each connection sends its next request when its answer is in.
type loader struct {
	addr, path string
	header     string // further header lines, each ending in CRLF
	body       func(r *rand.Rand) (body []byte, key int)
	verify     func(key int, answer []byte) error // nil: any 200
	conns      int
	warm, run  time.Duration
}

// loaded is what a loader saw in its measured time.
type loaded struct {
	requests int
	elapsed  time.Duration
	latency  []time.Duration
	bytes    int // length of the last answer
}

func (l loaded) rate() float64 { return float64(l.requests) / l.elapsed.Seconds() }

func (l *loader) do(ctx context.Context) (loaded, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	start := time.Now().Add(l.warm)
	end := start.Add(l.run)
	var mu sync.Mutex
	var all loaded
	var failed error
	var wg sync.WaitGroup
	for i := range l.conns {
		wg.Go(func() {
			got, err := l.connection(ctx, rand.New(rand.NewPCG(uint64(i), 77)), start, end)
			mu.Lock()
			defer mu.Unlock()
			if err != nil && failed == nil {
				failed = err
				cancel()
			}
			all.requests += got.requests
			all.latency = append(all.latency, got.latency...)
			all.bytes = max(all.bytes, got.bytes)
		})
	}
	wg.Wait()
	all.elapsed = l.run
	return all, failed
}

func (l *loader) connection(ctx context.Context, rng *rand.Rand, start, end time.Time) (loaded, error) {
	var got loaded
	c, err := net.Dial("tcp", l.addr)
	if err != nil {
		return got, err
	}
	defer c.Close()
	r := bufio.NewReaderSize(c, 64<<10)
	var req, answer []byte
	for ctx.Err() == nil {
		body, key := l.body(rng)
		req = fmt.Appendf(req[:0], "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n", l.path, l.addr, l.header, len(body))
		req = append(req, body...)
		sent := time.Now()
		if sent.After(end) {
			return got, nil
		}
		if _, err := c.Write(req); err != nil {
			return got, err
		}
		status, b, err := readAnswer(r, answer)
		if err != nil {
			return got, err
		}
		answer = b
		if status != http.StatusOK {
			return got, fmt.Errorf("bench: status %d: %.300s", status, b)
		}
		if l.verify != nil {
			if err := l.verify(key, b); err != nil {
				return got, err
			}
		}
		if now := time.Now(); sent.After(start) && !now.After(end) {
			got.requests++
			got.latency = append(got.latency, now.Sub(sent))
			got.bytes = len(b)
		}
	}
	return got, ctx.Err()
}

var errFraming = errors.New("bench: answer without Content-Length")

// readAnswer reads one HTTP/1.1 answer with a Content-Length or chunks.
func readAnswer(r *bufio.Reader, buf []byte) (int, []byte, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, buf, err
	}
	if len(line) < 12 {
		return 0, buf, errFraming
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, buf, err
	}
	length, chunked := -1, false
	for {
		line, err = r.ReadSlice('\n')
		if err != nil {
			return 0, buf, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, buf, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	if chunked {
		b, err := readChunks(r, buf[:0])
		return status, b, err
	}
	if length < 0 {
		return 0, buf, errFraming
	}
	if cap(buf) < length {
		buf = make([]byte, length)
	}
	buf = buf[:length]
	_, err = io.ReadFull(r, buf)
	return status, buf, err
}

func readChunks(r *bufio.Reader, buf []byte) ([]byte, error) {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return buf, err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return buf, err
		}
		at := len(buf)
		buf = append(buf, make([]byte, n)...)
		if _, err := io.ReadFull(r, buf[at:]); err != nil {
			return buf, err
		}
		if _, err := r.Discard(2); err != nil {
			return buf, err
		}
		if n == 0 {
			return buf, nil
		}
	}
}
