package memory

import "credithub/schema/stored"

// SubjectState is what the hub knows of a code.
type SubjectState = stored.SubjectState

// Subject states.
const (
	Unknown   = stored.Unknown
	Known     = stored.Known
	Ambiguous = stored.Ambiguous
)

// Subjects holds the state of codes.
type Subjects struct {
	known keySet // codes with a registration
	ambig keySet // codes whose registrations contradict each other, see Set
	side  side   // codes that don't pack; the blob is one byte, the state
}

// Of reads what is known of a code. The ambiguous set is asked first: see Set for
// why that order never shows a state that never was.
func (s *Subjects) Of(k Key) SubjectState {
	switch {
	case !k.fits:
		if blob := s.side.get(k.code); blob != nil {
			return SubjectState(blob[0])
		}
	case s.ambig.has(k.packed):
		return Ambiguous
	case s.known.has(k.packed):
		return Known
	}
	return Unknown
}

// Set changes what is known of a code. Two sets can't change in one step, so the
// order is such that a reader who asks ambig, then known, sees the old state or the
// new one:
//
//	known → ambiguous    ambig+            known is left as it is
//	unknown → ambiguous  ambig+            known is not touched
//	ambiguous → known    known+, ambig−
//	any → unknown        known−, ambig−
func (s *Subjects) Set(code string, to SubjectState) {
	k := KeyOf(code)
	if !k.fits {
		s.setAside(code, to)
		return
	}
	switch to {
	case Known:
		s.known.add(k.packed)
		s.ambig.remove(k.packed)
	case Ambiguous:
		s.ambig.add(k.packed)
	case Unknown:
		s.known.remove(k.packed)
		s.ambig.remove(k.packed)
	}
}

func (s *Subjects) setAside(code string, to SubjectState) {
	if to == Unknown {
		s.side.set(code, nil)
		return
	}
	s.side.set(code, []byte{byte(to)})
}

// Known counts the codes with a registration that pack.
func (s *Subjects) Known() int { return s.known.len() }

// Size measures it; Codes are those of both sets.
func (s *Subjects) Size() Size {
	return Size{Codes: s.known.len() + s.ambig.len(), Aside: s.side.len(), Slots: s.known.bytes() + s.ambig.bytes(), Side: s.side.bytes()}
}
