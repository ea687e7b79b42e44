package child_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credithub/deploy/embedded/child"
)

func TestLoopback(t *testing.T) {
	f := func(addr string, ok bool) {
		t.Helper()
		if err := child.Loopback(addr); (err == nil) != ok {
			t.Errorf("%s: %v", addr, err)
		}
	}
	f("127.0.0.1:0", true)
	f("127.8.9.1:9092", true)
	f("[::1]:9092", true)
	f("localhost:9092", true)
	f("0.0.0.0:9092", false)
	f(":9092", false)
	f("192.168.1.2:9092", false)
	f("example.com:9092", false)
	f("127.0.0.1", false)
}

func TestLockDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	l, err := child.LockDir(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := child.LockDir(dir, 20*time.Millisecond); !errors.Is(err, child.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
	go func() {
		time.Sleep(50 * time.Millisecond)
		if err := l.Unlock(); err != nil {
			t.Error(err)
		}
	}()
	next, err := child.LockDir(dir, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := next.Unlock(); err != nil {
		t.Error(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := child.LockDir(file, 0); err == nil {
		t.Error("a file was locked as a directory")
	}
}

func TestInheritance(t *testing.T) {
	t.Setenv(child.EnvListener, "zero")
	if _, err := child.Listen("127.0.0.1:0"); err == nil {
		t.Error("took a listener that is no number")
	}
	t.Setenv(child.EnvListener, "")
	ln, err := child.ListenAnywhere("0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if _, err := child.Listen("0.0.0.0:0"); !errors.Is(err, child.ErrNotLoopback) {
		t.Errorf("got %v", err)
	}
	t.Setenv(child.EnvParent, "1")
	if err := child.FollowParent(); err == nil {
		t.Error("followed the standard output")
	}
}

func TestNice(t *testing.T) {
	if err := child.Nice(0); err != nil {
		t.Error(err)
	}
	for _, n := range []int{-1, 20} {
		if err := child.Nice(n); err == nil {
			t.Errorf("%d was taken", n)
		}
	}
}
