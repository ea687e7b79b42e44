package restrict

import (
	"encoding/binary"
	"slices"

	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/policy"
	"credithub/schema/record"
)

// The records of one subject that are facts are one blob of bytes:
//
//	uvarint length of the rest
//	uvarint number of groups, and per group:
//	  4 bytes  group
//	  4 bytes  highest place of it, also of records that are no fact
//	per record and fact:
//	  byte     number of the fact, and bit 7: it stands in a series
//	  uvarint  unit, number in the dictionary; 0: text follows
//	  uvarint  and more: record id, as an entry's id
//	  uvarint  version
//	  date     since against epoch
//	  date     until against since
//	  8 bytes  group and place, only in a series
//
// Like entries, a blob is never written again once it can be read.

const seriesBit = 1 << 7

// factItem is one record as one fact.
type factItem struct {
	Evidence
	group uint32 // 0: it stands alone
	place int32
}

// factSet is everything kept of a subject.
type factSet struct {
	latest []feed.Latest
	items  []factItem
}

// factCodec writes and reads them.
type factCodec struct {
	policy *policy.Policy
	units  *dict
}

func newFactCodec(p *policy.Policy) factCodec { return factCodec{p, newDict(1000, 32)} }

// append writes a set; nothing for one without facts.
func (c *factCodec) append(b []byte, s *factSet, code string) []byte {
	if len(s.items) == 0 {
		return b
	}
	b = binary.AppendUvarint(b, uint64(len(s.latest)))
	for _, l := range s.latest {
		b = appendPlace(b, l.Group, l.Place)
	}
	for i := range s.items {
		x := &s.items[i]
		head := byte(x.Fact.Index)
		if x.group != 0 {
			head |= seriesBit
		}
		b = c.units.append(append(b, head), x.Unit)
		b = appendID(b, x.RecordID, code)
		b = binary.AppendUvarint(b, uint64(x.Version))
		b = appendDate(b, x.Since, epoch)
		b = appendDate(b, x.Until, orEpoch(x.Since))
		if x.group != 0 {
			b = appendPlace(b, x.group, x.place)
		}
	}
	return b
}

func appendPlace(b []byte, group uint32, place int32) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, group), uint32(place))
}

func readPlace(b []byte) (group uint32, place int32) {
	return binary.LittleEndian.Uint32(b), int32(binary.LittleEndian.Uint32(b[4:]))
}

// head parts a blob into its groups and its items.
func (c *factCodec) head(b []byte) (groups, items []byte) {
	if len(b) == 0 {
		return nil, nil
	}
	n, b := uvarint(b)
	return b[:8*n], b[8*n:]
}

// next reads the first item.
func (c *factCodec) next(x *factItem, b []byte, code string) []byte {
	head := b[0]
	x.Fact = c.policy.Facts[head&^seriesBit]
	x.Unit, b = c.units.read(b[1:])
	x.RecordID, b = readID(b, code)
	v, b := uvarint(b)
	x.Version = uint32(v)
	x.Since, b = readDate(b, epoch)
	x.Until, b = readDate(b, orEpoch(x.Since))
	x.group, x.place = 0, 0
	if head&seriesBit != 0 {
		x.group, x.place = readPlace(b)
		b = b[8:]
	}
	return b
}

// skip passes over the first item.
func (c *factCodec) skip(b []byte) []byte {
	head := b[0]
	_, b = c.units.read(b[1:])
	n, b := uvarint(b)
	b = b[n>>1+n&1:]
	for range 3 {
		_, b = uvarint(b)
	}
	if head&seriesBit != 0 {
		b = b[8:]
	}
	return b
}

// superseded tells whether a later record of the group ends the item.
func (x *factItem) superseded(groups []byte) bool {
	for ; x.group != 0 && len(groups) > 0; groups = groups[8:] {
		if g, at := readPlace(groups); g == x.group {
			return x.place < at
		}
	}
	return false
}

// read gives everything kept of a subject.
func (c *factCodec) read(b []byte, code string) (s factSet) {
	groups, items := c.head(b)
	for ; len(groups) > 0; groups = groups[8:] {
		g, at := readPlace(groups)
		s.latest = append(s.latest, feed.Latest{Group: g, Place: at})
	}
	for len(items) > 0 {
		var x factItem
		items = c.next(&x, items, code)
		s.items = append(s.items, x)
	}
	return s
}

// change applies news of a subject; false when it names a fact that this version
// doesn't know, which is left out.
func (s *factSet) change(p *policy.Policy, news *feed.SubjectFacts) (known bool) {
	known = true
	for i := range news.Records {
		r := &news.Records[i]
		d := record.ParseDomain(r.Domain)
		s.items = slices.DeleteFunc(s.items, func(x factItem) bool {
			return x.RecordID == r.RecordID && x.Unit == r.Unit && x.Fact.Domain == d
		})
		for _, f := range r.Facts {
			fact := p.Fact(f.Code)
			if fact == nil {
				known = false
				continue
			}
			since, _ := civil.ParseDate(f.Since)
			until, _ := civil.ParseDate(f.Until)
			s.items = append(s.items, factItem{Evidence{policy.Found{Fact: fact, Since: since, Until: until}, r.Unit, r.RecordID, r.Version}, r.Group, r.Place})
		}
	}
	for _, l := range news.Latest {
		s.latest = slices.DeleteFunc(s.latest, func(o feed.Latest) bool { return o.Group == l.Group })
		if !l.Gone {
			s.latest = append(s.latest, l)
		}
	}
	return known
}

// setOf is what is kept of a subject's records.
func setOf(records []FactRecord) (s factSet) {
	for i := range records {
		r := &records[i]
		for _, f := range r.Found {
			x := factItem{Evidence: Evidence{f, r.Unit, r.RecordID, r.Version}}
			if r.Series {
				x.group, x.place = r.Group, r.Place
			}
			s.items = append(s.items, x)
		}
	}
	for i := range records {
		r := &records[i]
		if !r.Series || !slices.ContainsFunc(s.items, func(x factItem) bool { return x.group == r.Group }) {
			continue
		}
		j := slices.IndexFunc(s.latest, func(l feed.Latest) bool { return l.Group == r.Group })
		switch {
		case j < 0:
			s.latest = append(s.latest, feed.Latest{Group: r.Group, Place: r.Place})
		case s.latest[j].Place < r.Place:
			s.latest[j].Place = r.Place
		}
	}
	return s
}
