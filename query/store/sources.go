package store

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"credithub/deploy/platform/sleep"
	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// Counts are rows of one source so far.
type Counts struct {
	Accepted, Rejected int
	LastReceivedAt     time.Time // last sign of life that is stored; zero when none
}

// SourceCounts asks what each source reported; the projection answers it.
type SourceCounts struct{}

// SQL implements Statement.
func (SourceCounts) SQL() (string, []any) {
	return "SELECT unit, domain, toString(status) AS status_, count(), toUnixTimestamp64Milli(max(recorded_at)) " +
		"FROM {db}.records GROUP BY unit, domain, status", nil
}

// RejectCounts asks how many rows of each source were rejected, by the gateway
// and by intake alike.
type RejectCounts struct{}

// SQL implements Statement.
func (RejectCounts) SQL() (string, []any) {
	return "SELECT unit, domain, uniqExact(batch_id, line, topic, partition, offset) FROM {db}.rejects GROUP BY unit, domain", nil
}

// Sources reads the counts of all sources that reported or were rejected.
func (s *Store) Sources(ctx context.Context) (map[policy.Source]Counts, error) {
	out := map[policy.Source]Counts{}
	now := s.now()
	err := s.read(ctx, SourceCounts{}, func(rows driver.Rows) error {
		var unit, domain, status string
		var n uint64
		var at int64
		if err := rows.Scan(&unit, &domain, &status, &n, &at); err != nil {
			return err
		}
		src := policy.Source{Unit: unit, Domain: record.ParseDomain(domain)}
		c := out[src]
		is := stored.ParseStatus(status)
		if is == stored.Accepted {
			c.Accepted += int(n)
		}
		if is.Alive() {
			c.hear(at, now)
		}
		out[src] = c
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = s.read(ctx, RejectCounts{}, func(rows driver.Rows) error {
		var unit, domain string
		var n uint64
		if err := rows.Scan(&unit, &domain, &n); err != nil {
			return err
		}
		src := policy.Source{Unit: unit, Domain: record.ParseDomain(domain)}
		c := out[src]
		c.Rejected += int(n)
		out[src] = c
		return nil
	})
	return out, err
}

// hear notes a sign of life, unless it lies ahead of the clock or at no time.
func (c *Counts) hear(ms int64, now time.Time) {
	at := time.UnixMilli(ms).UTC()
	if ms > 0 && at.After(c.LastReceivedAt) && !at.After(now.Add(feed.MaxSkew)) {
		c.LastReceivedAt = at
	}
}

// HeardBy asks when each source of some domains was last heard at or before an
// instant, and not before Since.
type HeardBy struct {
	Domains   []string
	Since, At time.Time
}

// SQL implements Statement.
func (q *HeardBy) SQL() (string, []any) {
	var t sqlBuilder
	t.add("SELECT unit, domain, toUnixTimestamp64Milli(max(recorded_at)) FROM {db}.records WHERE ")
	t.in("domain", q.Domains)
	t.add(" AND "+stored.SignOfLife+" AND recorded_at >= fromUnixTimestamp64Milli(?, 'UTC')", q.Since.UnixMilli())
	t.known(q.At)
	t.add(" GROUP BY unit, domain")
	return t.done()
}

// HeardBy reads when sources were last heard.
func (s *Store) HeardBy(ctx context.Context, q *HeardBy) (map[policy.Source]time.Time, error) {
	out := map[policy.Source]time.Time{}
	if len(q.Domains) == 0 {
		return out, nil
	}
	err := s.read(ctx, q, func(rows driver.Rows) error {
		var unit, domain string
		var at int64
		if err := rows.Scan(&unit, &domain, &at); err != nil {
			return err
		}
		out[policy.Source{Unit: unit, Domain: record.ParseDomain(domain)}] = time.UnixMilli(at).UTC()
		return nil
	})
	return out, err
}

// StoredPositions asks how far each partition is stored.
type StoredPositions struct{}

// SQL implements Statement.
func (StoredPositions) SQL() (string, []any) {
	return "SELECT topic, partition, max(offset) FROM {db}.records GROUP BY topic, partition", nil
}

// WaitStored returns when everything up to the positions can be read here. It
// asks again with growing pauses for as long as Config.CaughtUp, then answers
// fault.NotCaughtUp.
func (s *Store) WaitStored(ctx context.Context, want []receipt.Position) error {
	end := s.now().Add(s.caughtUp)
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		ok, err := s.stored(ctx, want)
		if ok || err != nil {
			return err
		}
		if !s.now().Before(end) {
			return fault.New(fault.NotCaughtUp, "the history is not yet stored as far as asked")
		}
		if !sleep.For(ctx, pause) {
			return s.fail(ctx, ctx.Err())
		}
	}
}

func (s *Store) stored(ctx context.Context, want []receipt.Position) (bool, error) {
	if len(want) == 0 {
		return true, nil
	}
	type topicPartition struct {
		topic     string
		partition uint16
	}
	have := map[topicPartition]int64{}
	err := s.read(ctx, StoredPositions{}, func(rows driver.Rows) error {
		var p topicPartition
		var offset int64
		if err := rows.Scan(&p.topic, &p.partition, &offset); err != nil {
			return err
		}
		have[p] = offset
		return nil
	})
	if err != nil {
		return false, err
	}
	for _, p := range want {
		offset, ok := have[topicPartition{p.Domain.Topic(), p.Partition}]
		if !ok || offset < p.Offset {
			return false, nil
		}
	}
	return true, nil
}
