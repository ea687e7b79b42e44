// Package probe runs the hub and its parts as child processes, as their users meet
// them, with tokens of the development issuer. Benchmarks and suites stand on it,
// and talk to what it runs by deploy/platform/client.
package probe

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"credithub/deploy/platform/client"
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
	if err := h.life.Await(ctx, func(ctx context.Context) error { return client.Serves(ctx, addr) }); err != nil {
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

// Stop ends the hub and removes a data directory that Start made.
func (h *Hub) Stop() {
	h.life.End(syscall.SIGINT, patience)
	if strings.Contains(filepath.Base(h.Dir), tempPrefix) {
		os.RemoveAll(h.Dir)
	}
}

// Token asks the development issuer.
func (h *Hub) Token(role, unit string) (string, error) { return h.toks.get(h.exe, h.Dir, role, unit) }

// Push sends NDJSON as a unit.
func (h *Hub) Push(ctx context.Context, unit, query string, body []byte) (client.Batch, error) {
	t, err := h.Token("agency", unit)
	if err != nil {
		return client.Batch{}, err
	}
	return client.At("http://"+h.Addr, t).Push(ctx, query, "application/x-ndjson", body)
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
