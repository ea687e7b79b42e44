package policy

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"credithub/schema/civil"
	"credithub/schema/record"
)

func (b *builder) buildLists(rows []listRow) {
	for i := range rows {
		r := &rows[i]
		where := at(r.at) + "list " + r.Code
		b.names(where, r.NameZh, r.NameEn)
		l := &List{Code: b.listCode(where, r.Code), NameZh: r.NameZh, NameEn: r.NameEn, Serious: r.Serious,
			Public: r.Public, OfPersons: r.OfPersons, NoService: r.NoService != "", Basis: b.citations(where, r.Basis), Exit: b.exit(where, r.Exit),
			Term: b.term(where, r.Term)}
		if l.NoService && !strings.Contains(r.NoService, "《") {
			b.fail(where, "its exception from service names no clause")
		}
		if l.Exit == (Exit{}) {
			b.fail(where, "no way out")
		}
		l.From, l.To = b.span(where, r.From, r.To)
		if len(l.Basis) == 0 {
			b.fail(where, "no basis")
		}
		b.causes(where, l, r.Causes)
		if b.lists[l.Code] != nil {
			b.fail(where, "code is taken")
			continue
		}
		b.lists[l.Code] = l
		b.Lists = append(b.Lists, l)
	}
}

func (b *builder) exit(where string, r exitRow) Exit {
	if (r.Zh == "") != (r.En == "") || (r.Zh == "") != (r.Basis == "") {
		b.fail(where, "its way out lacks a language or its basis")
	}
	if r.RepairMonths < 0 || r.RepairMonths > 0 && r.Basis == "" {
		b.fail(where, "its repair after %d months has no basis", r.RepairMonths)
	}
	return Exit(r)
}

// term reads a term, which names its clause and is no shorter than its least and no
// longer than its longest.
func (b *builder) term(where string, r termRow) Term {
	t := Term{Years: r.TermYears, Min: r.MinTermYears, Max: r.MaxTermYears, Basis: r.TermBasis, LongerBy: r.LongerBy}
	if t.Max == 0 && t.LongerBy == "" {
		t.Max = t.Years
	}
	switch {
	case min(t.Years, t.Min, t.Max) < 0 || max(t.Years, t.Min, t.Max) > 10:
		b.fail(where, "terms of %d, %d and %d years", t.Years, t.Min, t.Max)
	case t.Max > 0 && max(t.Years, t.Min) > t.Max:
		b.fail(where, "a term of %d years exceeds the longest of %d", max(t.Years, t.Min), t.Max)
	case t.Years > 0 && t.Min > t.Years:
		b.fail(where, "a term of %d years falls short of the shortest of %d", t.Years, t.Min)
	case t.LongerBy != "" && (r.MaxTermYears > 0 || t.Years == 0):
		b.fail(where, "what allows a longer term stands beside a term and in the place of a longest one")
	case (t != Term{Basis: t.Basis}) != (t.Basis != ""):
		b.fail(where, "a term and its clause stand together")
	}
	return t
}

// causes adds the causes of a list. A code may come again with another wording
// when the days of the two don't overlap.
func (b *builder) causes(where string, l *List, rows []causeRow) {
	for _, r := range rows {
		at := where + " cause " + r.Code
		b.names(at, r.NameZh, r.NameEn)
		c := Cause{Code: r.Code, NameZh: r.NameZh, NameEn: r.NameEn, Basis: r.Basis,
			From: b.date(at, r.From), To: b.date(at, r.To),
			Restricted: r.Restricted, ShownUntil: b.monthDay(at, r.ShownUntil), Exit: b.exit(at, r.Exit)}
		if own := r.Term; own != (termRow{}) {
			own.TermBasis = cmp.Or(own.TermBasis, r.Basis)
			c.Term = b.term(at, own)
		}
		if c.Code == "" {
			b.fail(at, "no code")
		}
		if c.Basis == "" {
			b.fail(at, "no basis")
		}
		for _, o := range l.Causes {
			if o.Code == c.Code && !(o.To != civil.NoDate && o.To < c.From || c.To != civil.NoDate && c.To < o.From) {
				b.fail(at, "twice on the same day")
			}
		}
		l.Causes = append(l.Causes, c)
	}
}

func (b *builder) buildUnits(f *unitsFile) {
	hours := b.periods("units", f.Periods)
	for _, r := range f.Units {
		where := at(r.at) + "unit " + r.Code
		b.names(where, r.NameZh, r.NameEn)
		if b.units[r.Code] != nil || r.Code == "" {
			b.fail(where, "code is empty or taken")
			continue
		}
		u := &Unit{Code: r.Code, NameZh: r.NameZh, NameEn: r.NameEn, Periods: map[record.Domain]int64{}}
		g := &grant{unit: u}
		own := b.periods(where, r.Periods)
		for _, name := range slices.Concat(r.Domains, f.EveryUnit) {
			d := record.ParseDomain(name)
			if d == record.NoDomain || g.domains>>d&1 == 1 {
				b.fail(where, "domain %q is unknown or named twice", name)
				continue
			}
			g.domains |= 1 << d
			u.Domains = append(u.Domains, d)
			u.Periods[d] = hours[d] * 3600
			if own[d] != 0 {
				u.Periods[d] = own[d] * 3600
			}
			if u.Periods[d] == 0 {
				b.fail(where, "domain %s has no reporting period", name)
			}
		}
		b.decides(where, g, r.Lists)
		b.units[r.Code] = g
		b.Units = append(b.Units, u)
	}
	for _, l := range b.Lists {
		if len(l.Units) == 0 {
			b.fail("list "+l.Code.String(), "no unit decides it")
		}
	}
}

func (b *builder) decides(where string, g *grant, lists []string) {
	for _, name := range lists {
		c := b.listCode(where, name)
		if b.lists[c] == nil {
			b.fail(where, "decides list %q, which has no row", name)
			continue
		}
		g.lists.Add(c)
		g.unit.Lists = append(g.unit.Lists, c)
		b.lists[c].Units = append(b.lists[c].Units, g.unit.Code)
	}
	if (g.lists != 0) != (g.domains>>record.Decision&1 == 1) {
		b.fail(where, "pushes decisions if and only if it decides a list")
	}
}

func (b *builder) periods(where string, rows map[string]int) map[record.Domain]int64 {
	out := map[record.Domain]int64{}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		d := record.ParseDomain(name)
		if d == record.NoDomain || rows[name] <= 0 {
			b.fail(where, "period of %q: %d hours", name, rows[name])
		}
		out[d] = int64(rows[name])
	}
	return out
}
