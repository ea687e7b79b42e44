package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/query/view"
	"credithub/schema/access"
	"credithub/schema/audit"
	"credithub/schema/grade"
	"credithub/schema/policy"
	"credithub/schema/receipt"
)

// Index answers checks from memory; *restrict.Index does.
type Index interface {
	view.Index
	Ready() (bool, []string)
	CheckInto(dst *restrict.Decision, code string, m *policy.Matter, at time.Time, most int) bool
	CheckPersonInto(dst *restrict.Decision, code, person string, m *policy.Matter, at time.Time, most int) bool
	Still(f func()) (through []receipt.Position, entriesBelow uint64)
	WaitFor(ctx context.Context, ps []receipt.Position) error
	Receipt() string
}

// Store answers from what is kept; *store.Store does.
type Store interface {
	view.Store
	HeardBy(context.Context, *store.HeardBy) (map[policy.Source]time.Time, error)
	Facts(context.Context, *store.Facts) ([]store.Record, error)
	Named(context.Context, *store.Named) ([]string, error)
	WaitStored(ctx context.Context, want []receipt.Position) error
}

// Verifier turns a bearer token into a principal. A hit of its cache must be
// cheap: it is asked for every request.
type Verifier interface {
	Verify(ctx context.Context, token string) (access.Principal, error)
}

// Auditor keeps a record for good and gives it its number; it returns when the
// record is durable. *spool.Spool does.
type Auditor interface {
	Append(ctx context.Context, r audit.Record) (audit.Record, error)
}

// Limiter says whether a caller may ask again. The key is the subject of a token
// or the address of an anonymous caller.
type Limiter interface {
	Allow(key string) (wait time.Duration, ok bool)
}

// Limits bound what one request can cost. Zero values mean the defaults. Each
// refusal is counted by the name of its limit, but for page sizes, which are bad
// input.
type Limits struct {
	BodyBytes           int           // of a request's body, or of the query of a GET: 16 KiB
	Tokens              int           // of a document: 2,000
	Brackets            int           // depth of ( [ {: 16
	Operations          int           // in a document: 1
	Depth               int           // of fields: 8
	Fields              int           // with fragments spread out: 300
	Aliases             int           // with fragments spread out: 50
	Fragments           int           // definitions and inline fragments: 30
	Arguments           int           // of fields and directives: 100
	Elements            int           // of lists in a document, such as codes of checks: 600
	Keys                int           // of objects in a document, which no argument takes: 10
	Variables           int           // 30
	Directives          int           // 20
	Compiling           int           // documents that are validated at once: half of the processors
	Cost                int           // objects that the answer may hold, by page sizes: 5,000
	ChecksCost          int           // objects below checks, for which every answer is of the index: 25,000
	IntrospectionDepth  int           // 16
	IntrospectionFields int           // 2,000
	IntrospectionCost   int           // 30,000
	Checks              int           // codes of one checks: 500
	CheckHits           int           // hits of one check: 25,000
	Hits                int           // hits of all checks of a request, in equal shares of its check and checks: 100,000
	CaseNo              int           // bytes of a case number: 128
	AnswerBytes         int           // 8 MiB
	PublicReads         int           // documents of the public that are executed at once, others wait: as many as processors
	Deadline            time.Duration // of one request: 10 s
	CacheBytes          int           // texts of kept documents, and answers to introspection: 1 MiB each
	AuditCodes          int           // codes in one audit record: 500
}

func (l *Limits) setDefaults() {
	for _, d := range []struct {
		v   *int
		def int
	}{
		{&l.BodyBytes, 16 << 10}, {&l.Tokens, 2000}, {&l.Brackets, 16}, {&l.Operations, 1}, {&l.Depth, 8},
		{&l.Fields, 300}, {&l.Aliases, 50}, {&l.Fragments, 30}, {&l.Arguments, 100}, {&l.Elements, 600}, {&l.Keys, 10}, {&l.Variables, 30}, {&l.Directives, 20},
		{&l.Compiling, max(1, runtime.GOMAXPROCS(0)/2)}, {&l.Cost, 5000}, {&l.ChecksCost, 25_000}, {&l.IntrospectionDepth, 16},
		{&l.IntrospectionFields, 2000}, {&l.IntrospectionCost, 30_000}, {&l.Checks, 500}, {&l.CheckHits, 25_000}, {&l.Hits, 100_000}, {&l.CaseNo, 128},
		{&l.AnswerBytes, 8 << 20}, {&l.CacheBytes, 1 << 20}, {&l.AuditCodes, 500},
		{&l.PublicReads, max(2, runtime.GOMAXPROCS(0))},
	} {
		if *d.v == 0 {
			*d.v = d.def
		}
	}
	if l.Deadline == 0 {
		l.Deadline = 10 * time.Second
	}
}

// Config of the endpoint.
type Config struct {
	Index    Index          // required
	Store    Store          // required
	Policy   *policy.Policy // required
	Access   view.Access    // required
	Verifier Verifier       // required
	Auditor  Auditor        // required

	Grade *grade.Rules // classes of enterprises; the built-in rules when nil

	Limits  Limits
	Limiter Limiter // nil: callers are not throttled
	// Strangers bounds, by address, how many refusals of callers without a valid
	// token are recorded; what is beyond is counted only. nil: all are.
	Strangers Limiter
	Quota     Quota                 // of look-ups of the public, by address; nil: none
	Now       func() time.Time      // time.Now when nil
	Logger    *slog.Logger          // slog.Default when nil
	Metrics   prometheus.Registerer // not registered when nil
}

// Validate joins everything that is wrong with the configuration.
func (c *Config) Validate() error {
	var errs []error
	need := func(missing bool, what string) {
		if missing {
			errs = append(errs, errors.New("no "+what))
		}
	}
	need(c.Index == nil, "index")
	need(c.Store == nil, "store")
	need(c.Policy == nil, "policy")
	need(c.Access == nil, "access table")
	need(c.Verifier == nil, "verifier")
	need(c.Auditor == nil, "auditor")
	if len(errs) > 0 {
		return fmt.Errorf("graph: configuration: %w", errors.Join(errs...))
	}
	return nil
}
