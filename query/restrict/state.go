package restrict

import (
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/record"
	"credithub/schema/uscc"
)

// pack is uscc.Pack for codes that the tables take.
func pack(code string) (uscc.Key, bool) {
	k, ok := uscc.Pack(code)
	return k, ok && uint64(k) != empty && uint64(k) != deleted
}

// subject reads what is known of a code. The ambiguous set is asked first: see
// setSubject for why that order never shows a state that never was.
func (st *state) subject(k uscc.Key, packed bool, code string) SubjectState {
	switch {
	case !packed:
		return st.side.state(code)
	case st.ambig.has(k):
		return Ambiguous
	case st.known.has(k):
		return Known
	}
	return Unknown
}

// setSubject changes what is known of a code. Two sets can't change in one
// step, so the order is such that a reader who asks ambig, then known, sees the
// old state or the new one:
//
//	known → ambiguous    ambig+            known is left as it is
//	unknown → ambiguous  ambig+            known is not touched
//	ambiguous → known    known+, ambig−
//	any → unknown        known−, ambig−
//
// Only the writer of subjects calls it.
func (st *state) setSubject(code string, to SubjectState) {
	k, packed := pack(code)
	if !packed {
		st.side.setState(code, to)
		return
	}
	switch to {
	case Known:
		st.known.add(k)
		st.ambig.remove(k)
	case Ambiguous:
		st.ambig.add(k)
	case Unknown:
		st.known.remove(k)
		st.ambig.remove(k)
	}
}

// rest gives the entries of a code in encoded form.
func (st *state) rest(k uscc.Key, packed bool, code string) []byte {
	return restOf(&st.table, &st.side, k, packed, code)
}

// restOf gives the blob of a code without its length. Between the two reads the
// writer may have moved it out of the side map; then the table has it.
func restOf(t *table, side *sideMap, k uscc.Key, packed bool, code string) []byte {
	if !packed {
		return side.rest(code)
	}
	for {
		rest, aside := t.get(k)
		if !aside {
			return rest
		}
		if rest = side.rest(code); rest != nil {
			return rest
		}
	}
}

// setRest replaces the entries of a code. rest is copied. Only the writer of
// entries calls it.
func (st *state) setRest(code string, rest []byte) { setRestOf(&st.table, &st.side, code, rest) }

// setRestOf replaces the blob of a code. rest is copied.
func setRestOf(t *table, side *sideMap, code string, rest []byte) {
	k, packed := pack(code)
	if !packed {
		side.setRest(code, slices.Clone(rest))
		return
	}
	was, is := t.set(k, rest, func() { side.setRest(code, slices.Clone(rest)) })
	if was && !is {
		side.setRest(code, nil)
	}
}

// put replaces or removes one entry of a code: e nil, or in a state in which it
// can't restrict, removes it.
func (st *state) put(code, id string, e *list.Entry) {
	k, packed := pack(code)
	rest := st.rest(k, packed, code)
	keep := e != nil && st.canRestrict(e)
	if keep && st.append(rest, code, id, e) {
		return
	}
	buf, found, named := st.codec.without(st.buf[:0], rest, id, code)
	if keep {
		buf = st.codec.append(buf, e, code)
	}
	st.buf = buf // room for the next time
	switch {
	case keep && !found:
		st.kept.Add(1)
	case !keep && found:
		st.kept.Add(-1)
	case !keep:
		return
	}
	if keep {
		st.people.add(e.Persons, code) // before the entry is there, and away after it is
	}
	st.setRest(code, buf)
	if len(buf) <= maxBlob {
		delete(st.ids, code)
	}
	if named != "" {
		st.people.drop(named, code, st.codec.persons(buf, code))
	}
}

// append puts a new entry of a code behind those that lie aside for their size, and
// copies none of them; false when there are few, or when it may be one of them. No
// reader sees what lies behind the length that it has.
func (st *state) append(rest []byte, code, id string, e *list.Entry) bool {
	if len(rest) <= maxBlob {
		return false
	}
	ids := st.ids[code]
	if ids == nil {
		ids = st.codec.ids(rest, code)
		st.ids[strings.Clone(code)] = ids // don't keep the message alive
	}
	h := xxh3.HashString(id)
	if _, there := ids[h]; there {
		return false
	}
	ids[h] = struct{}{}
	st.kept.Add(1)
	st.people.add(e.Persons, code)
	st.side.setRest(code, st.codec.append(rest, e, code))
	return true
}

// canRestrict tells whether an entry is in force or can come into force by the
// passing of days alone, or a bar may outlive it.
func (st *state) canRestrict(e *list.Entry) bool {
	return mayBear(e.State, e.ExitType, e.List) && (e.State == list.InForce || st.policy.Outlives(e.List))
}

// mayBear is what can be told of it without the law.
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
		st.facts.change(&m.Facts[i], met)
	}
	st.applyProgress(&m.Progress, met)
	met.applied.Inc()
	return true
}

// each sets the state of codes that stand one after another.
func (st *state) each(codes string, to SubjectState, met *metrics) {
	for len(codes) >= uscc.Length {
		st.setSubject(codes[:uscc.Length], to)
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

// firstSeqAfter is the lowest Seq of a record after an offset of
// credit.decision: Seq is offset × 4 + ordinal.
func firstSeqAfter(offset int64) uint64 { return uint64(offset+1) * feed.SeqPerRecord }
