package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Client is the HTTP client of probes: many connections to few addresses, and
// no request without an end.
var Client = &http.Client{
	Timeout:   40 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 10 * time.Second},
}

// Reply is an answer to a request over HTTP.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request with a token ("" for none) and a content type.
func Do(ctx context.Context, method, url, token, contentType string, body []byte) (Reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return Reply{}, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return Send(req)
}

// Send sends any request and reads the whole answer.
func Send(req *http.Request) (Reply, error) {
	r, err := Client.Do(req)
	if err != nil {
		return Reply{}, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return Reply{Status: r.StatusCode, Header: r.Header, Body: b}, err
}

// Finding is a fault of a row as the hub answers it.
type Finding struct {
	Line     int    `json:"line"`
	RecordID string `json:"recordId"`
	Code     string `json:"code"`
	Field    string `json:"field"`
	Message  string `json:"message"`
}

// Taken is the whole answer to a push.
type Taken struct {
	Pushed
	Rejections []Finding `json:"rejections"`
	Warnings   []Finding `json:"warnings"`
}

// Problem is a problem document.
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Batch is the answer of GET /v1/batches/{id}.
type Batch struct {
	BatchID    string    `json:"batchId"`
	Unit       string    `json:"unit"`
	State      string    `json:"state"`
	Accepted   int       `json:"accepted"`
	Rejected   int       `json:"rejected"`
	Stored     int       `json:"stored"`
	Rejections []Finding `json:"rejections"`
}

// WaitStored waits until a batch is STORED.
func WaitStored(ctx context.Context, url, token, id string, limit time.Duration) (Batch, error) {
	var b Batch
	last := ""
	for end := time.Now().Add(limit); time.Now().Before(end); {
		r, err := Do(ctx, http.MethodGet, url+"/v1/batches/"+id, token, "", nil)
		switch {
		case err != nil:
			last = err.Error()
		case r.Status != http.StatusOK:
			last = fmt.Sprintf("%d %s", r.Status, r.Body)
		default:
			b = Batch{}
			if err := json.Unmarshal(r.Body, &b); err != nil {
				return b, err
			}
			if b.State == "STORED" {
				return b, nil
			}
			last = string(r.Body)
		}
		select {
		case <-ctx.Done():
			return b, ctx.Err()
		case <-time.After(30 * time.Millisecond):
		}
	}
	return b, fmt.Errorf("probe: batch %s not stored in %s: %.400s", id, limit, last)
}

// GraphError is an error that GraphQL answered.
type GraphError struct {
	Code    string
	Message string
}

// Error joins code and message.
func (e *GraphError) Error() string { return "graphql: " + e.Code + ": " + e.Message }

// Code is the code of a GraphError, "" of any other error.
func Code(err error) string {
	var g *GraphError
	if errors.As(err, &g) {
		return g.Code
	}
	return ""
}

// Query asks and reads data into out, which may be nil. The first error of the
// answer is a *GraphError.
func Query(ctx context.Context, url, token, query string, variables map[string]any, out any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	r, err := Do(ctx, http.MethodPost, url+"/graphql", token, "application/json", body)
	if err != nil {
		return err
	}
	var a struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(r.Body, &a); err != nil {
		return fmt.Errorf("probe: status %d: %w: %.300s", r.Status, err, r.Body)
	}
	if len(a.Errors) > 0 {
		return &GraphError{Code: a.Errors[0].Extensions.Code, Message: a.Errors[0].Message}
	}
	if a.Data == nil {
		return fmt.Errorf("probe: status %d: %.300s", r.Status, r.Body)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(a.Data, out)
}

// Select asks the ClickHouse of a data directory and gives rows of columns. A
// URL without user takes the engine's password from the directory.
func Select(ctx context.Context, dir, clickhouse, sql string) ([][]string, error) {
	u, err := signedIn(dir, clickhouse)
	if err != nil {
		return nil, err
	}
	user := u.User
	u.User, u.Path, u.RawQuery = nil, "/", "database=credithub"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(sql+" FORMAT TSV"))
	if err != nil {
		return nil, err
	}
	password, _ := user.Password()
	req.SetBasicAuth(user.Username(), password)
	r, err := Send(req)
	if err != nil {
		return nil, err
	}
	if r.Status != http.StatusOK {
		return nil, fmt.Errorf("probe: clickhouse answered %d: %.500s", r.Status, r.Body)
	}
	var rows [][]string
	for line := range strings.Lines(string(r.Body)) {
		rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return rows, nil
}

// EngineURL is the URL of the embedded engine of a data directory with user and
// password.
func EngineURL(dir, clickhouse string) (string, error) {
	u, err := signedIn(dir, clickhouse)
	if err != nil {
		return "", err
	}
	u.Path = "/credithub"
	return u.String(), nil
}

func signedIn(dir, clickhouse string) (*url.URL, error) {
	u, err := url.Parse(clickhouse)
	if err == nil && u.User == nil {
		u.User, err = engineUser(dir)
	}
	return u, err
}

// engineUser reads who may ask the embedded engine of a data directory.
func engineUser(dir string) (*url.Userinfo, error) {
	found, err := filepath.Glob(filepath.Join(dir, "*", "password"))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("probe: %d password files below %s, want one of the engine", len(found), dir)
	}
	b, err := os.ReadFile(found[0])
	if err != nil {
		return nil, err
	}
	return url.UserPassword("credithub", strings.TrimSpace(string(b))), nil
}

// Select asks the ClickHouse of a hub that runs, by what the hub wrote of its
// addresses.
func (h *Hub) Select(ctx context.Context, sql string) ([][]string, error) {
	b, err := os.ReadFile(filepath.Join(h.Dir, "endpoints.json"))
	if err != nil {
		return nil, err
	}
	var e struct{ ClickHouse string }
	if err := json.Unmarshal(b, &e); err != nil {
		return nil, err
	}
	return Select(ctx, h.Dir, e.ClickHouse, sql)
}
