package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/sleep"
)

// IngestConfig says how to measure ingest.
type IngestConfig struct {
	Records  int
	Seed     uint64
	Nice     int    // of ingest and of the client of the limit; up gives ingest 10
	Profiles string // directory for CPU profiles of the parts; "" for none
}

// Ingest measures how fast ingest brings records from Kafka into ClickHouse:
// stamped messages of the four bulk domains lie in the log, then ingest is
// started. The clock runs from the first stored block, so that the start of a
// process doesn't count, to the last stored row; the rows of the first block
// don't count either.
//
// The limit is one clickhouse-go connection that inserts the same rows,
// prepared as columns, by 50,000 into a table of the same shape, with nothing
// before it and the hub's parts idle.
func Ingest(ctx context.Context, cfg IngestConfig, out io.Writer) error {
	s, err := newStage(ctx, cfg.Profiles)
	if err != nil {
		return err
	}
	defer s.stop()
	src := &source{rows: cfg.Records, seed: cfg.Seed, at: time.Now().Truncate(time.Millisecond), domains: bulkDomains}
	st, err := newStamped(s.dir)
	if err != nil {
		return err
	}
	written, err := src.produce(ctx, kafka.NewProducer(s.client, kafka.ProducerConfig{}), st)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "bench: %d messages written in %s, %d bytes each\n", written.rows, written.elapsed.Round(time.Millisecond), written.bytes/int64(written.rows))
	hub, err := s.ingested(ctx, uint64(cfg.Records), cfg.Nice)
	if err != nil {
		return err
	}
	if err := s.quiet(ctx); err != nil {
		return err
	}
	limit, err := s.limit(ctx, src, cfg.Nice)
	if err != nil {
		return err
	}
	return Result{
		Bench: "ingest", Figure: hub.rate(), Unit: "records/s", Limit: limit.rate(),
		More: map[string]any{
			"records": cfg.Records, "bytes_per_record": written.bytes / int64(written.rows),
			"rate_with_start": round(float64(cfg.Records) / hub.whole.Seconds()),
			"cpu_us_per_record": map[string]float64{
				"ingest": micros(hub.ingest, hub.all), "engine": micros(hub.engine, hub.all), "broker": micros(hub.broker, hub.all),
			},
			"limit_cpu_us_per_record": map[string]float64{"client": micros(limit.Client, limit.All), "engine": micros(limit.engine, limit.All)},
		},
	}.Print(out)
}

// stored is what was seen while rows came into a table.
type stored struct {
	rows    uint64 // in elapsed
	elapsed time.Duration
	all     uint64        // from the start
	whole   time.Duration // from the start

	ingest, engine, broker time.Duration // processor time from the start
}

func (r stored) rate() float64 { return float64(r.rows) / r.elapsed.Seconds() }

// ingested starts ingest and watches until n rows are stored.
func (s *stage) ingested(ctx context.Context, n uint64, nice int) (stored, error) {
	got := stored{all: n, engine: -cpuTime(s.engine.PID()), broker: -cpuTime(s.broker.PID())}
	began := time.Now()
	p, err := s.start(ctx, false, "ingest", "--no-gateway", "--nice", fmt.Sprint(nice))
	if err != nil {
		return got, err
	}
	defer p.Stop()
	var first time.Time
	var have, before uint64
	for have < n {
		if have, err = s.count(ctx, ""); err != nil {
			return got, err
		}
		now := time.Now()
		if have > 0 && first.IsZero() {
			first, before = now, have
		}
		if p.Restarts() > 0 || now.Sub(began) > 10*time.Minute {
			return got, fmt.Errorf("bench: ingest stored %d of %d rows in %s, started again %d times", have, n, now.Sub(began), p.Restarts())
		}
		got.elapsed, got.whole = now.Sub(first), now.Sub(began)
		if !sleep.For(ctx, patience(have-before, n-have, got.elapsed)) {
			return got, ctx.Err()
		}
	}
	got.rows = have - before
	got.ingest = cpuTime(p.PID())
	got.engine += cpuTime(s.engine.PID())
	got.broker += cpuTime(s.broker.PID())
	return got, s.verified(ctx, n)
}

// patience is the pause before asking again: short when the end is near, so that
// the end is seen, and long before, so that asking costs nothing.
func patience(done, left uint64, in time.Duration) time.Duration {
	const least, most = 5 * time.Millisecond, 250 * time.Millisecond
	if done == 0 || in <= 0 {
		return least
	}
	rest := time.Duration(float64(in) / float64(done) * float64(left))
	return min(max(rest/3, least), most)
}

// verified tells whether n rows are there, all of them accepted, none twice.
func (s *stage) verified(ctx context.Context, n uint64) error {
	var accepted, places uint64
	err := s.db.Conn().QueryRow(ctx, "SELECT countIf(status = 'ACCEPTED'), uniqExact(topic, partition, offset) FROM records").Scan(&accepted, &places)
	if err == nil && (accepted != n || places != n) {
		err = fmt.Errorf("bench: %d accepted rows of %d messages, want %d of each", accepted, places, n)
	}
	return err
}

// quiet waits until the engine merges no parts.
func (s *stage) quiet(ctx context.Context) error {
	for range 600 {
		var merges uint64
		if err := s.db.Conn().QueryRow(ctx, "SELECT count() FROM system.merges").Scan(&merges); err != nil {
			return err
		}
		if merges == 0 {
			return nil
		}
		if !sleep.For(ctx, 100*time.Millisecond) {
			return ctx.Err()
		}
	}
	return fmt.Errorf("bench: the engine still merges after a minute")
}

// limited is what the client of the limit reports.
type limited struct {
	Rows    uint64
	Elapsed time.Duration
	All     uint64        // rows with the first block
	Client  time.Duration // its processor time for all rows, without preparing them
	engine  time.Duration
}

func (l limited) rate() float64 { return float64(l.Rows) / l.Elapsed.Seconds() }

// limit runs Columns in a process of its own.
func (s *stage) limit(ctx context.Context, src *source, nice int) (limited, error) {
	var got limited
	before := cpuTime(s.engine.PID())
	text, err := s.command(ctx, "bench", "columns", "--records", fmt.Sprint(src.rows), "--seed", fmt.Sprint(src.seed),
		"--at", fmt.Sprint(src.at.UnixMilli()), "--nice", fmt.Sprint(nice))
	if err != nil {
		return got, err
	}
	err = json.Unmarshal([]byte(text), &got)
	got.engine = cpuTime(s.engine.PID()) - before
	return got, err
}
