package limit

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestBucket(t *testing.T) {
	now := time.Unix(1000, 0)
	l, err := New(Config{PerSecond: 2, Burst: 3, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if _, ok := l.Allow("a"); !ok {
			t.Fatalf("request %d of the burst was refused", i+1)
		}
	}
	wait, ok := l.Allow("a")
	if ok || wait != 500*time.Millisecond {
		t.Fatalf("after the burst: %v %v", wait, ok)
	}
	if wait, ok = l.Allow("a"); ok || wait != 500*time.Millisecond {
		t.Fatalf("a refusal cost a token: %v", wait)
	}
	if _, ok := l.Allow("b"); !ok {
		t.Fatal("one key's use was counted against another")
	}
	now = now.Add(500 * time.Millisecond)
	if _, ok := l.Allow("a"); !ok {
		t.Fatal("refused after the wait it had asked for")
	}
}

func TestMemoryIsBoundedAndBusyKeysAreKept(t *testing.T) {
	now := time.Unix(1000, 0)
	l, err := New(Config{PerSecond: 0.001, Burst: 1, Keys: 100, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	l.Allow("busy")
	for i := range 10_000 {
		l.Allow(fmt.Sprint(i))
		if _, ok := l.Allow("busy"); ok {
			t.Fatalf("a busy key was forgotten after %d others", i)
		}
	}
	if n := len(l.young) + len(l.old); n > 100 {
		t.Fatalf("%d keys remembered, limit 100", n)
	}
}

func TestOffOnLoopbackOnly(t *testing.T) {
	f := func(value, listen string, want bool) {
		t.Helper()
		t.Setenv(OffVariable, value)
		if got := Off(listen); got != want {
			t.Errorf("%q on %q: %t", value, listen, got)
		}
	}
	f("off", "127.0.0.1:8080", true)
	f("off", "[::1]:8080", true)
	f("off", "localhost:8080", true)
	f("off", "0.0.0.0:8080", false)
	f("off", ":8080", false)
	f("off", "192.168.0.1:80", false)
	f("", "127.0.0.1:8080", false)
	f("on", "127.0.0.1:8080", false)
}

func TestNewRefusesNoRate(t *testing.T) {
	if _, err := New(Config{Burst: 1}); err == nil {
		t.Error("a limiter without a rate was made")
	}
	if _, err := New(Config{PerSecond: 1}); err == nil {
		t.Error("a limiter without a burst was made")
	}
}

func TestAddressAndSecondsAreWhatHeadersSay(t *testing.T) {
	for _, c := range []struct{ peer, want string }{
		{"10.1.2.3:4711", "10.1.2.3"}, {"[2001:db8::1]:443", "2001:db8::/64"}, {"[2001:db8:0:0:9::7]:1", "2001:db8::/64"}, {"[::ffff:10.1.2.3]:4711", "10.1.2.3"}, {"@", "@"}, {"", ""},
	} {
		if got := Address(&http.Request{RemoteAddr: c.peer}); got != c.want {
			t.Errorf("%q: %q, want %q", c.peer, got, c.want)
		}
	}
	for wait, want := range map[time.Duration]int{-1: 1, 0: 1, 1: 1, time.Second: 1, time.Second + 1: 2, 90 * time.Second: 90} {
		if got := Seconds(wait); got != want {
			t.Errorf("%v: %d, want %d", wait, got, want)
		}
	}
}
