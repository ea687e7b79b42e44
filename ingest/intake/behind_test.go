package intake

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/sink"
)

func TestCase_T7_AnIntakeThatStoresNothingIsNotReady(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	b := NewBehind(nil, nil, func() time.Time { return now }, nil)
	at := func(seconds int, stored, end int64, want string) {
		t.Helper()
		now = time.Date(2026, 6, 1, 0, 0, seconds, 0, time.UTC)
		b.take(map[string]int64{"credit.tax": stored, "credit.bank": 7}, map[string]int64{"credit.tax": end, "credit.bank": 7})
		if got := strings.Join(b.Ready(), "\n"); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("after %d s: %q, want %q", seconds, got, want)
		}
	}
	if got := b.Ready(); len(got) != 1 {
		t.Errorf("before a look: %q", got)
	}
	at(0, 0, 0, "")
	at(3, 0, 1000, "")
	at(6, 500, 90_000, "") // a bulk load: the lag grows, and rows get in
	at(20, 600, 400_000, "")
	at(34, 600, 400_000, "")
	at(36, 600, 400_000, "credit.tax: 399400 messages wait and none was stored for 16 s")
	at(39, 700, 400_000, "")
	at(60, 400_000, 400_000, "")
	at(90, 400_000, 400_001, "") // has only come
	at(93, 400_001, 400_001, "")
	at(96, 400_002, 6_000_000, "messages wait, more than 5000000")
}

func TestAStartWaitsForWhatTheLogHolds(t *testing.T) {
	b := NewBehind(nil, nil, time.Now, nil)
	at := func(stored, end int64, want string) {
		t.Helper()
		b.take(map[string]int64{"credit.tax": stored}, map[string]int64{"credit.tax": end})
		if got := strings.Join(b.Ready(), "\n"); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	at(0, 400, "credit.tax: 400 messages of before the start are not stored yet")
	at(300, 9000, "credit.tax: 100 messages of before the start")
	at(400, 20_000, "")
	at(401, 90_000, "")
}

// What a log holds no more is not waited for.
func TestOffsetsWithoutMessagesAreNotWaitedFor(t *testing.T) {
	k, err := kfake.NewCluster(kfake.NumBrokers(1))
	must(t, err)
	t.Cleanup(k.Close)
	const topic = "credit.tax"
	must(t, k.CreateTopic(topic, 1, nil))
	c, err := kafka.New(kafka.Config{Brokers: k.ListenAddrs()})
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	_, err = kafka.NewProducer(c, kafka.ProducerConfig{}).Produce(t.Context(), topic, []kafka.Message{{Value: []byte("a")}, {Value: []byte("b")}, {Value: []byte("c")}})
	must(t, err)
	b := NewBehind(c, nil, time.Now, nil)
	next := func(want int64) {
		t.Helper()
		if got, err := b.skip(t.Context(), sink.Partition{Topic: topic}, 0, 3); err != nil || got != want {
			t.Errorf("the next message is %d, %v, want %d", got, err, want)
		}
	}
	next(0)
	must(t, k.DeleteRecords(topic, 0, 2))
	next(2)
	must(t, k.DeleteRecords(topic, 0, 3))
	next(3)
}
