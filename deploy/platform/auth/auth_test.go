package auth

import (
	"context"
	"encoding/base64"
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
	d, err := NewDevIssuer(t.TempDir(), func() time.Time { return *clock }, tables)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// tables are the units that there are.
func tables(code string) bool { return code == "SAMR" || code == "TAX" }

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
		"expired":        func(c *claims) { c.ExpiresAt = jwt.NewNumericDate(t0.Add(-Leeway - time.Second)) },
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

// signed is a token of the issuer with a head and claims of anybody's choosing.
func signed(t *testing.T, d *DevIssuer, head map[string]any, c jwt.Claims) string {
	t.Helper()
	tok := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	for k, v := range head {
		tok.Header[k] = v
	}
	s, err := tok.SignedString(d.key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCase_S2_DevelopmentTokens(t *testing.T) {
	now := t0
	d := issuer(t, &now)
	date := func(in time.Duration) *jwt.NumericDate { return jwt.NewNumericDate(t0.Add(in)) }
	f := func(name string, taken bool, head map[string]any, change func(*claims)) {
		t.Helper()
		c := claims{RegisteredClaims: jwt.RegisteredClaims{Issuer: devIssuer, Audience: jwt.ClaimStrings{devAudience}, Subject: "s",
			IssuedAt: date(0), ExpiresAt: date(time.Hour)}, Role: "officer", Unit: "SAMR"}
		if change != nil {
			change(&c)
		}
		_, err := d.Verify(context.Background(), signed(t, d, head, c))
		if taken && err != nil || !taken && kind(err) != fault.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	f("plain", true, nil, nil)
	f("crit of something", false, map[string]any{"crit": []string{"exp"}}, nil)
	f("crit that is empty", false, map[string]any{"crit": []string{}}, nil)
	f("crit that is null", false, map[string]any{"crit": nil}, nil)
	f("b64", false, map[string]any{"crit": []string{"b64"}, "b64": false}, nil)
	f("another type", false, map[string]any{"typ": "secevent+jwt"}, nil)
	f("a type that is no text", false, map[string]any{"typ": 7}, nil)
	f("no type", true, map[string]any{"typ": nil}, nil)
	f("a unit that isn't in the tables", false, nil, func(c *claims) { c.Unit = "XXXX" })
	f("a unit in lower case", false, nil, func(c *claims) { c.Unit = "samr" })
	f("ended 5 s ago", true, nil, func(c *claims) { c.ExpiresAt = date(-5 * time.Second) })
	f("ended 31 s ago", false, nil, func(c *claims) { c.ExpiresAt = date(-31 * time.Second) })
	f("issued in 5 s", true, nil, func(c *claims) { c.IssuedAt = date(5 * time.Second) })
	f("issued in 31 s", false, nil, func(c *claims) { c.IssuedAt = date(31 * time.Second) })
	f("begins in 5 s", true, nil, func(c *claims) { c.NotBefore = date(5 * time.Second) })
	f("begins in 31 s", false, nil, func(c *claims) { c.NotBefore = date(31 * time.Second) })
	f("lives ten years", false, nil, func(c *claims) { c.ExpiresAt = date(10 * 366 * 24 * time.Hour) })
	f("a role of nobody", false, nil, func(c *claims) { c.Role = "Officer" })
	if _, err := d.Issue(access.Officer, "XXXX", time.Hour); err == nil {
		t.Error("issued a token of a unit that isn't in the tables")
	}
}

func TestCacheKeepsGoodTokensUntilTheyExpire(t *testing.T) {
	now := t0
	d := issuer(t, &now)
	c, err := NewCached(d, CacheConfig{TTL: time.Hour, Now: func() time.Time { return now }})
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
	now = t0.Add(10*time.Minute + Leeway + time.Second)
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
