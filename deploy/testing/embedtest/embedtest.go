// Package embedtest gives tests a real engine and a real broker: the embedded
// ones, each in a child process of the test binary, so that they can be killed.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { embedtest.Main(m) }
//
// The first engine on a machine is installed by npm, as the hub itself does.
package embedtest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"credithub/deploy/embedded/broker"
	"credithub/deploy/embedded/engine"
	"credithub/deploy/embedded/install"
	"credithub/deploy/platform/child"
	"credithub/deploy/platform/process"
	"credithub/schema/feed"
)

const (
	envChild  = "CREDITHUB_CHILD"
	envConfig = "CREDITHUB_CHILD_CONFIG"
	password  = "embedtest-embedtest-embedtest"
)

// Main runs the tests of a package, or the child that one of them asked for.
func Main(m *testing.M) {
	kind := os.Getenv(envChild)
	if kind == "" {
		os.Exit(m.Run())
	}
	if err := runChild(kind); err != nil {
		fmt.Fprintln(os.Stderr, kind+":", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runChild(kind string) error {
	if err := child.FollowParent(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	raw := []byte(os.Getenv(envConfig))
	switch kind {
	case "engine":
		var c EngineOptions
		if err := json.Unmarshal(raw, &c); err != nil {
			return err
		}
		return engine.Run(ctx, engine.Config{
			DataDir: c.Dir, Library: c.Library, Password: password, Logger: log, Nice: c.Nice,
			MaxExecution: c.MaxExecution, MemoryLimit: c.MemoryLimit, MaxReads: c.MaxReads, AdmitWait: c.AdmitWait, TrimEvery: c.TrimEvery,
		})
	case "broker":
		var c BrokerOptions
		if err := json.Unmarshal(raw, &c); err != nil {
			return err
		}
		var users *broker.Users
		if c.Users {
			var err error
			if users, err = broker.OpenUsers(c.Dir); err != nil {
				return err
			}
		}
		return broker.Run(ctx, broker.Config{
			DataDir: c.Dir, Users: users, Logger: log, Nice: c.Nice, Partitions: c.Partitions, SyncWrites: c.SyncWrites,
			Housekeeping: c.Housekeeping,
			Compacted:    []string{feed.EntriesTopic},
			CompactBytes: c.CompactBytes,
		})
	}
	return fmt.Errorf("unknown child %q", kind)
}

// EngineOptions of StartEngine; the zero value is right for most tests.
type EngineOptions struct {
	Dir          string // default t.TempDir()
	Library      string // default: the installed one
	Nice         int
	MaxExecution time.Duration
	MemoryLimit  int64
	MaxReads     int
	AdmitWait    time.Duration
	TrimEvery    time.Duration
}

// BrokerOptions of StartBroker; the zero value is right for most tests.
type BrokerOptions struct {
	Dir          string // default t.TempDir()
	Nice         int
	Partitions   int
	SyncWrites   bool
	Housekeeping time.Duration
	CompactBytes int64
	Users        bool // only the users of broker.OpenUsers(Dir) may come in; else everybody
}

// Process is a running engine or broker.
type Process struct {
	Addr string // host:port; the same after a restart
	Dir  string
	URL  string // of an engine: http://user:password@host:port/database

	t     testing.TB
	kind  string
	env   []string
	ln    *net.TCPListener
	ready func(context.Context, string) error

	mu   sync.Mutex
	life *process.Process // nil before the first
}

// Engine starts an engine and returns its URL, which clickhouse.ParseDSN
// reads: http://user:password@host:port/credithub.
func Engine(t testing.TB) string { return StartEngine(t, EngineOptions{}).URL }

// Broker starts a broker and returns its host:port.
func Broker(t testing.TB) string { return StartBroker(t, BrokerOptions{}).Addr }

// StartEngine starts an engine that can be killed and restarted. It ends with
// the test.
func StartEngine(t testing.TB, o EngineOptions) *Process {
	t.Helper()
	if o.Library == "" {
		lib, err := install.Ensure(context.Background(), nil)
		if err != nil {
			t.Fatalf("embedtest: %v", err)
		}
		o.Library = lib
	}
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	p := newProcess(t, "engine", o.Dir, o)
	p.URL = engine.URL(p.Addr, password)
	p.ready = engine.Ping
	p.Start()
	return p
}

// StartBroker starts a broker that can be killed and restarted. It ends with
// the test.
func StartBroker(t testing.TB, o BrokerOptions) *Process {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	p := newProcess(t, "broker", o.Dir, o)
	p.ready = broker.Ping
	p.Start()
	return p
}

// newProcess opens the listener that all lives of the process share, so that
// its address stays and clients in between wait instead of failing.
func newProcess(t testing.TB, kind, dir string, options any) *Process {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("embedtest: %v", err)
	}
	b, err := json.Marshal(options)
	if err != nil {
		t.Fatalf("embedtest: %v", err)
	}
	p := &Process{
		t: t, kind: kind, Dir: dir, Addr: ln.Addr().String(), ln: ln.(*net.TCPListener),
		env: []string{envChild + "=" + kind, envConfig + "=" + string(b)},
	}
	t.Cleanup(func() { p.Kill(); ln.Close() })
	return p
}

// Start starts the process and waits until it answers. It is running already
// when StartEngine or StartBroker returns.
func (p *Process) Start() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.life.Running() {
		p.t.Fatalf("embedtest: %s is running", p.kind)
	}
	var err error
	if p.life, err = process.Start(process.Spec{Env: p.env, Listener: p.ln, Stderr: os.Stderr}); err != nil {
		p.t.Fatalf("embedtest: start %s: %v", p.kind, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if err := p.life.Await(ctx, func(ctx context.Context) error { return p.ready(ctx, p.Addr) }); err != nil {
		p.t.Fatalf("embedtest: %s does not answer: %v", p.kind, err)
	}
}

// Kill ends the process by SIGKILL, at whatever it is doing.
func (p *Process) Kill() { p.end(syscall.SIGKILL) }

// Stop ends the process by SIGTERM and waits for it.
func (p *Process) Stop() { p.end(syscall.SIGTERM) }

// Restart kills the process and starts it again on the same data and address.
func (p *Process) Restart() {
	p.t.Helper()
	p.Kill()
	p.Start()
}

func (p *Process) end(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.life.End(sig, 10*time.Second) {
		p.t.Errorf("embedtest: %s (process %d) did not end", p.kind, p.life.PID())
	}
}

// Alive tells whether the process is running.
func (p *Process) Alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.life.Running()
}

// PID of the running process.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.life.PID()
}

// RSS is the resident memory of the process in bytes, 0 where the system
// doesn't tell.
func (p *Process) RSS() int64 {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.PID()), "statm"))
	if err != nil {
		return 0
	}
	var total, resident int64
	if _, err := fmt.Sscan(string(b), &total, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}
