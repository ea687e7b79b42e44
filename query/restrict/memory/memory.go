// Package memory holds what the restriction index knows, in as few bytes as it can:
// which codes have a registration (Subjects), the list entries on each code (Entries),
// and the records on each that are facts (Facts).
//
// Readers take no lock. They see of each code what was last written or what was there
// before it, never a mixture. Of each of the three there is one writer at a time. What
// was read, its texts too, is never written again and may be kept for as long as one
// likes.
//
// It decides nothing: whoever writes says what is worth keeping.
package memory

import "credithub/schema/uscc"

// Key is a code made ready to be looked up, once for all three.
type Key struct {
	packed uscc.Key
	fits   bool // the tables take packed; else the code lies aside
	code   string
}

// KeyOf is the key of a code.
func KeyOf(code string) Key {
	k, ok := uscc.Pack(code)
	return Key{packed: k, fits: ok && uint64(k) != empty && uint64(k) != deleted, code: code}
}

// Size is what is held and how many bytes it takes. Only the writer, or somebody who
// knows that it rests, may ask for it.
type Size struct {
	Codes int // in the tables
	Aside int // codes in the side map

	Slots int // bytes of the tables
	Blobs int // bytes of what stands in them, with what is dead or not yet used
	Dicts int // bytes of the dictionaries
	Side  int // bytes of the side map
}

// Bytes is the sum.
func (s Size) Bytes() int { return s.Slots + s.Blobs + s.Dicts + s.Side }

// PerCode is the number of bytes that a code takes in all.
func (s Size) PerCode() float64 { return float64(s.Bytes()) / float64(max(s.Codes+s.Aside, 1)) }
