// Package front is the endpoint as HTTP sees it: GraphQL over HTTP, who asks and how
// often, what a request may hold, and what its answer looks like when it is none.
// What is asked it hands to a plan or to the schema, and every answer that shows
// what isn't public is in the audit log before it leaves.
package front

import (
	"context"
	"net/http"
	"sync"
	"time"

	"credithub/query/graph/auditlog"
	"credithub/query/graph/document"
	"credithub/query/graph/fields"
	"credithub/query/graph/metrics"
	"credithub/query/graph/plan"
	"credithub/query/graph/refusal"
	"credithub/schema/access"
)

// Verifier turns a bearer token into a principal. A hit of its cache must be
// cheap: it is asked for every request.
type Verifier interface {
	Verify(ctx context.Context, token string) (access.Principal, error)
}

// Config of a Handler.
type Config struct {
	Verifier  Verifier          // required
	Documents *document.Cache   // required
	Plans     *plan.Runner      // required
	Schema    *fields.Schema    // required
	AuditLog  *auditlog.Writer  // required
	Refuse    *refusal.Maker    // required
	Metrics   *metrics.Counters // required
	Limits    *refusal.Limits   // required
	Now       func() time.Time  // required

	Public  chan struct{}    // required: one for each document of the public that is being executed
	Limiter auditlog.Limiter // nil: callers are not throttled
	Quota   Quota            // of look-ups of the public, by address; nil: none
}

// Handler answers GraphQL over HTTP, POST and GET.
type Handler struct {
	Config
	scratch sync.Pool // *exchange
}

// New makes a handler.
func New(c Config) *Handler {
	h := &Handler{Config: c}
	h.scratch.New = func() any {
		return &exchange{Call: plan.Call{Out: make([]byte, 0, 2<<10)}, in: make([]byte, 0, 4<<10)}
	}
	return h
}

// exchange is everything that one request needs and the next can use again.
type exchange struct {
	plan.Call
	w     http.ResponseWriter
	r     *http.Request
	in    []byte // body
	media media
}

// keepBytes is the most that an exchange may keep between requests.
const keepBytes = 1 << 20

// release makes an exchange ready for the next request, or leaves it to the
// garbage collector when it has grown large.
func (h *Handler) release(x *exchange) {
	if cap(x.in)+x.Kept() > keepBytes {
		return
	}
	x.w, x.r, x.in = nil, nil, x.in[:0]
	x.Reset()
	h.scratch.Put(x)
}

var _ http.Handler = (*Handler)(nil)
