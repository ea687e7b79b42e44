package intake

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/kafka"
	"credithub/ingest/derive"
	"credithub/ingest/sink"
	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/fold"
	"credithub/schema/policy"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// lane reads some topics through one judge and one sink. Decisions have a lane of
// their own, so that they wait for nobody.
type lane struct {
	x       *Intake
	name    string
	domains []record.Domain
	judge   *judge
	sink    *sink.Sink
	turns   map[record.Domain]*turns // none for decisions

	mu      sync.Mutex
	loaded  bool
	damaged bool                    // what is stored can't be read back
	away    map[sink.Partition]bool // those that Kafka doesn't serve
}

func (x *Intake) newLane(name string, domains []record.Domain) *lane {
	return &lane{x: x, name: name, domains: domains, away: map[sink.Partition]bool{}}
}

// partition is one that the lane reads.
type partition struct {
	domain record.Domain
	number int
	from   int64
	last   time.Time // when the hub learned of the last stored row; zero without
}

func (p *partition) place() sink.Partition {
	return sink.Partition{Topic: p.domain.Topic(), Partition: uint16(p.number)}
}

// run loads what is stored, then reads on from there until ctx ends.
func (l *lane) run(ctx context.Context) error {
	began := l.x.cfg.Now()
	var parts []partition
	for tries := 0; ; tries++ {
		var err error
		if parts, err = l.load(ctx); err == nil {
			break
		}
		if ctx.Err() != nil {
			return nil
		}
		l.x.met.retries.Inc()
		l.mu.Lock()
		l.damaged = clickhouse.Damaged(err)
		l.mu.Unlock()
		if tries == 0 {
			l.x.cfg.Logger.Warn("can't load the stored state, trying again", "lane", l.name, "error", err)
		}
		pause(ctx, tries)
	}
	rows := l.x.cfg.BulkRows
	feed, tell := l.feedBulk, l.tellBulk
	if l.judge.dcs != nil {
		rows, feed, tell = l.x.cfg.DecisionRows, l.feedDecisions, l.tellDecisions
	}
	cfg := l.x.cfg
	s, err := sink.New(sink.Config{
		Engine: cfg.Store, Feed: feed, Tell: tell, Logger: cfg.Logger, Registerer: cfg.Registerer, Lane: l.name, Now: cfg.Now,
		MaxRows: min(cfg.BlockRows, rows), PendingRows: rows, Linger: cfg.Linger,
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.sink, l.loaded = s, true
	l.mu.Unlock()
	cfg.Logger.Info("reading", "lane", l.name, "partitions", len(parts), "load_ms", cfg.Now().Sub(began).Milliseconds())
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Run(ctx) })
	for _, p := range parts {
		g.Go(func() error { return l.read(ctx, p) })
	}
	return g.Wait()
}

// load asks how far the topics are stored, when nothing is under way any more,
// and rebuilds the judge's state from the rows.
func (l *lane) load(ctx context.Context) ([]partition, error) {
	cfg := l.x.cfg
	if err := cfg.Store.Quiet(ctx); err != nil {
		return nil, fmt.Errorf("intake: wait until nothing is under way: %w", err)
	}
	var topics []string
	for _, d := range l.domains {
		topics = append(topics, d.Topic())
	}
	have, err := cfg.Store.Positions(ctx, topics)
	if err != nil {
		return nil, fmt.Errorf("intake: read stored positions: %w", err)
	}
	learned, err := cfg.Store.Learned(ctx, topics)
	if err != nil {
		return nil, fmt.Errorf("intake: read when the last was learned: %w", err)
	}
	l.judge = newJudge(cfg.Policy, l.x.met)
	var parts []partition
	for _, d := range l.domains {
		n, err := cfg.Kafka.Partitions(ctx, d.Topic())
		if err != nil {
			return nil, err
		}
		for i := range n {
			at := sink.Partition{Topic: d.Topic(), Partition: uint16(i)}
			parts = append(parts, partition{d, i, have.After(at), learned[at]})
		}
		if err := l.loadDomain(ctx, d); err != nil {
			return nil, fmt.Errorf("intake: load %s: %w", d, err)
		}
	}
	if l.judge.dcs == nil {
		if l.turns, err = l.loadTurns(ctx, parts); err != nil {
			return nil, fmt.Errorf("intake: read the order told: %w", err)
		}
	}
	return parts, nil
}

// loadDomain rebuilds what the judge knows of a domain.
func (l *lane) loadDomain(ctx context.Context, d record.Domain) error {
	if d == record.Decision {
		return l.loadDecisions(ctx, d)
	}
	j := l.judge
	x := &derive.Index{}
	j.index[d] = x
	sieve := j.policy.Sieve(d)
	if sieve != "" {
		j.facts[d] = derive.NewFacts(d, j.codes)
	}
	err := l.x.cfg.Store.Numbered(ctx, d.Topic(), func(n *Numbered) error {
		x.Numbered(j.ids.ID(n.Unit, n.RecordID), uint32(n.Hash), n.Sent)
		return nil
	})
	if err != nil {
		return err
	}
	var news derive.News
	return l.x.cfg.Store.Versions(ctx, d.Topic(), d == record.Registration, sieve, func(v *Version) error {
		j.restore(d, v, &news)
		news.Reset() // stored rows are known to everybody
		return nil
	})
}

// loadDecisions rebuilds the entries.
func (l *lane) loadDecisions(ctx context.Context, d record.Domain) error {
	j := l.judge
	j.dcs = derive.NewDecisions(l.x.cfg.Policy.Law())
	err := l.x.cfg.Store.Numbered(ctx, d.Topic(), func(n *Numbered) error {
		j.dcs.LoadNumbered(n.Unit, n.RecordID, n.Hash, n.Sent)
		return nil
	})
	if err != nil {
		return err
	}
	var env []byte
	return l.x.cfg.Store.Decisions(ctx, d.Topic(), func(v *Version) error {
		env = record.AppendEnvelope(env[:0], &record.Row{
			Domain: d, Kind: v.Kind, Op: v.Op, Version: v.Version, OccurredOn: v.OccurredOn,
			RecordID: []byte(v.RecordID), USCC: []byte(v.USCC), Data: []byte(v.Data),
		}, v.Unit)
		// What was accepted stays accepted, also when the rules have changed
		// since: faults are of no interest here.
		j.dec.Decode(env, loadDay, &j.row)
		r := record.EventOf(&j.row, v.Unit, feed.Seq(v.Offset, 0))
		j.dcs.Load(&r, v.Hash)
		return nil
	})
}

// restore takes in a stored version of a record, as it was judged.
func (j *judge) restore(d record.Domain, v *Version, news *derive.News) {
	id := j.ids.ID(v.Unit, []byte(v.RecordID))
	h := derive.Held{Version: v.Version, Hash: uint32(v.Hash), Subject: j.codes.Subject([]byte(v.USCC))}
	x := j.index[d]
	verdict := x.Judge(id, h)
	if verdict.Status == stored.Accepted {
		x.Accept(id, h)
	}
	if f := j.facts[d]; f != nil {
		if j.read = (policy.Reading{Found: j.read.Found[:0]}); v.Data != "" {
			j.policy.Read(&j.read, d, v.Kind, policy.StoredValues([]byte(v.Data), v.OccurredOn))
		}
		f.Apply(verdict, id, h, v.Op, v.Unit, []byte(v.RecordID), &j.read, nil)
	}
	if d == record.Registration {
		j.regs.Apply(verdict, id, h, v.Op, derive.NameHash(fold.Name(v.Name)), news)
	}
}

// loadDay lies behind every day that a stored record can name, so that none is in
// the future.
var loadDay = civil.MakeDate(2999, time.January, 1)

// read follows one partition.
func (l *lane) read(ctx context.Context, p partition) error {
	cfg := l.x.cfg
	topic := p.domain.Topic()
	f := kafka.NewFetcher(cfg.Kafka, topic, p.number, p.from, cfg.MaxBytes)
	f.MaxWait = 2 * time.Second
	v := &verifier{topic: topic, stamper: cfg.Stamper, keys: cfg.Keys, last: p.last}
	lag := l.x.met.lag.WithLabelValues(topic, strconv.Itoa(p.number))
	var origins []origin
	for tries := 0; ; {
		b, err := f.Fetch(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			l.fetchFailed(ctx, p, f, err, tries)
			tries++
			continue
		}
		if tries > 0 {
			tries = 0
			l.served(p)
		}
		lag.Set(float64(max(b.HighWater-b.Next, 0)))
		if len(b.Messages) == 0 {
			continue
		}
		v.look(cfg.Now(), cfg.Ahead())
		origins = origins[:0]
		for i := range b.Messages {
			origins = append(origins, v.verify(&b.Messages[i]))
		}
		if err := l.inTurn(ctx, p, b.Next, b.Messages, origins); err != nil {
			return err
		}
	}
}

// fetchFailed waits before the next try. A log that no longer holds what comes
// next has lost messages: that is counted, and reading goes on with the first one
// it has. A log that is shorter than what is stored is another log: nothing can be
// read from it without counting twice.
func (l *lane) fetchFailed(ctx context.Context, p partition, f *kafka.Fetcher, err error, tries int) {
	l.x.met.retries.Inc()
	var out *kafka.OutOfRangeError
	if errors.As(err, &out) && out.Offset < out.Start {
		l.x.met.gaps.Inc()
		l.x.cfg.Logger.Error("the log lost messages that were not yet stored", "topic", out.Topic, "partition", out.Partition,
			"from", out.Offset, "to", out.Start)
		f.SetOffset(out.Start)
		return
	}
	if tries == 0 {
		l.x.cfg.Logger.Warn("can't read from Kafka, trying again", "lane", l.name, "error", err)
	}
	l.missed(p)
	pause(ctx, tries)
}

// missed notes that Kafka doesn't serve a partition.
func (l *lane) missed(p partition) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away[p.place()] = true
}

// served notes that Kafka serves a partition again.
func (l *lane) served(p partition) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.away, p.place())
}

// notReady says why the lane is not ready, "" when it is.
func (l *lane) notReady(now time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !l.loaded && l.damaged:
		return clickhouse.DamagedHint
	case !l.loaded:
		return "stored state not loaded yet"
	case len(l.away) > 0:
		return "Kafka does not serve a partition"
	}
	if since := l.sink.Stuck(); !since.IsZero() && now.Sub(since) > l.x.cfg.FailingAfter {
		return "ClickHouse takes no rows"
	}
	return ""
}
