package auth

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"credithub/schema/access"
	"credithub/schema/fault"
)

// provider is an OpenID Connect provider whose keys come and go.
type provider struct {
	*httptest.Server
	mu    sync.Mutex
	keys  map[string]*ecdsa.PrivateKey
	state string // "": answers; "down": breaks off; "hang": never ends
	asked int
}

func newProvider(t *testing.T, kids ...string) *provider {
	t.Helper()
	p := &provider{keys: map[string]*ecdsa.PrivateKey{}}
	over := make(chan struct{})
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked++
		state, doc := p.state, p.document(r.URL.Path)
		p.mu.Unlock()
		switch state {
		case "down":
			panic(http.ErrAbortHandler)
		case "hang":
			select {
			case <-over:
			case <-r.Context().Done():
			}
			return
		}
		_ = json.NewEncoder(w).Encode(doc)
	}))
	t.Cleanup(func() { close(over); p.CloseClientConnections(); p.Close() })
	for _, kid := range kids {
		p.add(t, kid)
	}
	return p
}

func (p *provider) document(path string) any {
	if path != "/keys" {
		return map[string]any{"issuer": p.URL, "jwks_uri": p.URL + "/keys"}
	}
	keys := []any{}
	for kid, k := range p.keys {
		raw, _ := k.PublicKey.Bytes()
		keys = append(keys, map[string]any{"kty": "EC", "crv": "P-256", "kid": kid, "alg": "ES256", "use": "sig",
			"x": base64.RawURLEncoding.EncodeToString(raw[1:33]), "y": base64.RawURLEncoding.EncodeToString(raw[33:])})
	}
	return map[string]any{"keys": keys}
}

func (p *provider) set(f func()) { p.mu.Lock(); defer p.mu.Unlock(); f() }

func (p *provider) add(t *testing.T, kid string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p.set(func() { p.keys[kid] = key })
}

func (p *provider) count() (n int) { p.set(func() { n = p.asked }); return n }

// sign makes a token of a key, whether the provider shows it or not.
func sign(t *testing.T, kid string, key *ecdsa.PrivateKey, c jwt.MapClaims) string {
	t.Helper()
	tok := jwt.NewWithClaims(jwt.SigningMethodES256, c)
	tok.Header["kid"] = kid
	out, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (p *provider) claims(now time.Time) jwt.MapClaims {
	return jwt.MapClaims{"iss": p.URL, "aud": "hub", "sub": "officer-1", "exp": now.Add(time.Hour).Unix(), "role": "officer", "unit": "SAMR"}
}

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }
func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// oidcOf is a verifier without the loop that keeps its keys fresh; the test fetches.
func oidcOf(t *testing.T, p *provider, now func() time.Time, change func(*OIDCConfig)) *OIDC {
	t.Helper()
	c := OIDCConfig{Issuer: p.URL, Audience: "hub", Units: tables, Now: now}
	if change != nil {
		change(&c)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	o, err := NewOIDC(ended, c)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOIDC(t *testing.T) {
	p := newProvider(t, "k")
	o := oidcOf(t, p, nil, func(c *OIDCConfig) { c.Role.Path = "hub_role" })
	good := func() jwt.MapClaims {
		c := p.claims(time.Now())
		c["hub_role"] = "officer"
		return c
	}
	who, err := o.Verify(context.Background(), sign(t, "k", p.keys["k"], good()))
	if err != nil || who != (access.Principal{Subject: "officer-1", Unit: "SAMR", Role: access.Officer}) {
		t.Fatalf("%+v %v", who, err)
	}
	for name, change := range map[string]func(jwt.MapClaims){
		"audience":     func(c jwt.MapClaims) { c["aud"] = "other" },
		"issuer":       func(c jwt.MapClaims) { c["iss"] = "https://other.example" },
		"expired":      func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Hour).Unix() },
		"no end":       func(c jwt.MapClaims) { delete(c, "exp") },
		"role":         func(c jwt.MapClaims) { c["hub_role"] = "root" },
		"unit":         func(c jwt.MapClaims) { delete(c, "unit") },
		"unknown unit": func(c jwt.MapClaims) { c["unit"] = "XXXX" },
		"subject":      func(c jwt.MapClaims) { delete(c, "sub") },
	} {
		c := good()
		change(c)
		if _, err := o.Verify(context.Background(), sign(t, "k", p.keys["k"], c)); kind(err) != fault.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	now := t0
	d := issuer(t, &now)
	dev, _ := d.Issue(access.Admin, "SAMR", time.Hour)
	if _, err := o.Verify(context.Background(), dev); kind(err) != fault.Unauthenticated {
		t.Errorf("a development token passed the provider: %v", err)
	}
	raw, _ := p.keys["k"].PublicKey.Bytes()
	hmac := jwt.NewWithClaims(jwt.SigningMethodHS256, good())
	hmac.Header["kid"] = "k"
	forged, _ := hmac.SignedString(raw)
	if _, err := o.Verify(context.Background(), forged); kind(err) != fault.Unauthenticated {
		t.Errorf("the public key served as a secret: %v", err)
	}
}

func TestMadeUpKeysDoNotReachTheProvider(t *testing.T) {
	p := newProvider(t, "k")
	o := oidcOf(t, p, nil, nil)
	good := sign(t, "k", p.keys["k"], p.claims(time.Now()))
	if _, err := o.Verify(context.Background(), good); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if _, err := o.Verify(context.Background(), sign(t, "made-up", p.keys["k"], p.claims(time.Now()))); kind(err) != fault.Unauthenticated {
			t.Fatal(err)
		}
	}
	if n := p.count(); n > 2*fetchBurst+2 {
		t.Errorf("the provider was asked %d times", n)
	}
	if _, err := o.Verify(context.Background(), good); err != nil {
		t.Errorf("a good token suffers: %v", err)
	}
}

func TestCase_S1_RemovedKeysExpire(t *testing.T) {
	p := newProvider(t, "old")
	c := &clock{t: time.Now()}
	o := oidcOf(t, p, c.now, nil)
	cached, err := NewCached(o, CacheConfig{TTL: time.Hour, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	token := sign(t, "old", p.keys["old"], p.claims(c.now()))
	if _, err := cached.Verify(context.Background(), token); err != nil {
		t.Fatal(err)
	}
	p.set(func() { delete(p.keys, "old") })
	p.add(t, "new")
	c.pass(KeysLife)
	if _, err := cached.Verify(context.Background(), token); kind(err) != fault.Unauthenticated {
		t.Errorf("a token of a removed key: %v", err)
	}
	if _, err := cached.Verify(context.Background(), sign(t, "new", p.keys["new"], p.claims(c.now()))); err != nil {
		t.Errorf("a token of the new key: %v", err)
	}
	p.set(func() { p.state = "down" })
	c.pass(KeysLife)
	if _, err := cached.Verify(context.Background(), sign(t, "new", p.keys["new"], p.claims(c.now()))); kind(err) != fault.Unavailable {
		t.Errorf("keys that nobody could look at for %s: %v", KeysLife, err)
	}
	if len(cached.Ready()) != 1 {
		t.Error("it says that it is ready")
	}
}

func TestCase_S1_ProviderDownAtStart(t *testing.T) {
	p := newProvider(t, "k")
	p.set(func() { p.state = "down" })
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o, err := NewOIDC(ctx, OIDCConfig{Issuer: p.URL, Audience: "hub", Units: tables})
	if err != nil {
		t.Fatalf("the hub doesn't start: %v", err)
	}
	if why := o.Ready(); len(why) != 1 || strings.Contains(why[0], p.URL) {
		t.Errorf("reasons: %q", why)
	}
	token := sign(t, "k", p.keys["k"], p.claims(time.Now()))
	if _, err := o.Verify(context.Background(), token); kind(err) != fault.Unavailable {
		t.Errorf("with the provider down: %v", err)
	}
	p.set(func() { p.state = "" })
	for end := time.Now().Add(15 * time.Second); len(o.Ready()) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it doesn't recover by itself")
		}
	}
	if _, err := o.Verify(context.Background(), token); err != nil {
		t.Errorf("after its return: %v", err)
	}
}

func TestCase_S1_NewKeyWhileDown(t *testing.T) {
	for _, state := range []string{"down", "hang"} {
		p := newProvider(t, "k")
		o := oidcOf(t, p, nil, nil)
		old := sign(t, "k", p.keys["k"], p.claims(time.Now()))
		if _, err := o.Verify(context.Background(), old); err != nil {
			t.Fatal(err)
		}
		p.add(t, "new")
		p.set(func() { p.state = state })
		fresh := sign(t, "new", p.keys["new"], p.claims(time.Now()))
		for range 2 * fetchBurst {
			began := time.Now()
			if _, err := o.Verify(context.Background(), fresh); kind(err) != fault.Unavailable {
				t.Fatalf("%s: %v", state, err)
			}
			if d := time.Since(began); d > fetchWait+time.Second {
				t.Fatalf("%s: took %s", state, d)
			}
			if state == "hang" {
				break
			}
		}
		if _, err := o.Verify(context.Background(), old); err != nil {
			t.Errorf("%s: the known key suffers: %v", state, err)
		}
	}
}

func TestCase_S1_ClaimsByConfiguration(t *testing.T) {
	p := newProvider(t, "k")
	f := func(name string, role, unit Claim, claims map[string]any, want access.Principal) {
		t.Helper()
		o := oidcOf(t, p, nil, func(c *OIDCConfig) { c.Role, c.Unit = role, unit })
		c := jwt.MapClaims{"iss": p.URL, "aud": "hub", "sub": "s", "exp": time.Now().Add(time.Hour).Unix()}
		for k, v := range claims {
			c[k] = v
		}
		got, err := o.Verify(context.Background(), sign(t, "k", p.keys["k"], c))
		if want.Role == "" && kind(err) != fault.Unauthenticated || want.Role != "" && (err != nil || got.Role != want.Role || got.Unit != want.Unit) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	officer := access.Principal{Role: access.Officer, Unit: "SAMR"}
	nested := map[string]any{"realm_access": map[string]any{"roles": []string{"offline_access", "officer"}}, "unit": "SAMR"}
	f("nested array", Claim{Path: "realm_access.roles"}, Claim{}, nested, officer)
	f("names of the provider", Claim{Path: "realm_access.roles", Names: map[string]string{"审批员": "officer"}}, Claim{Path: "org", Names: map[string]string{"市监局": "SAMR"}},
		map[string]any{"realm_access": map[string]any{"roles": []string{"x", "审批员"}}, "org": "市监局"}, officer)
	f("two names of one role", Claim{Path: "r", Names: map[string]string{"a": "officer", "b": "officer"}}, Claim{}, map[string]any{"r": []string{"a", "b"}, "unit": "SAMR"}, officer)
	f("a claim whose name has dots", Claim{Path: "https://hub.example/role"}, Claim{}, map[string]any{"https://hub.example/role": "officer", "unit": "SAMR"}, officer)
	f("dots within a path", Claim{Path: "a.b.c"}, Claim{}, map[string]any{"a.b": map[string]any{"c": "officer"}, "unit": "SAMR"}, officer)
	f("unit in an array", Claim{}, Claim{Path: "groups"}, map[string]any{"role": "officer", "groups": []string{"staff", "SAMR"}}, officer)
	f("two roles", Claim{Path: "realm_access.roles"}, Claim{}, map[string]any{"realm_access": map[string]any{"roles": []string{"admin", "officer"}}, "unit": "SAMR"}, access.Principal{})
	f("our name where names of theirs are listed", Claim{Path: "role", Names: map[string]string{"审批员": "officer"}}, Claim{}, map[string]any{"role": "officer", "unit": "SAMR"}, access.Principal{})
	f("a number", Claim{}, Claim{}, map[string]any{"role": 1, "unit": "SAMR"}, access.Principal{})
	f("nothing there", Claim{Path: "a.b"}, Claim{}, map[string]any{"a": "officer", "unit": "SAMR"}, access.Principal{})
}

func TestCase_S1_RefusalsSayWhyInTheLog(t *testing.T) {
	p := newProvider(t, "k")
	o := oidcOf(t, p, nil, nil)
	var out bytes.Buffer
	cached, err := NewCached(o, CacheConfig{TTL: time.Minute, Log: slog.New(slog.NewTextHandler(&out, nil))})
	if err != nil {
		t.Fatal(err)
	}
	f := func(change func(jwt.MapClaims), want string) {
		t.Helper()
		out.Reset()
		c := p.claims(time.Now())
		change(c)
		token := sign(t, "k", p.keys["k"], c)
		_, err := cached.Verify(context.Background(), token)
		var refused *fault.Error
		if !errors.As(err, &refused) || refused.Kind != fault.Unauthenticated || refused.Message != "the token is not valid or has expired" {
			t.Errorf("the caller learns: %v", err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log says %q, want %q", out.String(), want)
		}
		if strings.Contains(out.String(), strings.Split(token, ".")[1]) {
			t.Error("the log holds the token")
		}
	}
	f(func(c jwt.MapClaims) { c["role"] = []string{"viewer", "x"} }, `claim role names no known role among 2: \"viewer\", \"x\"`)
	f(func(c jwt.MapClaims) { c["unit"] = "XXXX" }, `claim unit names no known unit among 1: \"XXXX\"`)
	f(func(c jwt.MapClaims) { c["unit"] = "11010519491231002X" }, "(personal)")
	f(func(c jwt.MapClaims) { delete(c, "unit") }, "claim unit, which names the unit, is missing")
	f(func(c jwt.MapClaims) { c["aud"] = "x" }, "audience")
	f(func(c jwt.MapClaims) { c["exp"] = 1 }, "expired")
}

func TestADocumentOfAnotherIssuerIsNotTaken(t *testing.T) {
	p := newProvider(t, "k")
	o := oidcOf(t, p, nil, func(c *OIDCConfig) { c.Issuer += "/" })
	c := p.claims(time.Now())
	c["iss"] = p.URL + "/"
	if _, err := o.Verify(context.Background(), sign(t, "k", p.keys["k"], c)); kind(err) != fault.Unavailable {
		t.Errorf("a document of another issuer was taken: %v", err)
	}
}
