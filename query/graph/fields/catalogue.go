package fields

import (
	"credithub/schema/label"
	"credithub/schema/policy"
)

func creditListObject() *Object[policy.List] {
	return object("CreditList",
		id("code", func(l *policy.List) string { return l.Code.String() }),
		text("nameZh", func(l *policy.List) string { return l.NameZh }),
		text("nameEn", func(l *policy.List) string { return l.NameEn }),
		boolean("serious", func(l *policy.List) bool { return l.Serious }),
	)
}

func measureObject() *Object[policy.Measure] {
	return object("Measure",
		id("code", func(m *policy.Measure) string { return m.Code }),
		text("nameZh", func(m *policy.Measure) string { return m.NameZh }),
		text("nameEn", func(m *policy.Measure) string { return m.NameEn }),
		text("kind", func(m *policy.Measure) string { return m.Kind }),
		text("kindZh", func(m *policy.Measure) string { return nameZh(label.MeasureKind, m.Kind) }),
		text("kindEn", func(m *policy.Measure) string { return nameEn(label.MeasureKind, m.Kind) }),
		text("citation", func(m *policy.Measure) string { return m.Citation }),
		text("department", func(m *policy.Measure) string { return m.Department }),
	)
}

func matterObject() *Object[policy.Matter] {
	return object("Matter",
		id("code", func(m *policy.Matter) string { return m.Code }),
		text("nameZh", func(m *policy.Matter) string { return m.NameZh }),
		text("nameEn", func(m *policy.Matter) string { return m.NameEn }),
		text("department", func(m *policy.Matter) string { return m.Department }),
	)
}

func purposeObject() *Object[policy.Purpose] {
	return object("Purpose",
		id("code", func(p *policy.Purpose) string { return p.Code }),
		text("nameZh", func(p *policy.Purpose) string { return p.NameZh }),
		text("nameEn", func(p *policy.Purpose) string { return p.NameEn }),
		text("legalBasis", func(p *policy.Purpose) string { return p.LegalBasis }),
	)
}

func unitObject() *Object[policy.Unit] {
	return object("Unit",
		id("code", func(u *policy.Unit) string { return u.Code }),
		text("name", func(u *policy.Unit) string { return u.NameZh }),
		text("nameZh", func(u *policy.Unit) string { return u.NameZh }),
		text("nameEn", func(u *policy.Unit) string { return u.NameEn }),
	)
}

// unitOf is a unit with its names, or its code when the policy doesn't name it.
func (s *Schema) unitOf(code string) *policy.Unit {
	if u := s.Policy.Unit(code); u != nil {
		return u
	}
	return &policy.Unit{Code: code, NameZh: code, NameEn: code}
}

// nameZh is the Chinese name of a code, "" for none. A code without a name, as
// another version of the hub may have stored, stands for itself.
func nameZh(g *label.Group, code string) string {
	if n, ok := g.Of(code); ok {
		return n.Zh
	}
	return code
}

// nameEn is the English name of a code, as nameZh.
func nameEn(g *label.Group, code string) string {
	if n, ok := g.Of(code); ok {
		return n.En
	}
	return code
}
