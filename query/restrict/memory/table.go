package memory

import (
	"sync/atomic"

	"credithub/schema/uscc"
)

// table maps packed codes to their blobs: open addressing with a
// 64-bit key and a 32-bit ref into a slab; lock-free reads, one writer.
//
// A key stays in its slot until the whole shard is replaced, so that a reader
// who found it can take the ref without looking twice. A code without
// blob keeps its slot with refNone until then.
type table struct {
	shards [shardCount]tableShard
}

type tableShard struct {
	cells atomic.Pointer[cells]
	used  int // slots with a key
	idle  int // of these, with refNone
	count atomic.Int64
}

// cells is one generation of a shard.
type cells struct {
	keys []uint64
	refs []uint32
	slab slab
}

func newCells(n int) *cells {
	n = slotsFor(n)
	return &cells{keys: make([]uint64, n), refs: make([]uint32, n)}
}

// find gives the slot of a key, or the empty slot where it would go.
func (c *cells) find(h uint64, k uscc.Key) (slot int, found bool) {
	for i := slotOf(h, len(c.keys)); ; {
		switch atomic.LoadUint64(&c.keys[i]) {
		case uint64(k):
			return i, true
		case empty:
			return i, false
		}
		if i++; i == len(c.keys) {
			i = 0
		}
	}
}

// get gives the rest of the blob of a key. side tells that it lies in the side
// map instead.
func (t *table) get(k uscc.Key) (rest []byte, side bool) {
	h := spread(k)
	c := t.shards[h%shardCount].cells.Load()
	if c == nil {
		return nil, false
	}
	slot, found := c.find(h, k)
	if !found {
		return nil, false
	}
	switch ref := atomic.LoadUint32(&c.refs[slot]); ref {
	case refNone:
		return nil, false
	case refSide:
		return nil, true
	default:
		return c.slab.blob(ref), false
	}
}

// set replaces the blob of a key; an empty one takes it away. A blob that no slab
// takes goes to the side map: aside is called to put it there before the slot says
// so. It tells whether the old and the new blob lie aside. Only the writer calls it.
func (t *table) set(k uscc.Key, rest []byte, aside func()) (wasAside, isAside bool) {
	h := spread(k)
	sh := &t.shards[h%shardCount]
	c := sh.cells.Load()
	if c == nil {
		c = newCells(1)
		sh.cells.Store(c)
	}
	slot, found := c.find(h, k)
	if !found {
		if len(rest) == 0 {
			return false, false
		}
		if full(sh.used+1, len(c.keys)) {
			c = sh.rebuild()
			slot, _ = c.find(h, k)
		}
		sh.used++
		sh.idle++ // until it has a blob, below
	}
	old, ref := c.refs[slot], refNone
	if len(rest) > 0 {
		if ref = c.slab.put(rest); ref == refSide {
			aside()
		}
	}
	atomic.StoreUint32(&c.refs[slot], ref)
	if !found { // the key last, so that who finds it finds the blob
		atomic.StoreUint64(&c.keys[slot], uint64(k))
	}
	if old != refNone && old != refSide {
		c.slab.drop(old)
	}
	if old == refNone {
		sh.idle--
	}
	if ref == refNone {
		sh.idle++
	}
	sh.count.Store(int64(sh.used - sh.idle))
	if c.slab.wasteful(true) {
		sh.rebuild()
	}
	return old == refSide, ref == refSide
}

// rebuild copies what is in use to a new generation, which readers see at once
// or not at all.
func (sh *tableShard) rebuild() *cells {
	old := sh.cells.Load()
	next := newCells(sh.used - sh.idle + 1)
	moved := old.slab.dead > 0
	if !moved {
		next.slab.adopt(&old.slab)
	}
	for i, k := range old.keys {
		ref := old.refs[i]
		if k == empty || ref == refNone {
			continue
		}
		if moved && ref != refSide {
			ref = next.slab.put(old.slab.blob(ref))
		}
		slot, _ := next.find(spread(uscc.Key(k)), uscc.Key(k))
		next.keys[slot], next.refs[slot] = k, ref
	}
	sh.used -= sh.idle
	sh.idle = 0
	sh.cells.Store(next)
	return next
}

// adopt takes over the chunks of a slab without dead blobs. The old generation
// must not be written again.
func (s *slab) adopt(o *slab) {
	s.chunks.Store(o.chunks.Load())
	s.at, s.total, s.live, s.dead = o.at, o.total, o.live, o.dead
}

// tidy rebuilds the shards that waste memory, when there is time.
func (t *table) tidy() (rebuilt int) {
	for i := range t.shards {
		sh := &t.shards[i]
		c := sh.cells.Load()
		if c != nil && (c.slab.wasteful(false) || sh.idle > sh.used/8+8) {
			sh.rebuild()
			rebuilt++
		}
	}
	return rebuilt
}

func (t *table) len() (n int) {
	for i := range t.shards {
		n += int(t.shards[i].count.Load())
	}
	return n
}

// bytes is what the table takes, by slots and by slabs. Only the writer, or
// somebody who knows that it rests, may call it.
func (t *table) bytes() (slots, slabs int) {
	for i := range t.shards {
		if c := t.shards[i].cells.Load(); c != nil {
			slots += 12*len(c.keys) + 128
			slabs += c.slab.bytes()
		}
	}
	return slots + 32*shardCount, slabs
}
