package intake

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/migrate"
	"credithub/deploy/testing/embedtest"
	"credithub/ingest/stamp"
	"credithub/schema/feed"
	"credithub/schema/policy"
	"credithub/schema/record"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

// hub is an engine, a broker and an intake that can be stopped and started.
type hub struct {
	t       testing.TB
	engine  *embedtest.Process
	broker  *embedtest.Process
	db      *clickhouse.DB
	kafka   *kafka.Client
	produce *kafka.Producer
	stamper *stamp.Stamper
	policy  *policy.Policy
	keys    keyring
	now     time.Time

	stop  func()
	x     *Intake
	lines uint32
}

type keyring map[string]ed25519.PublicKey

func (k keyring) Lookup(unit, id string, _ time.Time) (ed25519.PublicKey, bool) {
	key, ok := k[unit+"/"+id]
	return key, ok
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newHub(t testing.TB) *hub {
	t.Helper()
	h := &hub{t: t, engine: embedtest.StartEngine(t, embedtest.EngineOptions{}), broker: embedtest.StartBroker(t, embedtest.BrokerOptions{}),
		keys: keyring{}, now: time.Date(2026, 6, 1, 4, 0, 0, 0, time.UTC)}
	var err error
	h.db, err = clickhouse.Open(clickhouse.Config{URL: h.engine.URL})
	must(t, err)
	t.Cleanup(func() { _ = h.db.Close() })
	_, err = migrate.Apply(context.Background(), h.db, migrate.Options{})
	must(t, err)
	h.kafka, err = kafka.New(kafka.Config{Brokers: []string{h.broker.Addr}})
	must(t, err)
	t.Cleanup(func() { _ = h.kafka.Close() })
	var topics []kafka.Topic
	for _, topic := range feed.Topics(4) {
		topics = append(topics, kafka.Topic{Name: topic.Name, Partitions: topic.Partitions, Configs: topic.Configs})
	}
	must(t, h.kafka.EnsureTopics(context.Background(), topics))
	h.produce = kafka.NewProducer(h.kafka, kafka.ProducerConfig{})
	h.stamper, err = stamp.New([]byte("0123456789abcdef0123456789abcdef"))
	must(t, err)
	h.policy, err = policy.Load()
	must(t, err)
	t.Cleanup(func() { h.stopIntake() })
	return h
}

// config of an intake of the hub.
func (h *hub) config() Config {
	store, err := NewClickHouse(h.db, false)
	must(h.t, err)
	return Config{Kafka: h.kafka, Producer: h.produce, Store: store, Policy: h.policy, Keys: h.keys, Stamper: h.stamper,
		Now: time.Now, Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
}

func (h *hub) start(c Config) *Intake {
	h.t.Helper()
	x, err := New(c)
	must(h.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := x.Run(ctx); err != nil {
			h.t.Errorf("intake: %v", err)
		}
	})
	h.x, h.stop = x, func() { cancel(); done.Wait() }
	return x
}

func (h *hub) stopIntake() {
	if h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

// rec is a record to push.
type rec struct {
	unit, domain, kind, id, uscc, op, on string
	version                              int
	data                                 map[string]any
}

func (r rec) value() []byte {
	m := map[string]any{"unit": r.unit, "domain": r.domain, "kind": r.kind, "recordId": r.id, "version": r.version, "op": r.op}
	if r.uscc != "" {
		m["uscc"] = r.uscc
	}
	if r.on != "" {
		m["occurredOn"] = r.on
	}
	if r.data != nil {
		m["data"] = r.data
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

// message is the record as the gateway would write it.
func (h *hub) message(topic, key string, value []byte) kafka.Message {
	h.lines++
	st := stamp.Stamp{BatchID: []byte("b1"), Line: h.lines, ReceivedAt: h.now.Add(time.Duration(h.lines) * time.Millisecond)}
	return kafka.Message{Key: []byte(key), Value: value, Partition: kafka.ByKey,
		Headers: []kafka.Header{{Key: feed.HeaderStamp, Value: h.stamper.Append(nil, topic, []byte(key), value, st)}}}
}

func (h *hub) push(rs ...rec) {
	h.t.Helper()
	byTopic := map[string][]kafka.Message{}
	for _, r := range rs {
		topic := record.TopicPrefix + r.domain
		key := r.uscc
		if key == "" {
			key = r.id
		}
		byTopic[topic] = append(byTopic[topic], h.message(topic, key, r.value()))
	}
	for topic, msgs := range byTopic {
		h.send(topic, msgs...)
	}
}

func (h *hub) send(topic string, msgs ...kafka.Message) {
	h.t.Helper()
	_, err := h.produce.Produce(context.Background(), topic, msgs)
	must(h.t, err)
}

// eventually waits until f says "".
func (h *hub) eventually(what string, f func() string) {
	h.t.Helper()
	last := ""
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if last = f(); last == "" {
			return
		}
	}
	h.t.Fatalf("%s: %s", what, last)
}

// settled waits until every message of the domain topics is stored.
func (h *hub) settled() {
	h.t.Helper()
	store, err := NewClickHouse(h.db, false)
	must(h.t, err)
	h.eventually("stored", func() string {
		ctx := context.Background()
		for _, d := range record.Domains() {
			ends, err := h.kafka.EndOffsets(ctx, d.Topic())
			if err != nil {
				return err.Error()
			}
			have, err := store.Positions(ctx, []string{d.Topic()})
			if err != nil {
				return err.Error()
			}
			for p, end := range ends {
				if next := have.After(part(d, p)); next != end {
					return fmt.Sprintf("%s/%d stored up to %d of %d", d, p, next, end)
				}
			}
		}
		return ""
	})
}

// rows runs a query and joins the columns of each row with blanks.
func (h *hub) rows(query string, args ...any) []string {
	h.t.Helper()
	rows, err := h.db.Conn().Query(context.Background(), query, args...)
	must(h.t, err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		must(h.t, rows.Scan(&s))
		out = append(out, s)
	}
	must(h.t, rows.Err())
	return out
}

// values reads all values of partition 0 of a topic.
func (h *hub) values(topic string) [][]byte {
	h.t.Helper()
	ends, err := h.kafka.EndOffsets(context.Background(), topic)
	must(h.t, err)
	var out [][]byte
	f := kafka.NewFetcher(h.kafka, topic, 0, 0, 0)
	for f.Offset() < ends[0] {
		b, err := f.Fetch(context.Background())
		must(h.t, err)
		for _, m := range b.Messages {
			out = append(out, append([]byte(nil), m.Value...))
		}
	}
	return out
}
