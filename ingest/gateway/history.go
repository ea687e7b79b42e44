package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/receipt"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// Settled is what is stored of the accepted rows of a batch.
type Settled struct {
	Standing  int       // rows that count: accepted or a repetition
	Rejected  int       // rows that intake rejected
	Findings  []Finding // why
	Warnings  []Finding // of rows that count
	Truncated bool      // there are more findings
	Complete  bool      // every position of the batch has been passed
}

// Cursor is the place of a rejection in the order of a unit's rejections.
type Cursor struct {
	At        time.Time `json:"a"`
	BatchID   string    `json:"b"`
	Line      uint32    `json:"l"`
	Topic     string    `json:"t"`
	Partition uint16    `json:"p"`
	Offset    int64     `json:"o"`
}

// RejectsQuery asks for a page of rejected rows.
type RejectsQuery struct {
	Unit         string // "": of all units
	Nobody       bool   // those that nobody proves to have sent, instead
	Domain, Kind string // "": of all
	Since        time.Time
	After        *Cursor
	Limit        int // rows
}

// Refused is a rejected row with what rejects it, which is at least one finding.
type Refused struct {
	Rejection // of the row; its finding is empty
	Findings  []Finding
	At        Cursor
}

// History tells what ClickHouse has of batches and rejected rows.
type History interface {
	// Head is the head of a batch; false when there is none (yet).
	Head(ctx context.Context, id string) (feed.Batch, bool, error)
	// Refused lists rows of a batch that the gateway rejected, up to a limit;
	// true when there are more.
	Refused(ctx context.Context, unit, id string, limit int) ([]Finding, bool, error)
	// Settled tells how far the accepted rows of a batch are stored.
	Settled(ctx context.Context, head feed.Batch, limit int) (Settled, error)
	// Rejections lists rejected rows, oldest first.
	Rejections(ctx context.Context, q *RejectsQuery) ([]Refused, error)
}

// Querier asks ClickHouse; driver.Conn does.
type Querier interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
}

// NewHistory reads the tables batches, rejects and records through a connection
// whose database is the hub's.
func NewHistory(q Querier) History { return &store{q} }

type store struct{ q Querier }

// each runs a query and scans its rows.
func (c *store) each(ctx context.Context, scan func(driver.Rows) error, query string, args ...any) error {
	rows, err := c.q.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("gateway: history: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("gateway: history: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("gateway: history: %w", err)
	}
	return nil
}

const headQuery = `SELECT unit, received_at, accepted, rejected, positions FROM batches FINAL WHERE batch_id = ? LIMIT 1`

func (c *store) Head(ctx context.Context, id string) (h feed.Batch, found bool, err error) {
	err = c.each(ctx, func(r driver.Rows) error {
		var accepted, rejected uint32
		var positions string
		if err := r.Scan(&h.Unit, &h.ReceivedAt, &accepted, &rejected, &positions); err != nil {
			return err
		}
		h.ID, h.Accepted, h.Rejected, found = id, int(accepted), int(rejected), true
		if positions == "" {
			return nil
		}
		return json.Unmarshal([]byte(positions), &h.Positions)
	}, headQuery, id)
	return h, found, err
}

// The key of rejects begins with unit and batch; offset −1 tells that the row
// never reached a domain topic.
const refusedQuery = `SELECT line, record_id, toString(code), field, message, value FROM rejects FINAL
WHERE unit = ? AND batch_id = ? AND offset = -1 ORDER BY line, code, field LIMIT ?`

func (c *store) Refused(ctx context.Context, unit, id string, limit int) (all []Finding, more bool, err error) {
	err = c.each(ctx, func(r driver.Rows) error {
		var line uint32
		var recordID, code, field, message, value string
		if err := r.Scan(&line, &recordID, &code, &field, &message, &value); err != nil {
			return err
		}
		if more = len(all) == limit; !more {
			all = append(all, finding(line, recordID, fault.Fault{Code: fault.Code(code), Field: field, Message: message, Value: value}))
		}
		return nil
	}, refusedQuery, unit, id, limit+1)
	return all, more, err
}

// A row is told by its line: when a broker dies, a part of a push may be sent
// again and stand in the log twice.
var countQuery = `SELECT uniqExactIf(line, ` + stored.Is(stored.Accepted, stored.Duplicate) + `),
uniqExactIf(line, ` + stored.Is(stored.Rejected) + `), uniqExactIf(line, ` + stored.Is(stored.Accepted) + ` AND faults != '') FROM records WHERE batch_id = ?`

const faultsQuery = `SELECT line, any(record_id), any(faults) FROM records
WHERE batch_id = ? AND status = ? AND faults != '' GROUP BY line ORDER BY line LIMIT ?`

func (c *store) Settled(ctx context.Context, head feed.Batch, limit int) (s Settled, err error) {
	// Completeness is asked first: rows that arrive later can only add.
	if s.Complete, err = c.passed(ctx, head.Positions); err != nil {
		return s, err
	}
	var rejected, warned uint64
	err = c.each(ctx, func(r driver.Rows) error {
		var standing uint64
		defer func() { s.Standing, s.Rejected = int(standing), int(rejected) }()
		return r.Scan(&standing, &rejected, &warned)
	}, countQuery, head.ID)
	if err == nil && rejected > 0 {
		s.Findings, err = c.faults(ctx, &s, head.ID, stored.Rejected.String(), limit)
	}
	if err == nil && warned > 0 {
		s.Warnings, err = c.faults(ctx, &s, head.ID, stored.Accepted.String(), limit)
	}
	if err == nil && s.Standing > 0 {
		err = c.afterEnd(ctx, &s, &head, limit)
	}
	return s, err
}

// faults lists the faults of a batch's rows of one status: of those that were
// rejected what rejects them, of others the warnings.
func (c *store) faults(ctx context.Context, s *Settled, id, status string, limit int) (out []Finding, err error) {
	rows := 0
	err = c.each(ctx, func(r driver.Rows) error {
		var line uint32
		var recordID, faults string
		if err := r.Scan(&line, &recordID, &faults); err != nil {
			return err
		}
		if rows++; rows > limit {
			s.Truncated = true
			return nil
		}
		var all []fault.Fault
		if err := json.Unmarshal([]byte(faults), &all); err != nil {
			return err
		}
		for _, f := range all {
			if f.Code.Rejects() == (status == "REJECTED") {
				out = append(out, finding(line, recordID, f))
			}
		}
		return nil
	}, faultsQuery, id, status, limit+1)
	return out, err
}

// passed tells whether every position is stored. The projection of records
// answers it without reading rows.
func (c *store) passed(ctx context.Context, ps []receipt.Position) (bool, error) {
	if len(ps) == 0 {
		return true, nil
	}
	stored := make(map[receipt.Position]int64, len(ps))
	topics := make([]string, 0, 4)
	for _, p := range ps {
		topics = append(topics, p.Domain.Topic())
	}
	err := c.each(ctx, func(r driver.Rows) error {
		var topic string
		var partition uint16
		var offset int64
		if err := r.Scan(&topic, &partition, &offset); err != nil {
			return err
		}
		d := record.ParseDomain(strings.TrimPrefix(topic, record.TopicPrefix))
		stored[receipt.Position{Domain: d, Partition: partition}] = offset
		return nil
	}, `SELECT toString(topic), partition, max(offset) FROM records WHERE topic IN (?) GROUP BY topic, partition`, topics)
	if err != nil {
		return false, err
	}
	for _, p := range ps {
		at, ok := stored[receipt.Position{Domain: p.Domain, Partition: p.Partition}]
		if !ok || at < p.Offset {
			return false, nil
		}
	}
	return true, nil
}

// rejectionsQuery makes the query of a page.
func rejectionsQuery(a *RejectsQuery) (string, []any) {
	var where []string
	var args []any
	is := func(column, value string) {
		if value != "" {
			where, args = append(where, column+" = ?"), append(args, value)
		}
	}
	switch {
	case a.Nobody:
		where = append(where, "unit = ''")
	case a.Unit != "":
		is("unit", a.Unit)
	default:
		where = append(where, "unit != ''")
	}
	is("domain", a.Domain)
	is("kind", a.Kind)
	if !a.Since.IsZero() {
		where, args = append(where, "at >= fromUnixTimestamp64Milli(toInt64(?), 'UTC')"), append(args, a.Since.UnixMilli())
	}
	if after := a.After; after != nil {
		where = append(where, "(at, batch_id, line, toString(topic), partition, offset) > "+
			"(fromUnixTimestamp64Milli(toInt64(?), 'UTC'), ?, ?, ?, ?, ?)")
		args = append(args, after.At.UnixMilli(), after.BatchID, after.Line, after.Topic, after.Partition, after.Offset)
	}
	// A rejected row has its warnings there as well.
	q := "SELECT toString(unit) AS unit_, toString(domain) AS domain_, any(toString(kind)), batch_id, line, any(record_id), at, toString(topic) AS topic_, partition, offset, max(row)" +
		", groupArrayIf(toString(code), startsWith(code, 'E')) AS codes, groupArrayIf(field, startsWith(code, 'E')), " +
		"groupArrayIf(message, startsWith(code, 'E')), groupArrayIf(value, startsWith(code, 'E')) " +
		"FROM rejects FINAL WHERE " + strings.Join(where, " AND ")
	return q + " GROUP BY unit_, domain_, batch_id, line, at, topic_, partition, offset HAVING notEmpty(codes)" +
		" ORDER BY at, batch_id, line, topic_, partition, offset LIMIT ?", append(args, a.Limit)
}

func (c *store) Rejections(ctx context.Context, a *RejectsQuery) (all []Refused, err error) {
	q, args := rejectionsQuery(a)
	err = c.each(ctx, func(r driver.Rows) error {
		var x Refused
		var row string
		var codes, fields, messages, values []string
		at := &x.At
		if err := r.Scan(&x.Unit, &x.Domain, &x.Kind, &at.BatchID, &at.Line, &x.RecordID, &at.At, &at.Topic, &at.Partition, &at.Offset, &row,
			&codes, &fields, &messages, &values); err != nil {
			return err
		}
		x.BatchID, x.Rejection.At, x.Line = at.BatchID, stamped(at.At), at.Line
		if row != "" {
			x.Row = json.RawMessage(row)
		}
		for i := range codes {
			x.Findings = append(x.Findings, finding(at.Line, x.RecordID,
				fault.Fault{Code: fault.Code(codes[i]), Field: fields[i], Message: messages[i], Value: values[i]}))
		}
		all = append(all, x)
		return nil
	}, q, args...)
	return all, err
}
