package memory

import (
	"strings"
	"sync"
	"sync/atomic"
)

// side holds what the compact tables can't: codes that don't pack into 64 bits (pilot
// codes, codes that fail the inner check), and blobs larger than a slab takes. Readers
// take no lock; one writer.
type side struct {
	m    sync.Map // code → []byte, never empty
	n    atomic.Int64
	size atomic.Int64 // bytes of blobs and codes
}

func (s *side) get(code string) []byte {
	if s.n.Load() == 0 {
		return nil
	}
	if v, ok := s.m.Load(code); ok {
		return v.([]byte)
	}
	return nil
}

// set replaces the blob of a code; an empty one takes it away. The map keeps blob.
func (s *side) set(code string, blob []byte) {
	var old any
	var was bool
	if len(blob) == 0 {
		old, was = s.m.LoadAndDelete(code)
	} else {
		old, was = s.m.Swap(strings.Clone(code), blob) // don't keep the message alive
		s.n.Add(1)
		s.size.Add(int64(len(code) + len(blob)))
	}
	if was {
		s.n.Add(-1)
		s.size.Add(-int64(len(code) + len(old.([]byte))))
	}
}

func (s *side) len() int { return int(s.n.Load()) }

// sideOverhead is about what sync.Map and the head of a blob take a code.
const sideOverhead = 160

func (s *side) bytes() int { return int(s.size.Load()) + sideOverhead*s.len() }
