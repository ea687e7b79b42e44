package broker_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"credithub/deploy/embedded/broker"
	"credithub/deploy/testing/embedtest"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

func ctx(t testing.TB) context.Context {
	c, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return c
}

// client has connections of its own, which end with the test.
func client(t testing.TB, addr string) *kafka.Client {
	tr := &kafka.Transport{MetadataTTL: 100 * time.Millisecond, DialTimeout: time.Second}
	t.Cleanup(tr.CloseIdleConnections)
	return &kafka.Client{Addr: kafka.TCP(addr), Transport: tr, Timeout: 10 * time.Second}
}

func create(t testing.TB, addr, topic string, partitions int, config map[string]string) {
	t.Helper()
	req := &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1}}}
	for k, v := range config {
		req.Topics[0].ConfigEntries = append(req.Topics[0].ConfigEntries, kafka.ConfigEntry{ConfigName: k, ConfigValue: v})
	}
	resp, err := client(t, addr).CreateTopics(ctx(t), req)
	if err == nil {
		err = resp.Errors[topic]
	}
	if err != nil {
		t.Fatal(err)
	}
}

// produce sends records to the first partition of a topic.
func produce(t testing.TB, c *kafka.Client, topic string, recs ...kafka.Record) (offset int64, err error) {
	t.Helper()
	resp, err := c.Produce(ctx(t), &kafka.ProduceRequest{Topic: topic, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(recs...)})
	if err != nil {
		return 0, err
	}
	return resp.BaseOffset, resp.Error
}

// consume reads n messages from the start of a partition.
func consume(t testing.TB, addr, topic string, partition, n int) []kafka.Message {
	t.Helper()
	r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{addr}, Topic: topic, Partition: partition, MaxWait: 100 * time.Millisecond, MaxBytes: 10 << 20})
	defer r.Close()
	var out []kafka.Message
	c := ctx(t)
	for len(out) < n {
		m, err := r.ReadMessage(c)
		if err != nil {
			t.Fatalf("after %d of %d messages: %v", len(out), n, err)
		}
		out = append(out, m)
	}
	return out
}

func record(key, value string) kafka.Record {
	r := kafka.Record{Value: kafka.NewBytes([]byte(value))}
	if key != "" {
		r.Key = kafka.NewBytes([]byte(key))
	}
	return r
}

func TestProduceAndConsume(t *testing.T) {
	addr := embedtest.Broker(t)
	create(t, addr, "credit.tax", 4, nil)
	w := &kafka.Writer{Addr: kafka.TCP(addr), Topic: "credit.tax", Balancer: &kafka.Hash{}, RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond, Transport: client(t, addr).Transport}
	defer w.Close()
	var msgs []kafka.Message
	for i := range 1000 {
		msgs = append(msgs, kafka.Message{Key: fmt.Append(nil, i%7), Value: fmt.Append(nil, i), Headers: []kafka.Header{{Key: "stamp", Value: []byte("v1")}}})
	}
	if err := w.WriteMessages(ctx(t), msgs...); err != nil {
		t.Fatal(err)
	}
	r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{addr}, GroupID: "g", Topic: "credit.tax", MaxWait: 100 * time.Millisecond})
	defer r.Close()
	seen := map[string]bool{}
	for len(seen) < len(msgs) {
		m, err := r.FetchMessage(ctx(t))
		if err != nil {
			t.Fatal(err)
		}
		if seen[string(m.Value)] || string(m.Headers[0].Value) != "v1" {
			t.Fatalf("message %s twice or without its header", m.Value)
		}
		seen[string(m.Value)] = true
		if err := r.CommitMessages(ctx(t), m); err != nil {
			t.Fatal(err)
		}
	}
}

// kcat, whose library has nothing in common with ours, finds a broker it can
// work with.
func TestKcat(t *testing.T) {
	kcat, err := exec.LookPath("kcat")
	if err != nil {
		if os.Getenv("CREDITHUB_CI") != "" {
			t.Fatal("kcat is not installed, and the wider suites require it")
		}
		t.Skip("kcat is not installed")
	}
	t.Run("whoever comes", func(t *testing.T) {
		addr := embedtest.Broker(t)
		create(t, addr, "credit.tax", 2, nil)
		useKcat(t, kcat, "-b", addr)
	})
	t.Run("as a user", func(t *testing.T) {
		p := embedtest.StartBroker(t, embedtest.BrokerOptions{Users: true})
		users, err := broker.OpenUsers(p.Dir)
		if err != nil {
			t.Fatal(err)
		}
		hub, err := users.Password(broker.HubUser)
		if err != nil {
			t.Fatal(err)
		}
		req := &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: "credit.tax", NumPartitions: 2, ReplicationFactor: 1}}}
		if _, err := as(t, p.Addr, broker.HubUser, hub).CreateTopics(ctx(t), req); err != nil {
			t.Fatal(err)
		}
		own, err := users.Password(broker.KcatUser)
		if err != nil {
			t.Fatal(err)
		}
		useKcat(t, kcat, "-b", p.Addr, "-X", "security.protocol=SASL_PLAINTEXT", "-X", "sasl.mechanisms="+broker.Mechanism,
			"-X", "sasl.username="+broker.KcatUser, "-X", "sasl.password="+own)
		out, err := exec.CommandContext(ctx(t), kcat, "-b", p.Addr, "-L", "-m", "2").CombinedOutput()
		if err == nil || strings.Contains(string(out), "credit.tax") {
			t.Errorf("nobody is told of topics: %s", out)
		}
	})
}

// useKcat writes to credit.tax and reads from it, alone and in a group.
func useKcat(t *testing.T, kcat string, at ...string) {
	t.Helper()
	run := func(in string, args ...string) (string, error) {
		cmd := exec.CommandContext(ctx(t), kcat, append(slices.Clone(at), args...)...)
		cmd.Stdin = strings.NewReader(in)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, codec := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		out, err := run("a:"+codec+strings.Repeat("x", 1000)+"\n", "-t", "credit.tax", "-P", "-K", ":", "-H", "unit=TAX", "-z", codec)
		if err != nil {
			t.Fatalf("%s: %v\n%s", codec, err, out)
		}
	}
	out, err := run("", "-t", "credit.tax", "-C", "-e", "-q", "-f", "%k %h %S\n")
	if err != nil || strings.Count(out, "a unit=TAX 10") != 5 {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = run("", "-G", "kcat-group", "-o", "beginning", "-e", "-q", "-c", "5", "-X", "auto.offset.reset=earliest", "credit.tax")
	if err != nil || strings.Count(out, "xxx\n") != 5 {
		t.Errorf("group: %v\n%.300s", err, out)
	}
}
