package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"credithub/deploy/platform/auth"
	"credithub/deploy/platform/limit"
	"credithub/deploy/platform/problem"
	"credithub/deploy/platform/random"
	"credithub/schema/access"
	"credithub/schema/audit"
	"credithub/schema/fault"
)

// Actions of audit records.
const (
	actPush       = "push"
	actBatch      = "batch"
	actRejections = "rejections"
)

// only lets one method through.
func (g *Gateway) only(method string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == method || method == http.MethodGet && r.Method == http.MethodHead {
			h(w, r)
			return
		}
		problem.MethodNotAllowed(w, method)
	}
}

// caller tells who sends a request.
func (g *Gateway) caller(r *http.Request) (access.Principal, error) {
	token, given := auth.FromRequest(r)
	if !given || token == "" {
		return access.Principal{}, fault.New(fault.Unauthenticated, "a bearer token is required")
	}
	who, err := g.Verifier.Verify(r.Context(), token)
	if err != nil {
		var known *fault.Error
		if errors.As(err, &known) {
			return access.Principal{}, err
		}
		return access.Principal{}, fault.Wrap(fault.Unauthenticated, err, "the token is not valid")
	}
	return who, nil
}

// respond sends JSON once it is in the audit log.
func (g *Gateway) respond(w http.ResponseWriter, r *http.Request, who access.Principal, action, subject string, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		g.refuse(w, r, who, action, fault.Wrap(fault.Internal, err, "the answer could not be written"))
		return
	}
	g.send(w, r, who, action, subject, status, "application/json", b)
}

// send sends an answer once it is in the audit log.
func (g *Gateway) send(w http.ResponseWriter, r *http.Request, who access.Principal, action, subject string, status int, media string, b []byte) {
	sum := sha256.Sum256(b)
	if err := g.log(r.Context(), who, action, subject, "OK", hex.EncodeToString(sum[:16])); err != nil {
		err = fault.Wrap(fault.Unavailable, err, "the audit log is away: send the request again")
		if action == actPush { // its rows are durable
			err = &problem.Unsettled{Err: err, BatchID: subject}
		}
		g.refuse(w, r, who, action, err)
		return
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Vary", "Accept-Language")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// refuse answers an error as a problem document, and notes it.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, who access.Principal, action string, err error) {
	kind := fault.Internal
	var known *fault.Error
	if errors.As(err, &known) {
		kind = known.Kind
	}
	if who.Subject == "" && (kind == fault.Unauthenticated || kind == fault.Unavailable) && g.Strangers != nil {
		if wait, ok := g.Strangers.Allow(limit.Address(r)); !ok {
			// Counted, not recorded: a flood may not fill the audit log.
			g.metrics.refused.WithLabelValues(string(fault.TooMany)).Inc()
			w.Header().Set("Retry-After", strconv.Itoa(limit.Seconds(wait)))
			problem.Write(w, fault.New(fault.TooMany, "too many requests without a valid token"))
			return
		}
	}
	g.metrics.refused.WithLabelValues(string(kind)).Inc()
	if kind == fault.Internal || kind == fault.Unavailable {
		g.Log.Error("request failed", "action", action, "unit", who.Unit, "kind", kind, "error", err)
	}
	// The refusal leaves even when the audit log is away: it shows nothing.
	subject := ""
	var open *problem.Unsettled
	if errors.As(err, &open) {
		subject = open.BatchID
	}
	if logErr := g.log(context.WithoutCancel(r.Context()), who, action, subject, string(kind), ""); logErr != nil {
		g.Log.Error("refusal is not in the audit log", "action", action, "kind", kind, "error", logErr)
	}
	if s := retryAfter(err); s > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(s))
	}
	problem.Write(w, err)
}

func (g *Gateway) log(ctx context.Context, who access.Principal, action, subject, outcome, digest string) error {
	ctx, cancel := context.WithTimeout(ctx, g.Limits.AuditTimeout)
	defer cancel()
	_, err := g.Auditor.Append(ctx, audit.Record{
		At: g.Now().UTC(), Actor: who.Subject, Unit: who.Unit, Role: string(who.Role),
		Action: action, Subject: subject, Outcome: outcome, Digest: digest,
	})
	return err
}

// newBatchID is 12 hex digits of time and 20 that nobody can guess, so that ids
// sort by time.
func newBatchID(at time.Time) string {
	return fmt.Sprintf("%012x", uint64(at.UnixMilli())&(1<<48-1)) + random.Hex(10)
}

// batchTime reads the time of a batch id, false when it is none.
func batchTime(id string) (time.Time, bool) {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) != 16 || strings.ToLower(id) != id {
		return time.Time{}, false
	}
	var ms uint64
	for _, c := range b[:6] {
		ms = ms<<8 | uint64(c)
	}
	return time.UnixMilli(int64(ms)).UTC(), true
}

func stamped(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
