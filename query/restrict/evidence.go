package restrict

import (
	"cmp"
	"slices"

	"credithub/query/restrict/memory"
	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// Evidence is a record that bears on matters although no list entry does, and the
// days on which it does.
type Evidence = memory.Evidence

// FactRecord is the current version of a record, as far as it matters here.
type FactRecord struct {
	policy.Reading
	Unit     string
	RecordID string
	Version  uint32
}

// Standing gives what of a subject's records stands as evidence: of a series only
// the latest.
func Standing(records []FactRecord) (out []Evidence) {
	s := factsOf(records)
	for i := range s.Facts {
		x := &s.Facts[i]
		if !slices.ContainsFunc(s.Latest, func(l feed.Latest) bool { return l.Group == x.Group && x.Place < l.Place }) {
			out = append(out, x.Evidence)
		}
	}
	return out
}

// testify appends the hits of one record on a day. Where an entry of the list whose
// entries say the same hits by the same measure, the decision stands for both.
func testify(hits []Hit, e *Evidence, rules []policy.Rule, day civil.Date) []Hit {
	if len(rules) == 0 || !e.On(day) {
		return hits
	}
	var kept *Evidence
	for i := range rules {
		r := &rules[i]
		o := r.On(day)
		if o == policy.None || decided(e, hits, r.Measure) {
			continue
		}
		if kept == nil {
			own := *e
			kept = &own
		}
		h := hitBy(r, o)
		h.Evidence = kept
		hits = append(hits, h)
	}
	return hits
}

// decided tells whether a decision says what the record does.
func decided(e *Evidence, hits []Hit, m *policy.Measure) bool {
	if e.Fact.List == 0 {
		return false
	}
	for i := range hits {
		h := &hits[i]
		if h.Evidence != nil {
			break // those of entries come first
		}
		if h.Entry.List == e.Fact.List && h.Measure == m {
			return true
		}
	}
	return false
}

func compareEvidence(a, b *Evidence) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Or(cmp.Compare(a.Fact.Index, b.Fact.Index), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.RecordID, b.RecordID))
}

// testify appends the hits of a code's facts; it stops when there are more than most.
func (st *state) testify(hits []Hit, k memory.Key, m *policy.Matter, day civil.Date, most int) []Hit {
	var x memory.Fact
	for b := st.facts.Of(k); b.More() && len(hits) <= most; {
		rules := st.policy.FactRules(m, st.facts.Kind(&b))
		if len(rules) == 0 {
			st.facts.Skip(&b)
			continue
		}
		if st.facts.Next(&x, &b, k); !b.Superseded(&x) {
			hits = testify(hits, &x.Evidence, rules, day)
		}
	}
	return hits
}

// addFacts adds what the records of a domain say to what is kept of a code.
func (st *state) addFacts(code string, records []FactRecord) {
	k := memory.KeyOf(code)
	s, more := st.facts.All(k), factsOf(records)
	s.Facts, s.Latest = append(s.Facts, more.Facts...), append(s.Latest, more.Latest...)
	st.facts.Put(k, &s)
}

// changeFacts applies news of one subject. A fact that this version doesn't know
// restricts nothing here.
func (st *state) changeFacts(news *feed.SubjectFacts, met *metrics) {
	k := memory.KeyOf(news.USCC)
	s := st.facts.All(k)
	for i := range news.Records {
		if !changeRecord(&s, &news.Records[i], st.policy) {
			met.malformed.Inc()
		}
	}
	for _, l := range news.Latest {
		s.Latest = slices.DeleteFunc(s.Latest, func(o feed.Latest) bool { return o.Group == l.Group })
		if !l.Gone {
			s.Latest = append(s.Latest, l)
		}
	}
	st.facts.Put(k, &s)
}

// changeRecord puts what a record says now in the place of what it said; false when it
// names a fact that this version doesn't know, which is left out.
func changeRecord(s *memory.FactSet, r *feed.RecordFacts, p *policy.Policy) (known bool) {
	known = true
	d := record.ParseDomain(r.Domain)
	s.Facts = slices.DeleteFunc(s.Facts, func(x memory.Fact) bool {
		return x.RecordID == r.RecordID && x.Unit == r.Unit && x.Fact.Domain == d
	})
	for _, f := range r.Facts {
		fact := p.Fact(f.Code)
		if fact == nil {
			known = false
			continue
		}
		since, _ := civil.ParseDate(f.Since)
		until, _ := civil.ParseDate(f.Until)
		s.Facts = append(s.Facts, memory.Fact{Evidence: Evidence{Found: policy.Found{Fact: fact, Since: since, Until: until}, Unit: r.Unit, RecordID: r.RecordID, Version: r.Version}, Group: r.Group, Place: r.Place})
	}
	return known
}

// factsOf is what is kept of a subject's records.
func factsOf(records []FactRecord) (s memory.FactSet) {
	for i := range records {
		r := &records[i]
		for _, f := range r.Found {
			x := memory.Fact{Evidence: Evidence{Found: f, Unit: r.Unit, RecordID: r.RecordID, Version: r.Version}}
			if r.Series {
				x.Group, x.Place = r.Group, r.Place
			}
			s.Facts = append(s.Facts, x)
		}
	}
	for i := range records {
		r := &records[i]
		if !r.Series || !slices.ContainsFunc(s.Facts, func(x memory.Fact) bool { return x.Group == r.Group }) {
			continue
		}
		j := slices.IndexFunc(s.Latest, func(l feed.Latest) bool { return l.Group == r.Group })
		switch {
		case j < 0:
			s.Latest = append(s.Latest, feed.Latest{Group: r.Group, Place: r.Place})
		case s.Latest[j].Place < r.Place:
			s.Latest[j].Place = r.Place
		}
	}
	return s
}
