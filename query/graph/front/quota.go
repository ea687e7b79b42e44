package front

import (
	"time"

	"credithub/deploy/platform/limit"
	"credithub/query/graph/document"
	"credithub/schema/fault"
)

// Quota bounds what strangers look up, by address; *limit.Quota does.
type Quota interface {
	Take(key string, n int) (wait time.Duration, ok bool)
	Most() int   // at once
	PerDay() int // in a day
}

// withinQuota tells whether a request of the public may be executed; if not, the
// answer is written.
func (h *Handler) withinQuota(x *exchange, doc *document.Document, vars map[string]any) bool {
	if h.Quota == nil || !x.By.Anonymous() {
		return true
	}
	n := doc.Lookups(vars)
	if n == 0 {
		return true
	}
	if n > h.Quota.Most() {
		h.answerFailed(x, h.Refuse.Limited(x.r.Context(), "quota", fault.New(fault.TooComplex,
			"the request holds %d look-ups of the public, which has %d at once; sign in or ask in parts", n, h.Quota.Most())))
		return false
	}
	wait, ok := h.Quota.Take(x.Peer, n)
	if !ok {
		h.sendAway(x, "quota", wait, fault.New(fault.TooMany,
			"the public has %d look-ups at once and %d a day from one address; go on in %d s, or sign in", h.Quota.Most(), h.Quota.PerDay(), limit.Seconds(wait)))
	}
	return ok
}
