package check

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"credithub/query/graph/auditlog"
	"credithub/query/graph/refusal"
	"credithub/query/restrict"
	"credithub/query/view"
	"credithub/schema/policy"
)

// recordAnswer puts an answer into the audit log, in as many records as its codes
// need.
func (c *Checker) recordAnswer(ctx context.Context, q *Question, a *Answer) error {
	a.records = a.one[:0]
	for from := 0; from < len(a.Decisions); from += a.per {
		part := a.Decisions[from:min(len(a.Decisions), from+a.per)]
		a.facts = a.facts[:0]
		for i := range part {
			a.facts = appendFacts(a.facts, q.Codes[from+i], &part[i])
		}
		r := auditlog.Record(q.By, q.At, q.action())
		r.Subject, r.Matter, r.CaseNo, r.Purpose = q.Joined, a.Matter.Code, q.CaseNo, q.Purpose
		r.Outcome, r.Digest = outcomes(part, a.Faults, from), auditlog.Digest(a.facts)
		if len(a.Decisions) > a.per {
			r.Subject = strings.Join(q.Codes[from:from+len(part)], ",")
		}
		kept, err := c.AuditLog.Append(ctx, r)
		if err != nil {
			return err
		}
		a.records = append(a.records, kept)
	}
	return nil
}

// recordRefusal puts a refusal into the audit log and gives it back. It names the codes
// when all of them are codes, and the matter when there is one. So that strangers can't
// fill the log, their refusals beyond a rate are only counted, and of several codes
// none is named.
func (c *Checker) recordRefusal(ctx context.Context, q *Question, m *policy.Matter, cause error) error {
	r := c.Refuse.Of(ctx, cause)
	if q.By.Anonymous() {
		if _, ok := c.AuditLog.Admits(q.Peer); !ok {
			c.Metrics.Limit("strangers")
			return r
		}
	}
	rec := auditlog.Record(q.By, q.At, q.action())
	rec.Outcome = r.Code()
	if m != nil {
		rec.Matter = m.Code
	}
	if len(q.Codes) <= c.Limits.Checks && q.allCodes() && (len(q.Codes) == 1 || !q.By.Anonymous()) {
		rec.Subject = q.Joined
	}
	if len(q.CaseNo) <= c.Limits.CaseNo && !view.Personal(q.CaseNo) {
		rec.CaseNo = q.CaseNo
	}
	if q.use != nil {
		rec.Purpose = q.use.Code
	}
	if _, err := c.AuditLog.Append(context.WithoutCancel(ctx), rec); err != nil { // also of a caller who has left
		return err
	}
	return r
}

// outcomes names the outcomes that occur in decisions from a place on, in their order,
// and last of what kinds the faults at other places are.
func outcomes(ds []restrict.Decision, faults []Fault, from int) string {
	if len(ds) == 1 && ds[0].Outcome != restrict.NoOutcome {
		return ds[0].Outcome.String()
	}
	var seen uint
	for i := range ds {
		seen |= 1 << ds[i].Outcome
	}
	var names []string
	for o := restrict.Clear; o <= restrict.SourceStale; o++ {
		if seen>>o&1 == 1 {
			names = append(names, o.String())
		}
	}
	for _, f := range faults {
		if kind := refusal.Code(f.Err.Kind); f.At >= from && f.At < from+len(ds) && !slices.Contains(names, kind) {
			names = append(names, kind)
		}
	}
	return strings.Join(names, ",")
}

// appendFacts writes what a decision says, for the digest.
func appendFacts(b []byte, code string, d *restrict.Decision) []byte {
	b = append(append(b, code...), '\t')
	b = append(append(b, d.Outcome.String()...), '\t')
	b = append(append(b, d.Obligation.String()...), '\t')
	b = append(append(b, d.Receipt...), '\t')
	b = strconv.AppendInt(b, d.At.UnixMilli(), 10)
	for i := range d.Hits {
		h := &d.Hits[i]
		b = append(append(b, '\t'), h.Entry.ID...)
		if e := h.Evidence; e != nil {
			b = append(append(b, e.Unit...), '/')
			b = append(append(b, e.Fact.Domain.String()...), '/')
			b = append(append(b, e.RecordID...), '@')
			b = strconv.AppendUint(b, uint64(e.Version), 10)
			b = append(append(b, ' '), e.Fact.Code...)
		}
		b = append(append(b, '\t'), h.Measure.Code...)
		b = append(append(b, '\t'), h.Obligation.String()...)
		b = append(append(b, '\t'), h.Role.String()...)
	}
	for _, src := range d.Stale {
		b = append(append(b, '\t'), src.Unit...)
		b = append(append(b, '/'), src.Domain.String()...)
	}
	for _, src := range d.Unconnected {
		b = append(append(b, "\t-"...), src.Unit...)
		b = append(append(b, '/'), src.Domain.String()...)
	}
	return append(b, '\n')
}
