package clickhouse

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/metrics"
	"credithub/deploy/platform/sleep"
)

// DB is one ClickHouse server or cluster. It is safe for many goroutines.
type DB struct {
	cfg   Config
	at    endpoint
	conn  driver.Conn
	http  *http.Client
	bufs  sync.Pool // *proto.Buffer
	count *counters
}

type counters struct {
	rows     prometheus.Counter
	bytes    prometheus.Counter
	doubts   prometheus.Counter
	failures *prometheus.CounterVec
	retries  prometheus.Counter
	insert   prometheus.Histogram
}

func newCounters(reg prometheus.Registerer) *counters {
	const sub = "clickhouse"
	return &counters{
		rows:     metrics.Counter(reg, sub, "rows_inserted_total", "Rows inserted in blocks."),
		bytes:    metrics.Counter(reg, sub, "bytes_inserted_total", "Bytes of blocks sent."),
		doubts:   metrics.Counter(reg, sub, "inserts_in_doubt_total", "Inserts of which it was not known whether they were done."),
		failures: metrics.Counters(reg, sub, "insert_failures_total", "Inserts that were refused, by the server's code.", "code"),
		retries:  metrics.Counter(reg, sub, "read_retries_total", "Reads repeated after an error."),
		insert:   metrics.Histogram(reg, sub, "insert_seconds", "Time of one insert.", metrics.Latencies),
	}
}

// Open makes the connections' pool; the server need not be there yet, nor the
// database.
func Open(cfg Config) (*DB, error) {
	at, err := cfg.parse()
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	db := &DB{cfg: cfg, at: at, count: newCounters(cfg.Metrics)}
	if db.conn, err = chgo.Open(db.options(at.base)); err != nil {
		return nil, fmt.Errorf("clickhouse: open: %w", err)
	}
	dial := &net.Dialer{Timeout: cfg.DialTimeout, KeepAlive: 15 * time.Second}
	db.http = &http.Client{
		Transport: &http.Transport{
			DialContext: dial.DialContext, TLSHandshakeTimeout: cfg.DialTimeout, TLSClientConfig: db.tls(),
			MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second, DisableCompression: true,
			WriteBufferSize: 64 << 10, ReadBufferSize: 64 << 10, Proxy: nil,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return db, nil
}

func (db *DB) tls() *tls.Config {
	if db.at.scheme != "https" {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: db.at.host}
}

func (db *DB) options(base string) *chgo.Options {
	o := &chgo.Options{
		Protocol: chgo.HTTP, Addr: []string{db.at.addr}, TLS: db.tls(),
		Auth:        chgo.Auth{Database: base, Username: db.at.user, Password: db.at.password},
		DialTimeout: db.cfg.DialTimeout, ReadTimeout: db.cfg.ReadTimeout,
		MaxOpenConns: db.cfg.MaxConns, MaxIdleConns: db.cfg.MaxConns, ConnMaxLifetime: time.Hour,
		HttpMaxConnsPerHost: db.cfg.MaxConns,
	}
	if !db.at.loopback {
		o.Compression = &chgo.Compression{Method: chgo.CompressionLZ4}
	}
	return o
}

// Conn is for reads and statements, in the database. Each call fails while the
// database doesn't exist; see System.
func (db *DB) Conn() driver.Conn { return db.conn }

// Database is the name of the hub's database.
func (db *DB) Database() string { return db.at.base }

// System is a handle on the same server in the database "default", which
// migration needs before the hub's own exists. Close it apart.
func (db *DB) System() (*DB, error) {
	cfg := db.cfg
	cfg.Database = "default"
	return Open(cfg)
}

// Close drops the connections.
func (db *DB) Close() error {
	db.http.CloseIdleConnections()
	return db.conn.Close()
}

// Ping asks for the simplest answer.
func (db *DB) Ping(ctx context.Context) error {
	var one uint8
	if err := db.conn.QueryRow(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("clickhouse: ping: %w", err)
	}
	return nil
}

// Running names the inserts that the server works on now, by query id. After a
// doubt nothing can be concluded from the rows until the doubtful insert is not
// among them.
func (db *DB) Running(ctx context.Context) ([]string, error) {
	rows, err := db.conn.Query(ctx, "SELECT query_id FROM system.processes WHERE query_kind = 'Insert' ORDER BY query_id")
	if err != nil {
		return nil, fmt.Errorf("clickhouse: running inserts: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("clickhouse: running inserts: %w", err)
		}
		out = append(out, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("clickhouse: running inserts: %w", err)
	}
	return out, nil
}

// Settled waits until the server works on no insert.
func (db *DB) Settled(ctx context.Context) error {
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		ids, err := db.Running(ctx)
		if err == nil && len(ids) == 0 {
			return nil
		}
		if !sleep.For(ctx, wait) {
			if err == nil {
				err = fmt.Errorf("%d inserts still run", len(ids))
			}
			return fmt.Errorf("clickhouse: %w: %w", context.Cause(ctx), err)
		}
	}
}

// Read calls f until it succeeds, as long as the error is one that passes and
// the context lives, at most attempts times. f must be a read.
func (db *DB) Read(ctx context.Context, attempts int, f func(context.Context) error) error {
	wait := 50 * time.Millisecond
	for n := 1; ; n, wait = n+1, min(2*wait, time.Second) {
		err := f(ctx)
		if err == nil || n >= attempts || ctx.Err() != nil || !Passing(err) {
			return err
		}
		db.count.retries.Inc()
		if !sleep.For(ctx, wait) {
			return errors.Join(err, context.Cause(ctx))
		}
	}
}

func (db *DB) buffer() *proto.Buffer {
	if b, ok := db.bufs.Get().(*proto.Buffer); ok {
		b.Reset()
		return b
	}
	return &proto.Buffer{Buf: make([]byte, 0, 1<<20)}
}
