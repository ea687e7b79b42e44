package limit

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

func TestCase_S5_QuotaOfStrangers(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	q, err := NewQuota(QuotaConfig{Lookups: 60, Window: 10 * time.Minute, PerDay: 300, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for range 800 {
		if _, ok := q.Take("a", 1); ok {
			taken++
		}
	}
	if taken != 60 {
		t.Errorf("%d look-ups at once", taken)
	}
	if wait, ok := q.Take("a", 1); ok || wait < time.Second || wait > 11*time.Second {
		t.Errorf("wait %s", wait)
	}
	if _, ok := q.Take("b", 60); !ok {
		t.Error("another address suffers")
	}
	for range 24 * 60 {
		now = now.Add(time.Minute)
		for range 100 {
			if _, ok := q.Take("a", 1); ok {
				taken++
			}
		}
	}
	if taken > 2*300 || taken < 300 {
		t.Errorf("%d look-ups in a day from a full quota", taken)
	}
	if _, ok := q.Take("c", 61); ok {
		t.Error("more than there are at once")
	}
	if _, ok := q.Take("c", 60); !ok {
		t.Error("a refusal took something")
	}
	if _, err := NewQuota(QuotaConfig{Lookups: 60, Window: time.Minute, PerDay: 5}); err == nil {
		t.Error("a day that is less than a window was taken")
	}
}

func TestQuotaForgetsAndStaysSmall(t *testing.T) {
	q, err := NewQuota(QuotaConfig{Lookups: 1, Window: time.Hour, PerDay: 1, Keys: 100})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10_000 {
		q.Take(fmt.Sprint(i), 1)
	}
	if n := len(q.short.young) + len(q.short.old) + len(q.day.young) + len(q.day.old); n > 220 {
		t.Errorf("%d keys are kept", n)
	}
}

func TestCase_S5_CallersBehindProxies(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	f := func(want, remote string, head ...string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		for i := 0; i < len(head); i += 2 {
			r.Header.Add(head[i], head[i+1])
		}
		var got string
		Behind(trusted)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = Address(r) })).ServeHTTP(nil, r)
		if got != want {
			t.Errorf("%s %q: %s, want %s", remote, head, got, want)
		}
		if r.RemoteAddr != remote {
			t.Error("the connection's address changed")
		}
	}
	const x, fw = "X-Forwarded-For", "Forwarded"
	f("203.0.113.7", "10.0.0.1:1", x, "203.0.113.7")
	f("203.0.113.7", "10.0.0.1:1", x, "1.1.1.1, 203.0.113.7")
	f("203.0.113.7", "10.0.0.1:1", x, "1.1.1.1, 203.0.113.7, 10.0.0.9")
	f("203.0.113.7", "10.0.0.1:1", x, "1.1.1.1", x, "203.0.113.7")
	f("198.51.100.1", "198.51.100.1:1", x, "203.0.113.7")
	f("10.0.0.1", "10.0.0.1:1", x, "203.0.113.7, unknown")
	f("10.0.0.1", "10.0.0.1:1", x, "nonsense")
	f("10.0.0.1", "10.0.0.1:1", x, "")
	f("10.0.0.1", "10.0.0.1:1")
	f("203.0.113.7", "10.0.0.1:1", x, "203.0.113.7:5123")
	f("2001:db8:1::/64", "[fd00::1]:1", x, "2001:db8:1::5")
	f("203.0.113.7", "10.0.0.1:1", fw, "for=1.1.1.1, For=203.0.113.7;proto=https")
	f("2001:db8:1::/64", "10.0.0.1:1", fw, `for="[2001:db8:1::5]:4711"`)
	f("10.0.0.1", "10.0.0.1:1", fw, "for=_hidden")
	f("10.0.0.1", "10.0.0.1:1", x, "203.0.113.7", fw, "for=9.9.9.9")
	f("203.0.113.7", "10.0.0.1:1", x, "203.0.113.7", fw, "for=203.0.113.7")
}
