package restrict

import "github.com/prometheus/client_golang/prometheus"

// metrics of the index. None carries a code or a name.
type metrics struct {
	applied     prometheus.Counter
	repeated    prometheus.Counter
	malformed   prometheus.Counter
	strangers   prometheus.Counter
	notCaughtUp prometheus.Counter
	retries     prometheus.Counter
	snapshots   prometheus.Counter
	rebuilds    prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, x *Index) *metrics {
	c := func(name, help string) prometheus.Counter {
		v := prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "credithub", Subsystem: "restrict", Name: name, Help: help})
		if reg != nil {
			reg.MustRegister(v)
		}
		return v
	}
	if reg != nil {
		g := func(name, help string, f func() float64) {
			reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Namespace: "credithub", Subsystem: "restrict", Name: name, Help: help}, f))
		}
		g("known_subjects", "Subjects with a registration.", func() float64 { return float64(x.cur.Load().subjects.Known()) })
		g("restricted_subjects", "Subjects with entries that are or can come into force.", func() float64 { return float64(x.cur.Load().entries.Codes()) })
		g("entries", "Entries that are or can come into force.", func() float64 { return float64(x.cur.Load().entries.Len()) })
		g("ready", "1 when the index may answer.", func() float64 {
			if ok, _ := x.Ready(); ok {
				return 1
			}
			return 0
		})
	}
	return &metrics{
		applied:     c("messages_applied_total", "Feed messages applied."),
		repeated:    c("messages_repeated_total", "Feed messages dropped because they had been applied before."),
		malformed:   c("messages_malformed_total", "Feed messages, or parts of them, that could not be read."),
		strangers:   c("reports_unknown_total", "Signs of life of sources that the policy doesn't know."),
		notCaughtUp: c("not_caught_up_total", "Receipts waited for in vain."),
		retries:     c("retries_total", "New attempts at the log or the snapshot after an error."),
		snapshots:   c("snapshots_total", "Snapshots loaded."),
		rebuilds:    c("rebuilds_total", "Shards rebuilt to free memory."),
	}
}
