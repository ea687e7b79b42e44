package supervise

import "github.com/prometheus/client_golang/prometheus"

// Metrics of all children of one supervisor. A nil *Metrics counts nothing.
type Metrics struct {
	restarts *prometheus.CounterVec
	running  *prometheus.GaugeVec
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		restarts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "credithub_child_restarts_total", Help: "Child processes started again after they ended by themselves."}, []string{"child"}),
		running:  prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "credithub_child_up", Help: "1 while the child process serves."}, []string{"child"}),
	}
	reg.MustRegister(m.restarts, m.running)
	return m
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
