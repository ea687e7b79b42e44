package graph

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/graphql-go/graphql/language/ast"

	"credithub/query/graph/auditlog"
	"credithub/query/graph/check"
	"credithub/query/graph/document"
	"credithub/query/graph/fields"
	"credithub/query/graph/front"
	"credithub/query/graph/metrics"
	"credithub/query/graph/plan"
	"credithub/query/graph/refusal"
	"credithub/query/view"
)

// Server is the endpoint. It is an http.Handler for POST and GET.
type Server struct {
	front *front.Handler
	docs  *document.Cache
	plans *plan.Runner
	met   *metrics.Counters
}

// New makes the endpoint. It fails when schema.graphql, the fields and the access
// table don't fit each other.
func New(c Config) (*Server, error) { return wire(c, true) }

// wire puts the rooms of the endpoint together; without plans graphql-go answers all.
func wire(c Config, plans bool) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.Limits.SetDefaults()
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Logger = cmp.Or(c.Logger, slog.Default())
	met, err := metrics.New(c.Metrics)
	if err != nil {
		return nil, fmt.Errorf("graph: metrics: %w", err)
	}
	s := &Server{met: met}
	views, err := view.New(view.Config{Store: c.Store, Access: c.Access, Policy: c.Policy, Index: c.Index, Grade: c.Grade})
	if err != nil {
		return nil, err
	}
	refuse := &refusal.Maker{Log: c.Logger, Metrics: met}
	auditLog := &auditlog.Writer{Auditor: c.Auditor, Strangers: c.Strangers, Metrics: met, Log: c.Logger}
	checker := &check.Checker{Index: c.Index, Store: c.Store, Policy: c.Policy, AuditLog: auditLog, Refuse: refuse, Metrics: met, Limits: &c.Limits, Now: c.Now}
	schema, err := fields.New(fields.Config{
		Checker: checker, Views: views, Index: c.Index, Store: c.Store, Policy: c.Policy, Access: c.Access, Refuse: refuse, Limits: &c.Limits,
	})
	if err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	var compile func(*ast.OperationDefinition, map[string]*ast.FragmentDefinition) *plan.Plan
	if plans {
		compile = func(op *ast.OperationDefinition, frags map[string]*ast.FragmentDefinition) *plan.Plan {
			return plan.Compile(schema, op, frags)
		}
	}
	if s.docs, err = document.New(document.Config{Schema: schema.GraphQL(), Compile: compile, Refuse: refuse, Metrics: met, Limits: &c.Limits}); err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	s.plans = &plan.Runner{Checker: checker, Refuse: refuse, Metrics: met, Limits: &c.Limits}
	s.front = front.New(front.Config{
		Verifier: c.Verifier, Documents: s.docs, Schema: schema, AuditLog: auditLog, Refuse: refuse, Metrics: met, Limits: &c.Limits, Now: c.Now,
		Plans: s.plans, Public: make(chan struct{}, c.Limits.PublicReads), Limiter: c.Limiter, Quota: c.Quota,
	})
	return s, nil
}

// ServeHTTP answers one GraphQL request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.front.ServeHTTP(w, r) }
