package graph

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/query/graph/auditlog"
	"credithub/query/graph/check"
	"credithub/query/graph/front"
	"credithub/query/graph/refusal"
	"credithub/query/view"
	"credithub/schema/grade"
	"credithub/schema/policy"
)

// Index answers checks from memory; *restrict.Index does.
type Index interface {
	view.Index
	check.Index
}

// Store answers from what is kept; *store.Store does.
type Store interface {
	view.Store
	check.Store
}

// Verifier turns a bearer token into a principal.
type Verifier = front.Verifier

// Auditor keeps a record for good before it returns.
type Auditor = auditlog.Auditor

// Limiter says whether a caller may ask again.
type Limiter = auditlog.Limiter

// Quota bounds what strangers look up.
type Quota = front.Quota

// Limits bound what one request can cost.
type Limits = refusal.Limits

// Config of the endpoint.
type Config struct {
	Index    Index          // required
	Store    Store          // required
	Policy   *policy.Policy // required
	Access   view.Access    // required
	Verifier Verifier       // required
	Auditor  Auditor        // required

	Grade *grade.Rules // classes of enterprises; the built-in rules when nil

	Limits  Limits
	Limiter Limiter // nil: callers are not throttled
	// Strangers bounds, by address, how many refusals of callers without a valid
	// token are recorded; what is beyond is counted only. nil: all are.
	Strangers Limiter
	Quota     Quota                 // of look-ups of the public, by address; nil: none
	Now       func() time.Time      // time.Now when nil
	Logger    *slog.Logger          // slog.Default when nil
	Metrics   prometheus.Registerer // not registered when nil
}

// Validate joins everything that is wrong with the configuration.
func (c *Config) Validate() error {
	var errs []error
	need := func(missing bool, what string) {
		if missing {
			errs = append(errs, errors.New("no "+what))
		}
	}
	need(c.Index == nil, "index")
	need(c.Store == nil, "store")
	need(c.Policy == nil, "policy")
	need(c.Access == nil, "access table")
	need(c.Verifier == nil, "verifier")
	need(c.Auditor == nil, "auditor")
	if len(errs) > 0 {
		return fmt.Errorf("graph: configuration: %w", errors.Join(errs...))
	}
	return nil
}
