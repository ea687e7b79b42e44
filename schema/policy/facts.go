package policy

import (
	"bytes"
	"slices"

	"github.com/zeebo/xxh3"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/record"
)

// Fact is what records of a kind say that bears on a matter although no list
// entry does (名单以外的事实), such as a revoked registration.
type Fact struct {
	Code           string
	NameZh, NameEn string // the reason that a hit gives
	Domain         record.Domain
	Kind           string
	List           list.Code // the list whose entry says the same; 0: none
	Basis          []Citation
	Citation       string     // all of Basis in one line
	From, To       civil.Date // days on which the row is law; To NoDate: open
	Index          int        // position in Policy.Facts

	when       []condition
	since      []string
	until      string
	termMonths int
	bears      []bearing
}

// condition is one test of a record; it holds when it does for any of the fields.
type condition struct {
	fields   []string
	in       []string // the value is one of them
	not      []string // the value is none of them, as an absent one is
	contains []string // the value holds one of them
	positive bool     // the value is a number above zero
}

// bearing is what a fact means: a measure at matters, or what entries of a list do.
type bearing struct {
	measure    *Measure
	matters    []string
	list       list.Code
	obligation Obligation
}

// series is a kind of which only the latest record counts.
type series struct {
	domain  record.Domain
	kind    string
	by, per string
	seed    uint64 // of its groups
}

// MaxFacts is how many facts there can be: those who keep them number them in 7 bits.
const MaxFacts = 128

// OccurredOn is the name under which Values give the envelope's day.
const OccurredOn = "occurredOn"

// Values gives the text of a record's data field, or of OccurredOn; nil when it is
// absent.
type Values func(field string) []byte

// Reading is what a record says as a fact.
type Reading struct {
	Found []Found
	// Series tells that only the latest record of the subject in the same group
	// counts: the one with the highest Place. Records that are no fact have a
	// place too, which is how a better grade ends a worse one.
	Series bool
	Group  uint32
	Place  int32
}

// Found is a fact with the days on which it bears.
type Found struct {
	Fact  *Fact
	Since civil.Date // first day; NoDate: open
	Until civil.Date // last day; NoDate: open
}

// On tells whether the fact bears on a day.
func (f *Found) On(day civil.Date) bool {
	return (f.Since == civil.NoDate || f.Since <= day) && (f.Until == civil.NoDate || day <= f.Until)
}

// Read tells what a record says as a fact; r keeps its room. It allocates nothing
// for a record that says nothing.
func (p *Policy) Read(r *Reading, d record.Domain, kind string, v Values) {
	*r = Reading{Found: r.Found[:0]}
	if int(d) >= len(p.factsOf) {
		return
	}
	k := &p.factsOf[d]
	for i := range k.series {
		if s := &k.series[i]; s.kind == kind {
			r.Series, r.Group, r.Place = true, s.group(v), s.place(v)
		}
	}
	for _, f := range k.facts {
		if f.Kind == kind && f.holds(v) {
			r.Found = append(r.Found, f.found(v))
		}
	}
}

// factKinds are the facts of one domain.
type factKinds struct {
	facts  []*Fact
	series []series
}

func (s *series) group(v Values) uint32 {
	h := s.seed
	if s.per != "" {
		h ^= xxh3.Hash(bytes.TrimSpace(v(s.per))) * 0x9e3779b97f4a7c15
	}
	return uint32(h) | 1 // never 0
}

// place orders the records of a series: by day, or by year or month as its first day.
func (s *series) place(v Values) int32 {
	text := v(s.by)
	switch len(text) {
	case len("2006"):
		text = append(bytes.Clone(text), "-01-01"...)
	case len("2006-01"):
		text = append(bytes.Clone(text), "-01"...)
	}
	return int32(dayOf(text))
}

func dayOf(text []byte) civil.Date {
	if d, ok := civil.ParseDate(text); ok {
		return d
	}
	return civil.NoDate
}

func (f *Fact) holds(v Values) bool {
	for i := range f.when {
		if !f.when[i].holds(v) {
			return false
		}
	}
	return true
}

func (c *condition) holds(v Values) bool {
	for _, name := range c.fields {
		text := v(name)
		switch {
		case c.not != nil:
			if !slices.Contains(c.not, string(text)) {
				return true
			}
		case text == nil:
		case c.positive:
			if bytes.ContainsAny(text, "123456789") && text[0] != '-' {
				return true
			}
		case c.in != nil:
			if slices.Contains(c.in, string(text)) {
				return true
			}
		default:
			for _, w := range c.contains {
				if bytes.Contains(text, []byte(w)) {
					return true
				}
			}
		}
	}
	return false
}

func (f *Fact) found(v Values) Found {
	x := Found{Fact: f, Since: civil.NoDate, Until: civil.NoDate}
	for _, name := range f.since {
		if x.Since = dayOf(v(name)); x.Since != civil.NoDate {
			break
		}
	}
	if f.until != "" {
		if d := dayOf(v(f.until)); d != civil.NoDate && d < endless {
			x.Until = d - 1
		}
	}
	if f.termMonths > 0 && x.Since != civil.NoDate {
		x.Until = x.Since.AddMonths(f.termMonths)
	}
	return x
}

// endless is how records write that there is no end.
var endless = civil.MakeDate(2099, 12, 31)

// FactRules are the measures by which a fact bears on a matter. The slice is
// shared and must not be changed. It allocates nothing.
func (p *Policy) FactRules(m *Matter, f *Fact) []Rule {
	if m == nil || m.Index >= len(p.factRules) || p.factRules[m.Index] == nil {
		return nil
	}
	return p.factRules[m.Index][f.Index]
}

// Fact is the fact of a code, nil when unknown.
func (p *Policy) Fact(code string) *Fact {
	for _, f := range p.Facts {
		if f.Code == code {
			return f
		}
	}
	return nil
}

// RestsOnFacts tells whether any fact bears on a matter.
func (p *Policy) RestsOnFacts(m *Matter) bool { return p.factRules[m.Index] != nil }

// FactDomains are the domains whose records can be a fact at a matter, or end one;
// at any when m is nil.
func (p *Policy) FactDomains(m *Matter) (out []record.Domain) {
	for _, f := range p.Facts {
		if (m == nil || len(p.FactRules(m, f)) > 0) && !slices.Contains(out, f.Domain) {
			out = append(out, f.Domain)
		}
	}
	return out
}
