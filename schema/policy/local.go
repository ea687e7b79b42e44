package policy

import (
	"fmt"
	"io/fs"
	"slices"

	"credithub/schema/civil"
	"credithub/schema/record"
)

// Local is what a place adds to the built-in tables. It adds and names; it takes
// nothing away and changes no list, measure or term that is law everywhere.
type Local struct {
	Overlays []Overlay
	Units    []LocalUnit
	// Sources are the sources that are connected here (已接入的数据来源), when Listed;
	// otherwise all are.
	Sources []LocalSource
	Listed  bool
}

// Overlay is a directory with more rows of any table; the files have the names and
// the form of the built-in ones.
type Overlay struct {
	Name  string // as faults name it
	Files fs.FS
}

// LocalUnit names a unit as it is called here and says when it reports; with a code
// that the tables don't have it is a unit of this place.
type LocalUnit struct {
	At      string `yaml:"-"` // file and line, for faults
	Code    string `yaml:"-"`
	NameZh  string `yaml:"nameZh"`
	NameEn  string `yaml:"nameEn"`
	Domains []string
	Lists   []string
	Periods map[string]int // hours
}

// LocalSource says that a unit's reports of some domains are connected here, since
// when, and by whose decision.
type LocalSource struct {
	At        string `yaml:"-"` // file and line, for faults
	Unit      string
	Domains   []string
	Since     string
	DecidedBy string `yaml:"decidedBy"` // unit or person; published, as is the document
	Decision  string // document
}

// Connection is how a source came to be connected.
type Connection struct {
	Since     civil.Date
	DecidedBy string
	Decision  string
}

// LoadLocal is Load with what a place adds. Everything is linted by the same rules.
func LoadLocal(l Local) (*Policy, error) {
	sub, err := fs.Sub(tables, "tables")
	if err != nil {
		return nil, err
	}
	return assemble(sub, &l)
}

// Connected tells whether a source is connected on a day.
func (p *Policy) Connected(src Source, day civil.Date) bool {
	if p.connections == nil {
		return true
	}
	c := p.connections[src]
	return c != nil && c.Since <= day
}

// Connection is how a source came to be connected; nil when nobody said so, which
// is the case for all sources where the connected ones aren't listed.
func (p *Policy) Connection(src Source) *Connection { return p.connections[src] }

// nameUnits puts local names and periods into the rows of the units.
func (b *builder) nameUnits(f *unitsFile, units []LocalUnit) {
	for _, u := range units {
		where := at(u.At) + "unit " + u.Code
		i := slices.IndexFunc(f.Units, func(r unitRow) bool { return r.Code == u.Code })
		if i < 0 {
			f.Units = append(f.Units, unitRow{at: u.At, Code: u.Code, NameZh: u.NameZh, NameEn: u.NameEn, Domains: u.Domains, Lists: u.Lists, Periods: u.Periods})
			continue
		}
		r := &f.Units[i]
		if len(u.Domains) > 0 || len(u.Lists) > 0 {
			b.fail(where, "the tables say what it reports and decides; here it can be named and given periods")
		}
		if u.NameZh != "" {
			r.NameZh = u.NameZh
		}
		if u.NameEn != "" {
			r.NameEn = u.NameEn
		}
		before := len(b.errs)
		if b.periods(where, u.Periods); len(b.errs) > before {
			continue
		}
		merged := map[string]int{}
		for _, from := range []map[string]int{r.Periods, u.Periods} {
			for d, hours := range from {
				merged[d] = hours
			}
		}
		r.Periods = merged
	}
}

// connect keeps which sources are connected.
func (b *builder) connect(l *Local) {
	if !l.Listed {
		return
	}
	b.connections = map[Source]*Connection{}
	for _, s := range l.Sources {
		where := at(s.At) + "source " + s.Unit
		c := &Connection{Since: b.date(where, s.Since), DecidedBy: s.DecidedBy, Decision: s.Decision}
		switch {
		case b.units[s.Unit] == nil:
			b.fail(where, "no such unit")
			continue
		case s.Since == "":
			b.fail(where, "no day since when")
		case s.DecidedBy == "" || s.Decision == "":
			b.fail(where, "needs who decided it (decidedBy) and by which document (decision)")
		case len(s.Domains) == 0:
			b.fail(where, "no domains")
		}
		for _, name := range s.Domains {
			src := Source{s.Unit, record.ParseDomain(name)}
			switch {
			case src.Domain == record.NoDomain:
				b.fail(where, "unknown domain %q", name)
			case !b.MayPush(s.Unit, src.Domain):
				b.fail(where, "the unit doesn't report %s", name)
			case b.connections[src] != nil:
				b.fail(where, "%s twice", name)
			default:
				b.connections[src] = c
			}
		}
	}
}

// at is the beginning of a fault's place.
func at(fileLine string) string {
	if fileLine == "" {
		return ""
	}
	return fileLine + ": "
}

// overlay adds the rows of a directory.
func (f *files) overlay(o Overlay) (errs []error) {
	names, err := fs.ReadDir(o.Files, ".")
	if err != nil {
		return []error{fmt.Errorf("policy: %s: %w", o.Name, err)}
	}
	var more files
	found := false
	for _, e := range names {
		label := o.Name + "/" + e.Name()
		into := more.table(e.Name())
		if into == nil {
			errs = append(errs, fmt.Errorf("policy: %s: is none of the tables %v", label, tableNames))
			continue
		}
		found = true
		errs = append(errs, read(o.Files, e.Name(), label, into))
	}
	if !found {
		errs = append(errs, fmt.Errorf("policy: %s: holds none of the tables %v", o.Name, tableNames))
	}
	if len(more.units.EveryUnit) > 0 || len(more.units.Periods) > 0 {
		errs = append(errs, fmt.Errorf("policy: %s/units.yaml: everyUnit and periods are those of the built-in table; give each unit its own", o.Name))
	}
	f.heads = append(f.heads, more.headsOf(o.Name+"/")...)
	f.lists.Lists = append(f.lists.Lists, more.lists.Lists...)
	f.measures.Measures = append(f.measures.Measures, more.measures.Measures...)
	f.matters.Matters = append(f.matters.Matters, more.matters.Matters...)
	f.units.Units = append(f.units.Units, more.units.Units...)
	f.facts.Latest = append(f.facts.Latest, more.facts.Latest...)
	f.facts.Facts = append(f.facts.Facts, more.facts.Facts...)
	f.purposes.Purposes = append(f.purposes.Purposes, more.purposes.Purposes...)
	f.notices.Notices = append(f.notices.Notices, more.notices.Notices...)
	f.calendar.Years = append(f.calendar.Years, more.calendar.Years...)
	return errs
}
