package front

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"credithub/query/graph/refusal"
	"credithub/schema/fault"
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
	x.w, x.r = w, r
	x.Now = h.Now()
	x.media = accepts(r.Header["Accept"])
	if x.media == mediaNone {
		x.media = mediaJSON
		h.refuseHTTP(x, http.StatusNotAcceptable, fault.New(fault.BadInput, "answers are application/graphql-response+json or application/json"))
		return
	}
	if !h.admitCaller(x) {
		return
	}
	var err error
	switch r.Method {
	case http.MethodPost:
		err = h.readPost(x)
	case http.MethodGet:
		err = h.readGet(x)
	default:
		w.Header().Set("Allow", "GET, POST")
		h.refuseHTTP(x, http.StatusMethodNotAllowed, fault.New(fault.BadInput, "use POST or GET"))
		return
	}
	if err != nil {
		h.refuseHTTP(x, httpStatus(err), err)
		return
	}
	h.serve(x)
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
func (h *Handler) refuseHTTP(x *exchange, status int, err error) {
	r := h.Refuse.Of(context.Background(), err)
	h.Metrics.Refuse(r.Code())
	if status != http.StatusTooManyRequests { // a flood may not fill the audit log
		h.recordFailed(x, r.Code())
	}
	told := refusal.Told{Refusal: r}
	x.Out = append(told.Append(append(x.Out[:0], `{"errors":[`...)), "]}"...)
	write(x, status)
}

// automatic is the length up to which net/http finds the length of an answer by
// itself.
const automatic = 2048

// write sends x.Out.
func write(x *exchange, status int) {
	h := x.w.Header()
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
		x.w.WriteHeader(status)
	}
	_, _ = x.w.Write(x.Out)
}
