// Package auth tells who calls: it verifies bearer tokens, of the development
// issuer in the data directory or of an OpenID Connect provider, and gives the
// principal behind them.
//
// It promises that a present but bad token is an error and never an anonymous
// caller, that only the algorithms named here are taken, that a key which its
// provider no longer shows is trusted for KeysLife at most, and that nothing works
// with a default key. It decides no right; that is schema/access.
package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"credithub/schema/access"
	"credithub/schema/fault"
)

// MaxToken bounds a bearer token, in bytes.
const MaxToken = 8 << 10

// Leeway is by how much the clock of an issuer may differ from ours, either way.
const Leeway = 30 * time.Second

// Verifier verifies a token and gives the caller behind it. Its errors are
// fault.Unauthenticated for a bad token and fault.Unavailable when it cannot
// know.
type Verifier interface {
	Verify(ctx context.Context, token string) (access.Principal, error)
}

// Units tells whether a unit of that code is in the tables: nobody acts for one
// that isn't.
type Units func(code string) bool

// expiring is a Verifier that also says until when its answer holds.
type expiring interface {
	verify(ctx context.Context, token string) (access.Principal, time.Time, error)
}

// FromRequest gives the bearer token of a request. ok is false when there is no
// Authorization header at all, which means the public; any other scheme or form
// gives an empty token, which no verifier takes.
func FromRequest(r *http.Request) (token string, ok bool) {
	h := r.Header["Authorization"]
	if len(h) == 0 {
		return "", false
	}
	if len(h) > 1 || len(h[0]) > MaxToken {
		return "", true
	}
	scheme, token, _ := strings.Cut(h[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true
	}
	return strings.TrimSpace(token), true
}

// newParser makes the one parser of tokens; each issuer adds its algorithms and
// names.
func newParser(methods []string, issuer, audience string, now func() time.Time) *jwt.Parser {
	return jwt.NewParser(jwt.WithValidMethods(methods), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(Leeway), jwt.WithStrictDecoding(), jwt.WithTimeFunc(now))
}

// soundHead refuses what a token demands and nobody here understands (RFC 7515
// 4.1.11), and tokens that say to be something else.
func soundHead(t *jwt.Token) error {
	if _, ok := t.Header["crit"]; ok {
		return errors.New("its header demands extensions (crit)")
	}
	switch typ, ok := t.Header["typ"].(string); {
	case t.Header["typ"] == nil:
	case !ok, !strings.EqualFold(typ, "JWT") && !strings.EqualFold(typ, "at+jwt") && !strings.EqualFold(typ, "application/at+jwt"):
		return errors.New("its header names another type than JWT")
	}
	return nil
}

// principal checks what every issuer must say.
func principal(subject, role, unit string, units Units) (access.Principal, error) {
	r, ok := access.ParseRole(role)
	switch {
	case !ok:
		return access.Principal{}, fmt.Errorf("role %s is none of the hub", quoted(role))
	case subject == "" || len(subject) > 128:
		return access.Principal{}, errors.New("its subject is missing or longer than 128 bytes")
	case unit == "":
		return access.Principal{}, errors.New("it names no unit")
	case !units(unit):
		return access.Principal{}, fmt.Errorf("unit %s is not in the tables", quoted(unit))
	}
	return access.Principal{Subject: subject, Unit: unit, Role: r}, nil
}

func refused(cause error) error {
	return fault.Wrap(fault.Unauthenticated, cause, "the token is not valid or has expired")
}

// checkSize comes before everything else.
func checkSize(token string) error {
	if token == "" || len(token) > MaxToken {
		return errors.New("there is no bearer token, or it is too long")
	}
	return nil
}
