package policy

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"credithub/schema/list"
	"credithub/schema/record"
)

func (b *builder) buildLists(rows []listRow) {
	for i := range rows {
		r := &rows[i]
		where := at(r.at) + "list " + r.Code
		b.names(where, r.NameZh, r.NameEn)
		l := &List{Code: b.listCode(where, r.Code), NameZh: r.NameZh, NameEn: r.NameEn, Serious: r.Serious,
			Public: r.Public, NoService: r.NoService != "", Basis: b.citations(where, r.Basis), Exit: b.exit(where, r.Exit),
			OpenCauses: r.OpenCauses != "", Term: b.term(where, r.Term)}
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
			if o.Code == c.Code && !(o.To != record.NoDate && o.To < c.From || c.To != record.NoDate && c.To < o.From) {
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
		g.lists |= 1 << c
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

func (b *builder) buildMeasures(rows []measureRow) {
	for i := range rows {
		r := &rows[i]
		where := at(r.at) + "measure " + r.Code
		b.names(where, r.NameZh, r.NameEn)
		if r.Kind == "" || r.Department == "" {
			b.fail(where, "needs a kind and a department")
		}
		m := &Measure{Code: r.Code, NameZh: r.NameZh, NameEn: r.NameEn, Kind: r.Kind, Department: r.Department,
			Basis: b.citations(where, r.Basis), Target: b.role(where, r.Target...), Matters: r.Matters}
		m.From, m.To = b.span(where, r.From, r.To)
		texts := make([]string, len(m.Basis))
		for j, c := range m.Basis {
			texts[j] = c.Text
		}
		if m.Citation = strings.Join(texts, "；"); m.Citation == "" {
			b.fail(where, "no citation")
		}
		b.triggers(where, m, r)
		b.reachable(where, m)
		if b.measures[r.Code] != nil || r.Code == "" {
			b.fail(where, "code is empty or taken")
			continue
		}
		b.measures[r.Code] = m
		b.Measures = append(b.Measures, m)
	}
}

func (b *builder) triggers(where string, m *Measure, r *measureRow) {
	seen := map[string]bool{}
	for _, t := range r.Triggers {
		at := where + " trigger " + t.List
		tr := Trigger{List: b.listCode(at, t.List), Causes: t.Causes, TermMonths: t.TermMonths, EntryOf: Enterprise}
		if t.EntryOf != "" {
			tr.EntryOf = b.role(at, t.EntryOf)
		}
		if tr.EntryOf != Enterprise && tr.EntryOf != Person {
			b.fail(at, "an entry is of an enterprise or of a person")
		}
		o := slices.Index(obligationNames[:], t.Obligation)
		if o <= 0 {
			b.fail(at, "unknown obligation %q", t.Obligation)
		}
		tr.Obligation = Obligation(max(o, 0))
		key := t.List + strings.Join(t.Causes, ",") + strconv.Itoa(int(tr.EntryOf))
		if seen[key] {
			b.fail(at, "twice")
		}
		seen[key] = true
		l := b.lists[tr.List]
		if l == nil {
			b.fail(at, "list has no row")
			continue
		}
		b.lintTrigger(at, l, &tr, r, &t)
		m.Triggers = append(m.Triggers, tr)
		if m.citations == nil {
			m.citations = map[list.Code]string{}
		}
		m.citations[tr.List] = citationFor(r.Basis, t.List)
	}
	for _, basis := range r.Basis {
		for _, name := range basis.Lists {
			c := b.listCode(where, name)
			if !slices.ContainsFunc(m.Triggers, func(t Trigger) bool { return t.List == c }) {
				b.fail(where, "basis %s speaks of %s, which triggers nothing", basis.Text, name)
			}
		}
	}
}

// citationFor joins the clauses that hold for a list: first those that name it,
// then those that name none.
func citationFor(rows []basisRow, list string) string {
	var named, general []string
	for _, r := range rows {
		switch {
		case len(r.Lists) == 0:
			general = append(general, r.Text)
		case slices.Contains(r.Lists, list):
			named = append(named, r.Text)
		}
	}
	return strings.Join(append(named, general...), "；")
}

// lintTrigger holds a trigger against its basis and its list: more than CAUTION
// needs a clause that was read (V, V2) for that list, or a documented
// exception; no term beyond the list's own; causes that the list knows.
func (b *builder) lintTrigger(at string, l *List, t *Trigger, m *measureRow, row *triggerRow) {
	read, cited := false, false
	for _, c := range m.Basis {
		if len(c.Lists) == 0 || slices.Contains(c.Lists, row.List) {
			cited = true
			read = read || c.Mark == "V" || c.Mark == "V2"
		}
	}
	if !cited {
		b.fail(at, "no basis speaks of the list")
	}
	if t.Obligation > Caution && !read && row.Exception == "" {
		b.fail(at, "%s goes beyond its basis, which allows CAUTION at most", t.Obligation)
	}
	if t.TermMonths < 0 || l.Term.Max > 0 && t.TermMonths > 12*l.Term.Max {
		b.fail(at, "term of %d months exceeds the list's %d years", t.TermMonths, l.Term.Max)
	}
	for _, c := range t.Causes {
		if !slices.ContainsFunc(l.Causes, func(k Cause) bool { return k.Code == c }) {
			b.fail(at, "the list has no cause %q", c)
		}
	}
}

// reachable checks that the measure reaches whom each of its matters asks about.
func (b *builder) reachable(where string, m *Measure) {
	for i, code := range m.Matters {
		x := b.matters[code]
		switch {
		case x == nil:
			b.fail(where, "unknown matter %q", code)
		case slices.Contains(m.Matters[:i], code):
			b.fail(where, "matter %s twice", code)
		case x.Role&m.Target == 0:
			b.fail(where, "doesn't reach whom matter %s asks about", code)
		}
	}
}

// compile lays the rules out by matter and list. A trigger that a person's own
// entry pulls gives no rule, since entries stand under codes of enterprises.
func (b *builder) compile() {
	today, _ := record.ParseDate(b.Version)
	b.rules = make([][list.CodeEnd][]Rule, len(b.Matters))
	b.sources = make([][]Source, len(b.Matters))
	for _, m := range b.Measures {
		for _, code := range m.Matters {
			x := b.matters[code]
			for _, t := range m.Triggers {
				if t.EntryOf == Enterprise {
					b.rules[x.Index][t.List] = append(b.rules[x.Index][t.List], newRule(m, &t, b.lists[t.List]))
				}
			}
		}
	}
	for i := range b.rules {
		for _, l := range b.Lists {
			current := slices.ContainsFunc(b.rules[i][l.Code], func(r Rule) bool { return r.To == record.NoDate || r.To >= today })
			if !current {
				continue
			}
			for _, u := range l.Units {
				if s := (Source{Unit: u, Domain: record.Decision}); !slices.Contains(b.sources[i], s) {
					b.sources[i] = append(b.sources[i], s)
				}
			}
		}
	}
}
