package auth

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"credithub/schema/access"
)

// maxCached bounds the tokens that are remembered; beyond it a shard forgets all
// it has, which costs no more than verifying them again.
const (
	shards    = 16
	maxCached = 64 << 10
)

// Cached remembers good tokens until they expire, at most ttl, so that a hot
// caller costs a lookup and no signature. Bad tokens are never remembered.
type Cached struct {
	inner expiring
	ttl   time.Duration
	now   func() time.Time
	seed  maphash.Seed
	shard [shards]shard
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
func NewCached(v Verifier, ttl time.Duration, now func() time.Time) (*Cached, error) {
	inner, ok := v.(expiring)
	if !ok || now == nil || ttl <= 0 {
		return nil, errors.New("auth: cache needs a verifier of this package, a life and a clock")
	}
	c := &Cached{inner: inner, ttl: ttl, now: now, seed: maphash.MakeSeed()}
	for i := range c.shard {
		c.shard[i].seen.Store(&map[string]remembered{})
	}
	return c, nil
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
		return access.Principal{}, err
	}
	until := now.Add(c.ttl)
	if expires.Before(until) {
		until = expires
	}
	s.remember(token, remembered{who, until}, now)
	return who, nil
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
