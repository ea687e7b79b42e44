package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"credithub/schema/ddl"
	"credithub/schema/fault"
)

// Conn is the part of a ClickHouse connection that is used.
type Conn interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
}

// Config of a Store.
type Config struct {
	Conn     Conn   // required
	Database string // ddl.Database when empty

	// MaxTime bounds one read when the caller's deadline is later or missing;
	// 10 s when zero.
	MaxTime time.Duration
	// MaxRowsToRead bounds the rows that one read may look at; 200 million when
	// zero.
	MaxRowsToRead uint64
	// CaughtUp bounds how long WaitStored waits; 2 s when zero.
	CaughtUp time.Duration

	Now     func() time.Time      // time.Now when nil
	Metrics prometheus.Registerer // not registered when nil
}

// Store reads. Any number of goroutines may use it.
type Store struct {
	conn     Conn
	db       string
	maxTime  time.Duration
	maxRows  uint64
	caughtUp time.Duration
	now      func() time.Time
	few      int // versions beyond those wanted up to which the reader picks and sorts
	failures *prometheus.CounterVec
}

// New makes a Store.
func New(c Config) (*Store, error) {
	if c.Conn == nil {
		return nil, errors.New("store: configuration: no connection")
	}
	if c.MaxTime < 0 || c.CaughtUp < 0 {
		return nil, errors.New("store: configuration: negative duration")
	}
	s := &Store{conn: c.Conn, db: cmp.Or(c.Database, ddl.Database),
		maxTime: cmp.Or(c.MaxTime, 10*time.Second), maxRows: cmp.Or(c.MaxRowsToRead, 200_000_000),
		caughtUp: cmp.Or(c.CaughtUp, 2*time.Second), few: 1000, now: c.Now}
	if s.now == nil {
		s.now = time.Now
	}
	s.failures = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "credithub_store_failures_total", Help: "Reads of ClickHouse that failed, by kind of error.",
	}, []string{"kind"})
	if c.Metrics != nil {
		if err := c.Metrics.Register(s.failures); err != nil {
			return nil, fmt.Errorf("store: metrics: %w", err)
		}
	}
	return s, nil
}

// Statement is one read: text with ? for each argument. Tables stand in it as
// {db}.name.
type Statement interface {
	SQL() (text string, args []any)
}

// read runs a statement and hands each row to scan.
func (s *Store) read(ctx context.Context, q Statement, scan func(rows driver.Rows) error) error {
	if err := ctx.Err(); err != nil {
		return s.fail(ctx, err)
	}
	text, args := q.SQL()
	text = strings.ReplaceAll(text, "{db}", s.db)
	limit := s.maxTime
	if d, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(d))
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"max_execution_time": max(1, int(math.Ceil(limit.Seconds()))),
		"max_rows_to_read":   s.maxRows,
	}))
	rows, err := s.conn.Query(ctx, text, args...)
	if err != nil {
		return s.fail(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return s.fail(ctx, err)
		}
	}
	return s.fail(ctx, rows.Err())
}

// Exceptions of ClickHouse that mean a limit was reached.
const (
	codeTooManyRows = 158
	codeTimeout     = 159
	codeTooSlow     = 160
	codeMemory      = 241
)

// fail gives an error its kind; the server's text stays inside.
func (s *Store) fail(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	kind, message := fault.Unavailable, "the store cannot be read at present"
	var ex *clickhouse.Exception
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), ctx.Err() != nil:
		kind, message = fault.Timeout, "the answer took too long"
	case errors.As(err, &ex):
		switch ex.Code {
		case codeTimeout, codeTooSlow:
			kind, message = fault.Timeout, "the answer took too long"
		case codeTooManyRows:
			kind, message = fault.TooComplex, fmt.Sprintf("the question touches more than %d rows; narrow it", s.maxRows)
		case codeMemory:
			kind, message = fault.TooComplex, "the question takes more memory than the store gives it; narrow it"
		default:
			kind, message = fault.Internal, "the store refused a read"
		}
	}
	s.failures.WithLabelValues(string(kind)).Inc()
	return fault.Wrap(kind, err, "%s", message)
}

// places writes n placeholders for one list.
func places(n int) string {
	if n == 0 {
		return "NULL"
	}
	return strings.Repeat("?, ", n-1) + "?"
}

// sqlBuilder builds the text of a statement, with its arguments.
type sqlBuilder struct {
	b    strings.Builder
	args []any
}

func (t *sqlBuilder) add(s string, args ...any) {
	t.b.WriteString(s)
	t.args = append(t.args, args...)
}

// in adds "column IN (…)".
func (t *sqlBuilder) in(column string, values []string) {
	t.add(column + " IN (" + places(len(values)) + ")")
	for _, v := range values {
		t.args = append(t.args, v)
	}
}

// known adds the condition that a row was known at an instant; nothing for the
// zero time, which means now.
func (t *sqlBuilder) known(at time.Time) {
	if !at.IsZero() {
		t.add(" AND recorded_at <= fromUnixTimestamp64Milli(?, 'UTC')", at.UnixMilli())
	}
}

func (t *sqlBuilder) done() (string, []any) { return t.b.String(), t.args }
