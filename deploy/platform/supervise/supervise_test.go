package supervise_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/child"
	"credithub/deploy/platform/supervise"
)

const envRole = "SUPERVISE_TEST_ROLE"

// The test binary is the child, in one of several roles.
func TestMain(m *testing.M) {
	role := os.Getenv(envRole)
	if role == "" {
		os.Exit(m.Run())
	}
	if role != "parent" {
		if err := child.FollowParent(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	switch role {
	case "serve":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		ln, err := child.Listen("127.0.0.1:0")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		go answer(ln)
		<-ctx.Done()
		stop()
		fmt.Println("level=INFO msg=stopped")
		os.Exit(0)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("level=INFO msg=deaf")
		select {}
	case "broken":
		fmt.Println("configuration is wrong")
		os.Exit(7)
	case "brief":
		time.Sleep(20 * time.Millisecond)
		os.Exit(1)
	case "parent":
		p, err := supervise.Start(context.Background(), role2child("serve"))
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("child", p.PID())
		select {}
	}
	os.Exit(1)
}

func answer(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		fmt.Fprintln(c, os.Getpid())
		c.Close()
	}
}

// ask returns the pid that answers at addr.
func ask(ctx context.Context, addr string) (int, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if dl, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(dl)
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(line))
}

func role2child(role string) supervise.Child {
	return supervise.Child{
		Name: role, Env: []string{envRole + "=" + role}, Listen: "127.0.0.1:0",
		Ready:  func(ctx context.Context, addr string) error { _, err := ask(ctx, addr); return err },
		Logger: slog.New(slog.DiscardHandler),
	}
}

func start(t *testing.T, c supervise.Child) *supervise.Process {
	t.Helper()
	p, err := supervise.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// A killed child is there again at the same address; a client that asks in
// between waits and is answered by the new one.
func TestRestart(t *testing.T) {
	reg := prometheus.NewRegistry()
	c := role2child("serve")
	c.Metrics = supervise.NewMetrics(reg)
	p := start(t, c)
	addr, pid := p.Addr(), p.PID()
	for range 3 {
		before := p.Restarts()
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "the end of the old one", func() bool { return gone(pid) })
		next, err := ask(deadline(t), addr)
		if err != nil || next == pid {
			t.Fatalf("process %d answered after %d was killed, error %v", next, pid, err)
		}
		waitFor(t, "readiness", func() bool { return p.Ready() == nil && p.Restarts() == before+1 })
		pid = next
	}
	if n := counted(t, reg); n != 3 {
		t.Errorf("%v restarts counted", n)
	}
	p.Stop()
	if !gone(pid) {
		t.Error("child outlives Stop")
	}
	if _, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
		t.Error("socket outlives Stop")
	}
	p.Stop()
}

func counted(t *testing.T, reg *prometheus.Registry) (n float64) {
	t.Helper()
	fams, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fams {
		if f.GetName() == "credithub_child_restarts_total" {
			n += f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	return n
}

// A child that ends again and again is started ever more slowly, and never
// given up.
func TestBackOff(t *testing.T) {
	c := role2child("brief")
	c.Listen, c.Ready = "", nil
	c.FirstPause, c.MaxPause = time.Millisecond, 4*time.Millisecond
	p := start(t, c)
	waitFor(t, "many restarts", func() bool { return p.Restarts() >= 6 })
}

// A child that can't start even once is reported with its own words.
func TestBrokenChild(t *testing.T) {
	c := role2child("broken")
	_, err := supervise.Start(deadline(t), c)
	if err == nil || !strings.Contains(err.Error(), "exit status 7") || !strings.Contains(err.Error(), "configuration is wrong") {
		t.Errorf("got %v", err)
	}
	c.Path = "/nosuch"
	if _, err := supervise.Start(deadline(t), c); err == nil {
		t.Error("a missing program started")
	}
	c = role2child("stubborn")
	c.ReadyTimeout, c.StopTimeout = 300*time.Millisecond, 50*time.Millisecond
	if _, err := supervise.Start(deadline(t), c); err == nil || !strings.Contains(err.Error(), "did not become ready") {
		t.Errorf("got %v", err)
	}
	c = role2child("serve")
	c.Listen = "0.0.0.0:0"
	if _, err := supervise.Start(deadline(t), c); !errors.Is(err, child.ErrNotLoopback) {
		t.Errorf("got %v", err)
	}
}

// A child that doesn't heed SIGTERM is killed.
func TestStubbornChild(t *testing.T) {
	var log syncBuffer
	c := role2child("stubborn")
	c.Listen, c.StopTimeout, c.Log = "", 100*time.Millisecond, &log
	c.Ready = func(context.Context, string) error {
		if !strings.Contains(log.String(), "deaf") {
			return errors.New("not yet")
		}
		return nil
	}
	p := start(t, c)
	pid := p.PID()
	p.Stop()
	if !gone(pid) {
		t.Error("child outlives Stop")
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// Even a supervisor that is killed takes its children with it.
func TestChildrenDieWithParent(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), envRole+"=parent")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, "child ")))
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the child's end", func() bool {
		// A dead child whose new parent doesn't collect it is as good as gone.
		b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		return gone(pid) || err == nil && strings.Contains(string(b), ") Z ")
	})
}

// The log on disk takes no more than twice its limit.
func TestLogIsBounded(t *testing.T) {
	dir := t.TempDir()
	l, err := supervise.OpenLog(dir, "broker", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		if _, err := fmt.Fprintf(l, "line %03d\n", i); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := os.ReadFile(filepath.Join(dir, "broker.log"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "broker.log.1"))
	if err != nil {
		t.Fatal(err)
	}
	if len(a) > 1000 || len(b) > 1000 || !strings.HasSuffix(string(a), "line 499\n") || !strings.HasSuffix(string(b)+string(a), "line 498\nline 499\n") {
		t.Errorf("%d and %d bytes", len(a), len(b))
	}
	l, err = supervise.OpenLog(dir, "broker", 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Write([]byte("more\n")); err != nil {
		t.Fatal(err)
	}
	if c, err := os.ReadFile(filepath.Join(dir, "broker.log")); err != nil || string(c) != string(a)+"more\n" {
		t.Errorf("opened again: %q, error %v", c, err)
	}
}
