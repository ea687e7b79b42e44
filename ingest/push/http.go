package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"credithub/deploy/platform/client"
	"credithub/schema/fault"
)

// outcome is what the 202 of the gateway says, or what it tells about a batch.
func outcome(b *client.Batch) Outcome {
	o := Outcome{BatchID: b.BatchID, Receipt: b.Receipt, Accepted: b.Accepted, Rejected: b.Rejected, Cut: b.Truncated}
	warned := map[int]bool{} // as a hub tells it that names no number
	for i := range b.Warnings {
		warned[b.Warnings[i].Line] = true
		b.Warnings[i].Count = max(b.Warnings[i].Count, 1)
	}
	if o.Warned = b.Warned; b.Warned == 0 {
		o.Warned = len(warned)
	}
	for _, all := range [][]client.Finding{b.Rejections, b.Warnings} {
		for _, f := range all {
			o.Findings = append(o.Findings, Finding{Line: f.Line, RecordID: f.RecordID, Count: f.Count,
				Fault: fault.Fault{Code: f.Code, Field: f.Field, Message: f.Message, Value: f.Value}})
		}
	}
	return o
}

// HTTP pushes to the gateway of a hub.
type HTTP struct {
	Hub client.Hub
	retry
}

// NewHTTP makes a target of a hub's address, such as http://127.0.0.1:8080, and
// a token of role agency.
func NewHTTP(hub, token string, limits Limits) (*HTTP, error) {
	u, err := url.Parse(hub)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("push: %q is no address of a hub, such as http://127.0.0.1:8080", hub)
	}
	if token == "" {
		return nil, errors.New("push: no token")
	}
	c := &http.Client{Timeout: 5 * time.Minute}
	if t, ok := http.DefaultTransport.(*http.Transport); ok { // a hub that takes all and answers nothing is away too
		t = t.Clone()
		t.ResponseHeaderTimeout = limits.withDefaults().Patience
		c.Transport = t
	}
	return &HTTP{Hub: client.Hub{URL: strings.TrimRight(u.String(), "/"), Token: token, HTTP: c}, retry: newRetry(limits)}, nil
}

// Send posts a part until the hub has answered for it: after 429, 502, 503, 504
// and broken connections it waits, as long as Retry-After says or ever longer,
// and tries again.
func (h *HTTP) Send(ctx context.Context, p Part) (o Outcome, err error) {
	err = h.do(ctx, func() error {
		r, err := h.Hub.Do(ctx, http.MethodPost, "/v1/records"+p.query(), string(p.Form), p.Body)
		if err != nil {
			return broken(err)
		}
		b, err := r.Accepted()
		if err != nil && passes(r.Status) {
			return &passing{error: err, after: h.retryAfter(r.Header.Get("Retry-After"))}
		}
		o = outcome(&b)
		return err
	})
	return o, err
}

// retryAfter reads seconds or a date.
func (h *HTTP) retryAfter(s string) time.Duration {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return min(time.Duration(n)*time.Second, h.limits.Patience)
	}
	if t, err := http.ParseTime(s); err == nil {
		return min(max(t.Sub(h.now()), 0), h.limits.Patience)
	}
	return 0
}

// Settled asks about the batch until every row of it is stored.
func (h *HTTP) Settled(ctx context.Context, o Outcome) (settled Outcome, err error) {
	settled = o
	err = h.poll(ctx, func() (bool, error) {
		b, err := h.Hub.Batch(ctx, o.BatchID)
		var told *client.Refusal
		switch {
		case err == nil && b.State != client.Stored:
			return false, nil
		case err == nil:
			settled = outcome(&b)
			return true, nil
		case !errors.As(err, &told):
			return false, broken(err)
		case passes(told.Status) || told.Status == http.StatusNotFound: // another node may not have heard of the batch yet
			return false, &passing{error: err}
		}
		return false, err
	})
	return settled, err
}

// broken is the error of a connection that broke, which passes; not so an answer
// that no hub gives.
func broken(err error) error {
	if errors.Is(err, client.ErrStrange) {
		return err
	}
	return &passing{error: err}
}

// passes tells whether a refusal may mend itself.
func passes(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}
