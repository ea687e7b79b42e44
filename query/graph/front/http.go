package front

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"credithub/deploy/platform/limit"
	"credithub/query/graph/refusal"
	"credithub/schema/access"
	"credithub/schema/fault"
)

// media is the media type of an answer.
type media uint8

const (
	mediaNone    media = iota // the caller accepts neither
	mediaJSON                 // application/json: well-formed requests answer 200
	mediaGraphQL              // application/graphql-response+json: faulty documents answer 400
)

// Header values are shared by all answers, so that setting them costs nothing.
var (
	typeJSON    = []string{"application/json; charset=utf-8"}
	typeGraphQL = []string{"application/graphql-response+json; charset=utf-8"}
	noStore     = []string{"no-store"}
	noSniff     = []string{"nosniff"}
)

// ServeHTTP answers one GraphQL request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := h.scratch.Get().(*exchange)
	defer h.release(x)
	x.Now = h.Now()
	x.media = accepts(r.Header["Accept"])
	if x.media == mediaNone {
		x.media = mediaJSON
		h.refuseHTTP(w, r, x, http.StatusNotAcceptable, fault.New(fault.BadInput, "answers are application/graphql-response+json or application/json"))
		return
	}
	if err := h.admitCaller(w, r, x); err != nil {
		return
	}
	var err error
	switch r.Method {
	case http.MethodPost:
		err = h.readPost(r, x)
	case http.MethodGet:
		err = h.readGet(r, x)
	default:
		w.Header().Set("Allow", "GET, POST")
		h.refuseHTTP(w, r, x, http.StatusMethodNotAllowed, fault.New(fault.BadInput, "use POST or GET"))
		return
	}
	if err != nil {
		h.refuseHTTP(w, r, x, httpStatus(err), err)
		return
	}
	h.serve(w, r, x)
}

// admitCaller says who asks, and whether again so soon.
func (h *Handler) admitCaller(w http.ResponseWriter, r *http.Request, x *exchange) error {
	p, err := h.principal(r)
	if err != nil {
		kind := fault.Unauthenticated
		if f := (*fault.Error)(nil); errors.As(err, &f) && f.Kind == fault.Unavailable {
			kind, err = f.Kind, fault.New(f.Kind, "%s", f.Message) // its cause is logged
			w.Header().Set("Retry-After", strconv.Itoa(verifyAgain))
		} else {
			err = fault.New(kind, "the token is not valid or has expired")
		}
		if h.tooStrange(w, r, x, kind) {
			return err
		}
		if kind == fault.Unauthenticated {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		}
		h.refuseHTTP(w, r, x, httpStatus(err), err)
		return err
	}
	x.By = p
	if p.Anonymous() {
		x.Peer = limit.Address(r)
	}
	if h.Limiter == nil {
		return nil
	}
	key := p.Subject
	if p.Anonymous() || key == "" {
		key = limit.Address(r)
	}
	wait, ok := h.Limiter.Allow(key)
	if ok {
		return nil
	}
	return h.tooMany(w, r, x, "rate", wait)
}

// verifyAgain is after how many seconds a token that can't be verified now may be
// sent again.
const verifyAgain = 5

// tooStrange says to a caller with a token that isn't known to be valid that he
// comes too often, or has the refusal that he gets instead recorded.
func (h *Handler) tooStrange(w http.ResponseWriter, r *http.Request, x *exchange, kind fault.Kind) bool {
	if wait, ok := h.Ledger.Admits(limit.Address(r)); !ok {
		_ = h.tooMany(w, r, x, "strangers", wait)
		return true
	}
	h.Ledger.Refused(r.Context(), access.Principal{}, x.Now, refusal.Code(kind))
	return false
}

// tooMany sends a caller away for a while.
func (h *Handler) tooMany(w http.ResponseWriter, r *http.Request, x *exchange, name string, wait time.Duration) error {
	return h.tooManyOf(w, r, x, name, wait, fault.New(fault.TooMany, "too many requests; go on in %d s", seconds(wait)))
}

func seconds(wait time.Duration) int { return limit.Seconds(wait) }

func (h *Handler) tooManyOf(w http.ResponseWriter, r *http.Request, x *exchange, name string, wait time.Duration, err error) error {
	w.Header().Set("Retry-After", strconv.Itoa(seconds(wait)))
	h.Meter.Limit(name)
	h.refuseHTTP(w, r, x, http.StatusTooManyRequests, err)
	return err
}

// principal reads the bearer token; none is the public.
func (h *Handler) principal(r *http.Request) (access.Principal, error) {
	sent := r.Header["Authorization"]
	if len(sent) == 0 {
		return access.Principal{}, nil
	}
	const scheme = "Bearer "
	if len(sent) > 1 || len(sent[0]) <= len(scheme) || !strings.EqualFold(sent[0][:len(scheme)], scheme) {
		return access.Principal{}, errors.New("not a bearer token")
	}
	return h.Verifier.Verify(r.Context(), sent[0][len(scheme):])
}

// accepts picks the media type of the answer: the first of the acceptable ones
// with the highest weight. Whoever accepts anything gets application/json.
func accepts(headers []string) media {
	if len(headers) == 0 || len(headers) == 1 && (headers[0] == "*/*" || headers[0] == "") {
		return mediaJSON
	}
	best, weight := mediaNone, 0.0
	for _, h := range headers {
		for part := range strings.SplitSeq(h, ",") {
			name, params, _ := strings.Cut(part, ";")
			var m media
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "application/graphql-response+json":
				m = mediaGraphQL
			case "application/json", "application/*", "*/*":
				m = mediaJSON
			default:
				continue
			}
			if q := quality(params); q > weight {
				best, weight = m, q
			}
		}
	}
	return best
}

// quality reads the q of a media range's parameters.
func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil || q < 0 || q > 1 {
				return 0
			}
			return q
		}
	}
	return 1
}

// readPost reads a POST's body.
func (h *Handler) readPost(r *http.Request, x *exchange) error {
	if h := r.Header["Content-Type"]; len(h) != 1 || h[0] != "application/json" {
		if err := jsonBody(h); err != nil {
			return err
		}
	}
	if r.ContentLength > int64(h.Limits.BodyBytes) {
		return h.tooLarge()
	}
	x.in = x.in[:0]
	for {
		if len(x.in) == cap(x.in) {
			x.in = append(x.in, 0)[:len(x.in)]
		}
		n, err := r.Body.Read(x.in[len(x.in):cap(x.in)])
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
	h.Meter.Limit("body")
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
func (h *Handler) readGet(r *http.Request, x *exchange) error {
	if len(r.URL.RawQuery) > 3*h.Limits.BodyBytes {
		return h.tooLarge()
	}
	v, err := url.ParseQuery(r.URL.RawQuery)
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

func httpStatus(err error) int {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Kind.HTTP()
	}
	return http.StatusInternalServerError
}

// refuseHTTP answers a request that isn't well-formed or may not come in: errors
// without data, whatever the media type.
func (h *Handler) refuseHTTP(w http.ResponseWriter, req *http.Request, x *exchange, status int, err error) {
	r := h.Refuse.Of(context.Background(), err)
	h.Meter.Refuse(r.Code())
	if status != http.StatusTooManyRequests { // a flood may not fill the audit log
		h.recordFailed(req.Context(), x, r.Code())
	}
	told := refusal.Told{Refusal: r}
	x.Out = append(told.Append(append(x.Out[:0], `{"errors":[`...)), "]}"...)
	write(w, x, status)
}

// automatic is the length up to which net/http finds the length of an answer by
// itself.
const automatic = 2048

// write sends x.Out.
func write(w http.ResponseWriter, x *exchange, status int) {
	h := w.Header()
	if x.media == mediaGraphQL {
		h["Content-Type"] = typeGraphQL
	} else {
		h["Content-Type"] = typeJSON
	}
	h["Cache-Control"], h["X-Content-Type-Options"] = noStore, noSniff
	if len(x.Out) >= automatic {
		h.Set("Content-Length", strconv.Itoa(len(x.Out)))
	}
	if status != http.StatusOK {
		w.WriteHeader(status)
	}
	_, _ = w.Write(x.Out)
}
