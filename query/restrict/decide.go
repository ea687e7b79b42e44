package restrict

import (
	"cmp"
	"slices"
	"time"

	"credithub/query/restrict/memory"
	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/policy"
)

// SubjectState is what the hub knows of a code: nothing, a registration, or
// several that contradict each other.
type SubjectState = memory.SubjectState

// Subject states. The zero value claims no knowledge.
const (
	Unknown   = memory.Unknown
	Known     = memory.Known
	Ambiguous = memory.Ambiguous
)

// Outcome is the answer to a check. The zero value is no outcome, so that a
// Decision nobody made can't read as CLEAR.
type Outcome uint8

// Outcomes.
const (
	NoOutcome Outcome = iota
	Clear
	HitOutcome
	SubjectUnknown
	SubjectAmbiguous
	SourceStale
)

var outcomeNames = [...]string{"", "CLEAR", "HIT", "SUBJECT_UNKNOWN", "SUBJECT_AMBIGUOUS", "SOURCE_STALE"}

// String is the wire name.
func (o Outcome) String() string { return outcomeNames[o] }

// Hit is one entry, or one record as evidence, that restricts the subject at the
// matter, and the measure by which it does. One entry can hit by several measures.
type Hit struct {
	Entry      list.Entry // empty when Evidence is there
	Evidence   *Evidence  // nil for an entry
	Measure    *policy.Measure
	Obligation policy.Obligation
	Counts     policy.Obligation // what it counts for in the answer, never more than Obligation
	Role       policy.Role       // whom it binds
	Proven     bool              // by an article
	Citation   string            // what covers the list and the matter
}

// Decision is the answer to a check.
type Decision struct {
	Outcome    Outcome
	Obligation policy.Obligation // the highest that a hit counts for; None without hits
	Subject    SubjectState
	Hits       []Hit           // by what they count for and obligation falling, entries before records, then list, id and measure
	Stale      []policy.Source // silent sources of those that can restrict the matter, in policy order
	// Unconnected are the sources of those that aren't connected here that day
	// (未接入): what they would say nobody knows, and nobody waits for them.
	Unconnected []policy.Source
	At          time.Time // the instant asked about
	Receipt     string    // log positions that the answer reflects; "" from Decide
}

// Decide answers a check from values alone. The entries are all entries on the
// subject that may matter; those that don't bear on the matter on the civil day
// in China of at restrict nothing. stale may name any sources; only those that can
// restrict the matter count.
//
// Hits make the outcome HIT, whatever else is uncertain. Without hits an
// ambiguous or unknown subject, then a silent source, keep it from being CLEAR. A
// source that isn't connected is named and keeps it from nothing.
//
// m must not be nil: a missing matter would read as CLEAR, so it panics.
func Decide(entries []list.Entry, m *policy.Matter, p *policy.Policy, subject SubjectState, stale []policy.Source, at time.Time, facts ...Evidence) Decision {
	mustMatter(m)
	d := Decision{Subject: subject, At: at}
	day := civil.DateOf(at)
	for i := range entries {
		d.Hits = bear(d.Hits, &entries[i], p.Rules(m, entries[i].List), day)
	}
	for i := range facts {
		d.Hits = testify(d.Hits, &facts[i], p.FactRules(m, facts[i].Fact), day)
	}
	for _, s := range p.Sources(m) {
		switch {
		case !p.Connected(s, day):
			d.Unconnected = append(d.Unconnected, s)
		case slices.Contains(stale, s):
			d.Stale = append(d.Stale, s)
		}
	}
	d.conclude()
	return d
}

func mustMatter(m *policy.Matter) {
	if m == nil {
		panic("restrict: no matter")
	}
}

// bear appends the hits of one entry on a day.
func bear(hits []Hit, e *list.Entry, rules []policy.Rule, day civil.Date) []Hit {
	for i := range rules {
		r := &rules[i]
		if o := r.Bears(e, day); o != policy.None {
			h := hitBy(r, o)
			h.Entry = *e
			hits = append(hits, h)
		}
	}
	return hits
}

// hitBy is what a rule says, without what brings it about.
func hitBy(r *policy.Rule, o policy.Obligation) Hit {
	return Hit{Measure: r.Measure, Obligation: o, Counts: r.Weight(o), Role: r.Role, Proven: r.Proven, Citation: r.Citation}
}

// conclude orders the hits and derives obligation and outcome.
func (d *Decision) conclude() {
	if len(d.Hits) > 1 {
		slices.SortFunc(d.Hits, compareHits)
	}
	d.Obligation = policy.None
	switch {
	case len(d.Hits) > 0:
		d.Outcome, d.Obligation = HitOutcome, d.Hits[0].Counts
	case d.Subject == Ambiguous:
		d.Outcome = SubjectAmbiguous
	case d.Subject != Known:
		d.Outcome = SubjectUnknown
	case len(d.Stale) > 0:
		d.Outcome = SourceStale
	default:
		d.Outcome = Clear
	}
}

func compareHits(a, b Hit) int {
	if a.Counts != b.Counts {
		return cmp.Compare(b.Counts, a.Counts)
	}
	return cmp.Or(cmp.Compare(b.Obligation, a.Obligation), compareEvidence(a.Evidence, b.Evidence), cmp.Compare(a.Entry.List, b.Entry.List), cmp.Compare(a.Entry.ID, b.Entry.ID),
		cmp.Compare(a.Measure.Code, b.Measure.Code), cmp.Compare(a.Entry.DecidedBy, b.Entry.DecidedBy))
}

// StaleSources appends to dst the sources of a matter that were silent for
// longer than their period at an instant. last is when the source was last
// heard at or before it, the zero time when never. query/store uses it to
// answer asOf.
func StaleSources(dst []policy.Source, p *policy.Policy, m *policy.Matter, last func(policy.Source) time.Time, at time.Time) []policy.Source {
	for _, s := range p.Sources(m) {
		if !fresh(unixMilli(last(s)), p.Period(s.Unit, s.Domain), at.UnixMilli()) {
			dst = append(dst, s)
		}
	}
	return dst
}

// never is the last report of a source that was never heard.
const never = 0

// ahead tells whether a report lies so far ahead of an instant that it proves
// nothing about it.
func ahead(ms, nowMs int64) bool { return ms-nowMs > feed.MaxSkew.Milliseconds() }

func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return t.UnixMilli()
}

// fresh tells whether a source last heard at lastMs has reported within its
// period of seconds. Without a period nothing is expected of it, but one that
// was never heard is stale all the same, and so is one whose report lies ahead.
func fresh(lastMs, period, atMs int64) bool {
	return lastMs != never && !ahead(lastMs, atMs) && (period == 0 || atMs-lastMs <= period*1000)
}
