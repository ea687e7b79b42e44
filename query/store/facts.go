package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"credithub/schema/fault"
	"credithub/schema/stored"
)

// Facts asks for the current records of a code that pass a sieve (see
// policy.Policy.Sieve).
type Facts struct {
	Code   string
	Sieves map[string]string // by domain
	AsOf   time.Time         // zero: now
	Limit  int               // more is an error
}

// SQL implements Statement.
func (q *Facts) SQL() (string, []any) {
	domains := slices.Sorted(maps.Keys(q.Sieves))
	var t sqlBuilder
	t.add("SELECT "+recordOuter+", data FROM (SELECT "+recordColumns+", data FROM {db}.records WHERE uscc = ? AND ", q.Code)
	t.in("domain", domains)
	t.add(" AND " + stored.Counts)
	t.known(q.AsOf)
	t.add(stored.Latest + ") WHERE " + recordHolds + " AND (")
	for i, d := range domains {
		if i > 0 {
			t.add(" OR ")
		}
		t.add("domain = ? AND ("+q.Sieves[d]+")", d)
	}
	t.add(") ORDER BY domain, unit, record_id LIMIT ?", q.Limit+1)
	return t.done()
}

// Facts reads them.
func (s *Store) Facts(ctx context.Context, q *Facts) (out []Record, err error) {
	if len(q.Sieves) == 0 {
		return nil, nil
	}
	out, err = s.readRecords(ctx, q)
	if err == nil && len(out) > q.Limit {
		return nil, fault.New(fault.TooComplex, "the enterprise has more than %d records that bear on the matter", q.Limit)
	}
	return out, err
}

// versionsAtOnce bounds the length of a statement.
const versionsAtOnce = 500

// RecordVersions asks for versions of records as they were accepted.
type RecordVersions struct{ Keys []RecordKey }

// SQL implements Statement.
func (q *RecordVersions) SQL() (string, []any) {
	var t sqlBuilder
	t.add("SELECT " + recordColumns + ", data FROM {db}.records WHERE (uscc, domain, unit, record_id, version) IN (")
	for i, k := range q.Keys {
		if i > 0 {
			t.add(", ")
		}
		t.add("(?, ?, ?, ?, ?)", k.USCC, k.Domain, k.Unit, k.RecordID, k.Version)
	}
	t.add(") AND " + stored.Is(stored.Accepted) + " LIMIT 1 BY uscc, domain, unit, record_id, version")
	return t.done()
}

// RecordVersions reads them.
func (s *Store) RecordVersions(ctx context.Context, q *RecordVersions) (map[RecordKey]Record, error) {
	out := make(map[RecordKey]Record, len(q.Keys))
	for keys := range slices.Chunk(q.Keys, versionsAtOnce) {
		all, err := s.readRecords(ctx, &RecordVersions{keys})
		if err != nil {
			return nil, err
		}
		for i := range all {
			out[all[i].Key()] = all[i]
		}
	}
	return out, nil
}
