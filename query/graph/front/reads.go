package front

import (
	"slices"
	"strings"

	"credithub/query/graph/auditlog"
	"credithub/query/graph/document"
	"credithub/query/graph/fields"
	"credithub/query/graph/refusal"
	"credithub/query/view"
)

// recordRead puts what a signed-in caller was shown into the audit log: the
// codes that it is about and the digest of the answer. Checks have
// their own records, and catalogues are everybody's.
func (h *Handler) recordRead(doc *document.Document, x *exchange, sc *fields.Scope, errs []refusal.Told) error {
	if x.By.Anonymous() || doc.Public {
		return nil
	}
	codes := sc.Viewer.Seen()
	if doc.Checks && len(codes) == 0 {
		return nil
	}
	r := auditlog.Record(x.By, x.Now, auditlog.Read)
	r.Outcome, r.Digest = "OK", auditlog.Digest(x.Out)
	r.Purpose, r.Matter, r.CaseNo = occasions(sc.Viewer.Occasions())
	if len(errs) > 0 {
		r.Outcome = errs[0].Code()
	}
	for {
		n := min(len(codes), h.Limits.AuditCodes)
		r.Subject = strings.Join(codes[:n], ",")
		if _, err := h.AuditLog.Append(x.r.Context(), r); err != nil {
			return err
		}
		if codes = codes[n:]; len(codes) == 0 {
			return nil
		}
	}
}

// occasions are the purposes, matters and case numbers of a request, each once and
// joined by commas.
func occasions(all []*view.Occasion) (purposes, matters, cases string) {
	add := func(to *string, s string) {
		if s != "" && !slices.Contains(strings.Split(*to, ","), s) {
			*to = strings.TrimPrefix(*to+","+s, ",")
		}
	}
	for _, o := range all {
		if o.Purpose != nil {
			add(&purposes, o.Purpose.Code)
		}
		if o.Matter != nil {
			add(&matters, o.Matter.Code)
		}
		add(&cases, o.CaseNo)
	}
	return purposes, matters, cases
}
