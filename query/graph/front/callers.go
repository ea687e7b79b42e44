package front

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"credithub/deploy/platform/limit"
	"credithub/query/graph/refusal"
	"credithub/schema/access"
	"credithub/schema/fault"
)

// admitCaller finds out who asks and tells whether the request may go on; if not,
// the answer is written.
func (h *Handler) admitCaller(x *exchange) bool {
	p, err := h.principal(x.r)
	if err != nil {
		h.refuseToken(x, err)
		return false
	}
	x.By = p
	if p.Anonymous() {
		x.Peer = limit.Address(x.r)
	}
	if h.Limiter == nil {
		return true
	}
	key := p.Subject
	if p.Anonymous() || key == "" {
		key = limit.Address(x.r)
	}
	wait, ok := h.Limiter.Allow(key)
	if !ok {
		h.tooMany(x, "rate", wait)
	}
	return ok
}

// refuseToken answers a caller whose token isn't known to be valid, and has that
// recorded: unless he comes too often, which he is told instead.
func (h *Handler) refuseToken(x *exchange, err error) {
	if wait, ok := h.AuditLog.Admits(limit.Address(x.r)); !ok {
		h.tooMany(x, "strangers", wait)
		return
	}
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.Unavailable {
		err = fault.New(f.Kind, "%s", f.Message) // its cause is logged
		x.w.Header().Set("Retry-After", strconv.Itoa(verifyAgain))
	} else {
		f = fault.New(fault.Unauthenticated, "the token is not valid or has expired")
		err = f
		x.w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	h.AuditLog.Refused(x.r.Context(), access.Principal{}, x.Now, refusal.Code(f.Kind))
	h.refuseHTTP(x, httpStatus(err), err)
}

// verifyAgain is after how many seconds a token that can't be verified now may be
// sent again.
const verifyAgain = 5

// tooMany sends a caller away for a while, by the limit of a name.
func (h *Handler) tooMany(x *exchange, name string, wait time.Duration) {
	h.sendAway(x, name, wait, fault.New(fault.TooMany, "too many requests; go on in %d s", limit.Seconds(wait)))
}

func (h *Handler) sendAway(x *exchange, name string, wait time.Duration, err error) {
	x.w.Header().Set("Retry-After", strconv.Itoa(limit.Seconds(wait)))
	h.Metrics.Limit(name)
	h.refuseHTTP(x, http.StatusTooManyRequests, err)
}

// principal reads the bearer token; none is the public.
func (h *Handler) principal(r *http.Request) (access.Principal, error) {
	sent := r.Header["Authorization"]
	if len(sent) == 0 {
		return access.Principal{}, nil
	}
	const scheme = "Bearer "
	if len(sent) > 1 || len(sent[0]) <= len(scheme) || !strings.EqualFold(sent[0][:len(scheme)], scheme) {
		return access.Principal{}, errors.New("not a bearer token")
	}
	return h.Verifier.Verify(r.Context(), sent[0][len(scheme):])
}
