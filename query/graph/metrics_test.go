package graph

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// counted is how often a limit refused.
func counted(t *testing.T, s *Server, limit string) float64 {
	t.Helper()
	return value(t, s.met.Limits.WithLabelValues(limit))
}

func value(t testing.TB, c prometheus.Counter) float64 {
	t.Helper()
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	got, err := r.Gather()
	if err != nil || len(got) != 1 || len(got[0].Metric) != 1 {
		t.Fatal(got, err)
	}
	return got[0].Metric[0].GetCounter().GetValue()
}

func TestMetricsRegisterOnce(t *testing.T) {
	h := newHub(t)
	r := prometheus.NewRegistry()
	c := h.config()
	c.Metrics = r
	if _, err := New(c); err != nil {
		t.Fatal(err)
	}
	if _, err := New(c); err == nil {
		t.Error("registered twice")
	}
	if _, err := New(Config{}); err == nil {
		t.Error("made without dependencies")
	}
}
