package memory

import "slices"

// blobs holds some bytes by code: in a table, or aside where a code doesn't pack or its
// bytes are too many. One writer.
type blobs struct {
	table table
	side  side
}

// get gives the blob of a code without its length, nil when there is none. Between the
// two reads the writer may have moved it out of the side map; then the table has it.
func (b *blobs) get(k Key) []byte {
	if !k.fits {
		return b.side.get(k.code)
	}
	for {
		rest, aside := b.table.get(k.packed)
		if !aside {
			return rest
		}
		if rest = b.side.get(k.code); rest != nil {
			return rest
		}
	}
}

// set replaces the blob of a code; an empty one takes it away. rest is copied.
func (b *blobs) set(k Key, rest []byte) {
	if !k.fits {
		b.side.set(k.code, slices.Clone(rest))
		return
	}
	was, is := b.table.set(k.packed, rest, func() { b.side.set(k.code, slices.Clone(rest)) })
	if was && !is {
		b.side.set(k.code, nil)
	}
}

// size measures both, and the dictionaries that the blobs were written with.
func (b *blobs) size(with ...*dict) Size {
	s := Size{Codes: b.table.len(), Aside: b.side.len(), Side: b.side.bytes()}
	s.Slots, s.Blobs = b.table.bytes()
	for _, d := range with {
		s.Dicts += d.bytes()
	}
	return s
}
