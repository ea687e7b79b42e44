// Package limit bounds how often a caller may ask. Its memory is bounded too:
// what it forgets about a caller is forgotten in the caller's favour.
package limit

import (
	"cmp"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// OffVariable turns throttling off, on loopback only, for load and attack tests.
const OffVariable = "CREDITHUB_RATE_LIMIT"

// Config of a Limiter.
type Config struct {
	PerSecond float64          // sustained rate of one key
	Burst     int              // requests at once
	Keys      int              // keys that are remembered, 100,000 when zero
	Now       func() time.Time // time.Now when nil
}

// Limiter is a token bucket a key.
type Limiter struct {
	cfg Config
	mu  sync.Mutex
	// young and old are two generations: a key is looked up in both, kept in
	// young, and lost when it was not asked for during a whole generation.
	young, old map[string]*rate.Limiter
}

// New makes a limiter.
func New(c Config) (*Limiter, error) {
	if c.PerSecond <= 0 || c.Burst < 1 {
		return nil, errors.New("limit: rate and burst must be above zero")
	}
	c.Keys = cmp.Or(c.Keys, 100_000)
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Limiter{cfg: c, young: map[string]*rate.Limiter{}}, nil
}

// Allow takes one token of the key's bucket, or says how long to wait for one.
func (l *Limiter) Allow(key string) (wait time.Duration, ok bool) {
	now := l.cfg.Now()
	r := l.bucket(key).ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	return 0, true
}

func (l *Limiter) bucket(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.young[key]; b != nil {
		return b
	}
	b := l.old[key]
	if b == nil {
		b = rate.NewLimiter(rate.Limit(l.cfg.PerSecond), l.cfg.Burst)
	}
	if len(l.young) >= l.cfg.Keys/2 {
		l.old, l.young = l.young, make(map[string]*rate.Limiter, l.cfg.Keys/2)
	}
	l.young[strings.Clone(key)] = b
	return b
}

// Seconds is a wait as Retry-After says it: whole seconds, rounded up, at least 1.
func Seconds(wait time.Duration) int {
	return max(1, int((wait+time.Second-1)/time.Second))
}

// Off tells whether throttling is turned off for a server on this address: the
// variable says so and the address is loopback.
func Off(listen string) bool {
	if os.Getenv(OffVariable) != "off" {
		return false
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
