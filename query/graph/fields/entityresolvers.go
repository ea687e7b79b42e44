package fields

import (
	"time"

	"credithub/query/restrict"
	"credithub/query/view"
	"credithub/schema/civil"
	"credithub/schema/label"
	"credithub/schema/list"
	"credithub/schema/policy"
)

func entityResolvers() map[string]resolver {
	text := func(f func(r *view.Registration) string) resolver {
		return func(c *call) (any, error) {
			if s := f(c.src.(*view.Entity).Registration()); s != "" {
				return s, nil
			}
			return nil, nil
		}
	}
	mark := func(f func(blacklisted, abnormal bool) bool) resolver {
		return func(c *call) (any, error) {
			e := c.src.(*view.Entity)
			c.sc.Viewer.WantEntries(e.USCC, e.When)
			return later(func() (any, error) {
				b, a, err := e.Marks(c.ctx)
				return f(b, a), err
			}), nil
		}
	}
	return map[string]resolver{
		"Entity.uscc":                func(c *call) (any, error) { return c.src.(*view.Entity).USCC, nil },
		"Entity.name":                text(func(r *view.Registration) string { return r.Name }),
		"Entity.status":              text(func(r *view.Registration) string { return r.Status }),
		"Entity.statusZh":            func(c *call) (any, error) { return nameZh(label.Status, statusOf(c)), nil },
		"Entity.statusEn":            func(c *call) (any, error) { return nameEn(label.Status, statusOf(c)), nil },
		"Entity.legalRepresentative": text(func(r *view.Registration) string { return r.LegalRepresentative }),
		"Entity.division":            text(func(r *view.Registration) string { return r.Division }),
		"Entity.domicile":            text(func(r *view.Registration) string { return r.Domicile }),
		"Entity.businessScope":       text(func(r *view.Registration) string { return r.BusinessScope }),
		"Entity.establishedOn": func(c *call) (any, error) {
			d, _ := civil.ParseDate(c.src.(*view.Entity).Registration().EstablishedOn)
			return d, nil
		},
		"Entity.formerNames": func(c *call) (any, error) {
			return each(c.src.(*view.Entity).Registration().FormerNames, func(s string) any { return s }), nil
		},
		"Entity.blacklisted": mark(func(b, _ bool) bool { return b }),
		"Entity.abnormal":    mark(func(_, a bool) bool { return a }),
		"Entity.grade": func(c *call) (any, error) {
			return gradeLater(c, func(class string, _ []string) any {
				if class == "" {
					return nil
				}
				return class
			}), nil
		},
		"Entity.gradeReasons": func(c *call) (any, error) {
			return gradeLater(c, func(_ string, reasons []string) any {
				return each(reasons, func(s string) any { return s })
			}), nil
		},
		"Entity.entries": func(c *call) (any, error) {
			e, state := c.src.(*view.Entity), list.ParseState(c.text("state"))
			c.sc.Viewer.WantEntries(e.USCC, e.When)
			return later(func() (any, error) {
				es, err := e.Entries(c.ctx, state)
				return each(es, func(v view.Entry) any { return &v }), err
			}), nil
		},
		"Entity.records": func(c *call) (any, error) {
			e, domain, first, after := c.src.(*view.Entity), c.text("domain"), c.first(), c.text("after")
			if err := view.CheckFirst(first); err != nil {
				return nil, err
			}
			if after == "" {
				c.sc.Viewer.WantRecords(e.USCC, e.When, domain)
			}
			return later(func() (any, error) {
				p, err := e.Records(c.ctx, domain, first, after)
				if err != nil {
					return nil, err
				}
				return pageOf(c, p, func(r view.Record) any { return &r }), nil
			}), nil
		},
	}
}

func gradeLater(c *call, f func(class string, reasons []string) any) any {
	e := c.src.(*view.Entity)
	c.sc.Viewer.WantEntries(e.USCC, e.When)
	e.WantGrade()
	return later(func() (any, error) {
		class, reasons, err := e.Grade(c.ctx)
		return f(class, reasons), err
	})
}

// listOf is a list of the policy; one that it doesn't name has its code only.
func (s *Schema) listOf(c list.Code) *policy.List {
	if l := s.Policy.List(c); l != nil {
		return l
	}
	return &policy.List{Code: c, NameZh: c.String(), NameEn: c.String()}
}

// unitOf is a unit with its names, or its code when the policy doesn't name it.
func (s *Schema) unitOf(code string) unitValue {
	if u := s.Policy.Unit(code); u != nil {
		return unitValue{code, u.NameZh, u.NameEn}
	}
	return unitValue{code, code, code}
}

// unitName is a unit's name, or its code when the policy doesn't name it.
func (s *Schema) unitName(code string) string {
	if u := s.Policy.Unit(code); u != nil {
		return u.NameZh
	}
	return code
}

// sourceAt is what is known of a source at an instant. Among stale ones it isn't
// fresh, whatever has come since.
func (s *Schema) sourceAt(src policy.Source, at time.Time, stale bool) sourceValue {
	for _, x := range s.Index.Sources(at) {
		if x.Source == src {
			v := s.sourceOf(x, at)
			v.fresh = v.fresh && !stale
			if v.last.After(at) {
				v.last = time.Time{} // only a later time is known
			}
			return v
		}
	}
	return s.sourceOf(restrict.SourceState{Source: src}, at)
}

func (s *Schema) sourceOf(x restrict.SourceState, at time.Time) sourceValue {
	v := sourceValue{Source: x.Source, last: x.LastReceivedAt, fresh: x.Fresh,
		connected: s.Policy.Connected(x.Source, civil.DateOf(at)), how: policy.Connection{Since: civil.NoDate}}
	if c := s.Policy.Connection(x.Source); c != nil {
		v.how = *c
	}
	return v
}

// decidedOn is the day of the decision. Every decision has one; should it be
// missing, the first day in force stands for it.
func decidedOn(e *view.Entry) civil.Date {
	switch {
	case e.DecidedOn != civil.NoDate:
		return e.DecidedOn
	case e.Since != civil.NoDate:
		return e.Since
	case e.ServedOn != civil.NoDate:
		return e.ServedOn
	}
	return 0
}
