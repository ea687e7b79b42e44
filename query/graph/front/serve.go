package front

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"credithub/query/graph/answer"
	"credithub/query/graph/document"
	"credithub/query/graph/fields"
	"credithub/query/graph/ledger"
	"credithub/query/graph/plan"
	"credithub/query/graph/refusal"
	"credithub/query/graph/request"
	"credithub/query/view"
	"credithub/schema/audit"
	"credithub/schema/fault"
)

// serve answers a request that has been read.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, x *exchange) {
	doc, errs := h.Documents.Get(x.Request.Query)
	if errs == nil {
		if err := doc.BadOperation(x.Request.Operation); err != nil {
			errs = h.Refuse.Limited(r.Context(), "", err)
		}
	}
	if errs != nil && doc != nil && r.Method == http.MethodGet && doc.Changes(x.Request.Operation) {
		w.Header().Set("Allow", "POST")
		h.refuseHTTP(w, r, x, http.StatusMethodNotAllowed, fault.New(fault.BadInput, "a GET may only query"))
		return
	}
	if errs != nil {
		h.answerFailed(w, r, x, errs)
		return
	}
	if doc.Plan != nil {
		switch err := h.Plans.Run(r.Context(), doc.Plan, &x.Call); {
		case err == nil:
			h.Meter.Planned.Inc()
			if len(x.Out) > h.Limits.AnswerBytes {
				h.answerTooLarge(w, r, x)
				return
			}
			write(w, x, http.StatusOK)
			return
		case !errors.Is(err, plan.ErrNotPlanned):
			h.outOfTime(w, r, x, "deadline")
			return
		}
	}
	h.execute(w, r, doc, x)
}

// execute answers by graphql-go under the deadline.
func (h *Handler) execute(w http.ResponseWriter, r *http.Request, doc *document.Document, x *exchange) {
	h.Meter.Executed.Inc()
	if doc.Constant {
		if kept, ok := h.Documents.Answer(doc); ok {
			x.Out = append(x.Out[:0], kept...)
			write(w, x, http.StatusOK)
			return
		}
	}
	vars, err := x.Request.Variables()
	if err != nil {
		h.refuseHTTP(w, r, x, httpStatus(err), err)
		return
	}
	if err := request.Sound(doc.Op, vars); err != nil {
		h.answerFailed(w, r, x, h.Refuse.Limited(r.Context(), "", err))
		return
	}
	if !h.withinQuota(w, r, x, doc, vars) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.Limits.Deadline)
	defer cancel()
	sc := h.Schema.NewScope(x.By, x.Now)
	sc.Peer, sc.Mixed, sc.Asks = x.Peer, doc.Mixed, doc.Asks
	if x.By.Anonymous() && !doc.Public {
		// The public shares few places, so that it takes the store from nobody.
		p := takePlace(ctx, h.Public)
		if p == nil {
			h.outOfTime(w, r, x, "public")
			return
		}
		defer p.free()
		sc.Aside = p.aside
	}
	data, errs, started, ok := h.Schema.Execute(ctx, &fields.Operation{Document: doc.AST, Name: doc.Name(), Shape: doc.Shape, Variables: vars}, sc)
	switch {
	case !ok:
		h.outOfTime(w, r, x, "deadline")
	case !started:
		h.answerFailed(w, r, x, errs)
	default:
		h.answerExecuted(w, r, doc, x, sc, data, errs)
	}
}

// outOfTime answers that the deadline has passed, which is counted by what it was
// spent on.
func (h *Handler) outOfTime(w http.ResponseWriter, r *http.Request, x *exchange, limit string) {
	h.Meter.Limit(limit)
	h.refuseAll(w, x, h.Refuse.Limited(r.Context(), "", fault.New(fault.Timeout, "the answer took longer than %s", h.Limits.Deadline)), true)
}

// answerExecuted writes what Execute gave, once it is in the audit log.
func (h *Handler) answerExecuted(w http.ResponseWriter, r *http.Request, doc *document.Document, x *exchange, sc *fields.Scope, data map[string]any, errs []refusal.Told) {
	h.compose(x, doc.Shape, data, errs, true)
	if len(x.Out) > h.Limits.AnswerBytes {
		h.answerTooLarge(w, r, x)
		return
	}
	if doc.Constant && len(errs) == 0 {
		h.Documents.KeepAnswer(doc, x.Out)
	}
	if err := h.recordRead(r.Context(), doc, x, sc, errs); err != nil {
		h.refuseAll(w, x, h.Refuse.Limited(r.Context(), "", err), true)
		return
	}
	h.count(errs)
	write(w, x, http.StatusOK)
}

// recordFailed puts a request of a signed-in caller that was refused as a whole
// into the audit log.
func (h *Handler) recordFailed(ctx context.Context, x *exchange, outcome string) {
	if !x.By.Anonymous() {
		h.Ledger.Refused(ctx, x.By, x.Now, outcome)
	}
}

// answerFailed answers a request that was never executed.
func (h *Handler) answerFailed(w http.ResponseWriter, r *http.Request, x *exchange, errs []refusal.Told) {
	if len(errs) > 0 {
		h.recordFailed(r.Context(), x, errs[0].Code())
	}
	h.refuseAll(w, x, errs, false)
}

func (h *Handler) answerTooLarge(w http.ResponseWriter, r *http.Request, x *exchange) {
	h.Meter.Limit("answer")
	h.refuseAll(w, x, h.Refuse.Limited(r.Context(), "", fault.New(fault.TooComplex, "the answer is larger than %d bytes; ask for smaller pages", h.Limits.AnswerBytes)), true)
}

// status is that of a well-formed request: application/json answers 200
// whatever the document, application/graphql-response+json tells a request that
// was never executed.
func status(m media, executed bool) int {
	if m == mediaGraphQL && !executed {
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// refuseAll answers nothing but errors.
func (h *Handler) refuseAll(w http.ResponseWriter, x *exchange, errs []refusal.Told, executed bool) {
	h.count(errs)
	h.compose(x, nil, nil, errs, executed)
	write(w, x, status(x.media, executed))
}

func (h *Handler) count(errs []refusal.Told) {
	for i := range errs {
		h.Meter.Refuse(errs[i].Code())
	}
}

// compose writes an answer into x.Out: data first, in the order of the query;
// none when nothing was executed.
func (h *Handler) compose(x *exchange, sh *answer.Shape, data map[string]any, errs []refusal.Told, executed bool) {
	b := append(x.Out[:0], '{')
	if executed {
		b = append(b, `"data":`...)
		if data == nil {
			b = append(b, "null"...)
		} else {
			b = answer.AppendObject(b, data, sh)
		}
	}
	if len(errs) > 0 {
		if executed {
			b = append(b, ',')
		}
		b = append(b, `"errors":[`...)
		for i := range errs {
			if i > 0 {
				b = append(b, ',')
			}
			b = errs[i].Append(b)
		}
		b = append(b, ']')
	}
	x.Out = append(b, '}')
}

// recordRead puts what a signed-in caller was shown into the audit log: the
// codes that it is about and the digest of the answer. Checks have
// their own records, and catalogues are everybody's.
func (h *Handler) recordRead(ctx context.Context, doc *document.Document, x *exchange, sc *fields.Scope, errs []refusal.Told) error {
	p := x.By
	if p.Anonymous() || doc.Public {
		return nil
	}
	codes := sc.Viewer.Seen()
	if doc.Checks && len(codes) == 0 {
		return nil
	}
	r := audit.Record{At: x.Now, Actor: p.Subject, Unit: p.Unit, Role: string(p.Role), Action: "graphql", Outcome: "OK", Digest: ledger.Digest(x.Out)}
	r.Purpose, r.Matter, r.CaseNo = occasions(sc.Viewer.Occasions())
	if len(errs) > 0 {
		r.Outcome = errs[0].Code()
	}
	for {
		n := min(len(codes), h.Limits.AuditCodes)
		r.Subject = strings.Join(codes[:n], ",")
		if _, err := h.Ledger.Append(ctx, r); err != nil {
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

// isObject tells whether a text is one JSON object.
func isObject(s string) bool {
	return strings.HasPrefix(s, "{") && json.Valid([]byte(s))
}
