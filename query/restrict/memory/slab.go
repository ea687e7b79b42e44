package memory

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"
)

// A ref is where a blob lies: chunk and offset, plus one. The two ends of its
// range mean something else.
const (
	refNone = uint32(0)  // the code has no blob
	refSide = ^uint32(0) // the blob lies in the side map

	chunkBits = 20 // a chunk is at most 1 MiB
	minChunk  = 1024
	maxChunks = 1<<(32-chunkBits) - 1
	maxBlob   = 64 << 10 // a larger blob goes to the side map
)

// slab holds blobs in append-only chunks. A chunk is never written again where
// it may be read, so that texts may alias it for as long as they like.
type slab struct {
	chunks atomic.Pointer[[][]byte]
	at     int // first free byte of the last chunk
	total  int // bytes of all chunks
	live   int // bytes of blobs in use
	dead   int // bytes of blobs that were replaced
}

// blob is the rest of the blob at ref, after its length.
func (s *slab) blob(ref uint32) []byte {
	ref--
	c := (*s.chunks.Load())[ref>>chunkBits][ref&(1<<chunkBits-1):]
	n, c := uvarint(c)
	return c[:n:n]
}

// size is the number of bytes a blob takes with its length.
func size(rest int) int {
	n := 1
	for x := rest; x >= 0x80; x >>= 7 {
		n++
	}
	return n + rest
}

// put stores the rest of a blob and gives its ref; refSide when it doesn't fit.
func (s *slab) put(rest []byte) uint32 {
	n := size(len(rest))
	if n > maxBlob {
		return refSide
	}
	var chunks [][]byte
	if p := s.chunks.Load(); p != nil {
		chunks = *p
	}
	if len(chunks) == 0 || s.at+n > len(chunks[len(chunks)-1]) {
		if len(chunks) == maxChunks {
			return refSide
		}
		c := make([]byte, max(n, chunkSize(s.total)))
		chunks = append(chunks[:len(chunks):len(chunks)], c)
		s.chunks.Store(&chunks)
		s.total += len(c)
		s.at = 0
	}
	last := len(chunks) - 1
	c := chunks[last][s.at:]
	copy(c[binary.PutUvarint(c, uint64(len(rest))):], rest)
	ref := uint32(last)<<chunkBits | uint32(s.at)
	s.at += n
	s.live += n
	return ref + 1
}

// chunkSize is a sixteenth of all chunks so far, so that slack stays below that,
// cut to a size of which the allocator wastes nothing.
func chunkSize(total int) int {
	const page = 8 << 10
	n := min(max(total/16, minChunk), 1<<chunkBits)
	if n < 4*page {
		return 1 << (bits.Len(uint(n)) - 1)
	}
	return n &^ (page - 1)
}

// drop notes that the blob at ref is no longer in use.
func (s *slab) drop(ref uint32) {
	n := size(len(s.blob(ref)))
	s.live -= n
	s.dead += n
}

// wasteful tells whether dead blobs take more than their share: a sixteenth of
// the live ones when there is time to tidy, a quarter in the middle of work.
func (s *slab) wasteful(busy bool) bool {
	if busy {
		return s.dead > s.live/4+4096
	}
	return s.dead > s.live/20+64
}

func (s *slab) bytes() int {
	if p := s.chunks.Load(); p != nil {
		return s.total + 24*len(*p)
	}
	return 0
}
