package auth

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"credithub/deploy/platform/sleep"
	"credithub/schema/fault"
)

// KeysLife is how long keys are trusted after the provider showed them last. They
// are asked for again every keysEvery.
const (
	KeysLife  = 5 * time.Minute
	keysEvery = time.Minute
)

// Limits of asking the provider.
const (
	fetchTimeout = 5 * time.Second
	fetchWait    = 2 * time.Second // how long a token waits for keys
	fetchEvery   = 2 * time.Second // because of tokens with unknown keys
	fetchBurst   = 5
	retryMost    = 10 * time.Second
	documentMost = 1 << 20
	weakestRSA   = 2048
)

var errSpared = errors.New("the provider was asked often enough")

// keyring holds the keys of a provider. Reading it takes no lock.
type keyring struct {
	issuer string
	client *http.Client
	now    func() time.Time
	log    *slog.Logger
	spare  *rate.Limiter
	flight singleflight.Group

	set  atomic.Pointer[keySet]
	last atomic.Pointer[attempt]
}

type keySet struct {
	keys []jose.JSONWebKey
	at   time.Time // when the provider was asked
}

type attempt struct{ err error }

func newKeyring(issuer string, now func() time.Time, log *slog.Logger) *keyring {
	r := &keyring{issuer: issuer, client: &http.Client{Timeout: fetchTimeout}, now: now, log: log,
		spare: rate.NewLimiter(rate.Every(fetchEvery), fetchBurst)}
	r.set.Store(&keySet{})
	r.last.Store(&attempt{errors.New("it has not answered yet")})
	return r
}

// run keeps the keys fresh until ctx ends.
func (r *keyring) run(ctx context.Context) {
	retry := 250 * time.Millisecond
	for ctx.Err() == nil {
		wait := keysEvery
		if err := r.fetch(ctx, false); err != nil {
			wait, retry = retry, min(2*retry, retryMost)
		} else {
			retry = 250 * time.Millisecond
		}
		sleep.For(ctx, wait)
	}
}

// alive tells whether the keys of a set may still be trusted.
func (r *keyring) alive(s *keySet) bool { return !s.at.IsZero() && r.now().Before(s.at.Add(KeysLife)) }

// missing says why there are no keys; "" when there are.
func (r *keyring) missing() string {
	if r.alive(r.set.Load()) {
		return ""
	}
	return "the provider gives no keys: " + reason(r.last.Load().err)
}

// find gives the keys that a token may be signed with, and until when they are
// trusted. A key that isn't known makes the provider be asked again, for tokens of
// strangers only now and then; when it can't be asked, nobody knows whether the
// token is good.
func (r *keyring) find(ctx context.Context, kid, alg string) (any, time.Time, error) {
	set := r.set.Load()
	if r.alive(set) {
		if ks := set.fitting(kid, alg); len(ks.Keys) > 0 {
			return ks, set.at.Add(KeysLife), nil
		}
	}
	err := r.await(ctx)
	set = r.set.Load()
	if r.alive(set) {
		if ks := set.fitting(kid, alg); len(ks.Keys) > 0 {
			return ks, set.at.Add(KeysLife), nil
		}
	}
	if errors.Is(err, errSpared) {
		err = r.last.Load().err
	}
	if err == nil && r.alive(set) {
		return nil, time.Time{}, errors.New("the provider has no such key")
	}
	return nil, time.Time{}, fault.Wrap(fault.Unavailable, err, "tokens cannot be verified now: the provider of tokens does not answer")
}

// await fetches the keys once for all who wait.
func (r *keyring) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, fetchWait)
	defer cancel()
	done := r.flight.DoChan("", func() (any, error) {
		return nil, r.fetch(context.WithoutCancel(ctx), true)
	})
	select {
	case got := <-done:
		return got.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fetch asks the provider for its keys.
func (r *keyring) fetch(ctx context.Context, spare bool) error {
	if spare && !r.spare.Allow() {
		return errSpared
	}
	asked := r.now()
	keys, err := r.read(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		if before := r.last.Swap(&attempt{err}).err; before == nil || r.set.Load().at.IsZero() {
			r.log.Warn("the provider of tokens gives no keys", "cause", err)
		}
		return err
	}
	if r.last.Swap(&attempt{}).err != nil {
		r.log.Info("the provider of tokens gives keys", "keys", len(keys))
	}
	for old := r.set.Load(); asked.After(old.at); old = r.set.Load() {
		if r.set.CompareAndSwap(old, &keySet{keys, asked}) {
			break
		}
	}
	return nil
}

// read reads the discovery document and the keys that it names.
func (r *keyring) read(ctx context.Context) ([]jose.JSONWebKey, error) {
	var doc struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := r.get(ctx, strings.TrimSuffix(r.issuer, "/")+"/.well-known/openid-configuration", &doc); err != nil {
		return nil, err
	}
	switch {
	case doc.Issuer != r.issuer:
		return nil, &badProvider{fmt.Sprintf("its document is of issuer %q, not of %q", doc.Issuer, r.issuer)}
	case strings.HasPrefix(r.issuer, "https:") && !strings.HasPrefix(doc.Keys, "https:"):
		return nil, &badProvider{"its document names no https address of keys"}
	}
	var set jose.JSONWebKeySet
	if err := r.get(ctx, doc.Keys, &set); err != nil {
		return nil, err
	}
	var usable []jose.JSONWebKey
	for _, k := range set.Keys {
		if usableKey(&k) {
			usable = append(usable, k)
		}
	}
	if len(usable) == 0 {
		return nil, &badProvider{"it shows no key to verify with"}
	}
	return usable, nil
}

// badProvider is an answer that can't be used; its text may be shown.
type badProvider struct{ text string }

func (b *badProvider) Error() string { return b.text }

// reason is why the provider gives no keys, without addresses.
func reason(err error) string {
	var bad *badProvider
	if errors.As(err, &bad) {
		return bad.text
	}
	return "it does not answer"
}

func (r *keyring) get(ctx context.Context, url string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return &badProvider{fmt.Sprintf("it answers %d", res.StatusCode)}
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, documentMost+1))
	if err != nil {
		return err
	}
	if len(raw) > documentMost || json.Unmarshal(raw, into) != nil {
		return &badProvider{"it answers something that is no document of OpenID Connect"}
	}
	return nil
}

func usableKey(k *jose.JSONWebKey) bool {
	if !k.Valid() || !k.IsPublic() || k.Use != "" && k.Use != "sig" {
		return false
	}
	if pub, ok := k.Key.(*rsa.PublicKey); ok && pub.N.BitLen() < weakestRSA {
		return false
	}
	return true
}

// fitting are the keys of a name; of a token that names none, all. A key that is
// for one algorithm serves no other.
func (s *keySet) fitting(kid, alg string) (out jwt.VerificationKeySet) {
	for i := range s.keys {
		k := &s.keys[i]
		if (kid == "" || k.KeyID == kid) && (k.Algorithm == "" || k.Algorithm == alg) {
			out.Keys = append(out.Keys, k.Key)
		}
	}
	return out
}
