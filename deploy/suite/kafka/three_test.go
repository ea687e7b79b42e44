//go:build suite

package kafka

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

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

// One of three brokers, leader of the decisions, is killed while records arrive:
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
	victim := a.leader(t, "credit.decision")
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

// leader asks kcat which node leads the first partition of a topic.
func (a *apache) leader(t *testing.T, topic string) *probe.Part {
	t.Helper()
	out, err := exec.Command("kcat", "-L", "-b", a.addrs, "-t", topic).CombinedOutput()
	if err != nil {
		t.Fatalf("kcat: %v: %s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if _, rest, ok := strings.Cut(line, "partition 0, leader "); ok {
			id := strings.TrimSpace(strings.SplitN(rest, ",", 2)[0])
			for _, p := range a.nodes {
				if p.Name == "kafka"+id {
					return p
				}
			}
		}
	}
	t.Fatalf("no leader of %s: %s", topic, out)
	return nil
}
