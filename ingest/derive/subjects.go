package derive

import (
	"maps"
	"slices"

	"github.com/zeebo/xxh3"

	"credithub/schema/stored"
	"credithub/schema/uscc"
)

// SubjectState is what the registrations say of a code.
type SubjectState = stored.SubjectState

// States of a subject.
const (
	Unknown   = stored.Unknown
	Known     = stored.Known
	Ambiguous = stored.Ambiguous
)

// holder is the one registration record under a code.
type holder struct {
	id   uint64 // 0: nobody
	name uint32
	seg  uint8
	many bool // see Subjects.many
}

// Subjects knows which registration records stand under which code, by the
// current version of each record only.
type Subjects struct {
	codes *Codes
	one   table[holder]
	many  map[Subject]map[ID]uint32 // codes under which two records or more have stood
}

// NewSubjects makes an empty set.
func NewSubjects(codes *Codes) *Subjects {
	return &Subjects{codes: codes, many: map[Subject]map[ID]uint32{}}
}

// NameHash is the hash under which folded names are compared.
func NameHash(folded string) uint32 { return uint32(xxh3.HashString(folded)) }

func place(s Subject) ID {
	h := mix(uint64(s))
	return ID{seg: uint8(h >> 56), key: uint64(s)}
}

// Stand says that the current version of a record stands under a code with a
// name, and gives the state of the code.
func (x *Subjects) Stand(s Subject, id ID, name uint32) SubjectState {
	if s == 0 {
		return Unknown
	}
	id.key = max(id.key, 1)
	h := x.one.get(place(s))
	switch {
	case h == nil:
		x.one.put(place(s), holder{id: id.key, seg: id.seg, name: name})
		return Known
	case h.many:
		x.many[s][id] = name
		return x.of(s)
	case h.id == 0 || h.id == id.key && h.seg == id.seg:
		h.id, h.seg, h.name = id.key, id.seg, name
		return Known
	}
	x.many[s] = map[ID]uint32{{h.seg, h.id}: h.name, id: name}
	h.many = true
	return x.of(s)
}

// Leave says that the record no longer stands under the code.
func (x *Subjects) Leave(s Subject, id ID) SubjectState {
	h := x.one.get(place(s))
	id.key = max(id.key, 1)
	switch {
	case s == 0 || h == nil:
		return Unknown
	case h.many:
		delete(x.many[s], id)
	case h.id == id.key && h.seg == id.seg:
		h.id = 0
	}
	return x.of(s)
}

// of is the state of a code.
func (x *Subjects) of(s Subject) SubjectState {
	h := x.one.get(place(s))
	if h == nil || !h.many {
		if h == nil || h.id == 0 {
			return Unknown
		}
		return Known
	}
	return stored.SubjectOf(maps.Values(x.many[s]))
}

// State is the state of a code.
func (x *Subjects) State(s Subject) SubjectState { return x.of(s) }

// Len counts codes ever seen.
func (x *Subjects) Len() int { return x.one.n }

// News are changes of subjects since it was emptied: codes without separator, as
// credit.subjects carries them. The last word about a code counts, and a code is
// in one list only.
type News struct {
	Known, Gone, Ambiguous []byte
}

// Empty tells that there are none.
func (n *News) Empty() bool { return len(n.Known)+len(n.Gone)+len(n.Ambiguous) == 0 }

// Reset empties it and keeps its room.
func (n *News) Reset() { n.Known, n.Gone, n.Ambiguous = n.Known[:0], n.Gone[:0], n.Ambiguous[:0] }

// Add notes the state of a code. Codes that are not of 18 characters can't be
// carried and are left out.
func (n *News) Add(code []byte, s SubjectState) {
	if len(code) != uscc.Length {
		return
	}
	if s != Known || len(n.Gone)+len(n.Ambiguous) > 0 {
		n.Known, n.Gone, n.Ambiguous = without(n.Known, code), without(n.Gone, code), without(n.Ambiguous, code)
	}
	switch s {
	case Known:
		n.Known = append(n.Known, code...)
	case Ambiguous:
		n.Ambiguous = append(n.Ambiguous, code...)
	default:
		n.Gone = append(n.Gone, code...)
	}
}

// Merge adds newer news.
func (n *News) Merge(o *News) {
	if len(o.Gone)+len(o.Ambiguous)+len(n.Gone)+len(n.Ambiguous) == 0 {
		n.Known = append(n.Known, o.Known...)
		return
	}
	for _, x := range []struct {
		codes []byte
		state SubjectState
	}{{o.Known, Known}, {o.Gone, Unknown}, {o.Ambiguous, Ambiguous}} {
		for c := range slices.Chunk(x.codes, uscc.Length) {
			n.Add(c, x.state)
		}
	}
}

// without takes a code out wherever it stands.
func without(list, code []byte) []byte {
	for i := 0; i+len(code) <= len(list); {
		if string(list[i:i+len(code)]) == string(code) {
			list = slices.Delete(list, i, i+len(code))
			continue
		}
		i += len(code)
	}
	return list
}
