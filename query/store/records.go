package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"credithub/schema/record"
	"credithub/schema/stored"
)

// Record is the current version of one record.
type Record = stored.Record

const kindOf = "concat(domain, '/', kind)"

// recordHolds is the condition on rows of recordColumns that the record holds.
var recordHolds = stored.Holds("status_", "op_")

// A record's data come last, as each question wants them.
var (
	recordColumns = selected(stored.Identity)
	recordOuter   = outer(stored.Identity)
)

// Registrations asks for the current registration records of some codes; a code
// can have several when units contradict each other.
type Registrations struct {
	Codes []string
	AsOf  time.Time // zero: now
	Age   *Age      // nil: everything that is stored
	Most  Most
}

// SQL implements Statement.
func (q *Registrations) SQL() (string, []any) { return q.identities().SQL() }

func (q *Registrations) identities() *Identities {
	return &Identities{Codes: q.Codes, Domains: []string{record.Registration.String()}, AsOf: q.AsOf, Age: q.Age, Most: q.Most}
}

// Registrations reads the current registration records of some codes, by code,
// the latest learned first.
func (s *Store) Registrations(ctx context.Context, q *Registrations) (map[string][]Record, Over, error) {
	return s.Identities(ctx, q.identities())
}

// Identities asks which records some codes have at present. Data is read too, but
// for the domain/kind pairs in Plain, about which can be decided without it.
type Identities struct {
	Codes   []string
	Domains []string // none: all
	Kinds   []string // only these domain/kind pairs; nil: all
	AsOf    time.Time
	Age     *Age
	Plain   []string // such as permit/permit
	Most    Most
}

// SQL implements Statement.
func (q *Identities) SQL() (string, []any) {
	var t sqlBuilder
	q.latest(&t)
	return t.done()
}

func (q *Identities) latest(t *sqlBuilder) {
	t.add("SELECT " + recordColumns + ", ")
	if len(q.Plain) > 0 {
		t.add("if(")
		t.in(kindOf, q.Plain)
		t.add(", '', data) AS data_")
	} else {
		t.add("data AS data_")
	}
	q.from(t)
	t.add(stored.Latest)
}

// from adds the table and the conditions on its rows.
func (q *Identities) from(t *sqlBuilder) {
	t.add(" FROM {db}.records WHERE ")
	t.in("uscc", q.Codes)
	if len(q.Domains) > 0 {
		t.add(" AND ")
		t.in("domain", q.Domains)
	}
	if q.Kinds != nil {
		t.add(" AND ")
		t.in(kindOf, q.Kinds)
	}
	t.add(" AND " + stored.Counts)
	t.known(q.AsOf)
	q.Age.records(t, q.Domains)
}

func (q *Identities) census(t *sqlBuilder) {
	t.add("SELECT uscc, uniqExact(domain, unit, record_id)")
	q.from(t)
	t.add(" GROUP BY uscc")
}

func (q *Identities) asked() []string { return q.Codes }

func (q *Identities) about(codes []string) Statement {
	part := *q
	part.Codes = codes
	return &part
}

func (q *Identities) what() string {
	if len(q.Domains) == 1 {
		return q.Domains[0] + " records"
	}
	return "records"
}

// Identities reads them, by code, the newest first.
func (s *Store) Identities(ctx context.Context, q *Identities) (map[string][]Record, Over, error) {
	out := make(map[string][]Record, len(q.Codes))
	over, err := s.EachIdentity(ctx, q, func(r *Record) { out[r.USCC] = append(out[r.USCC], *r) })
	if err != nil {
		return nil, nil, err
	}
	for _, rs := range out {
		slices.SortFunc(rs, func(a, b Record) int {
			return cmp.Or(b.RecordedAt.Compare(a.RecordedAt), cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.RecordID, b.RecordID))
		})
	}
	return out, over, nil
}

// EachIdentity hands them to each in no order, and keeps none.
func (s *Store) EachIdentity(ctx context.Context, q *Identities, each func(*Record)) (Over, error) {
	return gather(ctx, s, q, q.Most, newScanner(stored.Records).scan, func(r *Record) {
		if r.Holds() {
			each(r)
		}
	})
}

// RecordKey names one version of a record.
type RecordKey = stored.Key

// Contents asks for the data of some versions.
type Contents struct{ Keys []RecordKey }

// SQL implements Statement.
func (q *Contents) SQL() (string, []any) {
	var t sqlBuilder
	t.add("SELECT uscc, domain, unit, record_id, version, any(data) FROM {db}.records WHERE " +
		"(uscc, domain, unit, record_id, version) IN (")
	for i, k := range q.Keys {
		if i > 0 {
			t.add(", ")
		}
		t.add("(?, ?, ?, ?, ?)", k.USCC, k.Domain, k.Unit, k.RecordID, k.Version)
	}
	t.add(") AND " + stored.Is(stored.Accepted) + " GROUP BY uscc, domain, unit, record_id, version")
	return t.done()
}

// Contents reads them.
func (s *Store) Contents(ctx context.Context, q *Contents) (map[RecordKey][]byte, error) {
	out := make(map[RecordKey][]byte, len(q.Keys))
	if len(q.Keys) == 0 {
		return out, nil
	}
	err := s.read(ctx, q, func(rows driver.Rows) error {
		var k RecordKey
		var data string
		if err := rows.Scan(&k.USCC, &k.Domain, &k.Unit, &k.RecordID, &k.Version, &data); err != nil {
			return err
		}
		out[k] = []byte(data)
		return nil
	})
	return out, err
}
