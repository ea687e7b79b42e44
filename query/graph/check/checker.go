// Package check answers check and checks: may this enterprise pass this matter? It
// says who may ask, what a sound question is, decides by the index or, for the
// past, by the store, and has every answer and refusal in the audit log before it
// is given. What restricts whom is query/restrict's to say. It knows nothing of
// GraphQL.
package check

import (
	"context"
	"time"

	"credithub/query/graph/auditlog"
	"credithub/query/graph/metrics"
	"credithub/query/graph/refusal"
	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/query/view"
	"credithub/schema/access"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
)

// Index answers from memory; *restrict.Index does.
type Index interface {
	Ready() (bool, []string)
	CheckInto(dst *restrict.Decision, code string, m *policy.Matter, at time.Time, most int) bool
	CheckPersonInto(dst *restrict.Decision, code, person string, m *policy.Matter, at time.Time, most int) bool
	Still(f func()) (through []receipt.Position, entriesBelow uint64)
	WaitFor(ctx context.Context, ps []receipt.Position) error
	Receipt() string
}

// Store tells what was known at an instant; *store.Store does.
type Store interface {
	Registrations(context.Context, *store.Registrations) (map[string][]store.Record, store.Over, error)
	Entries(context.Context, *store.Entries) (map[string][]list.Entry, store.Over, error)
	HeardBy(context.Context, *store.HeardBy) (map[policy.Source]time.Time, error)
	Facts(context.Context, *store.Facts) ([]store.Record, error)
	Named(context.Context, *store.Named) ([]string, error)
	WaitStored(ctx context.Context, want []receipt.Position) error
}

// Checker answers questions. All fields are required.
type Checker struct {
	Index    Index
	Store    Store
	Policy   *policy.Policy
	AuditLog *auditlog.Writer
	Refuse   *refusal.Maker
	Metrics  *metrics.Counters
	Limits   *refusal.Limits
	Now      func() time.Time
}

// Ask answers a question into a and has the answer, or the refusal, in the audit log
// before it returns.
func (c *Checker) Ask(ctx context.Context, q *Question, a *Answer) error {
	a.Reset()
	err := c.admit(ctx, q, a)
	if err == nil {
		a.many, a.per = q.Many, max(1, c.Limits.AuditCodes)
		err = c.decide(ctx, q, a)
	}
	if err != nil {
		return c.recordRefusal(ctx, q, a.Matter, err)
	}
	return c.recordAnswer(ctx, q, a)
}

// admit says whether a question may be asked and is well put, finds its matter and
// waits for its receipt.
func (c *Checker) admit(ctx context.Context, q *Question, a *Answer) error {
	switch {
	case q.By.Anonymous():
		return fault.New(fault.Unauthenticated, "sign in to ask a check")
	case !q.By.Can(access.Check):
		return fault.New(fault.Forbidden, "checks are for officers, supervisors and admins")
	}
	if len(q.Codes) > c.Limits.Checks {
		c.Metrics.Limit("checks")
	}
	if len(q.CaseNo) > c.Limits.CaseNo {
		c.Metrics.Limit("caseNo")
	}
	if q.Many && (len(q.Codes) == 0 || len(q.Codes) > c.Limits.Checks) {
		return fault.New(fault.BadInput, "usccs: 1 to %d codes", c.Limits.Checks)
	}
	q.fold()
	var near []*policy.Matter
	a.Matter, near = c.Policy.FindMatter(q.Matter)
	err := q.sound(a, near, c.Limits.CaseNo)
	if err == nil && q.Purpose != "" {
		q.use, err = view.PurposeOf(c.Policy, q.Purpose)
	}
	if err != nil {
		return err
	}
	if ok, _ := c.Index.Ready(); !ok {
		return fault.New(fault.Unavailable, "the restriction index is catching up")
	}
	if q.After == "" {
		return nil
	}
	ps, err := Positions(q.After)
	if err != nil {
		return err
	}
	return c.Index.WaitFor(ctx, ps)
}

// InTime fails when the caller has left, or the deadline of what began at an
// instant has passed.
func (c *Checker) InTime(ctx context.Context, began time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.Now().Sub(began) > c.Limits.Deadline {
		return context.DeadlineExceeded
	}
	return nil
}
