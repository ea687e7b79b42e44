package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"credithub/schema/feed"
)

// cluster starts a broker of three nodes in this process.
func cluster(t *testing.T, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	k, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(3)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

func client(t *testing.T, k *kfake.Cluster, mend ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{Brokers: k.ListenAddrs()}
	for _, f := range mend {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func topic(t *testing.T, c *Client, name string, partitions int) {
	t.Helper()
	if err := c.EnsureTopics(t.Context(), []Topic{{Name: name, Partitions: partitions}}); err != nil {
		t.Fatal(err)
	}
}

// all reads a partition to its end.
func all(t *testing.T, c *Client, topic string, partition int) (out []Message) {
	t.Helper()
	f := NewFetcher(c, topic, partition, First, 64<<10)
	for {
		b, err := f.Fetch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range b.Messages {
			m.Key, m.Value = append([]byte(nil), m.Key...), append([]byte(nil), m.Value...)
			m.Headers = append([]Header(nil), m.Headers...)
			for i := range m.Headers {
				m.Headers[i].Value = append([]byte(nil), m.Headers[i].Value...)
			}
			out = append(out, m)
		}
		if b.Next >= b.HighWater {
			return out
		}
	}
}

func TestWhatIsProducedIsReadAtThePlaceThatWasTold(t *testing.T) {
	c := client(t, cluster(t))
	topic(t, c, "credit.x", 4)
	p := NewProducer(c, ProducerConfig{MaxRequest: 2000})
	var mu sync.Mutex
	want := map[Placed]string{}
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 40 {
				var msgs []Message
				for j := range 1 + (g+i)%5 {
					v := fmt.Sprintf("%d/%d/%d %s", g, i, j, strings.Repeat("v", (g*i+j)%300))
					msgs = append(msgs, Message{Key: []byte(fmt.Sprint(g, j)), Value: []byte(v), Partition: ByKey,
						Headers: []Header{{"stamp", []byte(v)}}})
				}
				placed, err := p.Produce(t.Context(), "credit.x", msgs)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for k, at := range placed {
					if _, twice := want[at]; twice {
						t.Errorf("two messages at %v", at)
					}
					want[at] = string(msgs[k].Value)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	n := 0
	for part := range 4 {
		for i, m := range all(t, c, "credit.x", part) {
			n++
			if m.Offset != int64(i) || m.Partition != part || m.Time.IsZero() {
				t.Fatalf("message %d of partition %d has %d, %d, %v", i, part, m.Offset, m.Partition, m.Time)
			}
			if w := want[Placed{part, m.Offset}]; string(m.Value) != w || string(m.Header("stamp")) != w {
				t.Fatalf("at %d/%d stands %q, want %q", part, m.Offset, m.Value, w)
			}
		}
	}
	if n != len(want) {
		t.Fatalf("%d messages stand, %d were placed", n, len(want))
	}
}

func TestOrderWithinACallIsKeptOnItsPartition(t *testing.T) {
	c := client(t, cluster(t))
	topic(t, c, "credit.x", 1)
	p := NewProducer(c, ProducerConfig{MaxRequest: 1000})
	msgs := make([]Message, 500)
	for i := range msgs {
		msgs[i] = Message{Value: []byte(fmt.Sprint(i, strings.Repeat(" ", 100))), Partition: 0}
	}
	placed, err := p.Produce(t.Context(), "credit.x", msgs)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range placed {
		if at.Offset != int64(i) {
			t.Fatalf("message %d stands at %d", i, at.Offset)
		}
	}
}

func TestOutOfRangeIsToldWithTheRange(t *testing.T) {
	c := client(t, cluster(t))
	topic(t, c, "credit.x", 1)
	p := NewProducer(c, ProducerConfig{})
	if _, err := p.Produce(t.Context(), "credit.x", []Message{{Value: []byte("a")}, {Value: []byte("b")}}); err != nil {
		t.Fatal(err)
	}
	f := NewFetcher(c, "credit.x", 0, 7, 0)
	_, err := f.Fetch(t.Context())
	var gone *OutOfRangeError
	if !errors.As(err, &gone) || gone.Start != 0 || gone.End != 2 || gone.Offset != 7 {
		t.Fatalf("got %v", err)
	}
	f.SetOffset(gone.Start)
	b, err := f.Fetch(t.Context())
	if err != nil || len(b.Messages) != 2 || b.HighWater != 2 || b.Next != 2 || f.HighWater() != 2 {
		t.Fatalf("got %+v, %v", b, err)
	}
}

func TestAnIdleFetchGivesNothingAndNoError(t *testing.T) {
	c := client(t, cluster(t))
	topic(t, c, "credit.x", 1)
	f := NewFetcher(c, "credit.x", 0, Last, 0)
	f.MaxWait = 20 * time.Millisecond
	b, err := f.Fetch(t.Context())
	if err != nil || len(b.Messages) != 0 || b.Next != 0 {
		t.Fatalf("got %+v, %v", b, err)
	}
}

func TestUnknownTopicIsTold(t *testing.T) {
	c := client(t, cluster(t), func(cfg *Config) { cfg.Patience = 100 * time.Millisecond })
	if _, err := c.EndOffsets(t.Context(), "credit.none"); !errors.Is(err, ErrUnknownTopic) {
		t.Errorf("end offsets: %v", err)
	}
	if _, err := NewProducer(c, ProducerConfig{}).Produce(t.Context(), "credit.none", []Message{{}}); !errors.Is(err, ErrUnknownTopic) {
		t.Errorf("produce: %v", err)
	}
	topic(t, c, "credit.x", 2)
	if _, err := NewProducer(c, ProducerConfig{}).Produce(t.Context(), "credit.x", []Message{{Partition: 2}}); !errors.Is(err, ErrUnknownTopic) {
		t.Errorf("partition: %v", err)
	}
}

func TestEnsureTopicsTwiceChangesNothing(t *testing.T) {
	c := client(t, cluster(t))
	want := []Topic{{Name: "credit.a", Partitions: 1, Configs: map[string]string{"cleanup.policy": "compact"}}, {Name: "credit.b", Partitions: 4}}
	for range 2 {
		if err := c.EnsureTopics(t.Context(), want); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := c.Partitions(t.Context(), "credit.b"); n != 4 || err != nil {
		t.Fatalf("%d partitions, %v", n, err)
	}
}

func TestGroupSharesPartitionsAndEndsWithItsContext(t *testing.T) {
	c := client(t, cluster(t))
	topic(t, c, "credit.x", 4)
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan Assignment, 8)
	ended := make(chan error, 1)
	go func() {
		ended <- c.Group(ctx, "intake", []string{"credit.x"}, func(ctx context.Context, a Assignment) error {
			if err := a.CommitOffsets(map[string]map[int]int64{"credit.x": {0: 0}}); err != nil {
				return err
			}
			got <- a
			<-ctx.Done()
			return nil
		})
	}()
	select {
	case a := <-got:
		if fmt.Sprint(a.Partitions["credit.x"]) != "[0 1 2 3]" {
			t.Errorf("assigned %v", a.Partitions)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no assignment")
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

// Messages on the hub's own topics count only with its seal, which stays through
// repeated tries; what stands beside a forged one comes as it is.
func TestOnlySealedMessagesOfOwnTopicsCount(t *testing.T) {
	seal := func(b byte) *feed.Seal {
		s, err := feed.NewSeal(bytes.Repeat([]byte{b}, 32))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	k := cluster(t)
	own := client(t, k, func(c *Config) { c.Seal = seal('a') })
	topic(t, own, feed.EntriesTopic, 1)
	topic(t, own, "credit.decision", 1)
	msgs := []Message{{Key: []byte("E-1"), Value: []byte("one")}, {Key: []byte("E-2"), Value: []byte("two"), Headers: []Header{{Key: "h", Value: []byte("v")}}}, {Key: []byte("E-3")}}
	produce := func(c *Client, topic string, msgs []Message) {
		t.Helper()
		if _, err := NewProducer(c, ProducerConfig{}).Produce(t.Context(), topic, msgs); err != nil {
			t.Fatal(err)
		}
	}
	produce(own, feed.EntriesTopic, msgs)
	if len(msgs[0].Headers) != 0 || len(msgs[1].Headers) != 1 {
		t.Fatal("the caller's messages were changed")
	}
	forger := client(t, k)
	sealed := all(t, forger, feed.EntriesTopic, 0)
	produce(forger, feed.EntriesTopic, []Message{
		{Key: []byte("E-1"), Value: []byte("forged")},
		{Key: []byte("E-1"), Value: []byte("forged"), Headers: []Header{{Key: sealHeader, Value: sealed[0].Header(sealHeader)}}},
		{Key: []byte("E-9"), Value: sealed[0].Value, Headers: sealed[0].Headers},
		{Key: sealed[1].Key, Value: sealed[1].Value, Headers: sealed[1].Headers}, // repeated: does nothing by its number
	})
	produce(client(t, k, func(c *Config) { c.Seal = seal('b') }), feed.EntriesTopic, msgs[:1])
	produce(own, feed.EntriesTopic, msgs[:1])
	var got []bool
	for _, m := range all(t, own, feed.EntriesTopic, 0) {
		if m.Err != nil && !errors.Is(m.Err, ErrUnproven) {
			t.Error(m.Err)
		}
		got = append(got, m.Err == nil)
	}
	if want := []bool{true, true, true, false, false, false, true, false, true}; !slices.Equal(got, want) {
		t.Errorf("proven: %v, want %v", got, want)
	}
	produce(forger, "credit.decision", msgs[:1]) // domain topics have stamps and signatures
	if m := all(t, own, "credit.decision", 0); len(m) != 1 || m[0].Err != nil {
		t.Errorf("%+v", m)
	}
}
