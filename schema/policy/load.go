package policy

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"credithub/schema/civil"
	"credithub/schema/list"
)

//go:embed tables/*.yaml
var tables embed.FS

// Load reads, lints and compiles the built-in tables. Its error names every
// fault of the tables at once.
func Load() (*Policy, error) { return LoadLocal(Local{}) }

// LoadFS is Load from a file system holding lists.yaml, measures.yaml,
// matters.yaml, units.yaml, facts.yaml, purposes.yaml, notices.yaml
// and calendar.yaml. Unknown keys are errors.
func LoadFS(dir fs.FS) (*Policy, error) { return assemble(dir, &Local{}) }

func assemble(dir fs.FS, l *Local) (*Policy, error) {
	var f files
	var errs []error
	for _, name := range tableNames {
		errs = append(errs, read(dir, name, name, f.table(name)))
	}
	f.heads = f.headsOf("")
	for _, o := range l.Overlays {
		errs = append(errs, f.overlay(o)...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	b := builder{Policy: &Policy{
		measures: map[string]*Measure{}, matters: map[string]*Matter{}, units: map[string]*grant{},
	}, covered: map[cell]cover{}}
	b.versions(f.heads)
	b.buildLists(f.lists.Lists)
	b.buildMatters(f.matters.Matters)
	b.nameUnits(&f.units, l.Units)
	b.buildUnits(&f.units)
	b.connect(l)
	b.buildMeasures(f.measures.Measures)
	b.buildFacts(&f.facts)
	b.buildPurposes(f.purposes.Purposes)
	b.buildCalendar(f.calendar.Years)
	b.buildNotices(f.notices.Notices)
	if len(b.errs) == 0 {
		b.compile()
		b.compileFacts()
	}
	return b.Policy, errors.Join(b.errs...)
}

// builder turns rows into values and gathers the faults it meets.
type builder struct {
	*Policy
	covered map[cell]cover
	errs    []error
}

func (b *builder) fail(where, format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf("policy: %s: %s", where, fmt.Sprintf(format, args...)))
}

func (b *builder) versions(heads []head) {
	for _, h := range heads {
		if _, ok := civil.ParseDate(h.version); !ok {
			b.fail(h.file, "version %q is no date", h.version)
		}
		b.Version = max(b.Version, h.version)
	}
}

// date reads a date of a row; empty is NoDate.
func (b *builder) date(where, s string) civil.Date {
	if s == "" {
		return civil.NoDate
	}
	d, ok := civil.ParseDate(s)
	if !ok {
		b.fail(where, "%q is no date", s)
	}
	return d
}

// monthDay reads a day of any year, "MM-DD".
func (b *builder) monthDay(where, s string) MonthDay {
	if s == "" {
		return MonthDay{}
	}
	t, err := time.Parse("01-02", s)
	if err != nil {
		b.fail(where, "%q is no day of a year", s)
	}
	return MonthDay{t.Month(), t.Day()}
}

// span reads the validity of a row, which must begin somewhere.
func (b *builder) span(where, from, to string) (civil.Date, civil.Date) {
	f, t := b.date(where, from), b.date(where, to)
	if f == civil.NoDate {
		b.fail(where, "no date from which it holds")
	}
	if t != civil.NoDate && t < f {
		b.fail(where, "ends on %s before it begins on %s", to, from)
	}
	return f, t
}

func (b *builder) names(where, zh, en string) {
	if strings.TrimSpace(zh) == "" || strings.TrimSpace(en) == "" {
		b.fail(where, "needs a Chinese and an English name")
	}
}

func (b *builder) listCode(where, s string) list.Code {
	c, ok := list.ParseCode(s)
	if !ok {
		b.fail(where, "unknown list %q", s)
	}
	return c
}

var roleLetters = map[string]Role{"E": Enterprise, "L": LegalRepresentative, "R": ResponsiblePerson, "B": Branch, "P": Person}

func (b *builder) role(where string, letters ...string) (r Role) {
	for _, s := range letters {
		if roleLetters[s] == 0 {
			b.fail(where, "unknown role %q", s)
		}
		r |= roleLetters[s]
	}
	if r == 0 {
		b.fail(where, "reaches nobody")
	}
	return r
}

func (b *builder) citations(where string, rows []basisRow) []Citation {
	out := make([]Citation, 0, len(rows))
	for _, r := range rows {
		if strings.TrimSpace(r.Text) == "" {
			b.fail(where, "basis without text")
		}
		if !slices.Contains(marks, r.Mark) {
			b.fail(where, "basis %s: mark %q, want one of %v", r.Text, r.Mark, marks)
		}
		out = append(out, Citation{Text: r.Text, Mark: r.Mark, URL: r.URL})
	}
	return out
}

// cited is the text of a whole basis.
func cited(basis []Citation) string {
	texts := make([]string, len(basis))
	for i, c := range basis {
		texts[i] = c.Text
	}
	return strings.Join(texts, "；")
}

func (b *builder) buildMatters(rows []matterRow) {
	for _, r := range rows {
		where := at(r.at) + "matter " + r.Code
		b.names(where, r.NameZh, r.NameEn)
		if r.Department == "" {
			b.fail(where, "no department")
		}
		if b.matters[r.Code] != nil || r.Code == "" {
			b.fail(where, "code is empty or taken")
			continue
		}
		m := &Matter{Code: r.Code, NameZh: r.NameZh, NameEn: r.NameEn, Department: r.Department,
			Role: b.role(where, r.Role), Index: len(b.Matters)}
		b.matters[r.Code] = m
		b.Matters = append(b.Matters, m)
	}
}

func (b *builder) buildCalendar(rows []yearRow) {
	c := &Calendar{loaded: map[int]bool{}, off: map[civil.Date]bool{}, work: map[civil.Date]bool{}}
	for _, r := range rows {
		where := at(r.at) + fmt.Sprintf("calendar %d", r.Year)
		if c.loaded[r.Year] {
			b.fail(where, "year twice")
		}
		if r.Basis == "" {
			b.fail(where, "no basis")
		}
		c.loaded[r.Year] = true
		b.days(where, r.Year, r.Off, c.off)
		b.days(where, r.Year, r.Work, c.work)
		first, working := civil.MakeDate(r.Year, time.January, 1), 0
		for d := first; d.Time().Year() == r.Year; d++ {
			if c.off[d] && c.work[d] {
				b.fail(where, "%s is both off and a working day", d)
			}
			if w, _ := c.Working(d); w {
				working++
			}
		}
		if working != r.WorkingDays {
			b.fail(where, "has %d working days, the row says %d", working, r.WorkingDays)
		}
	}
	b.Calendar = c
}

// days adds days and inclusive ranges FROM/TO of one year.
func (b *builder) days(where string, year int, rows []string, into map[civil.Date]bool) {
	for _, s := range rows {
		from, to, isRange := strings.Cut(s, "/")
		if !isRange {
			to = from
		}
		first, last := b.date(where, from), b.date(where, to)
		if first == civil.NoDate || last < first || first.Time().Year() != year || last.Time().Year() != year {
			b.fail(where, "%q is no day or range of the year", s)
			continue
		}
		for d := first; d <= last; d++ {
			into[d] = true
		}
	}
}
