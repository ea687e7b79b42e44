package memory

import (
	"math/bits"
	"sync/atomic"

	"credithub/schema/uscc"
)

// shardCount splits every table, so that growing or tidying one never moves
// more than a 32nd of it.
const shardCount = 32

// Slots hold a key, or one of these. No code packs to either.
const (
	empty   = uint64(0)
	deleted = ^uint64(0)
)

// spread mixes a key: the low bits choose the shard, the high ones the slot.
func spread(k uscc.Key) uint64 {
	hi, lo := bits.Mul64(uint64(k)^0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93)
	return hi ^ lo
}

// slotOf maps a spread key to a slot below n.
func slotOf(h uint64, n int) int {
	hi, _ := bits.Mul64(h, uint64(n))
	return int(hi)
}

// slotsFor is the table size for n keys: loaded to 0.7, so that a table grows by
// a seventh when it is full and memory follows the number of keys closely.
func slotsFor(n int) int { return n + n>>1 - n>>4 + 4 }

// full tells whether a table of n slots with that many used must grow.
func full(used, slots int) bool { return used*5 >= slots*4 }

// keySet is a set of packed codes: open addressing, lock-free reads, one
// writer.
type keySet struct {
	shards [shardCount]setShard
}

type setShard struct {
	slots atomic.Pointer[[]uint64]
	live  int // keys
	used  int // slots that are not empty
	count atomic.Int64
}

func (s *keySet) has(k uscc.Key) bool {
	h := spread(k)
	p := s.shards[h%shardCount].slots.Load()
	if p == nil {
		return false
	}
	slots := *p
	for i := slotOf(h, len(slots)); ; {
		switch atomic.LoadUint64(&slots[i]) {
		case uint64(k):
			return true
		case empty:
			return false
		}
		if i++; i == len(slots) {
			i = 0
		}
	}
}

// add puts a key in; false when it was there. Only the writer calls it.
func (s *keySet) add(k uscc.Key) bool {
	h := spread(k)
	sh := &s.shards[h%shardCount]
	if p := sh.slots.Load(); p == nil || full(sh.used+1, len(*p)) {
		sh.grow()
	}
	slots := *sh.slots.Load()
	free := -1
	for i := slotOf(h, len(slots)); ; {
		switch slots[i] {
		case uint64(k):
			return false
		case deleted:
			if free < 0 {
				free = i
			}
		case empty:
			if free < 0 {
				free = i
				sh.used++
			}
			atomic.StoreUint64(&slots[free], uint64(k))
			sh.live++
			sh.count.Store(int64(sh.live))
			return true
		}
		if i++; i == len(slots) {
			i = 0
		}
	}
}

// remove takes a key out; false when it wasn't there. Only the writer calls it.
func (s *keySet) remove(k uscc.Key) bool {
	h := spread(k)
	sh := &s.shards[h%shardCount]
	p := sh.slots.Load()
	if p == nil {
		return false
	}
	slots := *p
	for i := slotOf(h, len(slots)); ; {
		switch slots[i] {
		case uint64(k):
			atomic.StoreUint64(&slots[i], deleted)
			sh.live--
			sh.count.Store(int64(sh.live))
			return true
		case empty:
			return false
		}
		if i++; i == len(slots) {
			i = 0
		}
	}
}

// grow moves the keys to a new table, which readers see at once or not at all.
func (sh *setShard) grow() {
	next := make([]uint64, slotsFor(sh.live+1))
	if p := sh.slots.Load(); p != nil {
		for _, k := range *p {
			if k == empty || k == deleted {
				continue
			}
			i := slotOf(spread(uscc.Key(k)), len(next))
			for next[i] != empty {
				if i++; i == len(next) {
					i = 0
				}
			}
			next[i] = k
		}
	}
	sh.used = sh.live
	sh.slots.Store(&next)
}

func (s *keySet) len() (n int) {
	for i := range s.shards {
		n += int(s.shards[i].count.Load())
	}
	return n
}

func (s *keySet) bytes() (n int) {
	for i := range s.shards {
		if p := s.shards[i].slots.Load(); p != nil {
			n += 8*len(*p) + 24
		}
	}
	return n + 48*shardCount
}
