package intake

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/sleep"
	"credithub/ingest/sink"
	"credithub/schema/feed"
	"credithub/schema/record"
)

// Intake reads, judges and stores.
type Intake struct {
	cfg Config
	met *counters

	mu       sync.Mutex
	assigned bool
	lanes    map[string]*lane
}

// New makes an Intake. Nothing is read before Run.
func New(cfg Config) (*Intake, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Intake{cfg: cfg, met: newCounters(cfg.Registerer), lanes: map[string]*lane{}}, nil
}

// Topics are the topics of the domains, which must exist before Run.
func (x *Intake) Topics() []string {
	topics := make([]string, len(x.cfg.Domains))
	for i, d := range x.cfg.Domains {
		topics[i] = d.Topic()
	}
	return topics
}

// Run reads until ctx ends; it returns nil then.
func (x *Intake) Run(ctx context.Context) error {
	g, run := errgroup.WithContext(ctx)
	g.Go(func() error { return x.cfg.Kafka.Group(run, x.cfg.Group, x.Topics(), x.generation) })
	g.Go(func() error {
		topics := []string{feed.RejectsTopic, feed.BatchesTopic, feed.AuditTopic}
		return x.cfg.Kafka.Group(run, x.cfg.Group+"-log", topics, x.logGeneration)
	})
	err := g.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// generation reads what this process may read until that is taken away.
func (x *Intake) generation(ctx context.Context, a kafka.Assignment) error {
	var bulk, decisions []record.Domain
	for _, d := range x.cfg.Domains {
		switch {
		case !slices.Contains(a.Partitions[d.Topic()], 0): // another process reads the topic
		case d == record.Decision:
			decisions = append(decisions, d)
		default:
			bulk = append(bulk, d)
		}
	}
	x.cfg.Logger.Info("domains assigned", "bulk", len(bulk), "decisions", len(decisions), "generation", a.Generation)
	g, ctx := errgroup.WithContext(ctx)
	lanes := map[string]*lane{}
	if len(decisions) > 0 {
		lanes["decision"] = x.newLane("decision", decisions)
	}
	if len(bulk) > 0 {
		lanes["bulk"] = x.newLane("bulk", bulk)
	}
	x.assign(true, lanes)
	defer x.assign(false, nil)
	for _, l := range lanes {
		g.Go(func() error { return l.run(ctx) })
	}
	<-ctx.Done()
	return g.Wait()
}

func (x *Intake) assign(assigned bool, lanes map[string]*lane) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.assigned, x.lanes = assigned, lanes
}

// Ready tells whether the process has its partitions, knows the state that
// ClickHouse holds, and gets rows stored; else why not.
func (x *Intake) Ready() (bool, []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var why []string
	if !x.assigned {
		why = append(why, "intake: no partitions assigned yet")
	}
	for name, l := range x.lanes {
		if r := l.notReady(x.cfg.Now()); r != "" {
			why = append(why, fmt.Sprintf("intake: %s: %s", name, r))
		}
	}
	slices.Sort(why)
	return len(why) == 0, why
}

// pause waits before trying again.
func pause(ctx context.Context, tries int) {
	sleep.For(ctx, min(50*time.Millisecond<<min(tries, 10), 2*time.Second))
}

var _ sink.Engine = Store(nil)
