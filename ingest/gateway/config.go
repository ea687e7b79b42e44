package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/problem"
	"credithub/ingest/body"
	"credithub/ingest/stamp"
	"credithub/schema/access"
	"credithub/schema/audit"
	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// Producer writes to Kafka and returns when all in-sync replicas have the
// messages, placed in the order given.
type Producer interface {
	Produce(ctx context.Context, topic string, msgs []kafka.Message) ([]kafka.Placed, error)
}

// Verifier tells who a bearer token belongs to.
type Verifier interface {
	Verify(ctx context.Context, token string) (access.Principal, error)
}

// Auditor makes an audit record durable.
type Auditor interface {
	Append(ctx context.Context, r audit.Record) (audit.Record, error)
}

// Rights tell what a unit may report; *policy.Policy has them.
type Rights interface {
	Unit(code string) *policy.Unit
	MayPush(unit string, d record.Domain) bool
	MayDecide(unit string, l list.Code) bool
	Serviceless(list string) bool
	Warn(row *record.Row)
}

// Limiter bounds how often a key may do something; when it says no it tells
// how long to wait. *limit.Limiter does.
type Limiter interface {
	Allow(key string) (wait time.Duration, ok bool)
}

// Config is what a gateway is made of. All parts are required except those
// with a default.
type Config struct {
	Producer Producer
	Verifier Verifier
	Auditor  Auditor
	Rights   Rights
	Stamper  *stamp.Stamper
	History  History // what is stored of batches and rejected rows
	Rate     Limiter // by unit; nil: no limit
	// Strangers bounds, by address, how often requests without a valid token are
	// refused with a record in the audit log; nil: no limit.
	Strangers Limiter
	Log       *slog.Logger
	Metrics   prometheus.Registerer // nil: not registered
	Now       func() time.Time      // nil: time.Now
	Limits    Limits                // zero fields: DefaultLimits
}

// Limits bound what callers may ask of the gateway.
type Limits struct {
	Body         int64         // bytes of one body, unpacked
	InFlight     int64         // bytes of all bodies in memory at once
	Workbooks    int           // XLSX bodies read at once
	Listed       int           // rejections, and warnings, in one answer
	Chunk        int           // bytes of messages gathered before they are produced
	ReadTimeout  time.Duration // for the whole body to arrive
	ProduceWait  time.Duration // for Kafka to have a chunk
	HistoryWait  time.Duration // for the stored state of a batch
	RecentBytes  int64         // of batches that are remembered in memory
	Page         int           // rejected rows on a page
	AuditTimeout time.Duration
	Rows         body.Limits
	Spill        string // directory for temporary files of workbooks; "": the system's
}

// DefaultLimits are those of the contract.
func DefaultLimits() Limits {
	return Limits{
		Body: 32 << 20, InFlight: 160 << 20, Workbooks: 2, Listed: 1000, Chunk: 1 << 20,
		ReadTimeout: 2 * time.Minute, ProduceWait: 10 * time.Second, HistoryWait: 5 * time.Second,
		RecentBytes: 16 << 20, Page: 500, AuditTimeout: 5 * time.Second, Rows: body.DefaultLimits(),
	}
}

// withDefaults fills the fields that are zero.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	l.Body = cmp.Or(l.Body, d.Body)
	l.InFlight = cmp.Or(l.InFlight, d.InFlight)
	l.Workbooks = cmp.Or(l.Workbooks, d.Workbooks)
	l.Listed = cmp.Or(l.Listed, d.Listed)
	l.Chunk = cmp.Or(l.Chunk, d.Chunk)
	l.ReadTimeout = cmp.Or(l.ReadTimeout, d.ReadTimeout)
	l.ProduceWait = cmp.Or(l.ProduceWait, d.ProduceWait)
	l.HistoryWait = cmp.Or(l.HistoryWait, d.HistoryWait)
	l.RecentBytes = cmp.Or(l.RecentBytes, d.RecentBytes)
	l.Page = cmp.Or(l.Page, d.Page)
	l.AuditTimeout = cmp.Or(l.AuditTimeout, d.AuditTimeout)
	l.Rows = cmp.Or(l.Rows, d.Rows)
	return l
}

// Validate names everything that is missing or wrong.
func (c *Config) Validate() error {
	var errs []error
	need := func(ok bool, what string) {
		if !ok {
			errs = append(errs, fmt.Errorf("gateway: %s is missing", what))
		}
	}
	need(c.Producer != nil, "producer")
	need(c.Verifier != nil, "verifier")
	need(c.Auditor != nil, "auditor")
	need(c.Rights != nil, "rights")
	need(c.Stamper != nil, "stamper")
	need(c.History != nil, "history")
	need(c.Log != nil, "log")
	if l := c.Limits.withDefaults(); l.InFlight < 2*l.Body {
		errs = append(errs, fmt.Errorf("gateway: %d bytes in flight leave no room to read a body of %d", l.InFlight, l.Body))
	}
	return errors.Join(errs...)
}

// Gateway serves the three paths. It is safe for many goroutines.
type Gateway struct {
	Config
	mux       *http.ServeMux
	metrics   *metrics
	memory    *memory
	workbooks chan struct{}
	recent    *recent
	decoders  sync.Pool
}

// New makes the handler of /v1/records, /v1/batches/{id} and /v1/rejections.
func New(c Config) (*Gateway, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.Limits = c.Limits.withDefaults()
	if c.Now == nil {
		c.Now = time.Now
	}
	g := &Gateway{
		Config: c, mux: http.NewServeMux(), metrics: newMetrics(c.Metrics),
		memory:    &memory{budget: newBudget(c.Limits.InFlight)},
		workbooks: make(chan struct{}, c.Limits.Workbooks),
		recent:    newRecent(c.Limits.RecentBytes),
		decoders: sync.Pool{New: func() any {
			return &decoder{Decoder: record.NewDecoder(record.NoService(c.Rights.Serviceless), record.Warn(c.Rights.Warn))}
		}},
	}
	g.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, fault.New(fault.NotFound, "there is nothing at this address"))
	})
	g.mux.HandleFunc("/v1/records", g.only(http.MethodPost, g.push))
	g.mux.HandleFunc("/v1/batches/{id}", g.only(http.MethodGet, g.batch))
	g.mux.HandleFunc("/v1/rejections", g.only(http.MethodGet, g.rejections))
	return g, nil
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) { g.mux.ServeHTTP(w, r) }
