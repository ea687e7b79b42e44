// Package auth tells who calls: it verifies bearer tokens, of the development
// issuer in the data directory or of an OpenID Connect provider, and gives the
// principal behind them.
//
// It promises that a present but bad token is an error and never an anonymous
// caller, that only the algorithms named here are taken, and that nothing works
// with a default key. It decides no right; that is schema/access.
package auth

import (
	"context"
	"net/http"
	"strings"
	"time"

	"credithub/schema/access"
	"credithub/schema/fault"
)

// MaxToken bounds a bearer token, in bytes.
const MaxToken = 8 << 10

// Verifier verifies a token and gives the caller behind it. Its errors are
// fault.Unauthenticated for a bad token and fault.Unavailable when it cannot
// know.
type Verifier interface {
	Verify(ctx context.Context, token string) (access.Principal, error)
}

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

// principal checks the claims that every issuer must give.
func principal(subject, role, unit string) (access.Principal, error) {
	r, ok := access.ParseRole(role)
	if !ok {
		return access.Principal{}, fault.New(fault.Unauthenticated, "the token names no known role")
	}
	if unit == "" || len(unit) > 32 || subject == "" || len(subject) > 128 {
		return access.Principal{}, fault.New(fault.Unauthenticated, "the token lacks its subject or unit")
	}
	return access.Principal{Subject: subject, Unit: unit, Role: r}, nil
}

func refused(cause error) error {
	return fault.Wrap(fault.Unauthenticated, cause, "the token is not valid or has expired")
}
