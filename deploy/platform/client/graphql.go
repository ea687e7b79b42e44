package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// GraphError is an error that GraphQL answered.
type GraphError struct {
	Code       string
	Message    string
	Extensions json.RawMessage // the code and what else there is
}

// Error joins code and message.
func (e *GraphError) Error() string { return e.Code + ": " + e.Message }

// Code is the code of a GraphError, "" of any other error.
func Code(err error) string {
	var g *GraphError
	if errors.As(err, &g) {
		return g.Code
	}
	return ""
}

// Ask sends one GraphQL request and gives the raw answer, whatever its status.
func (h *Hub) Ask(ctx context.Context, query string, variables map[string]any) (Reply, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return Reply{}, err
	}
	return h.Do(ctx, http.MethodPost, "/graphql", "application/json", body)
}

// Query asks and reads data into out, which may be nil. The first error of the
// answer is a *GraphError; one without data is a *Refusal.
func (h *Hub) Query(ctx context.Context, query string, variables map[string]any, out any) error {
	r, err := h.Ask(ctx, query, variables)
	if err != nil {
		return err
	}
	var a struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions json.RawMessage
		}
	}
	if err := json.Unmarshal(r.Body, &a); err != nil {
		return fmt.Errorf("the answer of %s, status %d, is no GraphQL: %w", h.URL, r.Status, err)
	}
	if len(a.Errors) > 0 {
		e := &GraphError{Message: a.Errors[0].Message, Extensions: a.Errors[0].Extensions}
		var x struct{ Code string }
		_ = json.Unmarshal(e.Extensions, &x) // without a code it is an error all the same
		e.Code = x.Code
		return e
	}
	if a.Data == nil {
		return r.Refused()
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(a.Data, out)
}
