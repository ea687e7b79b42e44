package intake

import (
	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/metrics"
)

type counters struct {
	accepted, duplicates, rejected, heartbeats, moved prometheus.Counter
	unproven, retries, gaps, malformed                prometheus.Counter
	lag                                               *prometheus.GaugeVec
}

func newCounters(reg prometheus.Registerer) *counters {
	rows := metrics.Counters(reg, "intake", "rows_total", "Messages read from domain topics, by what became of them.", "status")
	counter := func(name, help string) prometheus.Counter { return metrics.Counter(reg, "intake", name, help) }
	return &counters{
		accepted: rows.WithLabelValues("accepted"), duplicates: rows.WithLabelValues("duplicate"),
		rejected: rows.WithLabelValues("rejected"), heartbeats: rows.WithLabelValues("heartbeat"),
		moved:     counter("moved_total", "Records that a correction moved to another subject."),
		unproven:  counter("unproven_total", "Messages without a valid stamp or signature."),
		retries:   counter("retries_total", "Requests to Kafka and ClickHouse that were tried again."),
		gaps:      counter("gaps_total", "Times that the log no longer held the messages after the stored position."),
		malformed: counter("log_malformed_total", "Messages of the hub's own log topics that could not be read."),
		lag: metrics.Register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: metrics.Namespace, Subsystem: "intake", Name: "lag_messages", Help: "Messages of a topic not yet read.",
		}, []string{"topic", "partition"})),
	}
}
