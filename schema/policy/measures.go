package policy

import (
	"slices"
	"strings"

	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/record"
)

// all, alone, stands for every trigger or every matter of a measure.
const all = "all"

func (b *builder) buildMeasures(rows []measureRow) {
	for i := range rows {
		r := &rows[i]
		where := at(r.at) + "measure " + r.Code
		b.names(where, r.NameZh, r.NameEn)
		if r.Kind == "" || r.Department == "" {
			b.fail(where, "needs a kind and a department")
		}
		m := &Measure{Code: r.Code, NameZh: r.NameZh, NameEn: r.NameEn, Kind: r.Kind, Department: r.Department,
			Basis: b.citations(where, r.Basis), Target: b.role(where, r.Target...), Elsewhere: r.Elsewhere, Matters: r.Matters}
		m.From, m.To = b.span(where, r.From, r.To)
		if m.Citation = cited(m.Basis); m.Citation == "" {
			b.fail(where, "no citation")
		}
		if m.Elsewhere && !m.Target.Personal() {
			b.fail(where, "binds persons elsewhere, but reaches none")
		}
		b.reachable(where, m)
		b.triggers(where, m, r)
		b.covers(where, m, r)
		if b.measures[r.Code] != nil || r.Code == "" {
			b.fail(where, "code is empty or taken")
			continue
		}
		b.measures[r.Code] = m
		b.Measures = append(b.Measures, m)
	}
}

// triggers adds the triggers of a measure, each held against the list.
func (b *builder) triggers(where string, m *Measure, r *measureRow) {
	seen := map[[4]string]bool{}
	for i := range r.Triggers {
		t := &r.Triggers[i]
		at := where + " trigger " + t.List
		tr := Trigger{List: b.listCode(at, t.List), Causes: t.Causes, Matters: t.Matters, TermMonths: t.TermMonths,
			Outlives: b.outlive(at, t), DecidedFrom: b.date(at, t.DecidedFrom), EntryOf: Enterprise}
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
		l := b.lists[tr.List]
		if l == nil {
			b.fail(at, "list has no row")
			continue
		}
		for _, x := range triggered(m, &tr) {
			key := [4]string{x, t.List, strings.Join(t.Causes, ","), t.EntryOf}
			if seen[key] {
				b.fail(at, "twice on %s", x)
			}
			seen[key] = true
		}
		b.lintTrigger(at, m, l, &tr)
		m.Triggers = append(m.Triggers, tr)
	}
}

// triggered are the matters of a measure that a trigger is about.
func triggered(m *Measure, t *Trigger) []string {
	if len(t.Matters) > 0 {
		return t.Matters
	}
	return m.Matters
}

func (b *builder) outlive(at string, t *triggerRow) Outlives {
	if t.Outlives.Months == 0 && t.Outlives.From == "" {
		return Outlives{}
	}
	if t.Outlives.Months < 1 || t.Outlives.From != "exit" && t.Outlives.From != "since" {
		b.fail(at, "outlives by %d months from %q, want some from exit or since", t.Outlives.Months, t.Outlives.From)
	}
	return Outlives{Months: t.Outlives.Months, FromExit: t.Outlives.From == "exit"}
}

// lintTrigger holds a trigger against its measure and its list: matters of the
// measure, no term beyond the list's own, causes that the list knows, days on
// which it can fire.
func (b *builder) lintTrigger(at string, m *Measure, l *List, t *Trigger) {
	for i, x := range t.Matters {
		if !slices.Contains(m.Matters, x) || slices.Contains(t.Matters[:i], x) {
			b.fail(at, "%s is no matter of the measure, or named twice", x)
		}
	}
	if t.TermMonths < 0 || l.Term.Max > 0 && t.TermMonths > 12*l.Term.Max {
		b.fail(at, "term of %d months exceeds the list's %d years", t.TermMonths, l.Term.Max)
	}
	if !t.Outlives.FromExit && t.Outlives.Months > 0 && t.Outlives.Months != t.TermMonths {
		b.fail(at, "ends after %d months in force, but after %d when the entry has ended", t.TermMonths, t.Outlives.Months)
	}
	known := false
	for i := range l.Causes {
		c := &l.Causes[i]
		named := len(t.Causes) == 0 || slices.Contains(t.Causes, c.Code)
		known = known || named && (c.To == civil.NoDate || c.To >= max(t.DecidedFrom, l.From))
	}
	if len(t.Causes) > 0 && !known || m.To != civil.NoDate && m.To < max(t.DecidedFrom, l.From) ||
		l.To != civil.NoDate && l.To < t.DecidedFrom {
		b.fail(at, "can never fire")
	}
	for _, c := range t.Causes {
		if !slices.ContainsFunc(l.Causes, func(k Cause) bool { return k.Code == c }) {
			b.fail(at, "the list has no cause %q", c)
		}
	}
}

// covers holds every trigger on every matter against the basis: something must
// cover it, and more than CAUTION needs a clause that was read for that very list
// and matter. No clause may speak of what the measure doesn't do.
func (b *builder) covers(where string, m *Measure, r *measureRow) {
	for i := range r.Basis {
		c := &r.Basis[i]
		if len(c.Lists) == 0 && !slices.ContainsFunc(r.Triggers, func(t triggerRow) bool { return t.List != r.Triggers[0].List }) {
			c.Lists = []string{all} // there is one, or none
		}
		if len(c.Matters) == 0 && len(r.Matters) < 2 {
			c.Matters = []string{all}
		}
		b.lintCover(where+" basis "+c.Text, c, r)
	}
	for i := range m.Triggers {
		t := &m.Triggers[i]
		for _, x := range triggered(m, t) {
			c := coverOf(r.Basis, t.List.String(), x)
			switch at := where + " trigger " + t.List.String(); {
			case len(c.texts) == 0:
				b.fail(at, "no basis covers it on %s", x)
			case t.Obligation > Caution && !c.proven:
				b.fail(at, "%s goes beyond its basis on %s, which allows CAUTION at most", t.Obligation, x)
			}
			b.covered[cell{m, i, x}] = c
		}
	}
}

// lintCover checks that a clause names lists and matters, and only those of the
// measure.
func (b *builder) lintCover(at string, c *basisRow, r *measureRow) {
	check := func(what string, names []string, own func(string) bool) {
		for i, n := range names {
			if n == all && len(names) == 1 {
				return
			}
			if !own(n) || slices.Contains(names[:i], n) {
				b.fail(at, "covers %s %q, which triggers nothing or stands twice", what, n)
			}
		}
		if len(names) == 0 {
			b.fail(at, "doesn't say which %ss it covers", what)
		}
	}
	check("list", c.Lists, func(n string) bool {
		return slices.ContainsFunc(r.Triggers, func(t triggerRow) bool { return t.List == n })
	})
	check("matter", c.Matters, func(n string) bool { return slices.Contains(r.Matters, n) })
}

// cell is one trigger of a measure on one matter.
type cell struct {
	m       *Measure
	trigger int
	matter  string
}

// cover is what the basis of a measure says of a list and a matter.
type cover struct {
	texts  []string // clauses that were read; when none was, what the link hangs on
	proven bool
}

// coverOf gathers the clauses that cover a list and a matter, first those that
// name the list.
func coverOf(rows []basisRow, list, matter string) (c cover) {
	var hangs []string
	for _, named := range []bool{true, false} {
		for _, r := range rows {
			ofAll := len(r.Lists) == 1 && r.Lists[0] == all
			if ofAll == named || !ofAll && !slices.Contains(r.Lists, list) || !slices.Contains(r.Matters, matter) && !slices.Contains(r.Matters, all) {
				continue
			}
			if r.Mark == "V" || r.Mark == "V2" {
				c.texts, c.proven = append(c.texts, r.Text), true
			} else {
				hangs = append(hangs, r.Text)
			}
		}
	}
	if !c.proven {
		c.texts = hangs
	}
	return c
}

// text is the citation of a rule, which says when there is no article for it, or
// none but for a person's own entry.
func (c cover) text(ownOnly bool) string {
	s := strings.Join(c.texts, "；")
	switch {
	case ownOnly:
		return "条文以本人列入为限，企业列入仅供核实：" + s
	case !c.proven:
		return "未查到条文依据，仅供审慎参考：" + s
	}
	return s
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

// compile lays the rules out by matter and list.
func (b *builder) compile() {
	today, _ := civil.ParseDate(b.Version)
	b.rules = make([][list.CodeEnd][]Rule, len(b.Matters))
	b.sources = make([][]Source, len(b.Matters))
	for _, m := range b.Measures {
		for _, code := range m.Matters {
			x := b.matters[code]
			for i := range m.Triggers {
				t := &m.Triggers[i]
				if slices.Contains(triggered(m, t), code) {
					b.rules[x.Index][t.List] = append(b.rules[x.Index][t.List], newRule(m, t, b.lists[t.List], x, b.covered[cell{m, i, code}]))
					b.outlives[t.List] = b.outlives[t.List] || t.Outlives.Months > 0
				}
			}
		}
	}
	for i := range b.rules {
		for _, l := range b.Lists {
			current := slices.ContainsFunc(b.rules[i][l.Code], func(r Rule) bool { return r.To == civil.NoDate || r.To >= today })
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
