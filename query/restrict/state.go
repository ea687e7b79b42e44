package restrict

import (
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
	"credithub/schema/uscc"
)

// put replaces or removes one entry of a code: e nil, or in a state in which it
// can't restrict, removes it.
func (st *state) put(code, id string, e *list.Entry) {
	if e == nil || !st.canRestrict(e) {
		st.entries.Remove(code, id)
		return
	}
	st.entries.Put(code, id, e)
}

// canRestrict tells whether an entry is in force or can come into force by the
// passing of days alone, or a bar may outlive it.
func (st *state) canRestrict(e *list.Entry) bool {
	return mayBear(e.State, e.ExitType, e.List) && (e.State == list.InForce || st.policy.Outlives(e.List))
}

// mayBear is canRestrict as far as it can be told without the law.
func mayBear(s list.State, x list.ExitType, l list.Code) bool {
	ended := s == list.Exited && x != list.Corrected && x != list.Revoked
	return (s == list.InForce || ended) && l > 0 && l < list.CodeEnd
}

// applyEntry applies a message of credit.entries and tells whether it was new.
//
// Seq counts up in credit.decision, which is one partition and the only truth
// about order. Whatever comes again has a Seq that was applied before, so it
// changes nothing, even where an ingestor that starts again sends a range anew
// after newer messages went out.
func (st *state) applyEntry(m *feed.EntryMessage, met *metrics) bool {
	if m.Progress != nil {
		st.applyProgress(m.Progress, met)
		return true
	}
	if m.Seq < st.seq {
		met.repeated.Inc()
		return false
	}
	var e *list.Entry
	if m.Entry != nil {
		v := m.Entry.Entry()
		e = &v
		if e.List == 0 || e.State == list.NoState {
			met.malformed.Inc() // a list that this version doesn't know restricts nothing here
		}
	}
	id := m.ID
	if id == "" && e != nil {
		id = e.ID
	}
	// To the new subject first: an entry that moves is never nowhere.
	st.put(m.USCC, id, e)
	if m.WasUSCC != "" && m.WasUSCC != m.USCC {
		st.put(m.WasUSCC, id, nil)
	}
	st.seq = m.Seq + 1
	met.applied.Inc()
	return true
}

// applySubjects applies a message of credit.subjects and tells whether it was
// new. It speaks for the end of the range its progress names: one that leads no
// partition further has been applied, and must not bring back what later ones
// changed.
func (st *state) applySubjects(m *feed.SubjectsMessage, met *metrics) bool {
	now := st.progress.now.Load()
	if len(m.Progress.Through) > 0 && now.reaches(m.Progress.Through) {
		met.repeated.Inc()
		for _, r := range m.Progress.Reports {
			st.heard(r, met)
		}
		return false
	}
	st.each(m.Known, Known, met)
	st.each(m.Ambiguous, Ambiguous, met)
	st.each(m.Gone, Unknown, met)
	for i := range m.Facts {
		st.changeFacts(&m.Facts[i], met)
	}
	st.applyProgress(&m.Progress, met)
	met.applied.Inc()
	return true
}

// each sets the state of codes that stand one after another.
func (st *state) each(codes string, to SubjectState, met *metrics) {
	for len(codes) >= uscc.Length {
		st.subjects.Set(codes[:uscc.Length], to)
		codes = codes[uscc.Length:]
	}
	if codes != "" {
		met.malformed.Inc()
	}
}

func (st *state) heard(r feed.Report, met *metrics) {
	src := policy.Source{Unit: r.Unit, Domain: record.ParseDomain(r.Domain)}
	if !st.sources.heard(src, r.At) {
		met.strangers.Inc()
	}
}

// applyProgress comes last of what a message says: who waits for a position
// finds everything before it in place.
func (st *state) applyProgress(p *feed.Progress, met *metrics) {
	for _, r := range p.Reports {
		st.heard(r, met)
	}
	st.progress.advance(p.Through)
}

// Apply applies one message of credit.entries, as Run does; false when it had
// been applied before. Calls exclude each other.
func (x *Index) Apply(m *feed.EntryMessage) bool {
	x.entries.Lock()
	defer x.entries.Unlock()
	return x.cur.Load().applyEntry(m, x.met)
}

// ApplySubjects applies one message of credit.subjects, as Run does; false when
// it had been applied before. Calls exclude each other.
func (x *Index) ApplySubjects(m *feed.SubjectsMessage) bool {
	x.subjects.Lock()
	defer x.subjects.Unlock()
	return x.cur.Load().applySubjects(m, x.met)
}

// start sets the positions that a snapshot reflects.
func (st *state) start(h *Head) {
	st.progress.advance(h.positions())
	st.seq = h.cut()
}
