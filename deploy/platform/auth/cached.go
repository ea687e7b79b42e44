package auth

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"credithub/deploy/platform/metrics"
	"credithub/schema/access"
	"credithub/schema/fault"
)

// maxCached bounds the tokens that are remembered; beyond it a shard forgets all
// it has, which costs no more than verifying them again.
const (
	shards    = 16
	maxCached = 64 << 10
)

// Refusals that are logged, a second and at once; all are counted.
const (
	refusalsPerSecond = 5
	refusalsBurst     = 20
)

// Cached remembers good tokens until they expire, at most ttl, so that a hot
// caller costs a lookup and no signature. Bad tokens are never remembered: the
// log says why they were refused, the caller only learns that they were.
type Cached struct {
	inner expiring
	ttl   time.Duration
	now   func() time.Time
	seed  maphash.Seed
	shard [shards]shard

	log     *slog.Logger
	logging *rate.Limiter
	refused *prometheus.CounterVec
}

// CacheConfig of Cached.
type CacheConfig struct {
	TTL     time.Duration         // life of what is remembered
	Now     func() time.Time      // time.Now when nil
	Log     *slog.Logger          // nil: says nothing
	Metrics prometheus.Registerer // nil: not registered
}

type shard struct {
	mu   sync.Mutex // writers only
	seen atomic.Pointer[map[string]remembered]
}

type remembered struct {
	who   access.Principal
	until time.Time
}

// NewCached puts a cache before a verifier of this package.
func NewCached(v Verifier, conf CacheConfig) (*Cached, error) {
	inner, ok := v.(expiring)
	if !ok || conf.TTL <= 0 {
		return nil, errors.New("auth: cache needs a verifier of this package and a life")
	}
	c := &Cached{inner: inner, ttl: conf.TTL, now: conf.Now, seed: maphash.MakeSeed(), log: cmp.Or(conf.Log, slog.New(slog.DiscardHandler)),
		logging: rate.NewLimiter(refusalsPerSecond, refusalsBurst),
		refused: metrics.Counters(conf.Metrics, "auth", "refused_total", "Tokens refused, by kind of refusal.", "kind")}
	if c.now == nil {
		c.now = time.Now
	}
	for i := range c.shard {
		c.shard[i].seen.Store(&map[string]remembered{})
	}
	return c, nil
}

// Ready says why no token can be verified now.
func (c *Cached) Ready() []string {
	if r, ok := c.inner.(interface{ Ready() []string }); ok {
		return r.Ready()
	}
	return nil
}

// Verify implements Verifier. A hit takes no lock and allocates nothing.
func (c *Cached) Verify(ctx context.Context, token string) (access.Principal, error) {
	s := &c.shard[maphash.String(c.seed, token)%shards]
	now := c.now()
	if r, ok := (*s.seen.Load())[token]; ok && now.Before(r.until) {
		return r.who, nil
	}
	who, expires, err := c.inner.verify(ctx, token)
	if err != nil {
		c.explain(err)
		return access.Principal{}, err
	}
	until := now.Add(c.ttl)
	if expires.Before(until) {
		until = expires
	}
	s.remember(token, remembered{who, until}, now)
	return who, nil
}

// explain logs why a token was refused, and never the token.
func (c *Cached) explain(err error) {
	kind, cause := fault.Internal, err
	var f *fault.Error
	if errors.As(err, &f) {
		kind = f.Kind
		if f.Cause != nil {
			cause = f.Cause
		}
	}
	c.refused.WithLabelValues(string(kind)).Inc()
	if c.logging.Allow() {
		c.log.Warn("token refused", "kind", kind, "reason", clip(cause.Error()))
	}
}

// clip shortens a reason, which may hold a name that the token chose.
func clip(s string) string {
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// remember copies the shard's map with the token added and the expired left out.
func (s *shard) remember(token string, r remembered, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := *s.seen.Load()
	next := make(map[string]remembered, len(old)+1)
	if len(old) < maxCached/shards {
		for k, v := range old {
			if now.Before(v.until) {
				next[k] = v
			}
		}
	}
	next[string([]byte(token))] = r // a copy: the caller's text may be part of a larger buffer
	s.seen.Store(&next)
}
