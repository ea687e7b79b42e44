package memory

import (
	"encoding/binary"

	"credithub/schema/feed"
	"credithub/schema/policy"
)

// The records of one code that are facts are one blob of bytes:
//
//	uvarint number of groups, and per group the place of it that is highest, also of
//	        records that are no fact
//	per record and fact:
//	  byte     number of the fact, and whether it stands in a series
//	  word     unit
//	  id       record id
//	  uvarint  version
//	  day      since
//	  day      until, against since
//	  place    only in a series
//
// A place is the group of a series and the place in it, 4 bytes each.

// Evidence is a record that bears on matters although no list entry does, and the
// days on which it does.
type Evidence struct {
	policy.Found
	Unit     string
	RecordID string
	Version  uint32
}

// Fact is one record as one fact.
type Fact struct {
	Evidence
	Group uint32 // 0: it stands alone
	Place int32
}

// FactSet is everything kept of a code.
type FactSet struct {
	Latest []feed.Latest // the highest place of each group
	Facts  []Fact
}

// seriesBit stands above the number of the fact: it stands in a series.
const seriesBit = 1 << 7

// factCodec writes and reads facts.
type factCodec struct {
	kinds []*policy.Fact // by number
	units *dict
}

func appendPlace(b []byte, group uint32, place int32) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, group), uint32(place))
}

func readPlace(b []byte) (group uint32, place int32) {
	return binary.LittleEndian.Uint32(b), int32(binary.LittleEndian.Uint32(b[4:]))
}

func (c *factCodec) append(b []byte, x *Fact, code string) []byte {
	head := byte(x.Fact.Index)
	if x.Group != 0 {
		head |= seriesBit
	}
	b = c.units.append(append(b, head), x.Unit)
	b = appendID(b, x.RecordID, code)
	b = binary.AppendUvarint(b, uint64(x.Version))
	b = appendDate(b, x.Since, epoch)
	b = appendDate(b, x.Until, orEpoch(x.Since))
	if x.Group != 0 {
		b = appendPlace(b, x.Group, x.Place)
	}
	return b
}

func (c *factCodec) next(x *Fact, b []byte, code string) []byte {
	head := b[0]
	x.Fact = c.kinds[head&^seriesBit]
	x.Unit, b = c.units.read(b[1:])
	x.RecordID, b = readID(b, code)
	v, b := uvarint(b)
	x.Version = uint32(v)
	x.Since, b = readDate(b, epoch)
	x.Until, b = readDate(b, orEpoch(x.Since))
	x.Group, x.Place = 0, 0
	if head&seriesBit != 0 {
		x.Group, x.Place = readPlace(b)
		b = b[8:]
	}
	return b
}

func (c *factCodec) skip(b []byte) []byte {
	series := b[0]&seriesBit != 0
	_, b = c.units.read(b[1:])
	b = skipID(b)
	for range 3 { // version and days
		_, b = uvarint(b)
	}
	if series {
		b = b[8:]
	}
	return b
}
