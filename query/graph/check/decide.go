package check

import (
	"context"
	"slices"
	"strconv"

	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/schema/fault"
)

// lookUpEvery is after how many codes it is seen whether there is time for more.
const lookUpEvery = 8

// decide fills one decision a code; places with a fault get an empty one.
func (c *Checker) decide(ctx context.Context, q *Question, a *Answer) (err error) {
	a.prepare(len(q.Codes))
	switch {
	case !q.AsOf.IsZero():
		err = c.decideThen(ctx, q, a)
	case q.Still:
		a.Age = &store.Age{}
		a.Age.Through, a.Age.EntriesBelow = c.Index.Still(func() { err = c.decideNow(ctx, q, a) })
	default:
		err = c.decideNow(ctx, q, a)
	}
	if err != nil {
		return err
	}
	for i := range a.Decisions {
		if o := a.Decisions[i].Outcome; o != restrict.NoOutcome {
			c.Metrics.Outcome(o)
		}
	}
	return nil
}

// decideNow answers from the index, each code once. A code with too many hits gets a
// fault and none of them. Index.Still calls it again when another snapshot took the
// index's place meanwhile, so that all decisions are of one age.
func (c *Checker) decideNow(ctx context.Context, q *Question, a *Answer) error {
	if q.Many {
		a.Faults = slices.DeleteFunc(a.Faults, func(f Fault) bool { return f.Err.Kind == fault.TooComplex }) // of an earlier call under Still
		a.findAgain(q.Codes)
	}
	share := max(1, c.Limits.Hits/max(1, q.Asks))
	left, faults := share, 0
	for i := range q.Codes {
		if i%lookUpEvery == lookUpEvery-1 {
			if err := c.InTime(ctx, q.At); err != nil {
				return err
			}
		}
		if faults < len(a.Faults) && a.Faults[faults].At == i {
			a.Decisions[i] = restrict.Decision{}
			faults++
			continue
		}
		most := min(c.Limits.CheckHits, left)
		if c.decideOne(q, a, i, most) {
			left -= len(a.Decisions[i].Hits)
			continue
		}
		err := c.tooManyHits(q, i, most, share)
		if !q.Many {
			return err
		}
		a.Faults = slices.Insert(a.Faults, faults, Fault{i, err})
		faults++
	}
	return nil
}

// decideOne answers the code at a place; false when it has more hits than most.
func (c *Checker) decideOne(q *Question, a *Answer, i, most int) bool {
	to := &a.Decisions[i]
	if a.again(i) {
		first := &a.Decisions[a.first[i]]
		if first.Outcome == restrict.NoOutcome || len(first.Hits) > most {
			*to = restrict.Decision{}
			return false
		}
		*to = *first // they share their hits until Reset takes them apart
		return true
	}
	if q.Person != "" {
		return c.Index.CheckPersonInto(to, q.Codes[i], q.Person, a.Matter, q.At, most)
	}
	return c.Index.CheckInto(to, q.Codes[i], a.Matter, q.At, most)
}

// decideThen answers from what was known at an instant.
func (c *Checker) decideThen(ctx context.Context, q *Question, a *Answer) (err error) {
	most := min(c.Limits.CheckHits, max(1, c.Limits.Hits/max(1, q.Asks)))
	for i, code := range q.Codes {
		if a.Decisions[i], err = c.decidePast(ctx, code, q.Person, a.Matter, q.AsOf, most); err != nil {
			return err
		}
		if a.Decisions[i].Outcome == restrict.NoOutcome {
			return c.tooManyHits(q, i, most, most)
		}
	}
	return nil
}

// tooManyHits says which limit the check at a place passes.
func (c *Checker) tooManyHits(q *Question, i, most, share int) *fault.Error {
	place := "uscc"
	if q.Many {
		place = "usccs[" + strconv.Itoa(i) + "]"
	}
	if most == c.Limits.CheckHits {
		c.Metrics.Limit("checkHits")
		return fault.New(fault.TooComplex, "%s: the check has more than %d hits", place, most)
	}
	c.Metrics.Limit("hits")
	return fault.New(fault.TooComplex, "%s: with this check more than %d hits would be answered; ask for fewer codes at once", place, share)
}
