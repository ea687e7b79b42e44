package derive

import "credithub/schema/stored"

// Index knows the highest version of each record of a domain, in 24 bytes at
// eight tenths of room, and the lower versions that came before or after it.
type Index struct {
	held table[Held]
	old  table[uint32] // hash of each version that is not the highest

	sent   table[Sent]     // of records whose rows came without a version, the last one
	signed table[struct{}] // contents that signed messages without a version brought
}

// Held is the highest version of a record.
type Held struct {
	Version uint32
	Hash    uint32
	Subject Subject
}

// Verdict is what a version of a record is beside the ones known.
type Verdict struct {
	// Status is Accepted, Duplicate, or Rejected when this version is known
	// with other content (E10).
	Status stored.Status
	// Current tells that an accepted version is now the highest one.
	Current bool
	// Was is the highest version before; Version 0 when there was none.
	Was Held
}

// Judge compares a version with those known.
func (x *Index) Judge(id ID, v Held) Verdict {
	h := x.held.get(id)
	switch {
	case h == nil:
		return Verdict{Status: stored.Accepted, Current: true}
	case v.Version > h.Version:
		return Verdict{Status: stored.Accepted, Current: true, Was: *h}
	case v.Version == h.Version:
		return Verdict{Status: same(v.Hash, h.Hash), Was: *h}
	}
	if hash := x.old.get(id.version(v.Version)); hash != nil {
		return Verdict{Status: same(v.Hash, *hash), Was: *h}
	}
	return Verdict{Status: stored.Accepted, Was: *h}
}

func same(a, b uint32) stored.Status {
	if a == b {
		return stored.Duplicate
	}
	return stored.Rejected
}

// Accept notes a version that was judged Accepted and is to count.
func (x *Index) Accept(id ID, v Held) {
	h := x.held.get(id)
	if h == nil {
		x.held.put(id, v)
		return
	}
	if v.Version < h.Version {
		x.old.put(id.version(v.Version), v.Hash)
		return
	}
	x.old.put(id.version(h.Version), h.Hash)
	*h = v
}

// Len counts records.
func (x *Index) Len() int { return x.held.n }

// Bytes is the room taken.
func (x *Index) Bytes() int {
	return 24*x.held.room() + 16*(x.old.room()+x.sent.room()) + 8*x.signed.room()
}
