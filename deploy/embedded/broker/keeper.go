package broker

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"credithub/deploy/platform/node"
)

// never is the interval of kfake's own rounds, in milliseconds: ten years.
const never = "315360000000"

// keeper does the rounds of retention and compaction, which kfake itself doesn't
// take up again after a restart. kfake answers nobody while it compacts, 0.3 s for
// 100,000 messages and over 10 s for a million, so that a round does it only when
// the compacted topics have doubled since the last time. What that left is
// remembered over restarts.
type keeper struct {
	cluster *kfake.Cluster
	topics  []string
	every   time.Duration
	least   int64
	note    string // file
	left    int64  // bytes after the last compaction
	met     *counters
	log     *slog.Logger
}

func newKeeper(c *Config, cluster *kfake.Cluster, m *counters) *keeper {
	k := &keeper{cluster: cluster, topics: c.Compacted, every: c.Housekeeping, least: c.CompactBytes,
		note: filepath.Join(c.DataDir, "compacted"), met: m, log: c.Logger}
	if b, err := os.ReadFile(k.note); err == nil {
		// Without a number a compaction comes sooner than needed.
		k.left, _ = strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	}
	return k
}

// run does a round now and then until ctx ends.
func (k *keeper) run(ctx context.Context) {
	t := time.NewTicker(k.every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			k.round()
		}
	}
}

func (k *keeper) round() {
	start := time.Now()
	defer func() { k.met.housekeeping.Observe(time.Since(start).Seconds()) }()
	before := k.bytes()
	if before < max(2*k.left, k.least) {
		k.cluster.ApplyRetention()
		return
	}
	k.cluster.Compact() // and retention
	k.left = k.bytes()
	k.log.Info("topics compacted", "bytes", before, "left", k.left, "took", time.Since(start))
	if err := node.ReplaceFile(k.note, strconv.AppendInt(nil, k.left, 10)); err != nil {
		k.log.Warn("the size after compaction can't be noted; it comes again after a restart", "error", err)
	}
}

// bytes is the size of the compacted topics.
func (k *keeper) bytes() (n int64) {
	for _, t := range k.topics {
		for _, p := range k.cluster.PartitionInfos(t) {
			n += p.NumBytes
		}
	}
	return n
}
