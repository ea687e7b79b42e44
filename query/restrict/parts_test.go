package restrict

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/testing/embedtest"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// On real parts: a snapshot from the engine, the tail from the broker, which is
// killed on the way, and another node that starts afterwards.
func TestFollowsARealBroker(t *testing.T) {
	db := freshTables(t)
	broker := embedtest.StartBroker(t, embedtest.BrokerOptions{})
	client, err := kafka.New(kafka.Config{Brokers: []string{broker.Addr}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	topics := []kafka.Topic{{Name: feed.EntriesTopic, Partitions: 1, Configs: map[string]string{"cleanup.policy": "compact"}},
		{Name: feed.SubjectsTopic, Partitions: 1}}
	for _, d := range record.Domains() {
		topics = append(topics, kafka.Topic{Name: d.Topic(), Partitions: 1})
	}
	if err := client.EnsureTopics(t.Context(), topics); err != nil {
		t.Fatal(err)
	}
	producer := kafka.NewProducer(client, kafka.ProducerConfig{})
	send := func(topic, key string, v any) {
		t.Helper()
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := producer.Produce(t.Context(), topic, []kafka.Message{{Key: []byte(key), Value: b, Partition: 0}}); err != nil {
			t.Fatal(err)
		}
	}
	codes := testCodes(t, 2, 21)
	e := inForce(list.L01)
	e.USCC = codes[0]
	// One entry is stored; the feed spoke of it at offset 1.
	send(feed.EntriesTopic, e.ID, feed.EntryMessage{Seq: 0, ID: e.ID, USCC: e.USCC, Entry: e.Wire()})
	progress := func(o int64) feed.EntryMessage {
		return feed.EntryMessage{Progress: &feed.Progress{Through: []receipt.Position{{Domain: record.Decision, Offset: o}}}}
	}
	send(feed.EntriesTopic, feed.ProgressKey, progress(0))
	db.entries(t, 0, false, e)
	db.rows(t, row{code: e.USCC, unit: "SAMR", id: "D", op: "upsert", status: "ACCEPTED", version: 1, domain: record.Decision, feed: 1},
		row{code: e.USCC, unit: "SAMR", id: "R", op: "upsert", status: "ACCEPTED", version: 1, domain: record.Registration, feed: -1})

	open := func() *Index {
		x, err := Open(Config{Policy: testPolicy(t), Snapshot: ClickHouse(db), Log: Kafka(client), Logger: quiet(), WaitLimit: 20 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); _ = x.Run(ctx) }()
		t.Cleanup(func() { cancel(); <-done })
		eventually(t, "ready", ready(x))
		return x
	}
	m := testPolicy(t).Matter("SIMPLE_DEREGISTRATION")
	x := open()
	if d := x.Check(codes[0], m, noon); d.Outcome != HitOutcome || d.Subject != Known || d.Hits[0].Entry.ID != e.ID {
		t.Fatalf("from the snapshot: %+v", d)
	}

	wait := func(x *Index, o int64) {
		t.Helper()
		if err := x.WaitFor(t.Context(), []receipt.Position{{Domain: record.Decision, Offset: o}}); err != nil {
			t.Fatal(err)
		}
	}
	e.State, e.ExitType = list.Exited, list.Repaired
	send(feed.EntriesTopic, e.ID, feed.EntryMessage{Seq: feed.SeqPerRecord, ID: e.ID, USCC: e.USCC, Entry: e.Wire()})
	send(feed.EntriesTopic, feed.ProgressKey, progress(1))
	wait(x, 1)
	if n := len(x.Lookup(codes[0])); n != 0 {
		t.Fatalf("not freed: %d entries", n)
	}

	broker.Restart()
	f := inForce(3)
	f.USCC = codes[1]
	send(feed.EntriesTopic, f.ID, feed.EntryMessage{Seq: 2 * feed.SeqPerRecord, ID: f.ID, USCC: f.USCC, Entry: f.Wire()})
	send(feed.EntriesTopic, feed.ProgressKey, progress(2))
	wait(x, 2)
	for _, node := range []*Index{x, open()} {
		wait(node, 2)
		if d := node.Check(codes[1], m, noon); d.Outcome != HitOutcome || d.Subject != Unknown {
			t.Fatalf("after the restart: %+v", d)
		}
	}
}
