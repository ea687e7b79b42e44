// Package client talks to a hub from outside, by the contract alone: pushes,
// batches, GraphQL and whatever else is asked over HTTP, with a bearer token. The
// commands that talk to a hub, the demonstration set, benchmarks and suites stand
// on it.
//
// It tries nothing again; who waits and how long is for the caller (see ingest/push).
package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"credithub/deploy/platform/problem"
)

// Hub is where to ask, and as whom.
type Hub struct {
	URL      string       // http://host:port
	Token    string       // ""; the public asks
	Language string       // of messages, as in Accept-Language; "": English
	HTTP     *http.Client // nil: one with many connections, and 40 s for a request
}

// At is the hub at a URL, asked by the bearer of a token.
func At(url, token string) *Hub { return &Hub{URL: url, Token: token} }

// shared has many connections to few addresses, and no request without an end.
var shared = &http.Client{
	Timeout:   40 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 10 * time.Second},
}

// Reply is an answer over HTTP.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// maxAnswer bounds the body of an answer.
const maxAnswer = 16 << 20

// ErrStrange is an answer that no hub gives: too long, or no JSON.
var ErrStrange = errors.New("not the answer of a hub")

// Do sends a request for a path below the hub, with its query, and reads the whole
// answer, whatever its status. contentType may be "".
func (h *Hub) Do(ctx context.Context, method, path, contentType string, body []byte) (Reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, h.URL+path, bytes.NewReader(body))
	if err != nil {
		return Reply{}, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return h.Send(req)
}

// Send sends a request of the caller's making as Do does.
func (h *Hub) Send(req *http.Request) (Reply, error) {
	if h.Token != "" {
		req.Header.Set("Authorization", "Bearer "+h.Token)
	}
	if h.Language != "" {
		req.Header.Set("Accept-Language", h.Language)
	}
	r, err := cmp.Or(h.HTTP, shared).Do(req)
	if err != nil {
		return Reply{}, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer+1))
	if err == nil && len(b) > maxAnswer {
		err = fmt.Errorf("%w: longer than 16 MiB", ErrStrange)
	}
	return Reply{Status: r.StatusCode, Header: r.Header, Body: b}, err
}

// Refusal is a problem document of the hub, or an answer of something in between
// that is none.
type Refusal struct{ problem.Document }

// Refused reads a refusal; its status is that of the answer.
func (r *Reply) Refused() *Refusal {
	f := &Refusal{}
	_ = json.Unmarshal(r.Body, &f.Document)
	f.Status = r.Status
	return f
}

// Error tells status and detail.
func (r *Refusal) Error() string {
	if r.Detail == "" {
		return fmt.Sprintf("the hub answered %d %s", r.Status, http.StatusText(r.Status))
	}
	return fmt.Sprintf("the hub answered %d: %s", r.Status, r.Detail)
}

// Push sends rows as they stand; query names what they don't say themselves, such
// as "?domain=tax", or is "". What is not accepted is a *Refusal.
func (h *Hub) Push(ctx context.Context, query, contentType string, body []byte) (Batch, error) {
	r, err := h.Do(ctx, http.MethodPost, "/v1/records"+query, contentType, body)
	if err != nil {
		return Batch{}, err
	}
	return r.Accepted()
}

// Accepted reads the answer to a push.
func (r *Reply) Accepted() (Batch, error) { return r.batch(http.StatusAccepted) }

// Batch tells what became of a push.
func (h *Hub) Batch(ctx context.Context, id string) (Batch, error) {
	r, err := h.Do(ctx, http.MethodGet, "/v1/batches/"+url.PathEscape(id), "", nil)
	if err != nil {
		return Batch{}, err
	}
	return r.batch(http.StatusOK)
}

func (r *Reply) batch(status int) (b Batch, err error) {
	if r.Status != status {
		return b, r.Refused()
	}
	if err := json.Unmarshal(r.Body, &b); err != nil {
		return b, fmt.Errorf("the hub answered %d with something else than JSON: %w: %w", status, ErrStrange, err)
	}
	return b, nil
}

// Serves asks whether the hub or part at addr (host:port) says that it is ready.
func Serves(ctx context.Context, addr string) error {
	r, err := At("http://"+addr, "").Do(ctx, http.MethodGet, "/readyz", "", nil)
	if err == nil && r.Status != http.StatusOK {
		err = fmt.Errorf("not ready: %.1000s", r.Body)
	}
	return err
}
