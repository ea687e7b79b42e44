package derive

import "math/bits"

const (
	segments = 256
	firstLen = 8
)

// table is a hash table of open addressing in segments that grow one at a time
// by a fourth, so that it is seven to nine tenths full whatever it holds. A key
// of 0 stands for an empty slot; who puts it gets it as 1.
//
// The index of restrictions (query) has hash tables of its own: they are read while
// another goroutine writes, and so hold nothing but words, and marks where keys
// were. Here one goroutine does both, values have any type and stay for good, and
// neither table could be the other without losing room or speed.
type table[V any] struct {
	seg [segments]segment[V]
	n   int
}

type segment[V any] struct {
	slots []slot[V]
	n     int
}

type slot[V any] struct {
	key uint64
	val V
}

// get points to the value of a key, nil when there is none. The pointer holds
// until the next put.
func (t *table[V]) get(id ID) *V {
	s := &t.seg[id.seg]
	if s.n == 0 {
		return nil
	}
	if sl := s.find(max(id.key, 1)); sl.key != 0 {
		return &sl.val
	}
	return nil
}

// put sets the value of a key.
func (t *table[V]) put(id ID, v V) {
	s := &t.seg[id.seg]
	key := max(id.key, 1)
	if s.n > 0 {
		if sl := s.find(key); sl.key != 0 {
			sl.val = v
			return
		}
	}
	if (s.n+1)*8 > len(s.slots)*7 {
		s.grow()
	}
	*s.find(key) = slot[V]{key, v}
	s.n++
	t.n++
}

// find is the slot of a key or the empty one where it belongs. The highest bits
// of the mixed key may be those that chose the segment, and tell nothing here.
func (s *segment[V]) find(key uint64) *slot[V] {
	at, _ := bits.Mul64(mix(key)<<8, uint64(len(s.slots)))
	for i := int(at); ; {
		if sl := &s.slots[i]; sl.key == key || sl.key == 0 {
			return sl
		}
		if i++; i == len(s.slots) {
			i = 0
		}
	}
}

func (s *segment[V]) grow() {
	old := s.slots
	s.slots = make([]slot[V], max(firstLen, len(old)+len(old)/4))
	for i := range old {
		if old[i].key != 0 {
			*s.find(old[i].key) = old[i]
		}
	}
}

// room counts slots, empty ones too.
func (t *table[V]) room() int {
	n := 0
	for i := range t.seg {
		n += len(t.seg[i].slots)
	}
	return n
}
