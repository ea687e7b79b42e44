// Package policy is the law as data: credit lists, measures, approval matters,
// units and the working-day calendar, kept as YAML tables with a version, linted
// and compiled into lookups. It promises that no measure goes beyond its basis
// and that every lookup on the path of a check allocates nothing. It never
// decides about a case, reads a clock or holds state.
package policy

import (
	"slices"

	"credithub/schema/list"
	"credithub/schema/record"
)

// Policy is a loaded, linted and compiled set of tables. It never changes after
// Load, so that any number of goroutines may read it.
type Policy struct {
	Version  string // date of the tables, YYYY-MM-DD
	Lists    []*List
	Measures []*Measure
	Matters  []*Matter
	Units    []*Unit
	Calendar *Calendar

	lists    [list.CodeEnd]*List
	measures map[string]*Measure
	matters  map[string]*Matter
	units    map[string]*grant
	rules    [][list.CodeEnd][]Rule
	sources  [][]Source
}

// grant is what one unit may do, as bit sets for the intake path.
type grant struct {
	unit    *Unit
	domains uint64
	lists   uint64
}

// Rule is one cell of list × matter: the measure that answers the matter and
// what it obliges to.
type Rule struct {
	Measure    *Measure
	Obligation Obligation
	Causes     []string    // only these causes; empty: all
	TermMonths int         // ends that long after the decision; 0: with the entry
	From, To   record.Date // days on which the measure is law; NoDate: open
}

// Source is a unit whose silence makes the answer to a matter uncertain.
type Source struct {
	Unit   string
	Domain record.Domain
}

// Applies tells whether the rule restricts on a day because of an entry in
// force with that cause, decision day and first day in force. A term counts
// from the decision and includes its last day; entries without a decision day
// count from the first day in force.
func (r *Rule) Applies(cause string, decidedOn, since, day record.Date) bool {
	if r.From != record.NoDate && day < r.From || r.To != record.NoDate && day > r.To {
		return false
	}
	if len(r.Causes) > 0 && !slices.Contains(r.Causes, cause) {
		return false
	}
	if r.TermMonths == 0 {
		return true
	}
	if decidedOn == record.NoDate {
		decidedOn = since
	}
	return decidedOn == record.NoDate || day <= decidedOn.AddMonths(r.TermMonths)
}

// List is the list of a code, nil when the tables have none.
func (p *Policy) List(c list.Code) *List {
	if c >= list.CodeEnd {
		return nil
	}
	return p.lists[c]
}

// Matter is the matter of a code, nil when unknown.
func (p *Policy) Matter(code string) *Matter { return p.matters[code] }

// Measure is the measure of a code, nil when unknown.
func (p *Policy) Measure(code string) *Measure { return p.measures[code] }

// Unit is the unit of a code, nil when unknown.
func (p *Policy) Unit(code string) *Unit {
	if g := p.units[code]; g != nil {
		return g.unit
	}
	return nil
}

// Rules are the measures by which an entry of a list on an enterprise bears on
// a matter; the caller asks each whether it Applies. The slice is shared and
// must not be changed. It allocates nothing.
func (p *Policy) Rules(m *Matter, l list.Code) []Rule {
	if m == nil || m.Index >= len(p.rules) || l >= list.CodeEnd {
		return nil
	}
	return p.rules[m.Index][l]
}

// Sources are the units whose lists can restrict a matter, in table order. The
// slice is shared and must not be changed.
func (p *Policy) Sources(m *Matter) []Source {
	if m == nil || m.Index >= len(p.sources) {
		return nil
	}
	return p.sources[m.Index]
}

// MayPush tells whether a unit reports records of a domain.
func (p *Policy) MayPush(unit string, d record.Domain) bool {
	g := p.units[unit]
	return g != nil && g.domains>>d&1 == 1
}

// MayDecide tells whether a unit decides entries of a list.
func (p *Policy) MayDecide(unit string, l list.Code) bool {
	g := p.units[unit]
	return g != nil && l < list.CodeEnd && g.lists>>l&1 == 1
}

// Serious tells whether a list is one of 严重失信主体名单.
func (p *Policy) Serious(l list.Code) bool {
	t := p.List(l)
	return t != nil && t.Serious
}

// Public tells whether entries of a list are published while in force.
func (p *Policy) Public(l list.Code) bool {
	t := p.List(l)
	return t != nil && t.Public
}

// NoService tells whether a list takes effect without service.
func (p *Policy) NoService(l list.Code) bool {
	t := p.List(l)
	return t != nil && t.NoService
}

// Until is the last day of an entry by the list's own term, NoDate when the
// list has none: a term in years ends on the same day number.
func (p *Policy) Until(l list.Code, since record.Date) record.Date {
	t := p.List(l)
	if t == nil || t.TermYears == 0 || since == record.NoDate {
		return record.NoDate
	}
	return since.AddMonths(12 * t.TermYears)
}

// Period is the number of seconds within which a unit must report a domain to
// count as fresh; 0 when it doesn't report it.
func (p *Policy) Period(unit string, d record.Domain) int64 {
	if g := p.units[unit]; g != nil {
		return g.unit.Periods[d]
	}
	return 0
}
