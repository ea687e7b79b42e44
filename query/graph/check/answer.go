package check

import (
	"strconv"

	"github.com/zeebo/xxh3"

	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/schema/audit"
	"credithub/schema/fault"
	"credithub/schema/policy"
)

// Answer is the answer to a question: a decision a code, and the audit records
// that name them, each of per codes. It belongs to the caller of Ask and keeps its
// memory for the next question, by which everything in it is overwritten. It may
// not be copied.
type Answer struct {
	Matter    *policy.Matter
	Decisions []restrict.Decision // in the order of the codes; without an outcome where a fault is
	Faults    []Fault             // places without a decision, in their order
	Age       *store.Age          // of the decisions, when the question was still

	records []audit.Record
	one     [1]audit.Record
	per     int
	many    bool

	room  []restrict.Decision // Decisions are the beginning of it
	facts []byte              // what a digest is made of
	first []int32             // of checks, where each code stands first; empty when each stands once
	slots []int32             // room to find that out
}

// Fault is what is wrong with one of several codes. The others are answered.
type Fault struct {
	At  int // place of the code
	Err *fault.Error
}

// keepHits is how many hits of a decision an Answer may keep for the next question.
const keepHits = 64

// Reset forgets the answer, takes decisions apart that share memory, and lets go
// what has grown large.
func (a *Answer) Reset() {
	for i := range a.Decisions {
		if d := &a.Decisions[i]; a.again(i) || cap(d.Hits) > keepHits {
			*d = restrict.Decision{}
		}
	}
	if a.records != nil {
		a.one[0], a.records = audit.Record{}, nil
	}
	a.Matter, a.Decisions, a.Faults, a.Age = nil, nil, a.Faults[:0], nil
	a.room, a.facts, a.first = a.room[:0], a.facts[:0], a.first[:0]
}

// Kept is how much memory of its own a keeps for the next question, in bytes,
// besides its decisions.
func (a *Answer) Kept() int { return cap(a.facts) }

// AppendID writes the id of the i-th answer: writer and number of its audit
// record, and for checks its place in it.
func (a *Answer) AppendID(b []byte, i int) []byte {
	rec := &a.records[i/a.per]
	b = append(append(b, rec.Writer...), '-')
	b = strconv.AppendUint(b, rec.Seq, 10)
	if a.many {
		b = strconv.AppendInt(append(b, '-'), int64(i%a.per+1), 10)
	}
	return b
}

// prepare makes room for a decision a code.
func (a *Answer) prepare(n int) {
	for len(a.room) < n {
		if k := len(a.room); k < cap(a.room) {
			a.room = a.room[:k+1] // with the memory of its hits
			continue
		}
		a.room = append(a.room, restrict.Decision{})
	}
	a.Decisions = a.room[:n]
}

// findAgain finds the codes that are asked several times.
func (a *Answer) findAgain(codes []string) {
	a.first = a.first[:0]
	size := 4
	for size < 2*len(codes) {
		size *= 2
	}
	if len(a.slots) < size {
		a.slots = make([]int32, size)
	}
	slots, once := a.slots[:size], true // place + 1, 0 empty
	clear(slots)
	for i, c := range codes {
		at := int(xxh3.HashString(c)) & (size - 1)
		for slots[at] != 0 && codes[slots[at]-1] != c {
			at = (at + 1) & (size - 1)
		}
		if slots[at] == 0 {
			slots[at] = int32(i + 1)
		} else {
			once = false
		}
		a.first = append(a.first, slots[at]-1)
	}
	if once {
		a.first = a.first[:0]
	}
}

// again tells whether the i-th code is also an earlier one.
func (a *Answer) again(i int) bool { return i < len(a.first) && int(a.first[i]) != i }
