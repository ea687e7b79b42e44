package memory

import (
	"encoding/binary"

	"credithub/schema/feed"
	"credithub/schema/policy"
)

// Facts holds the records that are facts by the code of their subject: most have none.
type Facts struct {
	blobs blobs
	codec factCodec
	buf   []byte // of the writer
}

// NewFacts makes an empty one of the facts that a policy knows, by their number.
func NewFacts(kinds []*policy.Fact) *Facts { return &Facts{codec: factCodec{kinds, newDict(1000, 32)}} }

// FactBlob is the facts of a code that are still to be read, in their encoded form.
type FactBlob struct{ groups, facts []byte }

// More tells whether there is another fact.
func (b *FactBlob) More() bool { return len(b.facts) > 0 }

// Of gives the facts of a code, to be read by Next and Skip.
func (f *Facts) Of(k Key) (b FactBlob) {
	if blob := f.blobs.get(k); len(blob) > 0 {
		n, rest := uvarint(blob)
		b.groups, b.facts = rest[:8*n], rest[8*n:]
	}
	return b
}

// Kind tells which fact the first one is.
func (f *Facts) Kind(b *FactBlob) *policy.Fact { return f.codec.kinds[b.facts[0]&^seriesBit] }

// Next takes the first fact out of b and reads it into x.
func (f *Facts) Next(x *Fact, b *FactBlob, k Key) { b.facts = f.codec.next(x, b.facts, k.code) }

// Skip takes the first fact out of b, for less than reading it costs.
func (f *Facts) Skip(b *FactBlob) { b.facts = f.codec.skip(b.facts) }

// Superseded tells whether a later record of its group ends a fact of b.
func (b *FactBlob) Superseded(x *Fact) bool {
	for groups := b.groups; x.Group != 0 && len(groups) > 0; groups = groups[8:] {
		if g, at := readPlace(groups); g == x.Group {
			return x.Place < at
		}
	}
	return false
}

// All gives everything kept of a code.
func (f *Facts) All(k Key) (s FactSet) {
	b := f.Of(k)
	for groups := b.groups; len(groups) > 0; groups = groups[8:] {
		g, at := readPlace(groups)
		s.Latest = append(s.Latest, feed.Latest{Group: g, Place: at})
	}
	for b.More() {
		var x Fact
		f.Next(&x, &b, k)
		s.Facts = append(s.Facts, x)
	}
	return s
}

// Put replaces what is kept of a code; of one without facts that is nothing.
func (f *Facts) Put(k Key, s *FactSet) {
	b := f.buf[:0]
	if len(s.Facts) > 0 {
		b = binary.AppendUvarint(b, uint64(len(s.Latest)))
		for _, l := range s.Latest {
			b = appendPlace(b, l.Group, l.Place)
		}
		for i := range s.Facts {
			b = f.codec.append(b, &s.Facts[i], k.code)
		}
	}
	f.buf = b
	f.blobs.set(k, b)
}

// Tidy rebuilds what wastes memory, when there is time, and counts the rebuildings.
func (f *Facts) Tidy() int { return f.blobs.table.tidy() }

// Size measures it.
func (f *Facts) Size() Size { return f.blobs.size(f.codec.units) }
