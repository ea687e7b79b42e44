package supervise

import (
	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/metrics"
)

// Metrics of all children of one supervisor. A nil *Metrics counts nothing.
type Metrics struct {
	restarts *prometheus.CounterVec
	running  *prometheus.GaugeVec
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	return &Metrics{
		restarts: metrics.Counters(reg, "child", "restarts_total", "Child processes started again after they ended by themselves.", "child"),
		running:  metrics.Gauges(reg, "child", "up", "1 while the child process serves.", "child"),
	}
}

func (m *Metrics) restarted(name string) {
	if m != nil {
		m.restarts.WithLabelValues(name).Inc()
	}
}

func (m *Metrics) up(name string, ready bool) {
	if m == nil {
		return
	}
	v := 0.0
	if ready {
		v = 1
	}
	m.running.WithLabelValues(name).Set(v)
}
