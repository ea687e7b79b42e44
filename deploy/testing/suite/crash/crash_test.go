//go:build suite

// Package crash is the crash drill: while records of all domains arrive, with
// retries, repeats, corrections and faults among them, the ingestor, a query
// node, the broker and the engine are killed at random moments, many times. What
// the hub answers afterwards equals the generator's truth.
//
//	CREDITHUB_DRILL_RECORDS  rows to push, 200000
//	CREDITHUB_DRILL_KILLS    kills, 28
//	CREDITHUB_DRILL_SEED     for data and moments; the clock by default, and printed
package crash

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"credithub/deploy/gen"
	"credithub/deploy/testing/probe"
	"credithub/deploy/testing/suite/drill"
	"credithub/deploy/testing/suite/hub"
	"credithub/schema/civil"
)

// rowsOfEntity is about how many rows the generator makes of one entity with the
// rates of the drill.
const rowsOfEntity = 7.7

func setting(t *testing.T, name string, def int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return def
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatalf("%s=%q is no number", name, v)
	}
	return n
}

func TestNothingIsLostOrDoubledWhateverIsKilled(t *testing.T) {
	records := setting(t, "CREDITHUB_DRILL_RECORDS", 200_000)
	kills := setting(t, "CREDITHUB_DRILL_KILLS", 28)
	seed := uint64(setting(t, "CREDITHUB_DRILL_SEED", int(time.Now().UnixNano()%1_000_000_000)))
	t.Logf("seed %d: CREDITHUB_DRILL_SEED=%d makes the same data and choices again", seed, seed)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()

	load, err := drill.Make(gen.Config{
		Entities: int(float64(records)/rowsOfEntity) + 1, Seed: seed, Today: civil.DateOf(time.Now()),
		Faults: 0.04, Duplicates: 0.03, Corrections: 0.06,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows of %d entities, %d with entries; %d faulty rows", load.Rows, load.Truth.Entities, len(load.Truth.Subjects), load.Truth.RejectedRows)
	h := hub.StartCluster(t, probe.ClusterConfig{Queries: 2})
	officer := must(h.Token("officer", "SAMR"))(t)

	receipts := &drill.Receipts{Token: officer}
	for _, q := range h.Query {
		receipts.Nodes = append(receipts.Nodes, "http://"+q.Addr)
	}
	receipts.Start(ctx, 3)
	killer := &drill.Killer{Parts: []*probe.Part{h.Ingest, h.Query[1], h.Broker, h.Engine}, Kills: kills, Seed: seed, Pause: 5 * time.Second, Log: t.Logf}
	pushers := &drill.Pushers{
		Load: load, URL: "http://" + h.Ingest.Addr, Token: h.Token, Seed: seed, Batch: 800, Again: 0.04, Acked: receipts.Add,
		Pace: func(share float64) bool { return share <= killer.Share()+0.02 },
	}
	began := time.Now()
	killed := make(chan error, 1)
	keeping, stopKeeping := context.WithCancel(ctx)
	defer stopKeeping()
	kept := make(chan struct{})
	go func() {
		killed <- killer.Run(ctx)
		killer.Keep(keeping)
		close(kept)
	}()
	if err := pushers.Run(ctx); err != nil {
		t.Error(err)
	}
	if err := <-killed; err != nil {
		t.Error(err)
	}
	t.Logf("all acknowledged after %s: %d pushes, %d tries more, %d sent again on purpose; kills %v, ended by themselves %v",
		time.Since(began).Round(time.Millisecond), pushers.Pushes.Load(), pushers.Retries.Load(), pushers.Repeats.Load(), killer.Of, killer.Self)
	faults := receipts.Finish()
	t.Logf("%d checks by receipt answered, %d asked again", receipts.Answered.Load(), receipts.Again.Load())
	for i, err := range faults {
		if i == 10 {
			break
		}
		t.Error(err)
	}
	if len(load.Truth.Subjects) > 100 && receipts.Answered.Load() < 100 {
		t.Errorf("only %d checks by receipt were answered", receipts.Answered.Load())
	}
	if t.Failed() {
		t.FailNow()
	}
	world := &drill.World{Load: load, Pushed: pushers, Hub: h, Log: t.Logf, Settled: 2 * time.Minute}
	if err := world.Verify(ctx); err != nil {
		t.Error(err)
	}
	stopKeeping()
	<-kept
	verifyAudit(t, h, receipts.Answered.Load())
	if err := drill.Panics(h.Parts()); err != nil {
		t.Error(err)
	}
	t.Logf("whole drill: %s", time.Since(began).Round(time.Second))
}

// verifyAudit: the chains are whole, and hold at least the answered checks.
func verifyAudit(t *testing.T, h *probe.Cluster, answered int64) {
	t.Helper()
	url := must(probe.EngineURL(h.Dir, h.ClickHouse))(t)
	want := int64(0)
	for range 60 { // records are shipped behind the answers
		rows, err := probe.Select(t.Context(), h.Dir, h.ClickHouse, "SELECT uniqExact(writer, seq) FROM audit WHERE action = 'check' AND outcome IN ('HIT', 'CLEAR', 'SOURCE_STALE', 'SUBJECT_UNKNOWN')")
		if err != nil {
			t.Error(err)
			return
		}
		if want, _ = strconv.ParseInt(rows[0][0], 10, 64); want >= answered {
			break
		}
		time.Sleep(500 * time.Millisecond)
	}
	if want < answered {
		t.Errorf("%d checks were answered and %d are in the audit log of ClickHouse", answered, want)
	}
	cmd := exec.Command(hub.Exe(t), "audit", "verify", "--data", h.Dir, "--clickhouse", url)
	out, err := cmd.CombinedOutput()
	t.Logf("audit verify: %s", strings.TrimSpace(string(out)))
	if err != nil {
		t.Errorf("audit verify: %v", err)
	}
	t.Logf("%d checks answered, %d in the audit log", answered, want)
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
