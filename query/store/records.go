package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"credithub/schema/record"
)

// Record is the current version of one record.
type Record struct {
	USCC       string
	Domain     string
	Kind       string
	Unit       string
	RecordID   string
	Version    uint32
	Op         string
	OccurredOn record.Date
	RecordedAt time.Time
	Data       []byte // canonical JSON object; nil when it was not asked for
}

// noDay is how ClickHouse holds an absent day (ddl.NoDate), in days.
const noDay = -25567

func date(days int32) record.Date {
	if days == noDay {
		return record.NoDate
	}
	return record.Date(days)
}

// current is the one place that says which version of a record counts: the
// highest of those accepted, unless it moved away or was taken back.
//
//	inner columns and conditions come from the caller
const (
	recordColumns = "uscc, domain, kind, unit, record_id, version, toString(op) AS op_, toString(status) AS status_, " +
		"toInt32(occurred_on) AS occurred_, toUnixTimestamp64Milli(recorded_at) AS recorded_"
	recordCounts = "status IN ('ACCEPTED', 'MOVED')"
	recordLatest = " ORDER BY uscc, domain, unit, record_id, version DESC, status DESC LIMIT 1 BY uscc, domain, unit, record_id"
	recordHolds  = "status_ = 'ACCEPTED' AND op_ = 'upsert'"
	recordOuter  = "uscc, domain, kind, unit, record_id, version, op_, occurred_, recorded_, data_"
)

// Registrations asks for the current registration records of some codes; a code
// can have several when units contradict each other.
type Registrations struct {
	Codes []string
	AsOf  time.Time // zero: now
	Limit int
}

// SQL implements Statement.
func (q *Registrations) SQL() (string, []any) {
	var t text
	t.add("SELECT " + recordOuter + " FROM (")
	q.latest(&t)
	t.add(") WHERE "+recordHolds+" ORDER BY uscc, recorded_ DESC, unit, record_id LIMIT ?", q.Limit)
	return t.done()
}

func (q *Registrations) latest(t *text) {
	t.add("SELECT " + recordColumns + ", data AS data_ FROM {db}.records WHERE ")
	t.in("uscc", q.Codes)
	t.add(" AND domain = 'registration' AND " + recordCounts)
	t.known(q.AsOf)
	t.add(recordLatest)
}

func (q *Registrations) most() int { return q.Limit }

// Registrations reads the current registration records of some codes, by code,
// the latest learned first.
func (s *Store) Registrations(ctx context.Context, q *Registrations) (map[string][]Record, error) {
	out := make(map[string][]Record, len(q.Codes))
	if len(q.Codes) == 0 {
		return out, nil
	}
	err := s.readRecords(ctx, q, func(r *Record) { out[r.USCC] = append(out[r.USCC], *r) })
	return out, err
}

// Identities asks which records some codes have at present, the newest first.
// Data is read too, but for the domain/kind pairs in Plain, about which can be
// decided without it.
type Identities struct {
	Codes   []string
	Domains []string // none: all
	AsOf    time.Time
	Plain   []string // such as permit/permit
	Limit   int      // over all codes
}

// SQL implements Statement.
func (q *Identities) SQL() (string, []any) {
	var t text
	t.add("SELECT " + recordOuter + " FROM (")
	q.latest(&t)
	t.add(") WHERE "+recordHolds+" ORDER BY uscc, recorded_ DESC, domain, unit, record_id LIMIT ?", q.Limit)
	return t.done()
}

func (q *Identities) most() int { return q.Limit }

func (q *Identities) latest(t *text) {
	t.add("SELECT " + recordColumns + ", ")
	if len(q.Plain) > 0 {
		t.add("if(")
		t.in("concat(domain, '/', kind)", q.Plain)
		t.add(", '', data) AS data_")
	} else {
		t.add("data AS data_")
	}
	t.add(" FROM {db}.records WHERE ")
	t.in("uscc", q.Codes)
	if len(q.Domains) > 0 {
		t.add(" AND ")
		t.in("domain", q.Domains)
	}
	t.add(" AND " + recordCounts)
	t.known(q.AsOf)
	t.add(recordLatest)
}

// Identities reads them, by code.
func (s *Store) Identities(ctx context.Context, q *Identities) (map[string][]Record, error) {
	out := make(map[string][]Record, len(q.Codes))
	if len(q.Codes) == 0 {
		return out, nil
	}
	err := s.readRecords(ctx, q, func(r *Record) { out[r.USCC] = append(out[r.USCC], *r) })
	return out, err
}

// RecordKey names one version of a record.
type RecordKey struct {
	USCC, Domain, Unit, RecordID string
	Version                      uint32
}

// Key is the key of a record.
func (r *Record) Key() RecordKey {
	return RecordKey{r.USCC, r.Domain, r.Unit, r.RecordID, r.Version}
}

// Contents asks for the data of some versions.
type Contents struct{ Keys []RecordKey }

// SQL implements Statement.
func (q *Contents) SQL() (string, []any) {
	var t text
	t.add("SELECT uscc, domain, unit, record_id, version, any(data) FROM {db}.records WHERE " +
		"(uscc, domain, unit, record_id, version) IN (")
	for i, k := range q.Keys {
		if i > 0 {
			t.add(", ")
		}
		t.add("(?, ?, ?, ?, ?)", k.USCC, k.Domain, k.Unit, k.RecordID, k.Version)
	}
	t.add(") AND status = 'ACCEPTED' GROUP BY uscc, domain, unit, record_id, version")
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

// latest is a Statement that picks of the latest versions those that hold.
type latest interface {
	Statement
	latest(t *text) // those versions, all of them
	most() int      // rows that are wanted
}

// few is the statement for the usual case, in which there are few versions: it
// leaves picking and sorting to the reader, which spares the server nearly half of
// its work.
type few struct {
	latest
	limit int
}

// SQL implements Statement.
func (q few) SQL() (string, []any) {
	var t text
	q.latest.latest(&t)
	t.add(" LIMIT ?", q.limit)
	return t.done()
}

// readRecords gives the rows of q in its order.
func (s *Store) readRecords(ctx context.Context, q latest, each func(*Record)) error {
	all, err := s.readFew(ctx, few{q, q.most() + s.few})
	if err != nil {
		return err
	}
	if len(all) < q.most()+s.few {
		all = slices.DeleteFunc(all, func(r versionOf) bool { return r.status != "ACCEPTED" || r.Op != "upsert" })
		slices.SortFunc(all, func(a, b versionOf) int {
			return cmp.Or(cmp.Compare(a.USCC, b.USCC), b.RecordedAt.Compare(a.RecordedAt),
				cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.RecordID, b.RecordID))
		})
		for i := range all[:min(len(all), q.most())] {
			each(&all[i].Record)
		}
		return nil
	}
	return s.read(ctx, q, func(rows driver.Rows) error {
		r, err := scanRecord(rows, nil)
		if err == nil {
			each(&r)
		}
		return err
	})
}

// versionOf is the latest version of a record, which may not hold.
type versionOf struct {
	Record
	status string
}

func (s *Store) readFew(ctx context.Context, q Statement) (all []versionOf, err error) {
	err = s.read(ctx, q, func(rows driver.Rows) error {
		var v versionOf
		var err error
		v.Record, err = scanRecord(rows, &v.status)
		all = append(all, v)
		return err
	})
	return all, err
}

// scanRecord reads a row; with its status behind op, unless status is nil.
func scanRecord(rows driver.Rows, status *string) (r Record, err error) {
	var day int32
	var at int64
	var data string
	into := []any{&r.USCC, &r.Domain, &r.Kind, &r.Unit, &r.RecordID, &r.Version, &r.Op}
	if status != nil {
		into = append(into, status)
	}
	if err := rows.Scan(append(into, &day, &at, &data)...); err != nil {
		return r, err
	}
	r.OccurredOn, r.RecordedAt = date(day), time.UnixMilli(at).UTC()
	if data != "" {
		r.Data = []byte(data)
	}
	return r, nil
}
