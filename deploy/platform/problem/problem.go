// Package problem writes errors as RFC 9457 problem documents. It shows the kind
// and the message that was made for callers, and never a cause, a stack or a
// path.
package problem

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"credithub/schema/fault"
)

// ContentType of a problem document.
const ContentType = "application/problem+json"

// blank is the type of a problem that its status and code say all about.
const blank = "about:blank"

// Document is the body.
type Document struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	// MaybeAccepted says that the push may count all the same, in part or whole;
	// BatchID is what it is asked about by.
	MaybeAccepted bool   `json:"maybeAccepted,omitempty"`
	BatchID       string `json:"batchId,omitempty"`
}

// Of gives the document of an error. What is no fault.Error is INTERNAL and says
// nothing else.
func Of(err error) Document {
	var known *fault.Error
	if !errors.As(err, &known) {
		known = fault.New(fault.Internal, "the hub could not answer; try again later")
	}
	status := known.Kind.HTTP()
	d := Document{Type: blank, Title: http.StatusText(status), Status: status, Code: string(known.Kind), Detail: known.Message}
	var open *Unsettled
	if errors.As(err, &open) {
		d.MaybeAccepted, d.BatchID = true, open.BatchID
	}
	return d
}

// Write answers with the document of err. Headers such as Retry-After are set by
// the caller before.
func Write(w http.ResponseWriter, err error) { write(w, Of(err)) }

// MethodNotAllowed answers a request of another method than the one allowed.
func MethodNotAllowed(w http.ResponseWriter, allowed string) {
	w.Header().Set("Allow", allowed)
	const status = http.StatusMethodNotAllowed
	write(w, Document{Type: blank, Title: http.StatusText(status), Status: status,
		Code: "METHOD_NOT_ALLOWED", Detail: "this path answers " + allowed + " only"})
}

func write(w http.ResponseWriter, d Document) {
	b, err := json.Marshal(d)
	if err != nil { // strings and a number always marshal
		http.Error(w, http.StatusText(d.Status), d.Status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Content-Length", strconv.Itoa(len(b)))
	h.Set("Cache-Control", "no-store")
	if d.Status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", `Bearer realm="credithub"`)
	}
	w.WriteHeader(d.Status)
	_, _ = w.Write(b)
}
