package push

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"credithub/schema/fault"
)

// HTTP pushes to the gateway of a hub.
type HTTP struct {
	url    string
	token  string
	client *http.Client
	retry
}

// NewHTTP makes a target of a hub's address, such as http://127.0.0.1:8080, and
// a token of role agency. client may be nil.
func NewHTTP(hub, token string, client *http.Client, limits Limits) (*HTTP, error) {
	u, err := url.Parse(hub)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("push: %q is no address of a hub, such as http://127.0.0.1:8080", hub)
	}
	if token == "" {
		return nil, errors.New("push: no token")
	}
	if client == nil {
		client = &http.Client{Timeout: 5 * time.Minute}
	}
	return &HTTP{
		url: strings.TrimRight(u.String(), "/") + "/v1/records", token: token, client: client, retry: newRetry(limits),
	}, nil
}

// Refusal is a problem document of the hub that trying again doesn't mend.
type Refusal struct {
	Status int
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Error tells status and detail.
func (r *Refusal) Error() string {
	if r.Detail == "" {
		return fmt.Sprintf("the hub answered %d %s", r.Status, http.StatusText(r.Status))
	}
	return fmt.Sprintf("the hub answered %d: %s", r.Status, r.Detail)
}

// Send posts a part until the hub has answered for it: after 429, 502, 503, 504
// and broken connections it waits, as long as Retry-After says or ever longer,
// and tries again.
func (h *HTTP) Send(ctx context.Context, p Part) (o Outcome, err error) {
	err = h.do(ctx, func() (err error) {
		o, err = h.post(ctx, p)
		return err
	})
	return o, err
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 16 << 20

func (h *HTTP) post(ctx context.Context, p Part) (Outcome, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url+p.query(), bytes.NewReader(p.Body))
	if err != nil {
		return Outcome{}, err
	}
	r.Header.Set("Authorization", "Bearer "+h.token)
	r.Header.Set("Content-Type", string(p.Form))
	res, err := h.client.Do(r)
	if err != nil {
		return Outcome{}, &passing{error: err}
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return Outcome{}, &passing{error: err}
	}
	switch res.StatusCode {
	case http.StatusAccepted:
		return outcome(b)
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return Outcome{}, &passing{error: refusal(res.StatusCode, b), after: h.retryAfter(res.Header.Get("Retry-After"))}
	}
	return Outcome{}, refusal(res.StatusCode, b)
}

func refusal(status int, b []byte) *Refusal {
	r := &Refusal{}
	_ = json.Unmarshal(b, r) // an answer of something in between is no problem document
	r.Status = status
	return r
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

// outcome reads the 202 of the gateway.
func outcome(b []byte) (Outcome, error) {
	type found struct {
		Line     int        `json:"line"`
		RecordID string     `json:"recordId"`
		Code     fault.Code `json:"code"`
		Field    string     `json:"field"`
		Message  string     `json:"message"`
		Count    int        `json:"count"`
	}
	var a struct {
		BatchID    string  `json:"batchId"`
		Accepted   int     `json:"accepted"`
		Rejected   int     `json:"rejected"`
		Receipt    string  `json:"receipt"`
		Rejections []found `json:"rejections"`
		Warnings   []found `json:"warnings"`
		Warned     int     `json:"warned"`
		Truncated  bool    `json:"truncated"`
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return Outcome{}, fmt.Errorf("the hub answered 202 with something else than JSON: %w", err)
	}
	o := Outcome{
		BatchID: a.BatchID, Receipt: a.Receipt, Accepted: a.Accepted, Rejected: a.Rejected, Cut: a.Truncated,
	}
	warned := map[int]bool{} // as a hub tells it that names no number
	for i := range a.Warnings {
		warned[a.Warnings[i].Line] = true
		a.Warnings[i].Count = max(a.Warnings[i].Count, 1)
	}
	if o.Warned = a.Warned; a.Warned == 0 {
		o.Warned = len(warned)
	}
	for _, f := range append(a.Rejections, a.Warnings...) {
		o.Findings = append(o.Findings, Finding{Line: f.Line, RecordID: f.RecordID, Count: f.Count, Fault: fault.Fault{Code: f.Code, Field: f.Field, Message: f.Message}})
	}
	return o, nil
}
