//go:build suite

package kafka

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"credithub/deploy/probe"
	"credithub/deploy/suite/drill"
	"credithub/deploy/suite/hub"
)

// Longest stall that the death of a broker may cause, and what one more try of a
// client costs. What pushes wait without any death, just before it, is the noise
// of the machine and comes on top.
const (
	stallLimit = 2 * time.Second
	oneRetry   = 250 * time.Millisecond
)

// One of three brokers is killed while records arrive:
// nothing acknowledged is missing, what stands twice in the log counts once, and
// no push waits longer than two seconds.
func TestOneOfThreeNodesDies(t *testing.T) {
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
	noise := pushers.Longest(time.Now().Add(-4*time.Second), time.Now())
	died := time.Now()
	victim.Kill()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if pushers.Share() < 1 {
		t.Fatal("not everything was pushed")
	}
	stall := pushers.Longest(died, time.Now())
	t.Logf("%s killed; longest push in the 4 s before %s, from then on %s; %d tries more", victim.Name, noise.Round(time.Millisecond), stall.Round(time.Millisecond), pushers.Retries.Load())
	if stall > stallLimit+oneRetry+noise {
		t.Errorf("a push waited %s, at most %s are allowed beside the noise", stall.Round(time.Millisecond), stallLimit)
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
