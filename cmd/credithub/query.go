package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"golang.org/x/sync/errgroup"

	"credithub/deploy/platform/auth"
	"credithub/deploy/platform/child"
	"credithub/deploy/platform/limit"
	"credithub/deploy/platform/spool"
	"credithub/query/graph"
	"credithub/query/restrict"
	"credithub/query/site"
	"credithub/query/store"
	"credithub/query/view"
)

type queryCmd struct {
	connectFlags
	oidcFlags
	Listen string `help:"Address of GraphQL and the site." default:"127.0.0.1:8080"`
	Node   string `help:"Name of this node; it keeps an audit chain of its own." default:"query"`
}

// Run serves until ctx ends.
func (c *queryCmd) Run(ctx context.Context) error {
	if err := child.FollowParent(); err != nil {
		return err
	}
	h, err := c.connect()
	if err != nil {
		return err
	}
	defer h.close()
	verifier, err := h.verifier(ctx, &c.oidcFlags)
	if err != nil {
		return err
	}
	l, err := child.ListenAnywhere(c.Listen)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	s, err := h.audit(ctx, g, c.Node)
	if err != nil {
		return err
	}
	defer s.Close()
	mux := http.NewServeMux()
	q, err := h.query(verifier, s, l, false)
	if err != nil {
		return err
	}
	health(mux, h.reg, h.grounded(ctx, g, q.ready))
	q.handle(mux)
	g.Go(func() error {
		if err := h.keepKey(ctx); err != nil {
			return err
		}
		return q.index.Run(ctx)
	})
	g.Go(func() error { return h.serve(ctx, l, mux, q.graph) })
	return g.Wait()
}

// queryPart is a query node.
type queryPart struct {
	index       *restrict.Index
	audit       *spool.Spool
	tokens      interface{ Ready() []string }
	graph, site http.Handler
}

// Rates of questions: a signed-in caller, and an address of the public.
const (
	asksPerSecond = 200
	askBurst      = 400
)

func (h *hub) query(v *auth.Cached, a *spool.Spool, l net.Listener, demo bool) (*queryPart, error) {
	index, err := restrict.Open(restrict.Config{
		Policy: h.policy, Snapshot: restrict.ClickHouse(h.db), Log: restrict.Kafka(h.kafka), Logger: h.log, Metrics: h.reg,
	})
	if err != nil {
		return nil, err
	}
	st, err := store.New(store.Config{Conn: h.db.Conn(), Database: h.db.Database(), Metrics: h.reg})
	if err != nil {
		return nil, err
	}
	gc := graph.Config{
		Index: index, Store: st, Policy: h.policy, Access: h.access, Grade: h.grades, Verifier: v, Auditor: a,
		Now: time.Now, Logger: h.log, Metrics: h.reg,
	}
	sc := site.Config{Demo: demo, Logger: h.log, Metrics: h.reg}
	if !limit.Off(l.Addr().String()) {
		if gc.Limiter, err = limit.New(limit.Config{PerSecond: asksPerSecond, Burst: askBurst}); err != nil {
			return nil, err
		}
		if gc.Strangers, err = newStrangers(); err != nil {
			return nil, err
		}
		quota, err := limit.NewQuota(limit.QuotaConfig{Lookups: h.conf.Number("quotas.lookups"), Window: h.conf.Duration("quotas.window"), PerDay: h.conf.Number("quotas.perDay")})
		if err != nil {
			return nil, err
		}
		gc.Quota, sc.Quota = quota, quota
	}
	q := &queryPart{index: index, audit: a, tokens: v}
	if q.graph, err = graph.New(gc); err != nil {
		return nil, err
	}
	views, err := view.New(view.Config{Store: st, Access: h.access, Policy: h.policy, Index: index, Grade: h.grades})
	if err != nil {
		return nil, err
	}
	sc.View, sc.Limiter = site.Over(views, time.Now), gc.Limiter
	q.site, err = site.New(sc)
	return q, err
}

// graphPath is where GraphQL is asked.
const graphPath = "/graphql"

func (q *queryPart) handle(mux *http.ServeMux) {
	mux.Handle(graphPath, q.graph)
	mux.Handle("/", dressed(gzhttp.GzipHandler(q.site)))
}

func (q *queryPart) ready(context.Context) []string {
	_, reasons := q.index.Ready()
	if q.audit.Failing() {
		reasons = append(reasons, "the audit log can't be written")
	}
	return append(reasons, q.tokens.Ready()...)
}
