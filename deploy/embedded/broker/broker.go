// Package broker runs a Kafka broker inside a process of the hub: kfake, one
// node, with a data directory, wrapped for use on a machine where anything may
// connect.
//
// It promises: loopback only; nobody but its users gets in, each to what it may do;
// one process a data directory; a message that was
// acknowledged survives kill −9 (power loss too with SyncWrites); garbage,
// unknown requests and oversized frames close their connection and nothing
// else; compaction and retention run after a restart as before. It is no
// cluster and replicates nothing: production is Apache Kafka behind the same
// addresses.
package broker

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kfake"

	"credithub/deploy/platform/child"
	"credithub/deploy/platform/metrics"
)

// Config of one broker. The zero value of an optional field means its default.
type Config struct {
	DataDir  string       // required
	Listen   string       // host:port on loopback, default 127.0.0.1:0
	Listener net.Listener // instead of Listen
	TLS      *tls.Config  // optional
	Users    *Users       // who may come in; nil: everybody, to everything

	Logger  *slog.Logger // default slog.Default()
	Metrics string       // host:port on loopback that serves /metrics, default none

	Nice       int  // 0…19, lowered priority of the whole process
	SyncWrites bool // fsync each batch: survives power loss, a third of the throughput

	Partitions     int           // of topics made without a number, default 1
	MaxFrame       int32         // bytes of one request, default 16 MiB
	MaxMessage     int32         // bytes of one batch of messages, default 8 MiB
	MaxConnections int           // at once, default 512
	Retention      time.Duration // of topics that name none, default unlimited
	Housekeeping   time.Duration // between two rounds of compaction and retention, default 1 min
	Compacted      []string      // topics whose growth makes a round compact; none: never
	CompactBytes   int64         // least size of them that does, default 8 MiB
	MemoryLimit    int64         // soft limit of the heap in bytes, default 256 MiB
	LockWait       time.Duration // for a killed predecessor to vanish, default 3 s

	// Ready is called once with the address when requests are answered.
	Ready func(addr string)
}

func (c *Config) setDefaults() {
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:0")
	c.Partitions = cmp.Or(c.Partitions, 1)
	c.MaxFrame = cmp.Or(c.MaxFrame, 16<<20)
	c.MaxMessage = cmp.Or(c.MaxMessage, 8<<20)
	c.MaxConnections = cmp.Or(c.MaxConnections, 512)
	c.Housekeeping = cmp.Or(c.Housekeeping, time.Minute)
	c.CompactBytes = cmp.Or(c.CompactBytes, 8<<20)
	c.MemoryLimit = cmp.Or(c.MemoryLimit, 256<<20)
	c.LockWait = cmp.Or(c.LockWait, 3*time.Second)
	c.Logger = cmp.Or(c.Logger, slog.Default())
}

// Validate names all faults of the configuration.
func (c *Config) Validate() error {
	var errs []error
	bad := func(ok bool, format string, a ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("broker: "+format, a...))
		}
	}
	bad(c.DataDir != "", "data directory is missing")
	bad(c.Nice >= 0 && c.Nice <= 19, "niceness %d is not within 0…19", c.Nice)
	bad(c.MaxFrame >= 0 && c.MaxMessage >= 0 && c.MaxConnections >= 0 && c.Partitions >= 0, "a limit is negative")
	bad(c.Retention >= 0 && c.Housekeeping >= 0, "a time is negative")
	bad(c.CompactBytes >= 0, "a size is negative")
	return errors.Join(errs...)
}

// Run serves the broker until ctx ends, then saves its state and returns.
func Run(ctx context.Context, c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	c.setDefaults()
	ln, leave, err := child.Config{DataDir: c.DataDir, LockWait: c.LockWait, Nice: c.Nice, Listen: c.Listen, Listener: c.Listener}.Take()
	if err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	defer leave()
	defer ln.Close()
	debug.SetMemoryLimit(c.MemoryLimit)
	if c.TLS != nil {
		ln = tls.NewListener(ln, c.TLS)
	}
	ln = newDoor(ln)
	defer ln.Close()
	m := newCounters()
	if c.Metrics != "" {
		stop, err := serveMetrics(&c, m)
		if err != nil {
			return err
		}
		defer stop()
	}
	for ctx.Err() == nil {
		if err := c.serve(ctx, ln, m); err != nil {
			return err
		}
	}
	return nil
}

// serve runs kfake until ctx ends or the users change: kfake learns of them only when
// it starts. Clients then connect again, at the same address.
func (c *Config) serve(ctx context.Context, ln net.Listener, m *counters) error {
	start := time.Now()
	mark := ""
	if c.Users != nil {
		mark = c.Users.mark()
	}
	guarded := newGuard(ln, c.MaxFrame, c.MaxConnections, m)
	guarded.proof = c.Users != nil
	cluster, err := open(c, guarded)
	if err != nil {
		return err
	}
	defer guarded.sendAway()
	defer cluster.Close()
	c.Logger.Info("broker started", "addr", ln.Addr().String(), "took", time.Since(start))
	if c.Ready != nil {
		c.Ready(ln.Addr().String())
		c.Ready = nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if c.Users != nil {
		go c.awaitUsers(ctx, mark, stop)
	}
	newKeeper(c, cluster, m).run(ctx)
	return nil
}

// usersEvery is how often it is seen whether the users have changed.
const usersEvery = time.Second

// awaitUsers calls changed when the users are no longer as marked.
func (c *Config) awaitUsers(ctx context.Context, mark string, changed func()) {
	t := time.NewTicker(usersEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if now := c.Users.mark(); now != mark && now != "" {
			c.Logger.Info("the users of the broker have changed")
			changed()
			return
		}
	}
}

// open starts kfake on the guarded listener.
func open(c *Config, guarded *guard) (*kfake.Cluster, error) {
	dir := filepath.Join(c.DataDir, "data")
	// Members of groups that ended with the last process would hold back the
	// next rebalance until their sessions expire.
	// Users and rights that it kept would win over those that it is told.
	for _, name := range []string{"session_state.json", "sasl.json", rightsFile} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("broker: forget old sessions: %w", err)
		}
	}
	retention := "-1"
	if c.Retention > 0 {
		retention = strconv.FormatInt(c.Retention.Milliseconds(), 10)
	}
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ClusterID("credithub"),
		kfake.DefaultNumPartitions(c.Partitions),
		kfake.DataDir(dir),
		kfake.MaxVersions(served()),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return guarded, nil }),
		kfake.WithLogger(logger{c.Logger}),
		kfake.BrokerConfigs(map[string]string{
			"message.max.bytes":          strconv.Itoa(int(c.MaxMessage)),
			"log.retention.ms":           retention,
			"default.replication.factor": "1",
			"min.insync.replicas":        "1",
			"log.message.timestamp.type": "LogAppendTime", // see times.go
			"log.cleaner.backoff.ms":     never,           // keeper does it
		}),
	}
	if c.Users != nil {
		users, err := c.Users.options(dir)
		if err != nil {
			return nil, err
		}
		opts = append(opts, users...)
	}
	if c.SyncWrites {
		opts = append(opts, kfake.SyncWrites())
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		return nil, fmt.Errorf("broker: open %s: %w", dir, err)
	}
	return cluster, nil
}

func serveMetrics(c *Config, m *counters) (stop func(), err error) {
	if err := child.Loopback(c.Metrics); err != nil {
		return nil, fmt.Errorf("broker: metrics: %w", err)
	}
	ln, err := net.Listen("tcp", c.Metrics)
	if err != nil {
		return nil, fmt.Errorf("broker: metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler(m.registry))
	hs := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = hs.Serve(ln) }()
	return func() { _ = hs.Close() }, nil
}

// logger hands kfake's messages on: its warnings are matters of single
// requests, worth a look only when something is being looked for.
type logger struct{ l *slog.Logger }

func (g logger) Logf(level kfake.LogLevel, format string, a ...any) {
	switch level {
	case kfake.LogLevelError:
		g.l.Error("broker: "+fmt.Sprintf(format, a...), "part", "kfake")
	case kfake.LogLevelWarn:
		g.l.Debug("broker: "+fmt.Sprintf(format, a...), "part", "kfake")
	}
}

type counters struct {
	registry     *prometheus.Registry
	connections  prometheus.Gauge
	refused      *prometheus.CounterVec
	inBytes      prometheus.Counter
	requests     prometheus.Counter
	housekeeping prometheus.Histogram
}

func newCounters() *counters {
	reg := prometheus.NewRegistry()
	return &counters{
		registry:     reg,
		connections:  metrics.Gauge(reg, "broker", "connections", "Open connections."),
		refused:      metrics.Counters(reg, "broker", "refused_total", "Connections that were closed because of what they sent.", "reason"),
		inBytes:      metrics.Counter(reg, "broker", "request_bytes_total", "Bytes of requests."),
		requests:     metrics.Counter(reg, "broker", "requests_total", "Requests."),
		housekeeping: metrics.Histogram(reg, "broker", "housekeeping_seconds", "One round of compaction and retention.", prometheus.DefBuckets),
	}
}
