// Package metrics is the one place where Prometheus metrics are registered and
// served.
//
// It promises that two parts of one process may ask for the same metric and
// share it, and that a nil registerer is allowed everywhere: the metric then
// counts unseen. It never puts anything about a subject or a person in a label.
package metrics

import (
	"errors"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Namespace of all metrics of the hub.
const Namespace = "credithub"

// Register registers c, or gives the equal collector that was registered
// before. It panics on a collector that contradicts another, which is a mistake
// of the program.
func Register[C prometheus.Collector](reg prometheus.Registerer, c C) C {
	if reg == nil {
		return c
	}
	err := reg.Register(c)
	if err == nil {
		return c
	}
	var dup prometheus.AlreadyRegisteredError
	if errors.As(err, &dup) {
		if old, ok := dup.ExistingCollector.(C); ok {
			return old
		}
	}
	panic(err)
}

// Counter makes a counter credithub_<subsystem>_<name>.
func Counter(reg prometheus.Registerer, subsystem, name, help string) prometheus.Counter {
	return Register(reg, prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: Namespace, Subsystem: subsystem, Name: name, Help: help}))
}

// Counters makes a counter with labels.
func Counters(reg prometheus.Registerer, subsystem, name, help string, labels ...string) *prometheus.CounterVec {
	return Register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: Namespace, Subsystem: subsystem, Name: name, Help: help}, labels))
}

// Gauge makes a gauge.
func Gauge(reg prometheus.Registerer, subsystem, name, help string) prometheus.Gauge {
	return Register(reg, prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: Namespace, Subsystem: subsystem, Name: name, Help: help}))
}

// Gauges makes a gauge with labels.
func Gauges(reg prometheus.Registerer, subsystem, name, help string, labels ...string) *prometheus.GaugeVec {
	return Register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: Namespace, Subsystem: subsystem, Name: name, Help: help}, labels))
}

// Histogram makes a histogram of seconds or bytes with the given bucket bounds.
func Histogram(reg prometheus.Registerer, subsystem, name, help string, buckets []float64) prometheus.Histogram {
	return Register(reg, prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: Namespace, Subsystem: subsystem, Name: name, Help: help, Buckets: buckets}))
}

// Latencies are bucket bounds in seconds from 0.1 ms to 10 s.
var Latencies = []float64{.0001, .0003, .001, .003, .01, .03, .1, .3, 1, 3, 10}

// New makes a registry with the metrics of process, runtime and build.
func New() *prometheus.Registry {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	b := Build()
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: Namespace, Name: "build_info", Help: "Always 1; the labels tell what runs."},
		[]string{"version", "revision", "go"})
	info.WithLabelValues(b.Version, b.Revision, b.Go).Set(1)
	reg.MustRegister(info)
	return reg
}

// Handler serves the metrics of a registry. A failing collector doesn't hide
// the others.
func Handler(reg prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4})
}

// BuildInfo tells what runs.
type BuildInfo struct {
	Version  string // of the module, "(devel)" for a build from a work tree
	Revision string // of the source, "" when unknown
	Modified bool   // the source differed from the revision
	Go       string
}

// Build reads what the linker wrote into this binary.
func Build() BuildInfo {
	out := BuildInfo{Version: "(devel)", Go: runtime.Version()}
	bi, ok := debug.ReadBuildInfo()
	if !ok {
		return out
	}
	if bi.Main.Version != "" {
		out.Version = bi.Main.Version
	}
	for _, s := range bi.Settings {
		switch s.Key {
		case "vcs.revision":
			out.Revision = s.Value
		case "vcs.modified":
			out.Modified = s.Value == "true"
		}
	}
	return out
}
