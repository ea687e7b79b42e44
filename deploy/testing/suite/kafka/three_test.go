//go:build suite

package kafka

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"credithub/deploy/testing/probe"
	"credithub/deploy/testing/suite/drill"
	"credithub/deploy/testing/suite/hub"
)

// Longest stall that the death of a broker may cause. A cluster on a busy machine
// may itself take longer than that until its partitions are whole again; then
// what the clients may add to its time counts. What pushes wait without any
// death, just before it and well after, is the noise of the machine and comes on
// top.
const (
	stallLimit = 2 * time.Second
	clientAdds = 750 * time.Millisecond
)

// tries is how often the drill is done until no push waited too long: other work
// on the machine only ever lengthens a wait, so the shortest one tells.
const tries = 3

// One of three brokers is killed while records arrive:
// nothing acknowledged is missing, what stands twice in the log counts once, and
// no push waits longer than two seconds, or than the cluster itself needs.
func TestOneOfThreeNodesDies(t *testing.T) {
	for range tries {
		inTime := false
		if !t.Run("drill", func(t *testing.T) { inTime = nodeDies(t) }) || inTime {
			return
		}
	}
	t.Errorf("in each of %d drills a push waited too long", tries)
}

// nodeDies is one drill; it tells whether every push was acknowledged in time.
func nodeDies(t *testing.T) (inTime bool) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	a := startApache(t, 3)
	h := hub.StartCluster(t, probe.ClusterConfig{Kafka: a.addrs})
	l := load(t, 3000, 32)
	receipts := receiptsOn(t, ctx, h)
	pace := time.Now().Add(time.Second)
	pushers := &drill.Pushers{Load: l, URL: "http://" + h.Ingest.Addr, Token: h.Token, Seed: 32, Batch: 60, Again: 0.02, Acked: receipts.Add, Log: t.Logf,
		Pace: func(share float64) bool { return share <= time.Since(pace).Seconds()/20 }} // 20 s for all
	done := make(chan error, 1)
	go func() { done <- pushers.Run(ctx) }()
	for pushers.Share() < 0.3 && len(done) == 0 {
		time.Sleep(20 * time.Millisecond)
	}
	victim := a.victim(t, ctx)
	before := pushers.Longest(time.Now().Add(-4*time.Second), time.Now())
	died := time.Now()
	victim.Kill()
	whole := a.whole(t, ctx, victim)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if pushers.Share() < 1 {
		t.Fatal("not everything was pushed")
	}
	stall := pushers.Longest(died, time.Now())
	healed := <-whole
	cluster := healed.Sub(died)
	after := pushers.LongestWithin(healed.Add(2*time.Second), time.Now())
	noise := max(before, after)
	t.Logf("%s killed; the cluster was whole again after %s; longest push in the 4 s before %s, from then on %s, from 2 s after it was whole %s; %d tries more",
		victim.Name, cluster.Round(time.Millisecond), before.Round(time.Millisecond), stall.Round(time.Millisecond), after.Round(time.Millisecond), pushers.Retries.Load())
	limit := max(stallLimit, cluster+clientAdds)
	if inTime = stall <= limit+noise; !inTime {
		t.Logf("a push waited %s, at most %s are allowed beside the noise", stall.Round(time.Millisecond), limit.Round(time.Millisecond))
	}
	for _, err := range receipts.Finish() {
		t.Error(err)
	}
	w := &drill.World{Load: l, Pushed: pushers, Hub: h, Log: t.Logf, Settled: time.Minute}
	if err := w.Verify(ctx); err != nil {
		t.Error(err)
	}
	twice, err := probe.Select(ctx, h.Dir, h.ClickHouse, "SELECT count(), sum(n) - count() FROM (SELECT count() AS n FROM records WHERE status IN ('ACCEPTED', 'DUPLICATE') GROUP BY batch_id, line, record_id HAVING n > 1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("rows of acknowledged pushes that stand twice in the log: %s, with %s messages too many; they count once", twice[0][0], twice[0][1])
	if err := drill.Panics(h.Parts()); err != nil {
		t.Error(err)
	}
	return inTime
}

// victim is a node that leads partitions, that of the decisions when it can be,
// but not the quorum: when the active controller dies the cluster elects another
// one first, which is its own affair.
func (a *apache) victim(t *testing.T, ctx context.Context) *probe.Part {
	t.Helper()
	c := must(kgo.NewClient(kgo.SeedBrokers(strings.Split(a.addrs, ",")...)))(t)
	defer c.Close()
	quorum := kmsg.NewPtrDescribeQuorumRequest()
	quorum.Topics = []kmsg.DescribeQuorumRequestTopic{{Topic: "__cluster_metadata", Partitions: []kmsg.DescribeQuorumRequestTopicPartition{{}}}}
	q := must(quorum.RequestWith(ctx, c))(t)
	topic := "credit.decision"
	metadata := kmsg.NewPtrMetadataRequest()
	metadata.Topics = []kmsg.MetadataRequestTopic{{Topic: &topic}}
	m := must(metadata.RequestWith(ctx, c))(t)
	if len(q.Topics) != 1 || len(q.Topics[0].Partitions) != 1 || len(m.Topics) != 1 || len(m.Topics[0].Partitions) != 1 {
		t.Fatalf("the cluster does not describe itself: %+v %+v", q, m)
	}
	controller, leader := int(q.Topics[0].Partitions[0].LeaderID), int(m.Topics[0].Partitions[0].Leader)
	if leader == controller {
		leader = leader%len(a.nodes) + 1
	}
	t.Logf("node %d leads the quorum, node %d %s", controller, m.Topics[0].Partitions[0].Leader, topic)
	return a.nodes[leader-1]
}

// whole sends the time at which no topic of the hub has a leader or a replica in
// sync on the dead node any more: before that nobody can write with acks=all.
func (a *apache) whole(t *testing.T, ctx context.Context, dead *probe.Part) <-chan time.Time {
	t.Helper()
	var seeds []string
	id := int32(0)
	for i, n := range a.nodes {
		if n == dead {
			id = int32(i + 1)
		} else {
			seeds = append(seeds, n.Addr)
		}
	}
	c := must(kgo.NewClient(kgo.SeedBrokers(seeds...)))(t)
	done := make(chan time.Time, 1)
	go func() {
		defer c.Close()
		for ctx.Err() == nil {
			healed := true
			for _, b := range c.SeedBrokers() {
				healed = healed && without(ctx, b, id)
			}
			if healed {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		done <- time.Now()
	}()
	return done
}

// without tells whether a broker knows every topic of the hub to do without a node.
func without(ctx context.Context, b *kgo.Broker, id int32) bool {
	r, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, b)
	if err != nil || r == nil {
		return false
	}
	topics := 0
	for _, t := range r.Topics {
		if t.Topic == nil || !strings.HasPrefix(*t.Topic, "credit.") {
			continue
		}
		topics++
		for _, p := range t.Partitions {
			if p.Leader < 0 || p.Leader == id || slices.Contains(p.ISR, id) {
				return false
			}
		}
	}
	return topics > 0
}
