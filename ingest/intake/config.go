package intake

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/derive"
	"credithub/ingest/sink"
	"credithub/ingest/stamp"
	"credithub/schema/civil"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// Keys finds the registered key of a unit, as deploy/platform/keys does. Its id
// is the first 16 hex digits of the SHA-256 of the key.
type Keys interface {
	Lookup(unit, keyID string, at time.Time) (ed25519.PublicKey, bool)
}

// Store is ClickHouse.
type Store interface {
	sink.Engine
	// Versions calls f with every accepted version of a topic's records, in any
	// order. The version holds until f returns. Names are asked for only of
	// registrations, data of those records that pass the sieve (see
	// policy.Policy.Sieve), if any.
	Versions(ctx context.Context, topic string, names bool, sieve string, f func(*Version) error) error
	// Decisions calls f with every accepted decision record, in the order of the
	// log. The version holds until f returns.
	Decisions(ctx context.Context, topic string, f func(*Version) error) error
	// Learned reads when the hub learned of the last stored row of each partition.
	Learned(ctx context.Context, topics []string) (map[sink.Partition]time.Time, error)
	// Numbered calls f with every row of a topic that came without a version and
	// counts or repeats one that does. It holds until f returns.
	Numbered(ctx context.Context, topic string, f func(*Numbered) error) error
	// Fed reads the last stored place in the feed of each topic.
	Fed(ctx context.Context, topics []string) (map[string]int64, error)
	// LogPositions reads the last noted offset of the log topics.
	LogPositions(ctx context.Context) (sink.Positions, error)
}

// Numbered is a row whose version the hub gave.
type Numbered struct {
	Unit     string
	RecordID []byte
	Hash     uint64
	Sent     derive.Sent
}

// Version is one accepted version of a record as ClickHouse holds it.
type Version struct {
	Unit, RecordID, USCC string
	Version              uint32
	Op                   record.Op
	Hash                 uint64
	Name                 string // of registrations
	Kind                 string
	OccurredOn           civil.Date // civil.NoDate when absent
	Data                 string     // of decisions, and what passed the sieve
	Offset               int64      // of decisions
}

// Config of an Intake. Zero limits take the defaults.
type Config struct {
	Kafka      *kafka.Client
	Producer   *kafka.Producer
	Store      Store
	Policy     *policy.Policy
	Keys       Keys
	Stamper    *stamp.Stamper
	Now        func() time.Time
	Ahead      func() time.Duration // of the hub's time before the machine's clock, see node.Clock; nil: none
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil: none

	Domains  []record.Domain // default all
	Group    string          // default credithub-ingest
	MaxBytes int             // of one fetch; default 1 MiB

	// DecisionRows is how many rows of decisions may wait for ClickHouse while
	// decisions keep flowing; default 100,000. BulkRows the same for all other
	// domains; default 150,000.
	DecisionRows, BulkRows int
	// BlockRows is the size of a block; default 50,000.
	BlockRows int
	// Linger is how long rows wait for more of them; default 200 ms.
	Linger time.Duration
	// FailingAfter is how long ClickHouse may refuse rows before the intake says
	// that it is not ready; default 5 s.
	FailingAfter time.Duration
}

func (c Config) withDefaults() (Config, error) {
	var errs []error
	need := func(ok bool, what string) {
		if !ok {
			errs = append(errs, errors.New("intake: no "+what))
		}
	}
	need(c.Kafka != nil, "Kafka client")
	need(c.Producer != nil, "producer")
	need(c.Store != nil, "store")
	need(c.Policy != nil, "policy")
	need(c.Keys != nil, "keys")
	need(c.Stamper != nil, "stamper")
	need(c.Now != nil, "clock")
	need(c.Logger != nil, "logger")
	if c.Ahead == nil {
		c.Ahead = func() time.Duration { return 0 }
	}
	if len(c.Domains) == 0 {
		c.Domains = record.Domains()
	}
	c.Group = cmp.Or(c.Group, "credithub-ingest")
	c.MaxBytes = cmp.Or(c.MaxBytes, 1<<20)
	c.DecisionRows = cmp.Or(c.DecisionRows, 100_000)
	c.BulkRows = cmp.Or(c.BulkRows, 150_000)
	c.BlockRows = cmp.Or(c.BlockRows, 50_000)
	c.Linger = cmp.Or(c.Linger, 200*time.Millisecond)
	c.FailingAfter = cmp.Or(c.FailingAfter, 5*time.Second)
	return c, errors.Join(errs...)
}
