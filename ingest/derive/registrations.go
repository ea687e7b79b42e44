package derive

import (
	"credithub/schema/record"
	"credithub/schema/stored"
)

// Left tells under which subject, and at which version, has to be said that a
// record is not there (any more), after a verdict of Accepted on v. Whichever of
// two versions names the other code, the higher one counts.
func (v *Verdict) Left(h Held) (Subject, uint32) {
	switch {
	case v.Was.Version == 0 || v.Was.Subject == h.Subject:
		return 0, 0
	case v.Current:
		return v.Was.Subject, h.Version
	}
	return h.Subject, v.Was.Version
}

// Registrations turns versions of registration records into news about their
// subjects. What it knows depends on which versions it saw, not on their order;
// what it says on the way depends on the order too.
type Registrations struct {
	Subjects *Subjects
	codes    *Codes
	code     []byte
}

// NewRegistrations makes an empty state.
func NewRegistrations(codes *Codes) *Registrations {
	return &Registrations{Subjects: NewSubjects(codes), codes: codes}
}

// Apply notes a version that was judged, and adds the news. name is NameHash of
// the folded name.
func (r *Registrations) Apply(v Verdict, id ID, h Held, op record.Op, name uint32, news *News) {
	if v.Status != stored.Accepted || !v.Current {
		return
	}
	if v.Was.Version > 0 && v.Was.Subject != h.Subject {
		r.leave(v.Was.Subject, id, news)
	}
	switch {
	case h.Subject == 0:
	case op == record.Upsert:
		r.tell(h.Subject, r.Subjects.Stand(h.Subject, id, name), news)
	default:
		r.leave(h.Subject, id, news)
	}
}

func (r *Registrations) leave(s Subject, id ID, news *News) {
	if s != 0 {
		r.tell(s, r.Subjects.Leave(s, id), news)
	}
}

func (r *Registrations) tell(s Subject, state SubjectState, news *News) {
	r.code = r.codes.AppendTo(r.code[:0], s)
	news.Add(r.code, state)
}
