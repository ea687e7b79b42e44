package embedded_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/segmentio/kafka-go"

	"credithub/deploy/embedded"
	"credithub/deploy/platform/supervise"
)

const envPart = "EMBEDDED_TEST_PART"

// The test binary is the program with the two commands.
func TestMain(m *testing.M) {
	part := os.Getenv(envPart)
	if part == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var err error
	switch part {
	case "broker":
		err = embedded.RunBroker(ctx, embedded.BrokerConfig{DataDir: os.Args[1], Nice: 5})
	case "engine":
		err = embedded.RunEngine(ctx, embedded.EngineConfig{DataDir: os.Args[1], Nice: 10})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func ctx(t *testing.T) context.Context {
	c, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return c
}

// nices returns the niceness of each thread of a process.
func nices(t *testing.T, pid int) map[int]int {
	t.Helper()
	stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	out := map[int]int{}
	for _, s := range stats {
		b, err := os.ReadFile(s)
		if err != nil {
			continue // the thread has ended
		}
		var skip string
		var nice int
		i := len(b) - 1
		for ; i > 0 && b[i] != ')'; i-- {
		}
		f := []any{}
		for range 16 {
			f = append(f, &skip)
		}
		if _, err := fmt.Sscan(string(b[i+1:]), append(f, &nice)...); err != nil {
			t.Fatal(err)
		}
		out[nice]++
	}
	return out
}

// Both parts come back after a kill, at the same address, with what they held.
func TestPartsSurviveKills(t *testing.T) {
	dir := t.TempDir()
	engineDir := filepath.Join(dir, "engine")
	start := func(c supervise.Child, part string) *supervise.Process {
		t.Helper()
		c.Env = []string{envPart + "=" + part}
		p, err := supervise.Start(ctx(t), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Stop)
		return p
	}
	eng := start(embedded.EngineChild("127.0.0.1:0", engineDir), "engine")
	brk := start(embedded.BrokerChild("127.0.0.1:0", filepath.Join(dir, "broker")), "broker")
	dsn, err := embedded.EngineURL(eng.Addr(), engineDir)
	if err != nil {
		t.Fatal(err)
	}
	opt, err := clickhouse.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db, err := clickhouse.Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Exec(ctx(t), "CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a"); err != nil {
		t.Fatal(err)
	}
	if err := db.Exec(ctx(t), "INSERT INTO t VALUES (7)"); err != nil {
		t.Fatal(err)
	}
	tr := &kafka.Transport{MetadataTTL: 100 * time.Millisecond}
	defer tr.CloseIdleConnections()
	kc := &kafka.Client{Addr: kafka.TCP(brk.Addr()), Transport: tr}
	if _, err := kc.CreateTopics(ctx(t), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: "x", NumPartitions: 1, ReplicationFactor: 1}}}); err != nil {
		t.Fatal(err)
	}
	if n := nices(t, eng.PID()); len(n) != 1 || n[10] == 0 {
		t.Errorf("engine: threads by niceness %v", n)
	}
	if n := nices(t, brk.PID()); len(n) != 1 || n[5] == 0 {
		t.Errorf("broker: threads by niceness %v", n)
	}
	for range 2 {
		for _, p := range []*supervise.Process{eng, brk} {
			before := p.Restarts()
			if err := syscall.Kill(p.PID(), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			for p.Restarts() == before || p.Ready() != nil {
				time.Sleep(5 * time.Millisecond)
			}
		}
		var a uint64
		for range 3 { // a pooled connection may be of the last life
			if err = db.QueryRow(ctx(t), "SELECT a FROM t").Scan(&a); err == nil {
				break
			}
		}
		if err != nil || a != 7 {
			t.Errorf("got %d, error %v", a, err)
		}
		var md *kafka.MetadataResponse
		for range 3 {
			if md, err = kc.Metadata(ctx(t), &kafka.MetadataRequest{}); err == nil {
				break
			}
		}
		if err != nil || len(md.Topics) != 1 || md.Topics[0].Name != "x" {
			t.Errorf("got %+v, error %v", md, err)
		}
	}
}
