// Package probe runs the hub and its parts as child processes and talks to them
// from outside, by the contract alone: over HTTP, with tokens of the development
// issuer. Benchmarks and suites stand on it, and the commands
// that talk to a hub.
package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"credithub/deploy/platform/process"
)

// Hub is a hub in a child process, as its users meet it.
type Hub struct {
	Dir  string
	Addr string // host:port of HTTP
	exe  string
	life *process.Process
	toks tokens
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
	h := &Hub{Dir: dir, Addr: addr, exe: exe}
	args = append([]string{"up", "--data", dir, "--listen", addr}, args...)
	var err error
	if h.life, err = process.Start(process.Spec{Path: exe, Args: args, Env: []string{unlimited}, Stderr: os.Stderr}); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, firstReady)
	defer cancel()
	if err := h.life.Await(ctx, func(ctx context.Context) error { return Serves(ctx, addr) }); err != nil {
		h.Stop()
		return nil, fmt.Errorf("probe: %s is not ready: %w", addr, err)
	}
	return h, nil
}

const (
	// firstReady bounds the first start of a hub, which may install the engine.
	firstReady = 4 * time.Minute
	// unlimited frees what is measured or tested from limits a caller.
	unlimited = "CREDITHUB_RATE_LIMIT=off"
)

// Serves asks whether the hub or part at addr says that it is ready.
func Serves(ctx context.Context, addr string) error {
	r, err := Do(ctx, http.MethodGet, "http://"+addr+"/readyz", "", "", nil)
	if err == nil && r.Status != http.StatusOK {
		err = fmt.Errorf("not ready: %.1000s", r.Body)
	}
	return err
}

// Stop ends the hub and removes a data directory that Start made.
func (h *Hub) Stop() {
	h.life.End(syscall.SIGINT, patience)
	if strings.Contains(filepath.Base(h.Dir), tempPrefix) {
		os.RemoveAll(h.Dir)
	}
}

// Token asks the development issuer.
func (h *Hub) Token(role, unit string) (string, error) { return h.toks.get(h.exe, h.Dir, role, unit) }

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

// FreeAddr is a loopback address that nothing listens on, outside the range from
// which the system takes ports for outgoing connections, so that nobody takes it
// before it is used, or while what listens there is down.
func FreeAddr() (string, error) {
	for range 200 {
		addr := fmt.Sprintf("127.0.0.1:%d", 14_000+rand.IntN(16_000))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		return addr, l.Close()
	}
	return "", errors.New("probe: no free port")
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
