package derive

import "credithub/schema/record"

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
// subjects.
//
// Partitions are read in another order after a restart, and news of the time
// before may be in the log already, where readers pass over them when they come
// again. So as long as it settles, it remembers the codes whose state could
// depend on the order, and says their last state once at the end.
type Registrations struct {
	Subjects *Subjects
	codes    *Codes
	unsure   map[Subject]struct{}
	settling bool
	code     []byte
}

// NewRegistrations makes an empty state that settles.
func NewRegistrations(codes *Codes) *Registrations {
	return &Registrations{Subjects: NewSubjects(codes), codes: codes, unsure: map[Subject]struct{}{}, settling: true}
}

// Apply notes a version that was judged, whatever the verdict was, and adds the
// news. name is NameHash of the folded name.
func (r *Registrations) Apply(v Verdict, id ID, h Held, op record.Op, name uint32, news *News) {
	if v.Status != Accepted || !v.Current {
		if v.Status != Duplicate {
			r.doubt(h.Subject)
			r.doubt(v.Was.Subject)
		}
		return
	}
	if v.Was.Version > 0 && v.Was.Subject != h.Subject {
		r.leave(v.Was.Subject, id, news)
	}
	if op != record.Upsert {
		r.leave(h.Subject, id, news)
		return
	}
	if h.Subject == 0 {
		return
	}
	state := r.Subjects.Stand(h.Subject, id, name)
	r.tell(h.Subject, state, news)
	if state != Known || r.Subjects.Shared(h.Subject) {
		r.doubt(h.Subject)
	}
}

func (r *Registrations) leave(s Subject, id ID, news *News) {
	if s == 0 {
		return
	}
	r.tell(s, r.Subjects.Leave(s, id), news)
	r.doubt(s)
}

func (r *Registrations) tell(s Subject, state SubjectState, news *News) {
	r.code = r.codes.AppendTo(r.code[:0], s)
	news.Add(r.code, state)
}

func (r *Registrations) doubt(s Subject) {
	if r.settling && s != 0 {
		r.unsure[s] = struct{}{}
	}
}

// Loaded ends the loading of what is stored: nothing of it is in doubt.
func (r *Registrations) Loaded() { clear(r.unsure) }

// Settle ends the settling and adds the states of the codes that were in doubt.
func (r *Registrations) Settle(news *News) {
	for s := range r.unsure {
		r.tell(s, r.Subjects.State(s), news)
	}
	r.unsure, r.settling = nil, false
}

// Settling tells whether Settle is still to be called.
func (r *Registrations) Settling() bool { return r.settling }
