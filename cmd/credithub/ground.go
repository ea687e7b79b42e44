package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"credithub/deploy/platform/disk"
	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/metrics"
	"credithub/ingest/intake"
	"credithub/schema/feed"
)

// ensureTopics brings Kafka to the desired state, and refuses one in which answers
// would be wrong. Topics in bulk that are still absent get as many partitions as
// the others have.
func (h *hub) ensureTopics(ctx context.Context, bulk int) error {
	have, _, err := h.kafka.Held(ctx, topicNames())
	if err != nil {
		return fmt.Errorf("kafka topics: %w", err)
	}
	if n := feed.Bulk(have); n > 0 {
		bulk = n
	}
	var all []kafka.Topic
	for _, t := range feed.Topics(bulk) {
		all = append(all, kafka.Topic{Name: t.Name, Partitions: t.Partitions, Configs: t.Configs})
	}
	if err := h.kafka.EnsureTopics(ctx, all); err != nil {
		return fmt.Errorf("kafka topics: %w", err)
	}
	return newGround(h).mustStand(ctx)
}

func topicNames() (names []string) {
	for _, t := range feed.Topics(1) {
		names = append(names, t.Name)
	}
	return names
}

// ground is what the hub stands on. It is looked at again and again: what was right
// at the start can be changed by others.
type ground struct {
	h      *hub
	faulty prometheus.Gauge

	mu       sync.Mutex
	reasons  []string
	warnings []string
}

// grounded adds what the hub stands on to why a part is not ready.
func (h *hub) grounded(ctx context.Context, g *errgroup.Group, part readiness) readiness {
	h.under = newGround(h)
	g.Go(func() error { return h.under.watch(ctx) })
	g.Go(func() error { return h.room.Run(ctx) })
	return func(ctx context.Context) []string {
		return stood(h.under, h.room, func() []string { return part(ctx) })()
	}
}

// stored adds whether what arrives is stored.
func (h *hub) stored(ctx context.Context, g *errgroup.Group, part readiness) (readiness, error) {
	st, err := intake.NewClickHouse(h.db, h.cluster)
	if err != nil {
		return nil, err
	}
	b := intake.NewBehind(h.kafka, st, time.Now, h.reg)
	g.Go(func() error { return b.Run(ctx) })
	return func(ctx context.Context) []string { return append(b.Ready(), part(ctx)...) }, nil
}

// stood is why a part and what it stands on are not ready.
func stood(under *ground, room *disk.Watch, part func() []string) func() []string {
	return func() []string {
		reasons := under.ready()
		if err := room.Err(); err != nil {
			reasons = append(reasons, err.Error())
		}
		return append(reasons, part()...)
	}
}

const (
	groundEvery   = 2 * time.Second
	groundTimeout = 10 * time.Second
)

func newGround(h *hub) *ground {
	return &ground{h: h, reasons: []string{"Kafka's topics are not checked yet"}}
}

// watch looks until ctx ends.
func (g *ground) watch(ctx context.Context) error {
	g.faulty = metrics.Gauge(g.h.reg, "kafka", "topic_faults", "Faults of topics with which answers could be wrong.")
	t := time.NewTicker(groundEvery)
	defer t.Stop()
	for {
		_ = g.look(ctx) // says nothing new
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// look judges the topics once. While Kafka doesn't answer, which its users tell,
// the last judgement stands.
func (g *ground) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, groundTimeout)
	defer cancel()
	have, brokers, err := g.h.kafka.Held(ctx, topicNames())
	if err != nil {
		return err
	}
	faults, warnings := feed.Standing(have, brokers)
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Equal(faults, g.reasons) && len(faults) > 0 {
		g.h.log.Error("Kafka's topics are not as the hub needs them", "faults", faults)
	}
	if !slices.Equal(warnings, g.warnings) && len(warnings) > 0 {
		g.h.log.Warn("Kafka's topics could be safer", "warnings", warnings)
	}
	g.reasons, g.warnings = faults, warnings
	if g.faulty != nil {
		g.faulty.Set(float64(len(faults)))
	}
	return nil
}

// mustStand is for the start: a fault is an error.
func (g *ground) mustStand(ctx context.Context) error {
	if err := g.look(ctx); err != nil {
		return fmt.Errorf("kafka topics: %w", err)
	}
	var errs []error
	for _, r := range g.ready() {
		errs = append(errs, errors.New(r))
	}
	if len(errs) > 0 {
		return fmt.Errorf("the topics of Kafka are not as the hub needs them; nothing was started:\n%w", errors.Join(errs...))
	}
	return nil
}

// faults are why nobody should write: what is written might stand where nobody reads.
func (h *hub) faults() []string {
	if h.under == nil {
		return nil
	}
	return h.under.ready()
}

// ready gives the reasons why nobody should rely on answers.
func (g *ground) ready() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.reasons)
}
