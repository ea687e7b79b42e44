package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"credithub/deploy/platform/child"
	"credithub/deploy/platform/disk"
	"credithub/deploy/platform/keys"
	"credithub/deploy/platform/limit"
	"credithub/deploy/platform/node"
	"credithub/deploy/platform/problem"
	"credithub/deploy/platform/spool"
	"credithub/ingest/gateway"
	"credithub/ingest/intake"
	"credithub/schema/fault"
)

type ingestCmd struct {
	connectFlags
	oidcFlags
	Listen  string `help:"Address of /readyz, /metrics and the gateway." placeholder:"HOST:PORT"`
	Gateway bool   `help:"Accept pushes on --listen." default:"true" negatable:""`
	Node    string `help:"Name of this node; it keeps an audit chain of its own." default:"ingest"`
	Nice    int    `help:"Lowered priority, 0…19." default:"0"`
	Ground  bool   `help:"Judge what Kafka is like in /readyz." default:"true" negatable:"" hidden:""`
}

// Run consumes, and accepts pushes when told where, until ctx ends.
func (c *ingestCmd) Run(ctx context.Context) error {
	if err := child.FollowParent(); err != nil {
		return err
	}
	if err := child.Nice(c.Nice); err != nil {
		return err
	}
	h, err := c.connect()
	if err != nil {
		return err
	}
	defer h.close()
	clock, err := node.OpenClock(h.data, time.Now)
	if err != nil {
		return err
	}
	in, err := h.intake(clock)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return clock.Run(ctx, h.log, h.reg) })
	g.Go(func() error {
		if err := h.keepKey(ctx); err != nil {
			return err
		}
		return in.Run(ctx)
	})
	if c.Listen != "" {
		closeAudit, err := c.listen(ctx, g, h, in)
		if err != nil {
			return err
		}
		defer closeAudit()
	}
	return g.Wait()
}

func (c *ingestCmd) listen(ctx context.Context, g *errgroup.Group, h *hub, in *intake.Intake) (closeAudit func(), err error) {
	closeAudit = func() {}
	l, err := child.ListenAnywhere(c.Listen)
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	mux := http.NewServeMux()
	ready := func(context.Context) []string { _, reasons := in.Ready(); return reasons }
	if c.Ground { // otherwise the parent does
		if ready, err = h.stored(ctx, g, ready); err != nil {
			return nil, err
		}
		ready = h.grounded(ctx, g, ready)
	}
	if c.Gateway {
		verifier, err := h.verifier(ctx, &c.oidcFlags)
		if err != nil {
			return nil, err
		}
		intake := ready
		ready = func(ctx context.Context) []string { return append(intake(ctx), verifier.Ready()...) }
		s, err := h.audit(ctx, g, c.Node)
		if err != nil {
			return nil, err
		}
		closeAudit = func() { _ = s.Close() }
		gw, err := h.gateway(verifier, s, l)
		if err != nil {
			return nil, err
		}
		mux.Handle("/v1/", dressed(gw))
	}
	health(mux, h.reg, ready)
	g.Go(func() error { return h.serve(ctx, l, mux, nil) })
	return closeAudit, nil
}

// intake makes the consuming part.
func (h *hub) intake(clock *node.Clock) (*intake.Intake, error) {
	reg, err := keys.Open(h.data, time.Now)
	if err != nil {
		return nil, err
	}
	st, err := intake.NewClickHouse(h.db, h.cluster)
	if err != nil {
		return nil, err
	}
	return intake.New(intake.Config{
		Kafka: h.kafka, Producer: h.producer, Store: st, Policy: h.policy, Keys: reg,
		Stamper: h.stamper, Now: time.Now, Ahead: clock.Ahead, Logger: h.log, Registerer: h.reg,
	})
}

// Rates of pushes, a unit; and of refusals that are recorded of callers without a
// valid token, an address.
const (
	pushesPerSecond    = 200
	pushBurst          = 400
	strangersPerSecond = 5
	strangersBurst     = 100
)

// gateway makes the accepting part.
func (h *hub) gateway(v gateway.Verifier, a gateway.Auditor, l net.Listener) (http.Handler, error) {
	c := gateway.Config{
		Producer: h.producer, Verifier: v, Auditor: a, Rights: h.policy, Stamper: h.stamper,
		History: gateway.NewHistory(h.db.Conn()), Log: h.log, Metrics: h.reg,
	}
	if !limit.Off(l.Addr().String()) {
		rate, err := limit.New(limit.Config{PerSecond: pushesPerSecond, Burst: pushBurst})
		if err != nil {
			return nil, err
		}
		c.Rate = rate
		if c.Strangers, err = newStrangers(); err != nil {
			return nil, err
		}
	}
	gw, err := gateway.New(c)
	if err != nil {
		return nil, err
	}
	return takes(gw, h.room, h.faults), nil
}

// takes refuses pushes while there is no room for what they would become, as taken
// in they would leave none for telling so, and while Kafka's topics are not as the
// hub needs them, as rows might never be read.
func takes(next http.Handler, room *disk.Watch, faults func() []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err, why := room.Err(), "the hub has no space left on its disk"
		if f := faults(); err == nil && len(f) > 0 {
			err, why = errors.New(f[0]), "the topics of Kafka are not as the hub needs them"
		}
		if err != nil && r.Method == http.MethodPost {
			w.Header().Set("Retry-After", "60")
			problem.Write(w, fault.Wrap(fault.Unavailable, err, "%s; nothing was accepted: send it again later", why))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// newStrangers bounds what is recorded of callers without a valid token.
func newStrangers() (*limit.Limiter, error) {
	return limit.New(limit.Config{PerSecond: strangersPerSecond, Burst: strangersBurst})
}

// audit opens this node's chain and ships it while ctx lives. The caller closes
// it when nobody asks any more.
func (h *hub) audit(ctx context.Context, g *errgroup.Group, node string) (*spool.Spool, error) {
	keep, _, err := auditHeads(h.data)
	if err != nil {
		return nil, err
	}
	s, err := spool.Open(filepath.Join(h.data, "audit", node), node, spool.Options{
		Log: h.log, Metrics: h.reg, Heads: keep, Lost: h.lostAudit(ctx), Failed: h.room.Wrote})
	if err != nil {
		return nil, err
	}
	g.Go(func() error {
		err := s.Ship(ctx, h.shipAudit(s.Writer()))
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	})
	return s, nil
}
