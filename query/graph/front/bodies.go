package front

import (
	"encoding/json"
	"io"
	"mime"
	"net/url"
	"strings"

	"credithub/schema/fault"
)

// readPost reads a POST's body.
func (h *Handler) readPost(x *exchange) error {
	if h := x.r.Header["Content-Type"]; len(h) != 1 || h[0] != "application/json" {
		if err := jsonBody(h); err != nil {
			return err
		}
	}
	if x.r.ContentLength > int64(h.Limits.BodyBytes) {
		return h.tooLarge()
	}
	x.in = x.in[:0]
	for {
		if len(x.in) == cap(x.in) {
			x.in = append(x.in, 0)[:len(x.in)]
		}
		n, err := x.r.Body.Read(x.in[len(x.in):cap(x.in)])
		x.in = x.in[:len(x.in)+n]
		if len(x.in) > h.Limits.BodyBytes {
			return h.tooLarge()
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return fault.Wrap(fault.BadInput, err, "the body could not be read")
		}
	}
	return x.Request.Decode(x.in)
}

func (h *Handler) tooLarge() error {
	h.Metrics.Limit("body")
	return fault.New(fault.TooLarge, "the request is larger than %d bytes", h.Limits.BodyBytes)
}

// jsonBody demands JSON in UTF-8.
func jsonBody(h []string) error {
	bad := fault.New(fault.MediaType, "send application/json in UTF-8")
	if len(h) != 1 {
		return bad
	}
	t, params, err := mime.ParseMediaType(h[0])
	if err != nil || t != "application/json" {
		return bad
	}
	if c := params["charset"]; c != "" && !strings.EqualFold(c, "utf-8") {
		return bad
	}
	return nil
}

// readGet reads a GET's parameters.
func (h *Handler) readGet(x *exchange) error {
	if len(x.r.URL.RawQuery) > 3*h.Limits.BodyBytes {
		return h.tooLarge()
	}
	v, err := url.ParseQuery(x.r.URL.RawQuery)
	if err != nil {
		return fault.New(fault.BadInput, "the parameters of the address are not well-formed")
	}
	if len(v.Get("query"))+len(v.Get("variables")) > h.Limits.BodyBytes {
		return h.tooLarge()
	}
	if v.Get("query") == "" {
		return fault.New(fault.BadInput, "query: a text is needed")
	}
	x.Request.Query, x.Request.Operation, x.Request.Loose = []byte(v.Get("query")), []byte(v.Get("operationName")), true
	for _, name := range []string{"variables", "extensions"} {
		raw := v.Get(name)
		if raw == "" || raw == "null" {
			continue
		}
		if raw = strings.TrimSpace(raw); !isObject(raw) {
			return fault.New(fault.BadInput, "%s: not an object", name)
		}
		if name == "variables" {
			x.Request.RawVars = []byte(raw)
		}
	}
	return nil
}

// isObject tells whether a text is one JSON object.
func isObject(s string) bool {
	return strings.HasPrefix(s, "{") && json.Valid([]byte(s))
}
