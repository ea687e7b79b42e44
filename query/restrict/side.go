package restrict

import (
	"sync"
	"sync/atomic"
)

// sideMap holds the subjects that the compact tables can't: codes that don't
// pack into 64 bits (pilot codes, codes that fail the inner check), and subjects
// with more entries than a slab takes. Readers take no lock.
type sideMap struct {
	m     sync.Map   // code → *sideSubject
	write sync.Mutex // between the writer of entries and that of subjects
	n     atomic.Int64
	size  atomic.Int64 // bytes of blobs and codes
}

type sideSubject struct {
	state atomic.Uint32 // SubjectState, for codes that don't pack
	rest  atomic.Pointer[[]byte]
}

func (s *sideMap) get(code string) *sideSubject {
	if s.n.Load() == 0 {
		return nil
	}
	if v, ok := s.m.Load(code); ok {
		return v.(*sideSubject)
	}
	return nil
}

func (s *sideMap) state(code string) SubjectState {
	if v := s.get(code); v != nil {
		return SubjectState(v.state.Load())
	}
	return Unknown
}

func (s *sideMap) rest(code string) []byte {
	if v := s.get(code); v != nil {
		if p := v.rest.Load(); p != nil {
			return *p
		}
	}
	return nil
}

// change gives f the subject of a code, made when absent, and drops it when
// nothing is left in it.
func (s *sideMap) change(code string, f func(*sideSubject)) {
	s.write.Lock()
	defer s.write.Unlock()
	v, ok := s.m.Load(code)
	if !ok {
		v = new(sideSubject)
	}
	sub := v.(*sideSubject)
	f(sub)
	gone := sub.state.Load() == uint32(Unknown) && sub.rest.Load() == nil
	switch {
	case gone && ok:
		s.m.Delete(code)
		s.n.Add(-1)
		s.size.Add(-int64(len(code)))
	case !gone && !ok:
		code = string(append([]byte(nil), code...)) // don't keep the message alive
		s.m.Store(code, sub)
		s.n.Add(1)
		s.size.Add(int64(len(code)))
	}
}

func (s *sideMap) setState(code string, st SubjectState) {
	s.change(code, func(v *sideSubject) { v.state.Store(uint32(st)) })
}

// setRest replaces the entries of a code; an empty rest takes them away. The
// map keeps rest.
func (s *sideMap) setRest(code string, rest []byte) {
	s.change(code, func(v *sideSubject) {
		if old := v.rest.Load(); old != nil {
			s.size.Add(-int64(len(*old)))
		}
		if len(rest) == 0 {
			v.rest.Store(nil)
			return
		}
		s.size.Add(int64(len(rest)))
		v.rest.Store(&rest)
	})
}

// sideOverhead is about what sync.Map and a sideSubject take a code.
const sideOverhead = 160

func (s *sideMap) bytes() int { return int(s.size.Load()) + sideOverhead*int(s.n.Load()) }
