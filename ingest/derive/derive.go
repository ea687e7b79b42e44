// Package derive holds what intake has to remember to tell what a message means:
// which version of each record is known (Index), which codes have a
// registration (Subjects), which records bear on matters without a list entry
// (Facts), and the events of each list entry (Decisions).
//
// It promises that the same messages in the same order of one partition give the
// same answers after a restart from what ClickHouse holds, and that the order of
// partitions among each other doesn't change where they end. Versions of one record
// that stand in several partitions are the exception: which of two contents of one
// version counts, and which number a row without one gets, depends on which was read
// first, so intake keeps that order (see its turns). It never reads a clock, never
// does I/O, and nothing in it may be used by several goroutines at once, nor shared by
// two lanes.
package derive

import (
	"math"

	"github.com/zeebo/xxh3"

	"credithub/schema/uscc"
)

// ID is the identity of a record within its domain: a hash of unit and record id
// of which 72 bits are kept, so that two of 10⁸ records meet once in a million
// hubs.
type ID struct {
	seg uint8
	key uint64
}

// Identifier makes IDs and keeps its room between them.
type Identifier struct{ buf []byte }

// ID is the identity of (unit, recordID).
func (x *Identifier) ID(unit string, recordID []byte) ID {
	b := append(x.buf[:0], unit...)
	b = append(b, 0)
	b = append(b, recordID...)
	x.buf = b
	h := xxh3.Hash128(b)
	return ID{seg: uint8(h.Hi >> 56), key: h.Lo}
}

// version is the identity of one version of the record.
func (id ID) version(v uint32) ID {
	h := mix(id.key ^ uint64(v)*0x9e3779b97f4a7c15)
	return ID{seg: id.seg ^ uint8(mix(h)>>56), key: h}
}

// Subject is a code in 8 bytes; 0 for none.
type Subject uint64

// Codes gives a Subject to each code: its key, and a number from the top down to
// codes that have no key.
type Codes struct {
	odd   map[string]Subject
	names []string
}

// NewCodes makes an empty set.
func NewCodes() *Codes { return &Codes{odd: map[string]Subject{}} }

// Subject is the subject of a code. It keeps codes without a key for ever; they
// are few.
func (c *Codes) Subject(code []byte) Subject {
	if len(code) == 0 {
		return 0
	}
	if k, ok := uscc.Pack(code); ok {
		return Subject(k)
	}
	if s, ok := c.odd[string(code)]; ok {
		return s
	}
	own := string(code)
	s := Subject(math.MaxUint64 - uint64(len(c.names)))
	if uscc.Key(s).Valid() {
		panic("derive: more codes without a key than there is room for")
	}
	c.odd[own] = s
	c.names = append(c.names, own)
	return s
}

// AppendTo appends the code of a subject.
func (c *Codes) AppendTo(dst []byte, s Subject) []byte {
	if i := math.MaxUint64 - uint64(s); i < uint64(len(c.names)) {
		return append(dst, c.names[i]...)
	}
	return uscc.Key(s).AppendTo(dst)
}

// String is the code of a subject.
func (c *Codes) String(s Subject) string { return string(c.AppendTo(nil, s)) }

// mix spreads the bits of a key over all of them (the finisher of splitmix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
