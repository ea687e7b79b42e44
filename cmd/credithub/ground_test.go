package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/metrics"
	"credithub/schema/feed"
	"credithub/schema/record"
)

// groundOn is a hub that stands on a broker in this process, as far as its topics go.
func groundOn(t *testing.T) (*hub, *kfake.Cluster) {
	t.Helper()
	k, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	c, err := kafka.New(kafka.Config{Brokers: k.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &hub{kafka: c, log: slog.New(slog.DiscardHandler), reg: metrics.New()}, k
}

func TestCase_T1_TopicsMadeBeforehandEndTheStart(t *testing.T) {
	h, k := groundOn(t)
	if err := k.CreateTopic(record.Decision.Topic(), 3, nil); err != nil {
		t.Fatal(err)
	}
	err := h.ensureTopics(t.Context(), 4)
	if err == nil || !strings.Contains(err.Error(), "credit.decision: it has 3 partitions and must have 1") {
		t.Fatal(err)
	}
}

func TestCase_T1_TopicsThatOthersChangeMakeTheHubUnready(t *testing.T) {
	h, k := groundOn(t)
	if err := k.CreateTopic(record.Penalty.Topic(), 6, map[string]string{"retention.ms": "-1"}); err != nil {
		t.Fatal(err)
	}
	if err := h.ensureTopics(t.Context(), 4); err != nil { // the others are made alike
		t.Fatal(err)
	}
	g := newGround(h)
	if r := g.ready(); len(r) != 1 {
		t.Fatalf("ready before a look: %q", r)
	}
	look := func(want string) {
		t.Helper()
		for range 60 { // the client's picture of the cluster is up to 0.8 s old
			if err := g.look(t.Context()); err != nil {
				t.Fatal(err)
			}
			r := strings.Join(g.ready(), "\n")
			if want == "" && r == "" || want != "" && strings.Contains(r, want) {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("%q, want %q", g.ready(), want)
	}
	look("")
	api := &kafkago.Client{Addr: kafkago.TCP(k.ListenAddrs()...)}
	grow := func(topic string, n int) {
		t.Helper()
		r, err := api.CreatePartitions(t.Context(), &kafkago.CreatePartitionsRequest{Topics: []kafkago.TopicPartitionsConfig{{Name: topic, Count: int32(n)}}})
		if err != nil || r.Errors[topic] != nil {
			t.Fatal(err, r)
		}
	}
	set := func(topic, name, value string) {
		t.Helper()
		r, err := api.IncrementalAlterConfigs(t.Context(), &kafkago.IncrementalAlterConfigsRequest{Resources: []kafkago.IncrementalAlterConfigsRequestResource{{
			ResourceType: kafkago.ResourceTypeTopic, ResourceName: topic,
			Configs: []kafkago.IncrementalAlterConfigsRequestConfig{{Name: name, Value: value}}}}})
		if err != nil || r.Resources[0].Error != nil {
			t.Fatal(err, r)
		}
	}
	set(feed.AuditTopic, "retention.ms", "1000")
	look("credit.audit: retention.ms is 1000")
	set(feed.AuditTopic, "retention.ms", "-1")
	look("")
	set(record.Decision.Topic(), feed.TimestampType, "CreateTime")
	look("credit.decision: message.timestamp.type")
	set(record.Decision.Topic(), feed.TimestampType, feed.LogAppendTime)
	set(feed.EntriesTopic, "cleanup.policy", "delete")
	look("credit.entries: cleanup.policy")
	set(feed.EntriesTopic, "cleanup.policy", "compact")
	look("")
	if err := k.DeleteTopic(feed.NoticesTopic); err != nil {
		t.Fatal(err)
	}
	look("credit.notices: the topic is not there")
	if err := k.CreateTopic(feed.NoticesTopic, 1, map[string]string{"retention.ms": "-1", feed.TimestampType: feed.LogAppendTime}); err != nil {
		t.Fatal(err)
	}
	look("")
	grow(record.Permit.Topic(), 7)
	look("credit.permit: it has 7 partitions, the other domains' topics 6")
	grow(record.Decision.Topic(), 3)
	look("credit.decision: it has 3 partitions")
	// What the hub writes keeps to the one partition that is read.
	var msgs []kafka.Message
	for i := range 40 {
		msgs = append(msgs, kafka.Message{Key: []byte{byte(i)}, Value: []byte("x"), Partition: kafka.ByKey})
	}
	placed, err := kafka.NewProducer(h.kafka, kafka.ProducerConfig{}).Produce(t.Context(), record.Decision.Topic(), msgs)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range placed {
		if p.Partition != 0 {
			t.Fatalf("message %d stands in partition %d", i, p.Partition)
		}
	}
	if err := h.ensureTopics(t.Context(), 4); err == nil {
		t.Fatal("started on topics that others have changed")
	}
}
