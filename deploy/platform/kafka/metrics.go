package kafka

import (
	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/metrics"
)

// Operations, as the counters of retries and failures name them.
const (
	opProduce  = "produce"
	opFetch    = "fetch"
	opMetadata = "metadata"
	opOffsets  = "offsets"
	opCreate   = "create topics"
	opSettings = "settings"
	opGroup    = "group"
)

type counters struct {
	produced  prometheus.Counter
	requests  prometheus.Counter
	fetched   prometheus.Counter
	broken    prometheus.Counter
	unproven  prometheus.Counter
	retries   *prometheus.CounterVec // by operation
	failures  *prometheus.CounterVec
	busy      prometheus.Counter
	forgotten prometheus.Counter
	rejoins   prometheus.Counter
	produce   prometheus.Histogram
}

func newCounters(reg prometheus.Registerer) *counters {
	const sub = "kafka"
	return &counters{
		produced:  metrics.Counter(reg, sub, "messages_produced_total", "Messages acknowledged by all in-sync replicas."),
		requests:  metrics.Counter(reg, sub, "produce_requests_total", "Produce requests acknowledged."),
		fetched:   metrics.Counter(reg, sub, "messages_fetched_total", "Messages read."),
		unproven:  metrics.Counter(reg, sub, "messages_unproven_total", "Messages on topics of the hub's own without its seal; reported to the reader."),
		broken:    metrics.Counter(reg, sub, "batches_unreadable_total", "Record batches that could not be unpacked; reported to the reader."),
		retries:   metrics.Counters(reg, sub, "retries_total", "Requests sent again after an error.", "operation"),
		failures:  metrics.Counters(reg, sub, "failures_total", "Requests given up.", "operation"),
		busy:      metrics.Counter(reg, sub, "refused_busy_total", "Calls refused because too much was pending."),
		forgotten: metrics.Counter(reg, sub, "metadata_dropped_total", "Times that everything known of leaders was dropped."),
		rejoins:   metrics.Counter(reg, sub, "group_rejoins_total", "Group generations that ended."),
		produce:   metrics.Histogram(reg, sub, "produce_seconds", "Time of one acknowledged produce request with its retries.", metrics.Latencies),
	}
}
