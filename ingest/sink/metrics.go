package sink

import (
	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/metrics"
)

// counters are those of one lane. The sinks that follow each other in a lane
// share them.
type counters struct {
	stored, blocks, errors, resent prometheus.Counter
	pending                        prometheus.Gauge
	seconds                        prometheus.Observer
}

func newCounters(reg prometheus.Registerer, lane string) *counters {
	counter := func(name, help string) prometheus.Counter {
		return metrics.Counters(reg, "sink", name, help, "lane").WithLabelValues(lane)
	}
	return &counters{
		stored: counter("rows_stored_total", "Rows stored in records."),
		blocks: counter("blocks_stored_total", "Blocks stored in records."),
		errors: counter("errors_total", "Failed requests to ClickHouse, each tried again."),
		resent: counter("blocks_resent_total", "Blocks found absent after a doubt and sent again."),
		pending: metrics.Register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: metrics.Namespace, Subsystem: "sink", Name: "rows_pending", Help: "Rows read and not yet stored.",
		}, []string{"lane"})).WithLabelValues(lane),
		seconds: metrics.Register(reg, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: metrics.Namespace, Subsystem: "sink", Name: "store_seconds", Help: "Time to store a block, doubts included.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 14),
		}, []string{"lane"})).WithLabelValues(lane),
	}
}
