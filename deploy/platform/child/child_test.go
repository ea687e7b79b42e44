package child_test

import (
	"errors"
	"testing"

	"credithub/deploy/platform/child"
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
