// Package metrics holds the counters of the GraphQL endpoint, which its rooms share.
package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"credithub/query/restrict"
)

// Counters count requests by way and refusals by reason; labels are few and
// never hold anything that a caller wrote.
type Counters struct {
	Planned   prometheus.Counter     // answered by a compiled plan
	Executed  prometheus.Counter     // answered by graphql-go
	Limits    *prometheus.CounterVec // refused by a limit
	Refused   *prometheus.CounterVec // refused for another reason, by code
	Checks    *prometheus.CounterVec // checks answered, by outcome
	Cached    prometheus.Counter     // documents found in the cache
	Compiled  prometheus.Counter     // documents parsed and validated
	AuditFail prometheus.Counter

	outcomes [8]prometheus.Counter
}

// New makes the counters and registers them, not when r is nil.
func New(r prometheus.Registerer) (*Counters, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "credithub_graphql_" + name, Help: help})
	}
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "credithub_graphql_" + name, Help: help}, []string{label})
	}
	m := &Counters{
		Planned:   counter("planned_total", "Requests answered by a compiled plan."),
		Executed:  counter("executed_total", "Requests answered by graphql-go's Execute."),
		Limits:    vec("limited_total", "Requests refused by a limit, by its name.", "limit"),
		Refused:   vec("refused_total", "Errors given to callers, by code.", "code"),
		Checks:    vec("checks_total", "Checks answered, by outcome.", "outcome"),
		Cached:    counter("documents_cached_total", "Requests whose document was known."),
		Compiled:  counter("documents_compiled_total", "Documents parsed and validated."),
		AuditFail: counter("audit_failures_total", "Answers withheld because they could not be recorded."),
	}
	for o := restrict.NoOutcome; o <= restrict.SourceStale; o++ {
		m.outcomes[o] = m.Checks.WithLabelValues(o.String())
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.Planned, m.Executed, m.Limits, m.Refused, m.Checks, m.Cached, m.Compiled, m.AuditFail} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Limit counts a refusal by the limit of a name.
func (m *Counters) Limit(name string) { m.Limits.WithLabelValues(name).Inc() }

// Refuse counts an error given to a caller, by its code.
func (m *Counters) Refuse(code string) { m.Refused.WithLabelValues(code).Inc() }

// Outcome counts a check that was answered.
func (m *Counters) Outcome(o restrict.Outcome) { m.outcomes[o].Inc() }
