package process_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"credithub/deploy/platform/child"
	"credithub/deploy/platform/process"
)

const envRole = "PROCESS_TEST_ROLE"

// The test binary is the child, in one of several roles.
func TestMain(m *testing.M) {
	switch os.Getenv(envRole) {
	case "":
		os.Exit(m.Run())
	case "serve":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		ln, err := child.Listen("127.0.0.1:0")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("serves")
		go func() {
			for {
				if c, err := ln.Accept(); err == nil {
					fmt.Fprintln(c, "hello")
					c.Close()
				}
			}
		}()
		<-ctx.Done()
		os.Exit(0)
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("deaf")
		select {}
	}
	os.Exit(7)
}

func start(t *testing.T, role string, s process.Spec) *process.Process {
	t.Helper()
	s.Env = append(s.Env, envRole+"="+role)
	p, err := process.Start(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.End(syscall.SIGKILL, 0) })
	return p
}

func TestServesItsListenerUntilItIsEnded(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var out bytes.Buffer
	p := start(t, "serve", process.Spec{Listener: ln.(*net.TCPListener), Stdout: &out})
	err = p.Await(t.Context(), func(ctx context.Context) error {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", ln.Addr().String())
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.Read(make([]byte, 5))
		return err
	})
	if err != nil || !p.Running() || p.PID() <= 0 {
		t.Fatalf("%v, running %t, process %d", err, p.Running(), p.PID())
	}
	if !p.End(syscall.SIGTERM, 10*time.Second) || p.Running() || p.Err() != nil || out.String() != "serves\n" {
		t.Errorf("running %t, %v, %q", p.Running(), p.Err(), &out)
	}
	if !p.End(syscall.SIGTERM, 0) {
		t.Error("what has ended was killed")
	}
}

func TestAwaitTellsAnEnd(t *testing.T) {
	p := start(t, "broken", process.Spec{})
	began := time.Now()
	err := p.Await(t.Context(), func(context.Context) error { time.Sleep(time.Minute); return nil })
	if !errors.Is(err, process.ErrEnded) || !strings.Contains(err.Error(), "exit status 7") || time.Since(began) > 30*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	p = start(t, "deaf", process.Spec{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	no := errors.New("no")
	if err := p.Await(ctx, func(context.Context) error { return no }); !errors.Is(err, no) {
		t.Errorf("%v", err)
	}
}

func TestTheDeafAreKilled(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := start(t, "deaf", process.Spec{Stdout: f})
	err = p.Await(t.Context(), func(context.Context) error {
		if process.Tail(log, 1) != "deaf" {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil || p.End(syscall.SIGTERM, 50*time.Millisecond) || p.Running() {
		t.Errorf("%v, running %t", err, p.Running())
	}
	var none *process.Process
	if none.Running() || !none.End(syscall.SIGTERM, 0) {
		t.Error("nothing was running")
	}
	if _, err := process.Start(process.Spec{Path: "/nosuch"}); err == nil {
		t.Error("a missing program started")
	}
}
