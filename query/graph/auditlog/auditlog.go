// Package auditlog puts what is answered and refused into the audit log, before it
// leaves.
package auditlog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"time"

	"credithub/query/graph/metrics"
	"credithub/schema/access"
	"credithub/schema/audit"
	"credithub/schema/fault"
)

// Auditor keeps a record for good and gives it its number; it returns when the
// record is durable. *spool.Spool does.
type Auditor interface {
	Append(ctx context.Context, r audit.Record) (audit.Record, error)
}

// Limiter says whether a caller may ask again. The key is the subject of a token
// or the address of an anonymous caller.
type Limiter interface {
	Allow(key string) (wait time.Duration, ok bool)
}

// Writer is the way into the audit log.
type Writer struct {
	Auditor   Auditor
	Strangers Limiter // by address, how many refusals of strangers are recorded; nil: all
	Metrics   *metrics.Counters
	Log       *slog.Logger
}

// Read is the action of a request that asks no check.
const Read = "graphql"

// Record is who does what, and when.
func Record(p access.Principal, at time.Time, action string) audit.Record {
	return audit.Record{At: at, Actor: p.Subject, Unit: p.Unit, Role: string(p.Role), Action: action}
}

// Append puts a record into the audit log. When that can't be done nothing may
// be answered.
func (w *Writer) Append(ctx context.Context, r audit.Record) (audit.Record, error) {
	kept, err := w.Auditor.Append(ctx, r)
	if err != nil {
		w.Metrics.AuditFail.Inc()
		return kept, fault.Wrap(fault.Unavailable, err, "the audit log cannot be written, so nothing is answered")
	}
	return kept, nil
}

// Refused records that a request was refused as a whole, also of a caller who has
// left. The refusal leaves even when the log is away: it shows nothing.
func (w *Writer) Refused(ctx context.Context, p access.Principal, at time.Time, outcome string) {
	r := Record(p, at, Read)
	r.Outcome = outcome
	if _, err := w.Append(context.WithoutCancel(ctx), r); err != nil {
		w.Log.Error("a refusal is not in the audit log", "outcome", outcome, "error", err)
	}
}

// Admits tells whether one more refusal of a stranger at an address is recorded; if
// not, after what time again.
func (w *Writer) Admits(peer string) (wait time.Duration, ok bool) {
	if w.Strangers == nil {
		return 0, true
	}
	return w.Strangers.Allow(peer)
}

// Digest is the first 16 bytes of SHA-256 in hex.
func Digest(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:16])
}
