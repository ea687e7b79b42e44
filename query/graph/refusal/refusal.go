// Package refusal is what a caller is told instead of an answer: a kind, a message
// and, of a matter that doesn't exist, those that could be meant. No message holds
// what isn't the caller's to know.
package refusal

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"

	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/location"

	"credithub/query/graph/metrics"
	"credithub/query/view"
	"credithub/schema/fault"
	"credithub/schema/jsontext"
	"credithub/schema/policy"
)

// Refusal is an error that may be shown: a kind and a message. It is what
// resolvers return, so that graphql-go carries it to the answer.
type Refusal struct {
	Kind    fault.Kind
	Message string
	Near    []*policy.Matter // that could be meant instead of one that doesn't exist
}

func (r *Refusal) Error() string { return r.Message }

// Code is the wire name of its kind.
func (r *Refusal) Code() string { return Code(r.Kind) }

// Told is a refusal as an answer tells it: with the places in the document and in
// the answer that it is about, where it is about one.
type Told struct {
	*Refusal
	Locations []location.SourceLocation
	Path      []any // keys and numbers
}

// Append writes it as an error of GraphQL.
func (t *Told) Append(b []byte) []byte {
	b = jsontext.AppendString(append(b, `{"message":`...), t.Message)
	if len(t.Locations) > 0 {
		b = append(b, `,"locations":[`...)
		for i, l := range t.Locations {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(append(b, `{"line":`...), int64(l.Line), 10)
			b = strconv.AppendInt(append(b, `,"column":`...), int64(l.Column), 10)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	if len(t.Path) > 0 {
		b = append(b, `,"path":[`...)
		for i, step := range t.Path {
			if i > 0 {
				b = append(b, ',')
			}
			switch step := step.(type) {
			case int:
				b = strconv.AppendInt(b, int64(step), 10)
			case string:
				b = jsontext.AppendString(b, step)
			}
		}
		b = append(b, ']')
	}
	return append(t.appendExtensions(b), '}')
}

// appendExtensions puts the kind where callers of GraphQL look for it.
func (t *Told) appendExtensions(b []byte) []byte {
	b = jsontext.AppendString(append(b, `,"extensions":{"code":`...), t.Code())
	if len(t.Near) > 0 {
		b = append(b, `,"near":[`...)
		for _, m := range t.Near {
			b = jsontext.AppendString(append(jsontext.AppendComma(b), `{"code":`...), m.Code)
			b = jsontext.AppendString(append(b, `,"nameZh":`...), m.NameZh)
			b = append(jsontext.AppendString(append(b, `,"nameEn":`...), m.NameEn), '}')
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// Code is the wire name of a kind in extensions.code: the kinds of HTTP alone
// become those that GraphQL callers know.
func Code(k fault.Kind) string {
	switch k {
	case fault.TooLarge:
		return string(fault.TooComplex)
	case fault.MediaType, fault.NotFound:
		return string(fault.BadInput)
	}
	return string(k)
}

// Maker makes refusals of errors.
type Maker struct {
	Log     *slog.Logger
	Metrics *metrics.Counters
}

// Told is an error that is about nothing in the document, as an answer tells it.
func (m *Maker) Told(ctx context.Context, err error) []Told { return []Told{{Refusal: m.Of(ctx, err)}} }

// Limited is Told of a guard, counted by the name of its limit; "" for none.
func (m *Maker) Limited(ctx context.Context, limit string, err error) []Told {
	if limit != "" {
		m.Metrics.Limit(limit)
	}
	return m.Told(ctx, err)
}

const internalMessage = "something went wrong inside; it has been noted"

// Of makes any error showable. What isn't a fault.Error says nothing but is
// logged.
func (m *Maker) Of(ctx context.Context, err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		if f.Cause != nil {
			m.Log.LogAttrs(ctx, slog.LevelWarn, "request failed", slog.String("kind", string(f.Kind)), slog.String("cause", clean(f.Cause.Error())))
		}
		return &Refusal{Kind: f.Kind, Message: clean(f.Message)}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &Refusal{Kind: fault.Timeout, Message: "the answer took too long"}
	}
	m.Log.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("kind", string(fault.Internal)), slog.String("cause", clean(err.Error())))
	return &Refusal{Kind: fault.Internal, Message: internalMessage}
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

// Shown turns graphql-go's errors into what may be told. Errors that no resolver
// made are faults of the document when inRequest, else of the server.
func (m *Maker) Shown(ctx context.Context, errs []gqlerrors.FormattedError, inRequest bool) []Told {
	out := make([]Told, len(errs))
	for i := range errs {
		e := &errs[i]
		r := original(*e)
		switch {
		case r != nil:
		case inRequest:
			r = &Refusal{Kind: fault.BadInput, Message: clean(trimSyntax(e.Message))}
		default:
			r = m.Of(ctx, e)
		}
		out[i] = Told{r, e.Locations, e.Path}
	}
	return out
}

// Started tells whether errors come from resolvers: those of the request itself,
// such as variables of a wrong type, have no path.
func Started(errs []gqlerrors.FormattedError) bool {
	for _, e := range errs {
		if len(e.Path) > 0 || original(e) != nil {
			return true
		}
	}
	return false
}

// original finds the refusal in an error of graphql-go, whose own errors don't
// unwrap.
func original(err error) *Refusal {
	for range 8 {
		var r *Refusal
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
