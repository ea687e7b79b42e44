package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"credithub/schema/access"
	"credithub/schema/fault"
)

var t0 = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func issuer(t *testing.T, clock *time.Time) *DevIssuer {
	t.Helper()
	d, err := NewDevIssuer(t.TempDir(), func() time.Time { return *clock })
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func kind(err error) fault.Kind {
	var e *fault.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

func TestDevelopmentTokens(t *testing.T) {
	now := t0
	d := issuer(t, &now)
	token, err := d.Issue(access.Officer, "SAMR", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	who, err := d.Verify(context.Background(), token)
	if err != nil || who.Role != access.Officer || who.Unit != "SAMR" || who.Subject == "" {
		t.Fatalf("%+v %v", who, err)
	}
	refuse := func(name, token string) {
		t.Helper()
		if _, err := d.Verify(context.Background(), token); kind(err) != fault.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	parts := strings.Split(token, ".")
	body, _ := base64.RawURLEncoding.DecodeString(parts[1])
	forged := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(body), `"officer"`, `"admin"`, 1)))
	refuse("changed claims", parts[0]+"."+forged+"."+parts[2])
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	refuse("alg none", none+"."+parts[1]+".")
	hmac, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": devIssuer, "aud": devAudience, "sub": "x",
		"role": "admin", "unit": "SAMR", "exp": t0.Add(time.Hour).Unix()}).SignedString([]byte("credithub"))
	refuse("HMAC with a guessed secret", hmac)
	other := issuer(t, &now)
	foreign, _ := other.Issue(access.Admin, "SAMR", time.Hour)
	refuse("other data directory", foreign)
	refuse("empty", "")
	refuse("too long", strings.Repeat("a", MaxToken+1))
	refuse("no token", "abc")
	sign := func(c claims) string {
		s, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c).SignedString(d.key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	good := claims{RegisteredClaims: jwt.RegisteredClaims{Issuer: devIssuer, Audience: jwt.ClaimStrings{devAudience}, Subject: "s",
		ExpiresAt: jwt.NewNumericDate(t0.Add(time.Hour))}, Role: "officer", Unit: "SAMR"}
	if _, err := d.Verify(context.Background(), sign(good)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*claims){
		"wrong audience": func(c *claims) { c.Audience = jwt.ClaimStrings{"elsewhere"} },
		"wrong issuer":   func(c *claims) { c.Issuer = "elsewhere" },
		"no expiry":      func(c *claims) { c.ExpiresAt = nil },
		"expired":        func(c *claims) { c.ExpiresAt = jwt.NewNumericDate(t0.Add(-time.Second)) },
		"unknown role":   func(c *claims) { c.Role = "root" },
		"no unit":        func(c *claims) { c.Unit = "" },
		"no subject":     func(c *claims) { c.Subject = "" },
		"from the future": func(c *claims) {
			c.IssuedAt = jwt.NewNumericDate(t0.Add(time.Hour))
		},
	} {
		c := good
		change(&c)
		refuse(name, sign(c))
	}
	if _, err := d.Issue("root", "SAMR", time.Hour); err == nil {
		t.Error("issued a token of an unknown role")
	}
	if _, err := d.Issue(access.Officer, "SAMR", MaxTTL+1); err == nil {
		t.Error("issued a token without end")
	}
}

func TestCacheKeepsGoodTokensUntilTheyExpire(t *testing.T) {
	now := t0
	d := issuer(t, &now)
	c, err := NewCached(d, time.Hour, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	token, _ := d.Issue(access.Officer, "SAMR", 10*time.Minute)
	for range 3 {
		if _, err := c.Verify(context.Background(), token); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = c.Verify(context.Background(), token) }); n > 0 {
		t.Errorf("a hit allocates %v times", n)
	}
	now = t0.Add(10*time.Minute + time.Second)
	if _, err := c.Verify(context.Background(), token); kind(err) != fault.Unauthenticated {
		t.Fatalf("an expired token was served from the cache: %v", err)
	}
	if _, err := c.Verify(context.Background(), token+"x"); kind(err) != fault.Unauthenticated {
		t.Fatal("a bad token was taken")
	}
}

func TestFromRequest(t *testing.T) {
	f := func(want string, wantOK bool, headers ...string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		for _, h := range headers {
			r.Header.Add("Authorization", h)
		}
		if got, ok := FromRequest(r); got != want || ok != wantOK {
			t.Errorf("%q: %q %t", headers, got, ok)
		}
	}
	f("", false)
	f("abc", true, "Bearer abc")
	f("abc", true, "bearer  abc ")
	f("", true, "Basic abc")
	f("", true, "")
	f("", true, "Bearer a", "Bearer b")
	f("", true, "Bearer "+strings.Repeat("a", MaxToken))
}

// provider is an OpenID Connect provider with one key.
func provider(t *testing.T) (url string, sign func(jwt.MapClaims) string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": s.URL, "jwks_uri": s.URL + "/keys",
			"authorization_endpoint": s.URL + "/a", "token_endpoint": s.URL + "/t", "id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	raw, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "kid": "k", "alg": "ES256", "use": "sig",
			"x": base64.RawURLEncoding.EncodeToString(raw[1:33]), "y": base64.RawURLEncoding.EncodeToString(raw[33:])}}})
	})
	return s.URL, func(c jwt.MapClaims) string {
		tok := jwt.NewWithClaims(jwt.SigningMethodES256, c)
		tok.Header["kid"] = "k"
		out, err := tok.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func TestOIDC(t *testing.T) {
	url, sign := provider(t)
	o, err := NewOIDC(context.Background(), OIDCConfig{Issuer: url, Audience: "hub", RoleClaim: "hub_role"})
	if err != nil {
		t.Fatal(err)
	}
	good := func() jwt.MapClaims {
		return jwt.MapClaims{"iss": url, "aud": "hub", "sub": "officer-1", "exp": time.Now().Add(time.Hour).Unix(), "hub_role": "officer", "unit": "SAMR"}
	}
	who, err := o.Verify(context.Background(), sign(good()))
	if err != nil || who != (access.Principal{Subject: "officer-1", Unit: "SAMR", Role: access.Officer}) {
		t.Fatalf("%+v %v", who, err)
	}
	for name, change := range map[string]func(jwt.MapClaims){
		"audience": func(c jwt.MapClaims) { c["aud"] = "other" },
		"issuer":   func(c jwt.MapClaims) { c["iss"] = "https://other.example" },
		"expired":  func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Hour).Unix() },
		"role":     func(c jwt.MapClaims) { c["hub_role"] = "root" },
		"unit":     func(c jwt.MapClaims) { delete(c, "unit") },
	} {
		c := good()
		change(c)
		if _, err := o.Verify(context.Background(), sign(c)); kind(err) != fault.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	now := t0
	d := issuer(t, &now)
	dev, _ := d.Issue(access.Admin, "SAMR", time.Hour)
	if _, err := o.Verify(context.Background(), dev); kind(err) != fault.Unauthenticated {
		t.Errorf("a development token passed the provider: %v", err)
	}
}

func TestMadeUpKeysDoNotReachTheProvider(t *testing.T) {
	url, sign := provider(t)
	asked := 0
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		res, err := http.Get(url + r.URL.Path)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		var doc map[string]any
		_ = json.NewDecoder(res.Body).Decode(&doc)
		if doc["issuer"] != nil {
			doc["issuer"], doc["jwks_uri"] = "http://"+r.Host, "http://"+r.Host+"/keys"
		}
		_ = json.NewEncoder(w).Encode(doc)
	}))
	defer front.Close()
	o, err := NewOIDC(context.Background(), OIDCConfig{Issuer: front.URL, Audience: "hub"})
	if err != nil {
		t.Fatal(err)
	}
	good := sign(jwt.MapClaims{"iss": front.URL, "aud": "hub", "sub": "s", "exp": time.Now().Add(time.Hour).Unix(), "role": "officer", "unit": "SAMR"})
	if _, err := o.Verify(context.Background(), good); err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		tok := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": front.URL})
		tok.Header["kid"] = "made-up"
		forged, err := tok.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Verify(context.Background(), forged); kind(err) != fault.Unauthenticated {
			t.Fatal(err)
		}
	}
	if asked > 2*fetchBurst {
		t.Errorf("the provider was asked %d times", asked)
	}
	if _, err := o.Verify(context.Background(), good); err != nil {
		t.Errorf("a good token suffers: %v", err)
	}
}
