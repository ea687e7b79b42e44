package restrict

import (
	"cmp"
	"slices"

	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/policy"
	"credithub/schema/uscc"
)

// Evidence is a record that bears on matters although no list entry does, and the
// days on which it does.
type Evidence struct {
	policy.Found
	Unit     string
	RecordID string
	Version  uint32
}

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
	s := setOf(records)
	for i := range s.items {
		x := &s.items[i]
		if !slices.ContainsFunc(s.latest, func(l feed.Latest) bool { return l.Group == x.group && x.place < l.Place }) {
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
		if o == policy.None || e.decided(hits, r.Measure) {
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
func (e *Evidence) decided(hits []Hit, m *policy.Measure) bool {
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

// facts are the records of all subjects that are facts: most subjects have none.
type facts struct {
	codec factCodec
	table table
	side  sideMap
	buf   []byte // of the writer
}

// testify appends the hits of a code's facts; it stops when there are more than most.
func (f *facts) testify(hits []Hit, key uscc.Key, packed bool, code string, m *policy.Matter, day civil.Date, most int) []Hit {
	groups, items := f.codec.head(restOf(&f.table, &f.side, key, packed, code))
	var x factItem
	for len(items) > 0 && len(hits) <= most {
		rules := f.codec.policy.FactRules(m, f.codec.policy.Facts[items[0]&^seriesBit])
		if len(rules) == 0 {
			items = f.codec.skip(items)
			continue
		}
		if items = f.codec.next(&x, items, code); !x.superseded(groups) {
			hits = testify(hits, &x.Evidence, rules, day)
		}
	}
	return hits
}

// put replaces what is kept of a code. Only the writer of subjects calls it.
func (f *facts) put(code string, s *factSet) {
	f.buf = f.codec.append(f.buf[:0], s, code)
	setRestOf(&f.table, &f.side, code, f.buf)
}

// add adds what the records of a domain say to what is kept of a code.
func (f *facts) add(code string, records []FactRecord) {
	key, packed := pack(code)
	s, more := f.codec.read(restOf(&f.table, &f.side, key, packed, code), code), setOf(records)
	s.items, s.latest = append(s.items, more.items...), append(s.latest, more.latest...)
	f.put(code, &s)
}

// change applies news of one subject.
func (f *facts) change(news *feed.SubjectFacts, met *metrics) {
	key, packed := pack(news.USCC)
	s := f.codec.read(restOf(&f.table, &f.side, key, packed, news.USCC), news.USCC)
	if !s.change(f.codec.policy, news) {
		met.malformed.Inc() // a fact that this version doesn't know restricts nothing here
	}
	f.put(news.USCC, &s)
}
