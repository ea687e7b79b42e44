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

// found is a finding as the hub answers it.
type found struct {
	Line     int        `json:"line"`
	RecordID string     `json:"recordId"`
	Code     fault.Code `json:"code"`
	Field    string     `json:"field"`
	Message  string     `json:"message"`
	Count    int        `json:"count"`
	Value    string     `json:"value"`
}

func (f *found) finding() Finding {
	return Finding{Line: f.Line, RecordID: f.RecordID, Count: f.Count, Fault: fault.Fault{Code: f.Code, Field: f.Field, Message: f.Message, Value: f.Value}}
}

// answer is the 202 of the gateway, or what it tells about a batch.
type answer struct {
	BatchID    string  `json:"batchId"`
	State      string  `json:"state"`
	Accepted   int     `json:"accepted"`
	Rejected   int     `json:"rejected"`
	Receipt    string  `json:"receipt"`
	Rejections []found `json:"rejections"`
	Warnings   []found `json:"warnings"`
	Warned     int     `json:"warned"`
	Truncated  bool    `json:"truncated"`
}

func (a *answer) outcome() Outcome {
	o := Outcome{BatchID: a.BatchID, Receipt: a.Receipt, Accepted: a.Accepted, Rejected: a.Rejected, Cut: a.Truncated}
	warned := map[int]bool{} // as a hub tells it that names no number
	for i := range a.Warnings {
		warned[a.Warnings[i].Line] = true
		a.Warnings[i].Count = max(a.Warnings[i].Count, 1)
	}
	if o.Warned = a.Warned; a.Warned == 0 {
		o.Warned = len(warned)
	}
	for _, all := range [][]found{a.Rejections, a.Warnings} {
		for i := range all {
			o.Findings = append(o.Findings, all[i].finding())
		}
	}
	return o
}

// HTTP pushes to the gateway of a hub.
type HTTP struct {
	hub    string
	token  string
	client *http.Client
	// Language is that of messages, as in Accept-Language; "": English.
	Language string
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
		if t, ok := http.DefaultTransport.(*http.Transport); ok { // a hub that takes all and answers nothing is away too
			t = t.Clone()
			t.ResponseHeaderTimeout = limits.withDefaults().Patience
			client.Transport = t
		}
	}
	return &HTTP{
		hub: strings.TrimRight(u.String(), "/"), token: token, client: client, retry: newRetry(limits),
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
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.hub+"/v1/records"+p.query(), bytes.NewReader(p.Body))
	if err != nil {
		return Outcome{}, err
	}
	r.Header.Set("Authorization", "Bearer "+h.token)
	if h.Language != "" {
		r.Header.Set("Accept-Language", h.Language)
	}
	r.Header.Set("Content-Type", string(p.Form))
	status, head, b, err := h.roundTrip(r)
	switch {
	case err != nil:
		return Outcome{}, err
	case status == http.StatusAccepted:
		return outcome(b)
	case passes(status):
		return Outcome{}, &passing{error: refusal(status, b), after: h.retryAfter(head.Get("Retry-After"))}
	}
	return Outcome{}, refusal(status, b)
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
	var a answer
	if err := json.Unmarshal(b, &a); err != nil {
		return Outcome{}, fmt.Errorf("the hub answered 202 with something else than JSON: %w", err)
	}
	return a.outcome(), nil
}

// Settled asks about the batch until every row of it is stored.
func (h *HTTP) Settled(ctx context.Context, o Outcome) (settled Outcome, err error) {
	settled = o
	err = h.poll(ctx, func() (bool, error) {
		b, err := h.get(ctx, "/v1/batches/"+url.PathEscape(o.BatchID))
		if err != nil {
			return false, err
		}
		var a answer
		if err := json.Unmarshal(b, &a); err != nil {
			return false, fmt.Errorf("the hub answered about a batch with something else than JSON: %w", err)
		}
		if a.State != "STORED" {
			return false, nil
		}
		settled = a.outcome()
		return true, nil
	})
	return settled, err
}

// get reads an answer of the hub; what passes is a passing error.
func (h *HTTP) get(ctx context.Context, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.hub+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+h.token)
	if h.Language != "" {
		r.Header.Set("Accept-Language", h.Language)
	}
	status, _, b, err := h.roundTrip(r)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusOK:
		return b, nil
	case passes(status) || status == http.StatusNotFound: // another node may not have heard of the batch yet
		return nil, &passing{error: refusal(status, b)}
	}
	return nil, refusal(status, b)
}

// roundTrip sends a request; a connection that breaks is a passing error.
func (h *HTTP) roundTrip(r *http.Request) (int, http.Header, []byte, error) {
	res, err := h.client.Do(r)
	if err != nil {
		return 0, nil, nil, &passing{error: err}
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return 0, nil, nil, &passing{error: err}
	}
	return res.StatusCode, res.Header, b, nil
}

// passes tells whether a refusal may mend itself.
func passes(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}
