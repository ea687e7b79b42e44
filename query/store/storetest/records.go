package storetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"credithub/query/store"
	"credithub/schema/fault"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// Registrations reads the current registration records of some codes.
func (m *Memory) Registrations(ctx context.Context, q *store.Registrations) (map[string][]store.Record, store.Over, error) {
	if err := m.reading(ctx, fmt.Sprintf("registrations %d", len(q.Codes))); err != nil {
		return nil, nil, err
	}
	rows, over := m.current(&store.Identities{Codes: q.Codes, Domains: []string{record.Registration.String()}, AsOf: q.AsOf, Age: q.Age, Most: q.Most})
	return rows, over, nil
}

// Identities reads the current records of some codes, the newest first.
func (m *Memory) Identities(ctx context.Context, q *store.Identities) (map[string][]store.Record, store.Over, error) {
	if err := m.reading(ctx, fmt.Sprintf("identities %d", len(q.Codes))); err != nil {
		return nil, nil, err
	}
	rows, over := m.current(q)
	return rows, over, nil
}

// EachIdentity hands them to each.
func (m *Memory) EachIdentity(ctx context.Context, q *store.Identities, each func(*store.Record)) (store.Over, error) {
	if err := m.reading(ctx, fmt.Sprintf("evidence %d", len(q.Codes))); err != nil {
		return nil, err
	}
	rows, over := m.current(q)
	for _, all := range rows {
		for i := range all {
			each(&all[i])
		}
	}
	return over, nil
}

// current are the records that hold.
func (m *Memory) current(q *store.Identities) (map[string][]store.Record, store.Over) {
	out, sizes := map[string][]store.Record{}, map[string]int{}
	for _, r := range m.latest(q) {
		sizes[r.USCC]++
		if !r.Holds() {
			continue
		}
		if slices.Contains(q.Plain, kindOf(&r)) {
			r.Data = nil
		}
		out[r.USCC] = append(out[r.USCC], r)
	}
	for _, all := range out {
		slices.SortFunc(all, byAge)
	}
	return out, within(out, sizes, q.Most, "records")
}

// latest are the versions that count, whether they hold or not.
func (m *Memory) latest(q *store.Identities) []store.Record {
	type place struct {
		stored.Standing
		at int // among the versions
	}
	standing := map[store.RecordKey]*place{}
	var out []store.Record
	for i := range m.Rows.Records {
		r := &m.Rows.Records[i]
		if !slices.Contains(q.Codes, r.USCC) || len(q.Domains) > 0 && !slices.Contains(q.Domains, r.Domain) ||
			q.Kinds != nil && !slices.Contains(q.Kinds, kindOf(&r.Record)) || !known(r.RecordedAt, q.AsOf) || !old(r, q.Age) {
			continue
		}
		k := r.Key()
		k.Version = 0
		p := standing[k]
		if p == nil {
			p = &place{at: -1}
			standing[k] = p
		}
		switch {
		case !p.Take(&r.Record):
		case p.at < 0:
			p.at = len(out)
			out = append(out, r.Record)
		default:
			out[p.at] = r.Record
		}
	}
	return out
}

func kindOf(r *store.Record) string { return r.Domain + "/" + r.Kind }

// byAge is the order of pages: the newest first, then by domain, unit and number.
func byAge(a, b store.Record) int { return compareCursors(store.CursorOf(&a), store.CursorOf(&b)) }

func compareCursors(a, b *store.RecordCursor) int {
	return cmp.Or(cmp.Compare(b.RecordedAt.UnixMilli(), a.RecordedAt.UnixMilli()), strings.Compare(a.Domain, b.Domain),
		strings.Compare(a.Unit, b.Unit), strings.Compare(a.RecordID, b.RecordID))
}

// shows tells whether a record may be shown by what it is.
func shows(v *store.Sight, r *store.Record) bool {
	return slices.Contains(v.Kinds, kindOf(r)) || v.Unit != "" && v.Unit == r.Unit && slices.Contains(v.OwnKinds, kindOf(r))
}

// sighted are the records that hold under a code and may be shown, without their data,
// in the order of pages.
func (m *Memory) sighted(q *store.RecordPage) []store.Record {
	all := &store.Identities{Codes: []string{q.Code}, AsOf: q.AsOf, Age: q.Age}
	if q.Domain != "" {
		all.Domains = []string{q.Domain}
	}
	var out []store.Record
	for _, r := range m.latest(all) {
		if r.Holds() && shows(&q.Sight, &r) {
			r.Data = nil
			out = append(out, r)
		}
	}
	slices.SortFunc(out, byAge)
	return out
}

// RecordPage reads a page of them.
func (m *Memory) RecordPage(ctx context.Context, q *store.RecordPage) ([]store.Record, error) {
	if err := m.reading(ctx, "record page"); err != nil {
		return nil, err
	}
	out := m.sighted(q)
	if q.After != nil {
		out = slices.DeleteFunc(out, func(r store.Record) bool { return compareCursors(store.CursorOf(&r), q.After) <= 0 })
	}
	return out[:min(len(out), q.Limit)], nil
}

// CountRecords reads how many there are.
func (m *Memory) CountRecords(ctx context.Context, q *store.CountRecords) (int, error) {
	if err := m.reading(ctx, "count records"); err != nil {
		return 0, err
	}
	return len(m.sighted(&store.RecordPage{Code: q.Code, Domain: q.Domain, AsOf: q.AsOf, Age: q.Age, Sight: q.Sight})), nil
}

// Contents reads the data of some versions.
func (m *Memory) Contents(ctx context.Context, q *store.Contents) (map[store.RecordKey][]byte, error) {
	if err := m.reading(ctx, "contents"); err != nil {
		return nil, err
	}
	out := map[store.RecordKey][]byte{}
	for k, r := range m.accepted(q.Keys) {
		out[k] = append([]byte{}, r.Data...)
	}
	return out, nil
}

// RecordVersions reads versions as they were accepted.
func (m *Memory) RecordVersions(ctx context.Context, q *store.RecordVersions) (map[store.RecordKey]store.Record, error) {
	if err := m.reading(ctx, "versions"); err != nil {
		return nil, err
	}
	return m.accepted(q.Keys), nil
}

func (m *Memory) accepted(keys []store.RecordKey) map[store.RecordKey]store.Record {
	out := map[store.RecordKey]store.Record{}
	for i := range m.Rows.Records {
		if r := m.Rows.Records[i].Record; r.Status == stored.Accepted && slices.Contains(keys, r.Key()) {
			r.Data = bytes.Clone(r.Data)
			out[r.Key()] = r
		}
	}
	return out
}

// Facts reads the current records of a code in the domains that have a sieve. A sieve
// is SQL and takes away only what says nothing, so here each lets everything through.
func (m *Memory) Facts(ctx context.Context, q *store.Facts) ([]store.Record, error) {
	if err := m.reading(ctx, "facts"); err != nil || len(q.Sieves) == 0 {
		return nil, err
	}
	var out []store.Record
	for _, r := range m.latest(&store.Identities{Codes: []string{q.Code}, Domains: slices.Collect(maps.Keys(q.Sieves)), AsOf: q.AsOf}) {
		if r.Holds() {
			out = append(out, r)
		}
	}
	if len(out) > q.Limit {
		return nil, fault.New(fault.TooComplex, "the enterprise has more than %d records that bear on the matter", q.Limit)
	}
	slices.SortFunc(out, func(a, b store.Record) int {
		return cmp.Or(strings.Compare(a.Domain, b.Domain), strings.Compare(a.Unit, b.Unit), strings.Compare(a.RecordID, b.RecordID))
	})
	return out, nil
}
