package graph

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/graphql-go/graphql/gqlerrors"

	"credithub/query/view"
	"credithub/schema/fault"
)

// refusal is an error that may be shown: a kind and a message. It is what
// resolvers return, so that graphql-go carries it to the answer.
type refusal struct {
	kind    fault.Kind
	message string
}

func (r *refusal) Error() string { return r.message }

// Extensions puts the kind where GraphQL callers look for it.
func (r *refusal) Extensions() map[string]interface{} {
	return map[string]interface{}{"code": code(r.kind)}
}

// code is the wire name of a kind in extensions.code: the kinds of HTTP alone
// become those that GraphQL callers know.
func code(k fault.Kind) string {
	switch k {
	case fault.TooLarge:
		return string(fault.TooComplex)
	case fault.MediaType, fault.NotFound:
		return string(fault.BadInput)
	}
	return string(k)
}

const internalMessage = "something went wrong inside; it has been noted"

// refuse makes any error showable. What isn't a fault.Error says nothing but is
// logged.
func (s *Server) refuse(ctx context.Context, err error) *refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		if f.Cause != nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "request failed", slog.String("kind", string(f.Kind)), slog.String("cause", clean(f.Cause.Error())))
		}
		return &refusal{f.Kind, clean(f.Message)}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &refusal{fault.Timeout, "the answer took too long"}
	}
	s.log.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("kind", string(fault.Internal)), slog.String("cause", clean(err.Error())))
	return &refusal{fault.Internal, internalMessage}
}

// clean shortens a text and drops it whole when it holds what looks like an
// identity number.
func clean(s string) string {
	if view.Personal(s) {
		return "the request holds what looks like an identity number; it is not repeated"
	}
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// shown turns graphql-go's errors into those that may be shown. Errors that no
// resolver made are faults of the document when inRequest, else of the server.
func (s *Server) shown(ctx context.Context, errs []gqlerrors.FormattedError, inRequest bool) []gqlerrors.FormattedError {
	for i := range errs {
		e := &errs[i]
		if r := original(*e); r != nil {
			e.Message, e.Extensions = r.message, r.Extensions()
			continue
		}
		if inRequest {
			e.Message, e.Extensions = clean(trimSyntax(e.Message)), (&refusal{kind: fault.BadInput}).Extensions()
			continue
		}
		r := s.refuse(ctx, e)
		e.Message, e.Extensions = r.message, r.Extensions()
	}
	return errs
}

// original finds the refusal in an error of graphql-go, whose own errors don't
// unwrap.
func original(err error) *refusal {
	for range 8 {
		var r *refusal
		var formatted gqlerrors.FormattedError
		var located *gqlerrors.Error
		switch {
		case errors.As(err, &r):
			return r
		case errors.As(err, &formatted):
			err = formatted.OriginalError()
		case errors.As(err, &located):
			err = located.OriginalError
		default:
			return nil
		}
	}
	return nil
}

// trimSyntax keeps the first line of a syntax error; the rest repeats the text.
func trimSyntax(m string) string {
	line, _, _ := strings.Cut(m, "\n")
	return line
}
