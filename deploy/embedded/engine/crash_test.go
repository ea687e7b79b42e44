package engine_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"credithub/deploy/testing/embedtest"
)

// Whatever was acknowledged is there after kill −9, and no batch is there in
// part.
func TestKillDuringInserts(t *testing.T) {
	const kills, writers, rowsPerBatch = 5, 2, 500
	p := embedtest.StartEngine(t, embedtest.EngineOptions{})
	conn := open(t, p.URL)
	exec(t, conn, `CREATE TABLE log (batch UInt64, row UInt32, topic LowCardinality(String), offset Int64,
		PROJECTION positions (SELECT topic, max(offset), count() GROUP BY topic)) ENGINE = MergeTree ORDER BY (batch, row)`)

	var mu sync.Mutex
	acknowledged := map[uint64]bool{}
	c, stop := context.WithCancel(ctx(t))
	defer stop()
	var wg sync.WaitGroup
	for w := range uint64(writers) {
		wg.Go(func() {
			for n := w; c.Err() == nil; n += writers {
				b, err := conn.PrepareBatch(c, "INSERT INTO log")
				if err != nil {
					continue
				}
				for i := range uint32(rowsPerBatch) {
					if err := b.Append(n, i, "credit.tax", int64(n)*rowsPerBatch+int64(i)); err != nil {
						t.Error(err)
					}
				}
				if b.Send() == nil {
					mu.Lock()
					acknowledged[n] = true
					mu.Unlock()
				}
			}
		})
	}
	for n := range kills {
		waitFor(t, "batches", func() bool { // on a busy machine even one takes a while
			mu.Lock()
			defer mu.Unlock()
			return len(acknowledged) > n
		})
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
		p.Restart()
	}
	stop()
	wg.Wait()

	rows, err := conn.Query(ctx(t), "SELECT batch, count() FROM log GROUP BY batch")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	stored := 0
	for rows.Next() {
		var batch, n uint64
		if err := rows.Scan(&batch, &n); err != nil {
			t.Fatal(err)
		}
		if n != rowsPerBatch {
			t.Errorf("batch %d has %d rows", batch, n)
		}
		delete(acknowledged, batch)
		stored++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(acknowledged) > 0 || stored < kills {
		t.Errorf("%d batches stored, lost after they were acknowledged: %v", stored, acknowledged)
	}
	total := scalar[uint64](t, conn, "SELECT count() FROM log WHERE topic = 'credit.tax'")
	if total != uint64(stored)*rowsPerBatch {
		t.Errorf("projection counts %d rows of %d", total, stored*rowsPerBatch)
	}
	t.Logf("%d batches stored over %d kills", stored, kills)
}

// A clean stop is quick, and everything is there afterwards.
func TestStop(t *testing.T) {
	p := embedtest.StartEngine(t, embedtest.EngineOptions{})
	conn := open(t, p.URL)
	exec(t, conn, "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
	exec(t, conn, "INSERT INTO t SELECT number FROM numbers(1000)")
	go func() { _ = conn.Exec(ctx(t), "SELECT count() FROM system.numbers") }()
	waitFor(t, "the statement to run", func() bool { return processes(t, p.URL) == "1" })
	start := time.Now()
	p.Stop()
	t.Log("stop took", time.Since(start))
	p.Start()
	if n := scalar[uint64](t, open(t, p.URL), "SELECT count() FROM t"); n != 1000 {
		t.Errorf("%d rows", n)
	}
}
