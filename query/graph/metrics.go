package graph

import (
	"github.com/prometheus/client_golang/prometheus"

	"credithub/query/restrict"
)

// metrics counts requests by way and refusals by reason; labels are few and
// never hold anything that a caller wrote.
type metrics struct {
	planned   prometheus.Counter     // answered by a compiled plan
	executed  prometheus.Counter     // answered by graphql-go
	limits    *prometheus.CounterVec // refused by a limit
	refused   *prometheus.CounterVec // refused for another reason, by code
	checks    *prometheus.CounterVec // checks answered, by outcome
	cached    prometheus.Counter     // documents found in the cache
	compiled  prometheus.Counter     // documents parsed and validated
	auditFail prometheus.Counter

	outcomes [8]prometheus.Counter
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "credithub_graphql_" + name, Help: help})
	}
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "credithub_graphql_" + name, Help: help}, []string{label})
	}
	m := &metrics{
		planned:   counter("planned_total", "Requests answered by a compiled plan."),
		executed:  counter("executed_total", "Requests answered by graphql-go's Execute."),
		limits:    vec("limited_total", "Requests refused by a limit, by its name.", "limit"),
		refused:   vec("refused_total", "Errors given to callers, by code.", "code"),
		checks:    vec("checks_total", "Checks answered, by outcome.", "outcome"),
		cached:    counter("documents_cached_total", "Requests whose document was known."),
		compiled:  counter("documents_compiled_total", "Documents parsed and validated."),
		auditFail: counter("audit_failures_total", "Answers withheld because they could not be recorded."),
	}
	for o := restrict.NoOutcome; o <= restrict.SourceStale; o++ {
		m.outcomes[o] = m.checks.WithLabelValues(o.String())
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.planned, m.executed, m.limits, m.refused, m.checks, m.cached, m.compiled, m.auditFail} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
