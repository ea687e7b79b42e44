package fields

import (
	"encoding/json"

	"credithub/query/view"
	"credithub/schema/label"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// nameZh is the Chinese name of a code, null for none. A code without a name, as
// another version of the hub may have stored, stands for itself.
func nameZh(g *label.Group, code string) any {
	if n, ok := g.Of(code); ok {
		return n.Zh
	}
	return textOrNil(code)
}

// nameEn is the English name of a code, as nameZh.
func nameEn(g *label.Group, code string) any {
	if n, ok := g.Of(code); ok {
		return n.En
	}
	return textOrNil(code)
}

// causeOf is the cause of an entry with its names; the unit's own words when the
// list knows none.
func (s *Schema) causeOf(e *list.Entry, words string) *policy.Cause {
	if l := s.Policy.List(e.List); l != nil {
		if c := l.Cause(e.Cause, e.DecidedOn); c != nil {
			return c
		}
	}
	return &policy.Cause{Code: words, NameZh: words}
}

func statusOf(c *call) string { return c.src.(*view.Entity).Registration().Status }

// eventOf names what a list decision says happened; null for other records, and
// where the caller may not see it.
func eventOf(name func(*label.Group, string) any) resolver {
	return func(c *call) (any, error) {
		r := c.src.(*view.Record)
		if r.Domain != record.Decision.String() {
			return nil, nil
		}
		r.WantContent()
		return later(func() (any, error) {
			data, withheld, err := r.Content(c.ctx)
			if data == nil && len(withheld) > 0 {
				return nil, nil
			}
			var d struct{ Event string }
			if err == nil {
				err = json.Unmarshal(data, &d)
			}
			return name(label.Event, d.Event), err
		}), nil
	}
}
