// Package policy is the law as data: credit lists, measures, approval matters,
// units, facts beside the lists, purposes, notices and the working-day calendar,
// kept as YAML tables with a version, linted and compiled into lookups. It
// promises that no measure goes beyond its basis and that every lookup on the
// path of a check allocates nothing. It never decides about a case, reads a clock
// or holds state.
package policy

import (
	"slices"

	"credithub/schema/civil"
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
	Facts    []*Fact
	Calendar *Calendar
	Purposes []*Purpose
	Notices  []*Notice

	lists    [list.CodeEnd]*List
	measures map[string]*Measure
	matters  map[string]*Matter
	units    map[string]*grant
	rules    [][list.CodeEnd][]Rule
	sources  [][]Source
	outlives [list.CodeEnd]bool

	casePurpose *Purpose

	connections map[Source]*Connection // nil: all are connected

	factsOf   [64]factKinds // by domain
	factRules [][][]Rule    // by matter and fact; nil for a matter on which none bears
}

// grant is what one unit may do, as bit sets for the intake path.
type grant struct {
	unit    *Unit
	domains uint64
	lists   list.Set
}

// Source is a unit whose silence makes the answer to a matter uncertain.
type Source struct {
	Unit   string
	Domain record.Domain
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
	return g != nil && g.lists.Has(l)
}

// Serious tells whether a list is one of 严重失信主体名单.
func (p *Policy) Serious(l list.Code) bool {
	t := p.List(l)
	return t != nil && t.Serious
}

// SeriousEntry tells whether an entry in force makes its subject a seriously
// dishonest one (严重失信主体).
func (p *Policy) SeriousEntry(e *list.Entry) bool {
	t := p.List(e.List)
	if t == nil || !t.Serious {
		return false
	}
	if c := t.Cause(e.Cause, e.DecidedOn); c != nil {
		return !c.Restricted
	}
	return !t.restricts()
}

// restricts tells whether some of the list's causes are neither published nor
// serious. Of an entry with a cause that it doesn't know, neither can be said.
func (l *List) restricts() bool {
	return slices.ContainsFunc(l.Causes, func(c Cause) bool { return c.Restricted })
}

// Published tells whether an entry that is in force on a day is published then.
func (p *Policy) Published(e *list.Entry, day civil.Date) bool {
	t := p.List(e.List)
	if t == nil || !t.Public {
		return false
	}
	c := t.Cause(e.Cause, e.DecidedOn)
	if c == nil {
		return !t.restricts()
	}
	return !c.Restricted && (c.ShownUntil == MonthDay{} || e.Since >= c.ShownUntil.before(day)+1)
}

// Withheld are the entries of public lists that are not published on a day: of
// each cause that narrows the display, those that were decided on the days of
// its wording and, when Before is given, are in force since a day before it; and
// where a cause keeps entries from the public, those of causes that the list
// doesn't know.
func (p *Policy) Withheld(day civil.Date) (out []Withheld) {
	for _, l := range p.Lists {
		for i := range l.Causes {
			c := &l.Causes[i]
			w := Withheld{List: l.Code, Cause: c, Before: civil.NoDate}
			switch {
			case !l.Public:
				continue
			case c.Restricted:
			case c.ShownUntil != MonthDay{}:
				w.Before = c.ShownUntil.before(day) + 1
			default:
				continue
			}
			out = append(out, w)
		}
		if l.Public && l.restricts() {
			out = append(out, Withheld{List: l.Code, Known: l.names(func(*Cause) bool { return true }), Before: civil.NoDate})
		}
	}
	return out
}

// names are the codes and names of the list's causes.
func (l *List) names(of func(*Cause) bool) (out []string) {
	for i := range l.Causes {
		c := &l.Causes[i]
		if !of(c) {
			continue
		}
		for _, n := range []string{c.Code, c.NameZh} {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// Withheld is one cause of Policy.Withheld, or every cause but those known.
type Withheld struct {
	List   list.Code
	Cause  *Cause // nil: those that are not Known
	Known  []string
	Before civil.Date // NoDate: whenever they came into force
}

// before is the last such day before a day.
func (m MonthDay) before(day civil.Date) civil.Date {
	year := day.Time().Year()
	if d := civil.MakeDate(year, m.Month, m.Day); d < day {
		return d
	}
	return civil.MakeDate(year-1, m.Month, m.Day)
}

// WayOut tells how an entry ends.
func (p *Policy) WayOut(e *list.Entry) Exit {
	l := p.List(e.List)
	if l == nil {
		return Exit{}
	}
	if c := l.Cause(e.Cause, e.DecidedOn); c != nil && c.Exit != (Exit{}) {
		return c.Exit
	}
	return l.Exit
}

// Cause is the cause of a decision by its code or its name, with the wording
// that was in use on the day it was decided; nil when the list knows none.
func (l *List) Cause(cause string, decidedOn civil.Date) *Cause {
	for i := range l.Causes {
		c := &l.Causes[i]
		if (c.Code == cause || c.NameZh == cause) && c.inUse(decidedOn) {
			return c
		}
	}
	return nil
}

// inUse tells whether decisions of a day use the wording; those without a day
// use the present one.
func (c *Cause) inUse(day civil.Date) bool {
	if day == civil.NoDate {
		return c.To == civil.NoDate
	}
	return (c.From == civil.NoDate || day >= c.From) && (c.To == civil.NoDate || day <= c.To)
}

// NoService tells whether a list takes effect without service.
func (p *Policy) NoService(l list.Code) bool {
	t := p.List(l)
	return t != nil && t.NoService
}

// Serviceless is NoService by the name of a list, as record.NoService asks.
func (p *Policy) Serviceless(name string) bool {
	c, ok := list.ParseCode(name)
	return ok && p.NoService(c)
}

// Period is the number of seconds within which a unit must report a domain to
// count as fresh; 0 when it doesn't report it.
func (p *Policy) Period(unit string, d record.Domain) int64 {
	if g := p.units[unit]; g != nil {
		return g.unit.Periods[d]
	}
	return 0
}
