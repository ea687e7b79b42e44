package auth

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"credithub/schema/access"
	"credithub/schema/fault"
)

// OIDCConfig names a provider and the claims in its tokens.
type OIDCConfig struct {
	Issuer   string // issuer URL; its discovery document and keys are fetched
	Audience string // client id that tokens must be for
	Role     Claim  // default path "role"
	Unit     Claim  // default path "unit"
	Units    Units
	Now      func() time.Time // time.Now when nil
	Log      *slog.Logger     // nil: says nothing
}

// oidcMethods are the algorithms that a provider may sign with.
var oidcMethods = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// OIDC verifies tokens of an OpenID Connect provider.
type OIDC struct {
	keys   *keyring
	parser *jwt.Parser
	conf   OIDCConfig
}

// NewOIDC begins to fetch the provider's keys and keeps them fresh until ctx ends.
// It doesn't wait for the provider: Ready tells whether tokens can be verified.
func NewOIDC(ctx context.Context, c OIDCConfig) (*OIDC, error) {
	if c.Issuer == "" || c.Audience == "" || c.Units == nil {
		return nil, errors.New("auth: OIDC needs an issuer, an audience and the units")
	}
	c.Role.Path = cmp.Or(c.Role.Path, "role")
	c.Unit.Path = cmp.Or(c.Unit.Path, "unit")
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	o := &OIDC{keys: newKeyring(c.Issuer, c.Now, c.Log), conf: c, parser: newParser(oidcMethods, c.Issuer, c.Audience, c.Now)}
	go o.keys.run(ctx)
	return o, nil
}

// Ready says why no token can be verified now; nothing when they can.
func (o *OIDC) Ready() []string {
	if why := o.keys.missing(); why != "" {
		return []string{"tokens cannot be verified: " + why}
	}
	return nil
}

// Verify implements Verifier.
func (o *OIDC) Verify(ctx context.Context, token string) (access.Principal, error) {
	p, _, err := o.verify(ctx, token)
	return p, err
}

func (o *OIDC) verify(ctx context.Context, token string) (who access.Principal, until time.Time, err error) {
	if err = checkSize(token); err != nil {
		return who, until, refused(err)
	}
	all := jwt.MapClaims{}
	_, err = o.parser.ParseWithClaims(token, all, func(t *jwt.Token) (key any, err error) {
		if err = soundHead(t); err != nil {
			return nil, err
		}
		// A token that isn't of this provider anyway asks it nothing.
		if iss, _ := all["iss"].(string); iss != o.conf.Issuer {
			return nil, jwt.ErrTokenInvalidIssuer
		}
		kid, _ := t.Header["kid"].(string)
		key, until, err = o.keys.find(ctx, kid, t.Method.Alg())
		return key, err
	})
	if err == nil {
		who, err = o.principal(all)
	}
	var f *fault.Error
	switch {
	case errors.As(err, &f) && f.Kind == fault.Unavailable:
		return access.Principal{}, until, f
	case err != nil:
		return access.Principal{}, until, refused(err)
	}
	if exp, err := all.GetExpirationTime(); err == nil && exp.Before(until) {
		until = exp.Time
	}
	return who, until, nil
}

func (o *OIDC) principal(all jwt.MapClaims) (access.Principal, error) {
	sub, err := all.GetSubject()
	if err != nil {
		return access.Principal{}, err
	}
	role, err := o.conf.Role.value(all, "role", knownRole)
	if err != nil {
		return access.Principal{}, err
	}
	unit, err := o.conf.Unit.value(all, "unit", o.conf.Units)
	if err != nil {
		return access.Principal{}, err
	}
	return principal(sub, role, unit, o.conf.Units)
}
