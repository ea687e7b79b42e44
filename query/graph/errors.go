package graph

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/graphql-go/graphql/gqlerrors"

	"credithub/query/view"
	"credithub/schema/fault"
	"credithub/schema/policy"
)

// refusal is an error that may be shown: a kind and a message. It is what
// resolvers return, so that graphql-go carries it to the answer.
type refusal struct {
	kind    fault.Kind
	message string
	near    []*policy.Matter // that could be meant instead of one that doesn't exist
}

func (r *refusal) Error() string { return r.message }

// Extensions puts the kind where GraphQL callers look for it.
func (r *refusal) Extensions() map[string]interface{} {
	out := map[string]interface{}{"code": code(r.kind)}
	if len(r.near) > 0 {
		out["near"] = r.near
	}
	return out
}

// appendExtensions writes the extensions of an error.
func appendExtensions(b []byte, code string, near []*policy.Matter) []byte {
	b = append(b, `,"extensions":{"code":`...)
	b = appendString(b, code)
	if len(near) > 0 {
		b = append(b, `,"near":[`...)
		for i, m := range near {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(append(b, `{"code":`...), m.Code)
			b = appendString(append(b, `,"nameZh":`...), m.NameZh)
			b = append(appendString(append(b, `,"nameEn":`...), m.NameEn), '}')
		}
		b = append(b, ']')
	}
	return append(b, '}')
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
		return &refusal{kind: f.Kind, message: clean(f.Message)}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &refusal{kind: fault.Timeout, message: "the answer took too long"}
	}
	s.log.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("kind", string(fault.Internal)), slog.String("cause", clean(err.Error())))
	return &refusal{kind: fault.Internal, message: internalMessage}
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
