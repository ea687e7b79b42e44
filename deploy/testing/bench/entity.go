package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/node"
	"credithub/deploy/platform/sleep"
	"credithub/deploy/testing/probe"
	"credithub/schema/ddl"
)

// EntityConfig says how to measure what is known of one enterprise.
type EntityConfig struct {
	Subjects    int
	Connections []int         // one figure each
	Run         time.Duration // measured time of each figure
}

const entityQuery = `query($u:ID!){entity(uscc:$u){uscc name status establishedOn blacklisted abnormal
entries{id state documentNo list{code nameZh}} records(first:20){totalCount edges{node{id domain kind}}}}}`

// Entity measures the query that an officer's page asks: an enterprise with its
// entries and its records, of enterprises at random, one in ten restricted. Every
// answer is compared with what was pushed.
//
// The limit is one read of the records of a code from the same ClickHouse, by the
// same client and over as many connections, with nothing around it.
func Entity(ctx context.Context, cfg EntityConfig, out io.Writer) error {
	h, err := filled(ctx, CheckConfig{Subjects: cfg.Subjects, Restricted: 0.1, Run: cfg.Run})
	if err != nil {
		return err
	}
	defer h.Stop()
	db, err := settled(ctx, h.Hub, cfg.Subjects)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, conns := range cfg.Connections {
		got, err := h.entities(ctx, conns)
		if err != nil {
			return err
		}
		limit, err := pointReads(ctx, db, h.codes, conns, cfg.Run)
		if err != nil {
			return err
		}
		more := map[string]any{"subjects": len(h.codes), "connections": conns, "queries_per_s": round(got.rate()), "limit_per_s": round(limit.rate()),
			"p50_ms": ms(percentile(got.latency, 0.5)), "limit_p50_ms": ms(percentile(limit.latency, 0.5)), "percentile": 0.99}
		err = Result{Bench: "entity", Figure: ms(percentile(got.latency, 0.99)), Unit: "ms", Limit: ms(percentile(limit.latency, 0.99)), More: more}.Print(out)
		if err != nil {
			return err
		}
	}
	return nil
}

// entities asks for enterprises at random and compares the answers with what was
// pushed.
func (h *filledHub) entities(ctx context.Context, conns int) (loaded, error) {
	l := h.officer
	l.conns = conns
	l.body = func(r *rand.Rand) ([]byte, int) {
		i := r.IntN(len(h.codes))
		return fmt.Appendf(nil, `{"query":%q,"variables":{"u":%q}}`, entityQuery, h.codes[i]), i
	}
	l.verify = func(i int, answer []byte) error {
		if !bytes.Contains(answer, fmt.Appendf(nil, `"name":"压测%d有限公司"`, i)) || bytes.Contains(answer, []byte(`"blacklisted":true`)) != h.listed[i] {
			return fmt.Errorf("bench: wrong answer for %s (number %d, listed %t): %s", h.codes[i], i, h.listed[i], answer)
		}
		return nil
	}
	return l.do(ctx)
}

// settled opens the hub's ClickHouse once it has all registrations and has merged
// them.
func settled(ctx context.Context, h *probe.Hub, subjects int) (*clickhouse.DB, error) {
	at, err := node.ReadEndpoints(h.Dir)
	if err != nil {
		return nil, err
	}
	db, err := clickhouse.Open(clickhouse.Config{URL: at.ClickHouse})
	if err != nil {
		return nil, err
	}
	if err = allStored(ctx, db, subjects); err == nil {
		err = merged(ctx, db)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// allStored waits until ClickHouse has the registrations of all subjects.
func allStored(ctx context.Context, db *clickhouse.DB, subjects int) error {
	for end := time.Now().Add(2 * time.Minute); ; {
		var n uint64
		err := db.Conn().QueryRow(ctx, "SELECT count() FROM "+ddl.Quote(ddl.Records)+" WHERE domain = 'registration' AND status = 'ACCEPTED'").Scan(&n)
		if err != nil {
			return err
		}
		if n == uint64(subjects) {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("bench: %d of %d registrations stored", n, subjects)
		}
		if !sleep.For(ctx, 50*time.Millisecond) {
			return ctx.Err()
		}
	}
}

// merged waits until ClickHouse has merged what the load left, five minutes at most:
// what is measured is the rest after it.
func merged(ctx context.Context, db *clickhouse.DB) error {
	began, quiet := time.Now(), 0
	for quiet < 20 && time.Since(began) < 5*time.Minute {
		var n uint64
		if err := db.Conn().QueryRow(ctx, "SELECT count() FROM system.merges").Scan(&n); err != nil {
			return err
		}
		if quiet++; n > 0 {
			quiet = 0
		}
		if !sleep.For(ctx, 100*time.Millisecond) {
			return ctx.Err()
		}
	}
	var parts uint64
	if err := db.Conn().QueryRow(ctx, "SELECT count() FROM system.parts WHERE active AND table = ?", ddl.Records).Scan(&parts); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "bench: merged to %d parts in %s\n", parts, time.Since(began).Round(time.Second))
	return nil
}

// pointReads reads the records of one code after the other, closed loop.
func pointReads(ctx context.Context, db *clickhouse.DB, codes []string, conns int, run time.Duration) (loaded, error) {
	all := loaded{elapsed: run}
	start := time.Now().Add(time.Second)
	end := start.Add(run)
	var mu sync.Mutex
	var failed error
	var readers sync.WaitGroup
	for i := range conns {
		readers.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 78))
			var latency []time.Duration
			var err error
			for err == nil {
				began := time.Now()
				if began.After(end) {
					break
				}
				err = pointRead(ctx, db, codes[rng.IntN(len(codes))])
				if now := time.Now(); began.After(start) && !now.After(end) {
					latency = append(latency, now.Sub(began))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			all.requests += len(latency)
			all.latency = append(all.latency, latency...)
		})
	}
	readers.Wait()
	return all, failed
}

func pointRead(ctx context.Context, db *clickhouse.DB, code string) error {
	rows, err := db.Conn().Query(ctx, "SELECT domain, unit, record_id, version, data FROM "+ddl.Quote(ddl.Records)+" WHERE uscc = ?", code)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var domain, unit, id, data string
		var version uint32
		if err := rows.Scan(&domain, &unit, &id, &version, &data); err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		return fmt.Errorf("bench: %s has no records", code)
	}
	return rows.Err()
}
