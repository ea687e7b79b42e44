// Package probe runs the hub and its parts as child processes and talks to them
// from outside, by the contract alone: over HTTP, with tokens of the development
// issuer. Benchmarks and suites stand on it, and the commands
// that talk to a hub.
package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Hub is a hub in a child process, as its users meet it.
type Hub struct {
	Dir  string
	Addr string // host:port of HTTP
	cmd  *exec.Cmd
	exe  string
	toks map[string]string
}

// tempPrefix starts the names of data directories that Start makes and Stop
// removes.
const tempPrefix = "credithub-probe-"

// Start runs `exe up` on dir (a new one when empty) and waits until it is ready.
func Start(ctx context.Context, exe, dir string, args ...string) (*Hub, error) {
	var err error
	if dir == "" {
		if dir, err = os.MkdirTemp("", tempPrefix); err != nil {
			return nil, err
		}
	}
	addr, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	return StartAt(ctx, exe, dir, addr, args...)
}

// StartAt is Start at an address (host:port) of the caller's.
func StartAt(ctx context.Context, exe, dir, addr string, args ...string) (*Hub, error) {
	h := &Hub{Dir: dir, Addr: addr, exe: exe, toks: map[string]string{}}
	h.cmd = exec.Command(exe, append([]string{"up", "--data", dir, "--listen", addr}, args...)...)
	h.cmd.Env = append(os.Environ(), "CREDITHUB_RATE_LIMIT=off")
	h.cmd.Stdout, h.cmd.Stderr = io.Discard, os.Stderr
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	if err := WaitReady(ctx, "http://"+addr, 4*time.Minute); err != nil {
		h.Stop()
		return nil, err
	}
	return h, nil
}

// WaitReady polls /readyz.
func WaitReady(ctx context.Context, url string, limit time.Duration) error {
	end := time.Now().Add(limit)
	last := "no answer"
	for time.Now().Before(end) {
		r, err := http.Get(url + "/readyz")
		if err == nil {
			b, _ := io.ReadAll(io.LimitReader(r.Body, 1<<10))
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
			last = string(b)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("probe: %s not ready in %s: %s", url, limit, last)
}

// Stop ends the hub and removes a data directory that Start made.
func (h *Hub) Stop() {
	_ = h.cmd.Process.Signal(syscall.SIGINT) // it may have ended
	done := make(chan struct{})
	go func() { _ = h.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(15 * time.Second):
		_ = h.cmd.Process.Kill()
	}
	if strings.Contains(filepath.Base(h.Dir), tempPrefix) {
		os.RemoveAll(h.Dir)
	}
}

// Token asks the development issuer.
func (h *Hub) Token(role, unit string) (string, error) {
	key := role + "/" + unit
	if t, ok := h.toks[key]; ok {
		return t, nil
	}
	out, err := exec.Command(h.exe, "token", "--role", role, "--unit", unit, "--data", h.Dir).Output()
	if err != nil {
		return "", fmt.Errorf("probe: token: %w", err)
	}
	t := strings.TrimSpace(string(out))
	h.toks[key] = t
	return t, nil
}

// Pushed is the part of a push's answer that callers here look at.
type Pushed struct {
	BatchID  string `json:"batchId"`
	Accepted int    `json:"accepted"`
	Rejected int    `json:"rejected"`
	Receipt  string `json:"receipt"`
}

// Push sends NDJSON as a unit.
func (h *Hub) Push(ctx context.Context, unit, query string, body []byte) (Pushed, error) {
	t, err := h.Token("agency", unit)
	if err != nil {
		return Pushed{}, err
	}
	return PushTo(ctx, "http://"+h.Addr, t, query, body)
}

// PushTo sends NDJSON to any gateway.
func PushTo(ctx context.Context, url, token, query string, body []byte) (Pushed, error) {
	var p Pushed
	r, err := Do(ctx, http.MethodPost, url+"/v1/records"+query, token, "application/x-ndjson", body)
	if err != nil {
		return p, err
	}
	if r.Status != http.StatusAccepted {
		return p, fmt.Errorf("probe: push answered %d: %.300s", r.Status, r.Body)
	}
	return p, json.Unmarshal(r.Body, &p)
}

// Ask sends one GraphQL request and gives the raw answer, whatever its status.
func Ask(ctx context.Context, url, token, query string, variables map[string]any) ([]byte, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	r, err := Do(ctx, http.MethodPost, url+"/graphql", token, "application/json", body)
	return r.Body, err
}

// FreeAddr is a loopback address that nothing listens on.
func FreeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// WaitTCP waits until something listens on addr.
func WaitTCP(ctx context.Context, addr string) error {
	for range 200 {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("probe: nothing listens on %s", addr)
}

// Build compiles the command into dir and gives the path of the program.
func Build(dir string) (string, error) {
	exe := filepath.Join(dir, "credithub")
	out, err := exec.Command("go", "build", "-o", exe, "credithub/cmd/credithub").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("probe: build: %w: %s", err, out)
	}
	return exe, nil
}
