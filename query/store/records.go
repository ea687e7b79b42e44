package store

import (
	"context"
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
	t.add("SELECT " + recordOuter + " FROM (SELECT " + recordColumns + ", data AS data_ FROM {db}.records WHERE ")
	t.in("uscc", q.Codes)
	t.add(" AND domain = 'registration' AND " + recordCounts)
	t.known(q.AsOf)
	t.add(recordLatest+") WHERE "+recordHolds+" ORDER BY uscc, recorded_ DESC, unit, record_id LIMIT ?", q.Limit)
	return t.done()
}

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
	t.add("SELECT " + recordOuter + " FROM (SELECT " + recordColumns + ", ")
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
	t.add(recordLatest+") WHERE "+recordHolds+" ORDER BY uscc, recorded_ DESC, domain, unit, record_id LIMIT ?", q.Limit)
	return t.done()
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

func (s *Store) readRecords(ctx context.Context, q Statement, each func(*Record)) error {
	return s.read(ctx, q, func(rows driver.Rows) error {
		var r Record
		var day int32
		var at int64
		var data string
		err := rows.Scan(&r.USCC, &r.Domain, &r.Kind, &r.Unit, &r.RecordID, &r.Version, &r.Op, &day, &at, &data)
		if err != nil {
			return err
		}
		r.OccurredOn, r.RecordedAt = date(day), time.UnixMilli(at).UTC()
		if data != "" {
			r.Data = []byte(data)
		}
		each(&r)
		return nil
	})
}
