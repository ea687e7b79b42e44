package gateway

import (
	"github.com/prometheus/client_golang/prometheus"

	plat "credithub/deploy/platform/metrics"
)

// metrics count what happens to pushes. Labels are wire names and codes of
// closed sets, never a unit, a code of a subject or a text.
type metrics struct {
	rows     *prometheus.CounterVec
	bytes    prometheus.Counter
	inFlight prometheus.Gauge
	refused  *prometheus.CounterVec
	produce  prometheus.Histogram
	pushes   prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	const sub = "gateway"
	return &metrics{
		rows:     plat.Counters(reg, sub, "rows_total", "Rows of pushes by domain and outcome: accepted, heartbeat, or the code that rejects.", "domain", "outcome"),
		bytes:    plat.Counter(reg, sub, "body_bytes_total", "Bytes of bodies taken in, unpacked."),
		inFlight: plat.Gauge(reg, sub, "in_flight", "Pushes being taken in."),
		refused:  plat.Counters(reg, sub, "refusals_total", "Requests answered by a problem document, by its code.", "code"),
		pushes:   plat.Counter(reg, sub, "pushes_total", "Pushes answered 202."),
		produce: plat.Register(reg, prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: plat.Namespace, Subsystem: sub, Name: "produce_seconds", Help: "Time until Kafka had a chunk of a push.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2.5, 12),
		})),
	}
}
