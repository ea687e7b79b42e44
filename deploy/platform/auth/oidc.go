package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/time/rate"

	"credithub/schema/access"
	"credithub/schema/fault"
)

// OIDCConfig names a provider and the claims in its tokens.
type OIDCConfig struct {
	Issuer    string // issuer URL; its discovery document and keys are fetched
	Audience  string // client id that tokens must be for
	RoleClaim string // default "role"
	UnitClaim string // default "unit"
}

// Limits of asking the provider for its keys.
const (
	fetchTimeout = 5 * time.Second
	fetchEvery   = 2 * time.Second
	fetchBurst   = 5
)

var errSpared = errors.New("auth: the provider was asked often enough")

// sparing lets a few requests through and refuses the others at once.
type sparing struct {
	inner http.RoundTripper
	rate  *rate.Limiter
}

func (s *sparing) RoundTrip(r *http.Request) (*http.Response, error) {
	if !s.rate.Allow() {
		return nil, errSpared
	}
	return s.inner.RoundTrip(r)
}

// OIDC verifies tokens of an OpenID Connect provider.
type OIDC struct {
	verifier   *oidc.IDTokenVerifier
	role, unit string
}

// NewOIDC reads the provider's discovery document.
func NewOIDC(ctx context.Context, c OIDCConfig) (*OIDC, error) {
	if c.Issuer == "" || c.Audience == "" {
		return nil, errors.New("auth: OIDC needs an issuer and an audience")
	}
	// A token with an unknown key id makes the library fetch the keys again:
	// made-up tokens must not become requests to the provider.
	ctx = oidc.ClientContext(ctx, &http.Client{Timeout: fetchTimeout,
		Transport: &sparing{inner: http.DefaultTransport, rate: rate.NewLimiter(rate.Every(fetchEvery), fetchBurst)}})
	p, err := oidc.NewProvider(ctx, c.Issuer)
	if err != nil {
		return nil, fmt.Errorf("auth: OIDC provider: %w", err)
	}
	o := &OIDC{
		verifier: p.VerifierContext(ctx, &oidc.Config{ClientID: c.Audience, SupportedSigningAlgs: []string{
			oidc.RS256, oidc.ES256, oidc.ES384, oidc.EdDSA, oidc.PS256}}),
		role: c.RoleClaim, unit: c.UnitClaim,
	}
	if o.role == "" {
		o.role = "role"
	}
	if o.unit == "" {
		o.unit = "unit"
	}
	return o, nil
}

// Verify implements Verifier.
func (o *OIDC) Verify(ctx context.Context, token string) (access.Principal, error) {
	p, _, err := o.verify(ctx, token)
	return p, err
}

func (o *OIDC) verify(ctx context.Context, token string) (access.Principal, time.Time, error) {
	if token == "" || len(token) > MaxToken {
		return access.Principal{}, time.Time{}, refused(errors.New("no bearer token, or one that is too long"))
	}
	t, err := o.verifier.Verify(ctx, token)
	if err != nil {
		if ctx.Err() != nil {
			return access.Principal{}, time.Time{}, fault.Wrap(fault.Unavailable, err, "tokens cannot be verified now")
		}
		return access.Principal{}, time.Time{}, refused(err)
	}
	var all map[string]any
	if err := t.Claims(&all); err != nil {
		return access.Principal{}, time.Time{}, refused(err)
	}
	role, _ := all[o.role].(string)
	unit, _ := all[o.unit].(string)
	p, err := principal(t.Subject, role, unit)
	return p, t.Expiry, err
}
