package fields

import (
	"credithub/query/view"
	"credithub/schema/civil"
	"credithub/schema/label"
	"credithub/schema/list"
)

func entityObject(entry *Object[view.Entry], records *Object[page[view.Record]]) *Object[view.Entity] {
	said := func(name string, get func(*view.Registration) string) Field[view.Entity] {
		return textOrNull(name, func(e *view.Entity) string { return get(e.Registration()) })
	}
	return object("Entity",
		id("uscc", func(e *view.Entity) string { return e.USCC }),
		said("name", func(r *view.Registration) string { return r.Name }),
		texts("formerNames", func(e *view.Entity) []string { return e.Registration().FormerNames }),
		said("status", func(r *view.Registration) string { return r.Status }),
		said("statusZh", func(r *view.Registration) string { return nameZh(label.Status, r.Status) }),
		said("statusEn", func(r *view.Registration) string { return nameEn(label.Status, r.Status) }),
		dateOrNull("establishedOn", establishedOn),
		said("legalRepresentative", func(r *view.Registration) string { return r.LegalRepresentative }),
		said("division", func(r *view.Registration) string { return r.Division }),
		said("domicile", func(r *view.Registration) string { return r.Domicile }),
		said("businessScope", func(r *view.Registration) string { return r.BusinessScope }),
		slow("blacklisted", "Boolean!", marked(func(blacklisted, _ bool) bool { return blacklisted })),
		slow("abnormal", "Boolean!", marked(func(_, abnormal bool) bool { return abnormal })),
		slow("grade", "Grade", graded(func(class string, _ []string) any {
			if class == "" {
				return nil
			}
			return class
		})),
		slow("gradeReasons", "[String!]!", graded(func(_ string, reasons []string) any { return anyOf(reasons) })),
		slow("entries", "["+entry.name+"!]!", entriesOf),
		slow("records", records.name+"!", recordsOf),
	)
}

func establishedOn(e *view.Entity) civil.Date {
	d, _ := civil.ParseDate(e.Registration().EstablishedOn)
	return d
}

func marked(which func(blacklisted, abnormal bool) bool) func(*call, *view.Entity) (any, error) {
	return func(c *call, e *view.Entity) (any, error) {
		c.sc.Viewer.WantEntries(e.USCC, e.When)
		return later(func() (any, error) {
			b, a, err := e.Marks(c.ctx)
			return which(b, a), err
		}), nil
	}
}

func graded(what func(class string, reasons []string) any) func(*call, *view.Entity) (any, error) {
	return func(c *call, e *view.Entity) (any, error) {
		c.sc.Viewer.WantEntries(e.USCC, e.When)
		e.WantGrade()
		return later(func() (any, error) {
			class, reasons, err := e.Grade(c.ctx)
			return what(class, reasons), err
		}), nil
	}
}

func entriesOf(c *call, e *view.Entity) (any, error) {
	state := list.ParseState(c.text("state"))
	c.sc.Viewer.WantEntries(e.USCC, e.When)
	return later(func() (any, error) {
		entries, err := e.Entries(c.ctx, state)
		return pointersTo(entries), err
	}), nil
}

func recordsOf(c *call, e *view.Entity) (any, error) {
	domain, first, after := c.text("domain"), c.first(), c.text("after")
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
		return pageOf(p, func(r *view.Record) *view.Record { return r }), nil
	}), nil
}
