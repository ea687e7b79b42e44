package gateway

import "github.com/prometheus/client_golang/prometheus"

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
	m := &metrics{
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "credithub_gateway_rows_total", Help: "Rows of pushes by domain and outcome: accepted, heartbeat, or the code that rejects.",
		}, []string{"domain", "outcome"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "credithub_gateway_body_bytes_total", Help: "Bytes of bodies taken in, unpacked.",
		}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "credithub_gateway_in_flight", Help: "Pushes being taken in.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "credithub_gateway_refusals_total", Help: "Requests answered by a problem document, by its code.",
		}, []string{"code"}),
		produce: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "credithub_gateway_produce_seconds", Help: "Time until Kafka had a chunk of a push.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2.5, 12),
		}),
		pushes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "credithub_gateway_pushes_total", Help: "Pushes answered 202.",
		}),
	}
	if reg != nil {
		reg.MustRegister(m.rows, m.bytes, m.inFlight, m.refused, m.produce, m.pushes)
	}
	return m
}
