package policy

import (
	"slices"

	"github.com/zeebo/xxh3"

	"credithub/schema/civil"
	"credithub/schema/record"
)

func (b *builder) buildFacts(f *factsFile) {
	for _, r := range f.Latest {
		where := at(r.at) + "latest " + r.Domain + "/" + r.Kind
		d, k := b.kind(where, r.Domain, r.Kind)
		if k == nil {
			continue
		}
		s := series{domain: d, kind: r.Kind, by: r.By, per: r.Per, seed: xxh3.HashString(r.Domain + "/" + r.Kind)}
		if x := k.Field(r.By); x == nil || !x.Required || !slices.Contains([]record.FieldType{record.Day, record.Month, record.Year}, x.Type) {
			b.fail(where, "%q is no required day, month or year", r.By)
		}
		if r.Per != "" && k.Field(r.Per) == nil {
			b.fail(where, "no field %q", r.Per)
		}
		b.factsOf[d].series = append(b.factsOf[d].series, s)
	}
	for i := range f.Facts {
		b.buildFact(&f.Facts[i])
	}
}

// kind is a kind of record by its names.
func (b *builder) kind(where, domain, kind string) (record.Domain, *record.KindSpec) {
	d := record.ParseDomain(domain)
	if d == record.NoDomain || record.FindKind(d, kind) == nil {
		b.fail(where, "no kind %s/%s", domain, kind)
		return record.NoDomain, nil
	}
	return d, record.FindKind(d, kind)
}

func (b *builder) buildFact(r *factRow) {
	where := at(r.at) + "fact " + r.Code
	b.names(where, r.NameZh, r.NameEn)
	d, k := b.kind(where, r.Domain, r.Kind)
	if k == nil {
		return
	}
	f := &Fact{Code: r.Code, NameZh: r.NameZh, NameEn: r.NameEn, Domain: d, Kind: k.Name, Basis: b.citations(where, r.Basis),
		Index: len(b.Facts), since: r.Since, until: r.Until, termMonths: r.TermMonths}
	f.From, f.To = b.span(where, r.From, r.To)
	if f.Citation = cited(f.Basis); f.Citation == "" {
		b.fail(where, "no citation")
	}
	if r.List != "" {
		if f.List = b.listCode(where, r.List); b.lists[f.List] == nil {
			b.fail(where, "list has no row")
		}
	}
	b.factDays(where, k, r)
	for _, w := range r.When {
		b.condition(where, k, f, &w)
	}
	b.bearings(where, f, r.Bears)
	if r.Code == "" || b.Fact(r.Code) != nil {
		b.fail(where, "code is empty or taken")
		return
	}
	if f.Index >= MaxFacts {
		b.fail(where, "one of more than %d", MaxFacts)
	}
	b.Facts = append(b.Facts, f)
	b.factsOf[d].facts = append(b.factsOf[d].facts, f)
}

// factDays checks the fields that say from which day to which a fact bears.
func (b *builder) factDays(where string, k *record.KindSpec, r *factRow) {
	for _, name := range append(slices.Clone(r.Since), r.Until) {
		if name == "" || name == OccurredOn {
			continue
		}
		if f := k.Field(name); f == nil || f.Type != record.Day {
			b.fail(where, "%q is no day of the kind", name)
		}
	}
	if r.TermMonths < 0 || r.TermMonths > 0 && (len(r.Since) == 0 || r.Until != "") {
		b.fail(where, "a term needs a day from which it counts, and stands in the place of until")
	}
}

func (b *builder) condition(where string, k *record.KindSpec, f *Fact, r *whenRow) {
	tests := 0
	for _, given := range []bool{len(r.In) > 0, len(r.Not) > 0, len(r.Contains) > 0, r.Positive} {
		if given {
			tests++
		}
	}
	if tests != 1 || len(r.Fields) == 0 || slices.Contains(r.Contains, "") {
		b.fail(where, "a condition names fields and has one test")
	}
	for _, name := range r.Fields {
		x := k.Field(name)
		if x == nil || x.Type == record.Dropped {
			b.fail(where, "no field %q", name)
			continue
		}
		for _, v := range append(slices.Clone(r.In), r.Not...) {
			if x.Type == record.Choice && !slices.ContainsFunc(x.Enum, func(e record.Enum) bool { return e.Value == v }) {
				b.fail(where, "%s is never %q", name, v)
			}
		}
	}
	f.when = append(f.when, condition{fields: r.Fields, in: r.In, not: r.Not, contains: r.Contains, positive: r.Positive})
}

// bearings holds what a fact means against its basis: more than CAUTION needs a
// clause that was read.
func (b *builder) bearings(where string, f *Fact, rows []bearsRow) {
	if len(rows) == 0 {
		b.fail(where, "bears on nothing")
	}
	read := f.read()
	for _, r := range rows {
		x := bearing{obligation: Obligation(max(slices.Index(obligationNames[:], r.Obligation), 0))}
		if x.obligation == None {
			b.fail(where, "unknown obligation %q", r.Obligation)
		}
		if x.obligation > Caution && !read {
			b.fail(where, "%s goes beyond its basis, which allows CAUTION at most", r.Obligation)
		}
		switch {
		case (r.Measure == "") == (r.List == ""):
			b.fail(where, "bears by a measure or as a list does")
			continue
		case r.List != "":
			if x.list = b.listCode(where, r.List); b.lists[x.list] == nil || len(r.Matters) > 0 || x.obligation > Caution {
				b.fail(where, "as list %q: no such row, or with matters, or above CAUTION", r.List)
			}
		default:
			b.byMeasure(where, &x, &r)
		}
		f.bears = append(f.bears, x)
	}
}

func (b *builder) byMeasure(where string, x *bearing, r *bearsRow) {
	if x.measure = b.measures[r.Measure]; x.measure == nil {
		b.fail(where, "unknown measure %q", r.Measure)
		return
	}
	if x.matters = r.Matters; len(r.Matters) == 0 {
		x.matters = x.measure.Matters
	}
	for _, m := range x.matters {
		if !slices.Contains(x.measure.Matters, m) {
			b.fail(where, "measure %s doesn't answer matter %s", r.Measure, m)
		}
	}
}

// compileFacts lays out what facts mean by matter.
func (b *builder) compileFacts() {
	b.factRules = make([][][]Rule, len(b.Matters))
	for _, f := range b.Facts {
		for _, x := range f.bears {
			for _, m := range b.Matters {
				for _, r := range b.bearingRules(f, &x, m) {
					if b.factRules[m.Index] == nil {
						b.factRules[m.Index] = make([][]Rule, len(b.Facts))
					}
					b.factRules[m.Index][f.Index] = append(b.factRules[m.Index][f.Index], r)
				}
			}
		}
	}
}

// bearingRules are the rules by which one bearing of a fact answers a matter. Of
// what a list brings, each measure counts once, whatever the cause.
func (b *builder) bearingRules(f *Fact, x *bearing, m *Matter) (out []Rule) {
	if x.measure != nil {
		if slices.Contains(x.matters, m.Code) {
			r := Rule{Measure: x.measure, Obligation: x.obligation, Role: m.binds(), Proven: f.read(), Citation: f.Citation,
				DecidedFrom: civil.NoDate, From: max(f.From, x.measure.From), To: f.To}
			if r.To == civil.NoDate || x.measure.To != civil.NoDate && x.measure.To < r.To {
				r.To = x.measure.To
			}
			out = append(out, r)
		}
		return out
	}
	for _, r := range b.rules[m.Index][x.list] {
		if slices.ContainsFunc(out, func(o Rule) bool { return o.Measure == r.Measure }) {
			continue
		}
		r.Obligation, r.Causes, r.Known, r.TermMonths = min(r.Obligation, x.obligation), nil, nil, 0
		r.Outlives, r.DecidedFrom = Outlives{}, civil.NoDate
		r.Proven, r.Citation = f.read(), f.Citation
		out = append(out, r)
	}
	return out
}

// read tells whether the fact rests on a clause that was read.
func (f *Fact) read() bool {
	return slices.ContainsFunc(f.Basis, func(c Citation) bool { return c.Mark == "V" || c.Mark == "V2" })
}
