package auth

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"credithub/deploy/platform/node"
	"credithub/deploy/platform/random"
	"credithub/schema/access"
)

// Names in tokens of the development issuer.
const (
	devIssuer   = "credithub-development"
	devAudience = "credithub"
	issuerKey   = "issuer.key" // below <data>/secrets
)

// MaxTTL bounds the life of a development token.
const MaxTTL = 366 * 24 * time.Hour

// DevIssuer issues and verifies tokens with an Ed25519 key of its data
// directory, made on first use. It is for one machine and for trying things
// out; production verifies tokens of an OIDC provider.
type DevIssuer struct {
	key    ed25519.PrivateKey
	now    func() time.Time
	units  Units
	parser *jwt.Parser
}

type claims struct {
	jwt.RegisteredClaims
	Role string `json:"role"`
	Unit string `json:"unit"`
}

// NewDevIssuer opens the issuer of a data directory.
func NewDevIssuer(dataDir string, now func() time.Time, units Units) (*DevIssuer, error) {
	if now == nil || units == nil {
		return nil, errors.New("auth: the issuer needs a clock and the units")
	}
	seed, err := node.Secret(dataDir, issuerKey)
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("auth: %s has %d bytes, want %d", issuerKey, len(seed), ed25519.SeedSize)
	}
	return &DevIssuer{key: ed25519.NewKeyFromSeed(seed), now: now, units: units,
		parser: newParser([]string{"EdDSA"}, devIssuer, devAudience, now)}, nil
}

// Issue makes a token of a role and unit. The subject is random: development
// tokens name no person.
func (d *DevIssuer) Issue(role access.Role, unit string, ttl time.Duration) (string, error) {
	if ttl <= 0 || ttl > MaxTTL {
		return "", fmt.Errorf("auth: ttl %s is outside 0…%s", ttl, MaxTTL)
	}
	subject := string(role) + "-" + random.Hex(6)
	if _, err := principal(subject, string(role), unit, d.units); err != nil {
		return "", fmt.Errorf("auth: %w", err)
	}
	now := d.now()
	return jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: devIssuer, Audience: jwt.ClaimStrings{devAudience}, Subject: subject,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
		},
		Role: string(role), Unit: unit,
	}).SignedString(d.key)
}

// Verify implements Verifier.
func (d *DevIssuer) Verify(ctx context.Context, token string) (access.Principal, error) {
	p, _, err := d.verify(ctx, token)
	return p, err
}

func (d *DevIssuer) verify(_ context.Context, token string) (who access.Principal, until time.Time, err error) {
	if err = checkSize(token); err != nil {
		return who, until, refused(err)
	}
	var c claims
	_, err = d.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) { return d.key.Public(), soundHead(t) })
	if err == nil && c.ExpiresAt.After(d.now().Add(MaxTTL+Leeway)) {
		err = fmt.Errorf("it lives longer than %s", MaxTTL)
	}
	if err == nil {
		who, err = principal(c.Subject, c.Role, c.Unit, d.units)
	}
	if err != nil {
		return access.Principal{}, until, refused(err)
	}
	return who, c.ExpiresAt.Time, nil
}
