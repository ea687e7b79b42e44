package graph

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/zeebo/xxh3"

	"credithub/query/restrict"
	"credithub/schema/fault"
	"credithub/schema/policy"
)

// lookUpEvery is after how many codes it is seen whether there is time for more.
const lookUpEvery = 8

// decideNow answers from the index, each code once. Hits are told all or none: where
// there are too many stands a fault.
func (s *Server) decideNow(ctx context.Context, q *question, m *policy.Matter, now time.Time, out []restrict.Decision) error {
	if q.many {
		q.faults = slices.DeleteFunc(q.faults, func(f placeFault) bool { return f.err.Kind == fault.TooComplex }) // of an attempt before
		q.findAgain()
	}
	share := max(1, s.limits.Hits/max(1, q.asks))
	left, faults := share, 0
	for i := range q.codes {
		if i%lookUpEvery == lookUpEvery-1 {
			if err := s.inTime(ctx, now); err != nil {
				return err
			}
		}
		if faults < len(q.faults) && q.faults[faults].at == i {
			out[i] = restrict.Decision{}
			faults++
			continue
		}
		d, most := &out[i], min(s.limits.CheckHits, left)
		if s.decideOne(q, i, m, now, out, most) {
			left -= len(d.Hits)
			continue
		}
		err := s.tooManyHits(q, i, most, share)
		if !q.many {
			return err
		}
		q.faults = slices.Insert(q.faults, faults, placeFault{i, err})
		faults++
	}
	return nil
}

// decideOne answers the code at a place; false when it has more hits than most.
func (s *Server) decideOne(q *question, i int, m *policy.Matter, now time.Time, out []restrict.Decision, most int) bool {
	if q.again(i) {
		first := &out[q.first[i]]
		if first.Outcome == restrict.NoOutcome || len(first.Hits) > most {
			out[i] = restrict.Decision{}
			return false
		}
		out[i] = *first // for as long as the answer is written, see settle
		return true
	}
	if q.person != "" {
		return s.index.CheckPersonInto(&out[i], q.codes[i], q.person, m, now, most)
	}
	return s.index.CheckInto(&out[i], q.codes[i], m, now, most)
}

// decideThen answers from what was known at an instant.
func (s *Server) decideThen(ctx context.Context, q *question, m *policy.Matter, out []restrict.Decision) error {
	most := min(s.limits.CheckHits, max(1, s.limits.Hits/max(1, q.asks)))
	for i, c := range q.codes {
		d, err := s.decidePast(ctx, c, q.person, m, q.asOf, most)
		if err != nil {
			return err
		}
		if out[i] = d; d.Outcome == restrict.NoOutcome {
			return s.tooManyHits(q, i, most, most)
		}
	}
	return nil
}

// tooManyHits says which limit the check at a place passes.
func (s *Server) tooManyHits(q *question, i, most, share int) *fault.Error {
	place := "uscc"
	if q.many {
		place = "usccs[" + strconv.Itoa(i) + "]"
	}
	if most == s.limits.CheckHits {
		s.met.limits.WithLabelValues("checkHits").Inc()
		return fault.New(fault.TooComplex, "%s: the check has more than %d hits", place, most)
	}
	s.met.limits.WithLabelValues("hits").Inc()
	return fault.New(fault.TooComplex, "%s: with this check more than %d hits would be answered; ask for fewer codes at once", place, share)
}

// inTime fails when the caller has left, or the deadline of what began at an
// instant has passed.
func (s *Server) inTime(ctx context.Context, began time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.now().Sub(began) > s.limits.Deadline {
		return context.DeadlineExceeded
	}
	return nil
}

// findAgain finds the codes that stand at several places.
func (q *question) findAgain() {
	q.first = q.first[:0]
	size := 4
	for size < 2*len(q.codes) {
		size *= 2
	}
	if len(q.slots) < size {
		q.slots = make([]int32, size)
	}
	slots, once := q.slots[:size], true // place + 1, 0 empty
	clear(slots)
	for i, c := range q.codes {
		at := int(xxh3.HashString(c)) & (size - 1)
		for slots[at] != 0 && q.codes[slots[at]-1] != c {
			at = (at + 1) & (size - 1)
		}
		if slots[at] == 0 {
			slots[at] = int32(i + 1)
		} else {
			once = false
		}
		q.first = append(q.first, slots[at]-1)
	}
	if once {
		q.first = q.first[:0]
	}
}

// again tells whether a code stands at a place before.
func (q *question) again(i int) bool { return i < len(q.first) && int(q.first[i]) != i }
