package restrict

import "credithub/schema/uscc"

// Stats counts what the index holds, in subjects, entries and bytes.
type Stats struct {
	Known      int // subjects with a registration that pack into a key
	Ambiguous  int
	Side       int // codes in the side map
	Restricted int // subjects with entries, without those in the side map
	Entries    int
	Facts      int // subjects with a record that is a fact, packed codes only

	KnownBytes int // both sets of codes
	TableBytes int // slots of the restricted subjects
	SlabBytes  int // their entries, with what is dead or not yet used
	DictBytes  int
	SideBytes  int
	FactBytes  int // everything about facts
}

// PerRestricted is the number of bytes a restricted subject takes in all.
func (s Stats) PerRestricted() float64 {
	return float64(s.TableBytes+s.SlabBytes+s.DictBytes+s.SideBytes) / float64(max(s.Restricted+s.Side, 1))
}

// Stats measures the index. It holds up the writers meanwhile.
func (x *Index) Stats() Stats {
	x.entries.Lock()
	defer x.entries.Unlock()
	x.subjects.Lock()
	defer x.subjects.Unlock()
	return x.cur.Load().stats()
}

func (st *state) stats() Stats {
	s := Stats{
		Known: st.known.len(), Ambiguous: st.ambig.len(), Side: int(st.side.n.Load()),
		Restricted: st.table.len(), Entries: int(st.kept.Load()),
		KnownBytes: st.known.bytes() + st.ambig.bytes(),
		DictBytes:  st.codec.units.bytes() + st.codec.causes.bytes(),
		SideBytes:  st.side.bytes(),
	}
	s.TableBytes, s.SlabBytes = st.table.bytes()
	slots, slabs := st.facts.table.bytes()
	s.Facts, s.FactBytes = st.facts.table.len(), slots+slabs+st.facts.side.bytes()+st.facts.codec.units.bytes()
	return s
}

// Each calls f with every subject that has entries which are or can come into
// force, packed codes only, and their number. What changes meanwhile may be
// seen or not.
func (x *Index) Each(f func(code string, entries int)) {
	st := x.cur.Load()
	st.table.each(func(k uscc.Key, rest []byte) {
		code := k.String()
		if rest == nil {
			rest = st.side.rest(code)
		}
		f(code, st.codec.count(rest))
	})
}
