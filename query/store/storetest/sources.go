package storetest

import (
	"context"
	"slices"
	"time"

	"credithub/query/store"
	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// Sources reads the counts of all sources that reported or were rejected.
func (m *Memory) Sources(ctx context.Context) (map[policy.Source]store.Counts, error) {
	if err := m.reading(ctx, "sources"); err != nil {
		return nil, err
	}
	out := map[policy.Source]store.Counts{}
	latest := m.now().Add(feed.MaxSkew) // what lies ahead of the clock is no sign of life
	for i := range m.Rows.Records {
		r := &m.Rows.Records[i]
		c := out[sourceOf(r)]
		if r.Status == stored.Accepted {
			c.Accepted++
		}
		if r.Status.Alive() && r.RecordedAt.After(c.LastReceivedAt) && !r.RecordedAt.After(latest) {
			c.LastReceivedAt = r.RecordedAt
		}
		out[sourceOf(r)] = c
	}
	type row struct {
		batch     string
		line      uint32
		topic     string
		partition uint16
		offset    int64
	}
	counted := map[policy.Source][]row{} // a row with several faults counts once
	for _, x := range m.Rows.Rejects {
		src, r := policy.Source{Unit: x.Unit, Domain: record.ParseDomain(x.Domain)}, row{x.BatchID, x.Line, x.Topic, x.Partition, x.Offset}
		if !slices.Contains(counted[src], r) {
			counted[src] = append(counted[src], r)
		}
	}
	for src, rows := range counted {
		c := out[src]
		c.Rejected = len(rows)
		out[src] = c
	}
	return out, nil
}

func sourceOf(m *stored.Message) policy.Source {
	return policy.Source{Unit: m.Unit, Domain: record.ParseDomain(m.Domain)}
}

// HeardBy reads when sources were last heard.
func (m *Memory) HeardBy(ctx context.Context, q *store.HeardBy) (map[policy.Source]time.Time, error) {
	if err := m.reading(ctx, "heard by"); err != nil {
		return nil, err
	}
	out := map[policy.Source]time.Time{}
	for i := range m.Rows.Records {
		r := &m.Rows.Records[i]
		if slices.Contains(q.Domains, r.Domain) && r.Status.Alive() && !r.RecordedAt.Before(q.Since) && known(r.RecordedAt, q.At) && r.RecordedAt.After(out[sourceOf(r)]) {
			out[sourceOf(r)] = r.RecordedAt
		}
	}
	return out, nil
}

// WaitStored tells at once whether everything up to the positions can be read.
func (m *Memory) WaitStored(ctx context.Context, want []receipt.Position) error {
	if err := m.reading(ctx, "stored"); err != nil {
		return err
	}
	for _, p := range want {
		if !slices.ContainsFunc(m.Rows.Records, func(r stored.Message) bool {
			return r.Topic == p.Domain.Topic() && r.Partition == p.Partition && r.Offset >= p.Offset
		}) {
			return fault.New(fault.NotCaughtUp, "the history is not yet stored as far as asked")
		}
	}
	return nil
}
