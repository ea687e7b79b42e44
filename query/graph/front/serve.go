package front

import (
	"context"
	"errors"
	"net/http"

	"credithub/query/graph/document"
	"credithub/query/graph/fields"
	"credithub/query/graph/plan"
	"credithub/query/graph/refusal"
	"credithub/query/graph/request"
	"credithub/query/graph/response"
	"credithub/schema/fault"
)

// serve answers a request that has been read.
func (h *Handler) serve(x *exchange) {
	doc, errs := h.Documents.Get(x.Request.Query)
	if errs == nil {
		if err := doc.BadOperation(x.Request.Operation); err != nil {
			errs = h.Refuse.Told(x.r.Context(), err)
		}
	}
	if errs != nil && doc != nil && x.r.Method == http.MethodGet && doc.Changes(x.Request.Operation) {
		x.w.Header().Set("Allow", "POST")
		h.refuseHTTP(x, http.StatusMethodNotAllowed, fault.New(fault.BadInput, "a GET may only query"))
		return
	}
	if errs != nil {
		h.answerFailed(x, errs)
		return
	}
	if doc.Plan != nil {
		switch err := h.Plans.Run(x.r.Context(), doc.Plan, &x.Call); {
		case err == nil:
			h.Metrics.Planned.Inc()
			if len(x.Out) > h.Limits.AnswerBytes {
				h.answerTooLarge(x)
				return
			}
			write(x, http.StatusOK)
			return
		case !errors.Is(err, plan.ErrNotPlanned):
			h.outOfTime(x, "deadline")
			return
		}
	}
	h.execute(doc, x)
}

// execute answers by graphql-go under the deadline.
func (h *Handler) execute(doc *document.Document, x *exchange) {
	h.Metrics.Executed.Inc()
	if doc.Constant {
		if kept, ok := h.Documents.Answer(doc); ok {
			x.Out = append(x.Out[:0], kept...)
			write(x, http.StatusOK)
			return
		}
	}
	vars, err := x.Request.Variables()
	if err != nil {
		h.refuseHTTP(x, httpStatus(err), err)
		return
	}
	if err := request.Sound(doc.Op, vars); err != nil {
		h.answerFailed(x, h.Refuse.Told(x.r.Context(), err))
		return
	}
	if !h.withinQuota(x, doc, vars) {
		return
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), h.Limits.Deadline)
	defer cancel()
	sc := h.Schema.NewScope(x.By, x.Now)
	sc.Peer, sc.Mixed, sc.Asks = x.Peer, doc.Mixed, doc.Asks
	if x.By.Anonymous() && !doc.Public {
		// The public shares few slots, so that it takes the store from nobody.
		p := takeSlot(ctx, h.Public)
		if p == nil {
			h.outOfTime(x, "public")
			return
		}
		defer p.free()
		sc.Aside = p.aside
	}
	switch res := h.Schema.Execute(ctx, &fields.Operation{Document: doc.AST, Name: doc.Name(), Shape: doc.Shape, Variables: vars}, sc); {
	case res == nil:
		h.outOfTime(x, "deadline")
	case !res.Started:
		h.answerFailed(x, res.Errors)
	default:
		h.answerExecuted(doc, x, sc, res)
	}
}

// outOfTime answers that the deadline has passed, which is counted by what it was
// spent on.
func (h *Handler) outOfTime(x *exchange, limit string) {
	h.Metrics.Limit(limit)
	h.refuseAll(x, h.Refuse.Told(x.r.Context(), fault.New(fault.Timeout, "the answer took longer than %s", h.Limits.Deadline)), true)
}

// answerExecuted writes what Execute gave, once it is in the audit log.
func (h *Handler) answerExecuted(doc *document.Document, x *exchange, sc *fields.Scope, res *fields.Result) {
	h.compose(x, doc.Shape, res.Data, res.Errors, true)
	if len(x.Out) > h.Limits.AnswerBytes {
		h.answerTooLarge(x)
		return
	}
	if doc.Constant && len(res.Errors) == 0 {
		h.Documents.KeepAnswer(doc, x.Out)
	}
	if err := h.recordRead(doc, x, sc, res.Errors); err != nil {
		h.refuseAll(x, h.Refuse.Told(x.r.Context(), err), true)
		return
	}
	h.count(res.Errors)
	write(x, http.StatusOK)
}

// recordFailed puts a request of a signed-in caller that was refused as a whole
// into the audit log.
func (h *Handler) recordFailed(x *exchange, outcome string) {
	if !x.By.Anonymous() {
		h.AuditLog.Refused(x.r.Context(), x.By, x.Now, outcome)
	}
}

// answerFailed answers a request that was never executed.
func (h *Handler) answerFailed(x *exchange, errs []refusal.Told) {
	if len(errs) > 0 {
		h.recordFailed(x, errs[0].Code())
	}
	h.refuseAll(x, errs, false)
}

func (h *Handler) answerTooLarge(x *exchange) {
	h.Metrics.Limit("answer")
	h.refuseAll(x, h.Refuse.Told(x.r.Context(), fault.New(fault.TooComplex, "the answer is larger than %d bytes; ask for smaller pages", h.Limits.AnswerBytes)), true)
}

// refuseAll answers nothing but errors.
func (h *Handler) refuseAll(x *exchange, errs []refusal.Told, executed bool) {
	h.count(errs)
	h.compose(x, nil, nil, errs, executed)
	write(x, status(x.media, executed))
}

func (h *Handler) count(errs []refusal.Told) {
	for i := range errs {
		h.Metrics.Refuse(errs[i].Code())
	}
}

// compose writes an answer into x.Out: data first, in the order of the query;
// none when nothing was executed.
func (h *Handler) compose(x *exchange, sh *response.Shape, data map[string]any, errs []refusal.Told, executed bool) {
	b := append(x.Out[:0], '{')
	if executed {
		b = append(b, `"data":`...)
		if data == nil {
			b = append(b, "null"...)
		} else {
			b = response.AppendObject(b, data, sh)
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
