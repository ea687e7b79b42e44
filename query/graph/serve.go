package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"

	"credithub/query/view"
	"credithub/schema/audit"
	"credithub/schema/fault"
	"credithub/schema/policy"
)

// serve answers a request that has been read.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, x *exchange) {
	doc, errs := s.docs.get(x.req.query)
	if errs == nil {
		if err := doc.badOperation(x.req.operation); err != nil {
			errs = s.limited(r.Context(), "", err)
		}
	}
	if errs != nil && doc != nil && r.Method == http.MethodGet && doc.changes(x.req.operation) {
		w.Header().Set("Allow", "POST")
		s.refuseHTTP(w, r, x, http.StatusMethodNotAllowed, fault.New(fault.BadInput, "a GET may only query"))
		return
	}
	if errs != nil {
		s.answerFailed(w, r, x, errs)
		return
	}
	if doc.plan != nil {
		switch err := s.run(r.Context(), doc.plan, x); {
		case err == nil:
			s.met.planned.Inc()
			if len(x.out) > s.limits.AnswerBytes {
				s.answerTooLarge(w, r, x)
				return
			}
			write(w, x, http.StatusOK)
			return
		case !errors.Is(err, errNotPlanned):
			s.outOfTime(w, r, x, "deadline")
			return
		}
	}
	s.execute(w, r, doc, x)
}

// execute answers by graphql-go under the deadline.
func (s *Server) execute(w http.ResponseWriter, r *http.Request, doc *document, x *exchange) {
	s.met.executed.Inc()
	if doc.constant {
		if kept, ok := s.docs.answers.GetIfPresent(doc); ok {
			x.out = append(x.out[:0], kept...)
			write(w, x, http.StatusOK)
			return
		}
	}
	vars, err := x.req.variables()
	if err != nil {
		s.refuseHTTP(w, r, x, httpStatus(err), err)
		return
	}
	if err := soundVariables(doc.op, vars); err != nil {
		s.answerFailed(w, r, x, s.limited(r.Context(), "", err))
		return
	}
	if !s.withinQuota(w, r, x, doc, vars) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.limits.Deadline)
	defer cancel()
	sc := s.newScope(x)
	sc.mixed, sc.asks = doc.mixed, doc.asks
	if x.principal.Anonymous() && !doc.public {
		// The public shares few places, so that it takes the store from nobody.
		if sc.place = takePlace(ctx, s.public); sc.place == nil {
			s.outOfTime(w, r, x, "public")
			return
		}
		defer sc.place.free()
	}
	res := graphql.Execute(graphql.ExecuteParams{
		Schema: s.schema.Schema, Root: s.schema, AST: doc.ast, OperationName: doc.name, Args: vars,
		Context: context.WithValue(ctx, scopeKey{}, sc),
	})
	if ctx.Err() != nil { // resolvers may still be at work: nothing of theirs is touched
		s.outOfTime(w, r, x, "deadline")
		return
	}
	data, _ := res.Data.(map[string]any)
	if data == nil && !started(res.Errors) {
		s.answerFailed(w, r, x, s.shown(ctx, res.Errors, true))
		return
	}
	errs := s.shown(ctx, res.Errors, false)
	if data != nil {
		data = s.takeOut(data, doc.shape, sc.failed)
		for i := range sc.failed {
			errs = append(errs, sc.failed[i].err)
		}
	}
	inOrder(errs, doc.shape)
	s.answerExecuted(w, r, doc, x, sc, data, errs)
}

// outOfTime answers that the deadline has passed, which is counted by what it was
// spent on.
func (s *Server) outOfTime(w http.ResponseWriter, r *http.Request, x *exchange, limit string) {
	s.met.limits.WithLabelValues(limit).Inc()
	s.answer(w, x, nil, nil, s.limited(r.Context(), "", fault.New(fault.Timeout, "the answer took longer than %s", s.limits.Deadline)), true)
}

// started tells whether errors come from resolvers: those of the request itself,
// such as variables of a wrong type, have no path.
func started(errs []gqlerrors.FormattedError) bool {
	for _, e := range errs {
		if len(e.Path) > 0 || original(e) != nil {
			return true
		}
	}
	return false
}

// answerExecuted writes what Execute gave, once it is in the audit log.
func (s *Server) answerExecuted(w http.ResponseWriter, r *http.Request, doc *document, x *exchange, sc *scope, data map[string]any, errs []gqlerrors.FormattedError) {
	s.compose(x, doc.shape, data, errs, true)
	if len(x.out) > s.limits.AnswerBytes {
		s.answerTooLarge(w, r, x)
		return
	}
	if doc.constant && len(errs) == 0 {
		s.docs.answers.Set(doc, append([]byte(nil), x.out...))
	}
	if err := s.recordRead(r.Context(), doc, x, sc, errs); err != nil {
		s.answer(w, x, nil, nil, s.limited(r.Context(), "", err), true)
		return
	}
	s.count(errs)
	write(w, x, http.StatusOK)
}

// answerFailed answers a request that was never executed.
func (s *Server) answerFailed(w http.ResponseWriter, r *http.Request, x *exchange, errs []gqlerrors.FormattedError) {
	if len(errs) > 0 {
		outcome, _ := errs[0].Extensions["code"].(string)
		s.recordFailed(r.Context(), x, outcome)
	}
	s.answer(w, x, nil, nil, errs, false)
}

func (s *Server) answerTooLarge(w http.ResponseWriter, r *http.Request, x *exchange) {
	s.met.limits.WithLabelValues("answer").Inc()
	s.answer(w, x, nil, nil, s.limited(r.Context(), "", fault.New(fault.TooComplex, "the answer is larger than %d bytes; ask for smaller pages", s.limits.AnswerBytes)), true)
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

// answer writes errors, with data or without.
func (s *Server) answer(w http.ResponseWriter, x *exchange, sh *shape, data map[string]any, errs []gqlerrors.FormattedError, executed bool) {
	s.count(errs)
	s.compose(x, sh, data, errs, executed)
	write(w, x, status(x.media, executed))
}

func (s *Server) count(errs []gqlerrors.FormattedError) {
	for _, e := range errs {
		if c, ok := e.Extensions["code"].(string); ok {
			s.met.refused.WithLabelValues(c).Inc()
		}
	}
}

// compose writes an answer into x.out: data first, in the order of the query;
// none when nothing was executed.
func (s *Server) compose(x *exchange, sh *shape, data map[string]any, errs []gqlerrors.FormattedError, executed bool) {
	b := append(x.out[:0], '{')
	if executed {
		b = append(b, `"data":`...)
		if data == nil {
			b = append(b, "null"...)
		} else {
			b = appendObject(b, data, sh)
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
			b = appendFormatted(b, &errs[i])
		}
		b = append(b, ']')
	}
	x.out = append(b, '}')
}

// appendFormatted writes one error.
func appendFormatted(b []byte, e *gqlerrors.FormattedError) []byte {
	b = append(b, `{"message":`...)
	b = appendString(b, e.Message)
	if len(e.Locations) > 0 {
		b = append(b, `,"locations":[`...)
		for i, l := range e.Locations {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"line":`...)
			b = strconv.AppendInt(b, int64(l.Line), 10)
			b = append(b, `,"column":`...)
			b = strconv.AppendInt(b, int64(l.Column), 10)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	if len(e.Path) > 0 {
		if raw, err := json.Marshal(e.Path); err == nil {
			b = append(append(b, `,"path":`...), raw...)
		}
	}
	c, _ := e.Extensions["code"].(string)
	near, _ := e.Extensions["near"].([]*policy.Matter)
	return append(appendExtensions(b, c, near), '}')
}

// recordRead puts what a signed-in caller was shown into the audit log: the
// codes that it is about and the digest of the answer. Checks have
// their own records, and catalogues are everybody's.
func (s *Server) recordRead(ctx context.Context, doc *document, x *exchange, sc *scope, errs []gqlerrors.FormattedError) error {
	p := x.principal
	if p.Anonymous() || doc.public {
		return nil
	}
	codes := sc.viewer.Seen()
	if doc.checks && len(codes) == 0 {
		return nil
	}
	r := audit.Record{At: x.now, Actor: p.Subject, Unit: p.Unit, Role: string(p.Role), Action: "graphql", Outcome: "OK", Digest: digest(x.out)}
	r.Purpose, r.Matter, r.CaseNo = occasions(sc.viewer.Occasions())
	if len(errs) > 0 {
		r.Outcome, _ = errs[0].Extensions["code"].(string)
	}
	for {
		n := min(len(codes), s.limits.AuditCodes)
		r.Subject = strings.Join(codes[:n], ",")
		if _, err := s.append(ctx, r); err != nil {
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
