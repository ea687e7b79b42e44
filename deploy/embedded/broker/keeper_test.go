package broker

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
)

// A round compacts only what has doubled, also after a restart: nobody is
// answered meanwhile.
func TestCompactionWaitsUntilItIsWorthIt(t *testing.T) {
	dir := t.TempDir()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DataDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	if err := cluster.CreateTopic("credit.entries", 1, map[string]string{"cleanup.policy": "compact"}); err != nil {
		t.Fatal(err)
	}
	w := &kafka.Writer{Addr: kafka.TCP(cluster.ListenAddrs()...), Topic: "credit.entries", BatchSize: 1, RequiredAcks: kafka.RequireAll}
	defer w.Close()
	serial := 0
	add := func(key string, n int) {
		t.Helper()
		for range n {
			serial++
			m := kafka.Message{Key: []byte(key), Value: []byte(fmt.Sprint(serial, strings.Repeat("x", 1000)))}
			if err := w.WriteMessages(context.Background(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	open := func() *keeper {
		c := &Config{DataDir: dir, Compacted: []string{"credit.entries", "credit.absent"}, CompactBytes: 5000, Logger: slog.New(slog.DiscardHandler)}
		return newKeeper(c, cluster, newCounters())
	}
	round := func(k *keeper, want bool) {
		t.Helper()
		before := k.bytes()
		k.round()
		if did := k.bytes() < before; did != want {
			t.Fatalf("compacted: %v, at %d bytes, %d after the last time", did, before, k.left)
		}
	}
	k := open()
	add("a", 3)
	round(k, false) // little
	for i := range 10 {
		add(fmt.Sprint(i), 1)
	}
	add("a", 3)
	round(k, true)
	add("a", 5)
	round(k, false)
	k = open()
	if k.left == 0 {
		t.Fatal("the size was forgotten")
	}
	round(k, false)
	add("a", 10)
	round(k, true)
}
