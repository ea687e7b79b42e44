package restrict

import (
	"time"

	"credithub/query/restrict/memory"
	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/policy"
)

// roles of persons in entries, as the policy knows them.
var personRoles = map[list.PersonRole]policy.Role{
	list.LegalRepresentative: policy.LegalRepresentative,
	list.ResponsiblePerson:   policy.ResponsiblePerson,
}

// CheckPersonInto is CheckInto about the person of a key in the role that the
// matter asks about: what binds that person, by entries on any enterprise, counts
// in full where the matter asks about persons; the enterprise's own hits count as
// without a person, but for those that bind others.
//
// It is false, as CheckInto is, also when there are more than most that bind the
// person.
func (x *Index) CheckPersonInto(dst *Decision, code, person string, m *policy.Matter, at time.Time, most int) bool {
	if !x.CheckInto(dst, code, m, at, most) { // first: its receipt must not name more than is looked up
		return false
	}
	day := civil.DateOf(at)
	dst.impersonal()
	x.cur.Load().bound(person, func(e *list.Entry) bool {
		dst.bind(e, code, person, m, x.policy, day)
		return len(dst.Hits) <= most
	})
	if len(dst.Hits) > most {
		return dst.unanswered()
	}
	dst.conclude()
	return true
}

// bound calls f with the entries that name a person, until it is false.
func (st *state) bound(person string, f func(*list.Entry) bool) {
	var e list.Entry
	for _, code := range st.entries.Naming(person) {
		key := memory.KeyOf(code)
		for rest := st.entries.Of(key); len(rest) > 0; {
			if rest = st.entries.Next(&e, rest, key); e.Binds(person) != list.NoPerson && !f(&e) {
				return
			}
		}
	}
}

// About turns an answer about the enterprise of a code into one about the person of
// a key, whom the bound entries name. What an entry on the enterprise says of other
// persons goes; what entries say of this one comes.
func (d *Decision) About(bound []list.Entry, code, person string, m *policy.Matter, p *policy.Policy) {
	d.impersonal()
	day := civil.DateOf(d.At)
	for i := range bound {
		d.bind(&bound[i], code, person, m, p, day)
	}
	d.conclude()
}

// impersonal takes out what entries on the enterprise say of persons.
func (d *Decision) impersonal() {
	own := d.Hits[:0]
	for i := range d.Hits {
		h := d.Hits[i]
		if h.Role.Personal() && h.Evidence == nil && h.Entry.Persons != "" {
			continue // it says whom it binds: this person comes below, others are not asked about
		}
		own = append(own, h)
	}
	d.Hits = own
}

// bind appends what an entry means for the person that it names.
func (d *Decision) bind(e *list.Entry, code, person string, m *policy.Matter, p *policy.Policy, day civil.Date) {
	if role := e.Binds(person); role != list.NoPerson {
		d.Hits = bind(d.Hits, e, personRoles[role], e.USCC == code, p.Rules(m, e.List), m, day)
	}
}

// bind appends what an entry means for the person that it binds in a role. A bar
// from office elsewhere weighs INFORM at most in the listed enterprise itself. Where the
// law means an entry on the person, one on an enterprise weighs CAUTION at most.
func bind(hits []Hit, e *list.Entry, role policy.Role, own bool, rules []policy.Rule, m *policy.Matter, day civil.Date) []Hit {
	for i := range rules {
		r := &rules[i]
		if r.Measure.Target&(role|policy.Person) == 0 || !r.Role.Personal() && own {
			continue // it doesn't reach the person, or stands there as the enterprise's
		}
		o := r.Bears(e, day)
		if o == policy.None {
			continue
		}
		h := hitBy(r, o)
		h.Entry, h.Role = *e, role
		switch {
		case r.Measure.Elsewhere && own:
			h.Counts = min(o, policy.Inform)
		case m.Role.Personal() || r.Measure.Target&role != 0:
			h.Counts = o
		default: // the law means a person's own entry, and this is an enterprise's
			h.Counts = min(o, policy.Caution)
		}
		hits = append(hits, h)
	}
	return hits
}
