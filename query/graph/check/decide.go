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
func (d *Desk) decide(ctx context.Context, q *Question, a *Answer) (err error) {
	a.prepare(len(q.Codes))
	switch {
	case !q.AsOf.IsZero():
		err = d.decideThen(ctx, q, a)
	case q.Still:
		a.Age = &store.Age{}
		a.Age.Through, a.Age.EntriesBelow = d.Index.Still(func() { err = d.decideNow(ctx, q, a) })
	default:
		err = d.decideNow(ctx, q, a)
	}
	if err != nil {
		return err
	}
	for i := range a.Decisions {
		if o := a.Decisions[i].Outcome; o != restrict.NoOutcome {
			d.Meter.Outcome(o)
		}
	}
	return nil
}

// decideNow answers from the index, each code once. Hits are told all or none: where
// there are too many stands a fault. Of a question that is still it may be called
// again, when what it answered was not of one age.
func (d *Desk) decideNow(ctx context.Context, q *Question, a *Answer) error {
	if q.Many {
		a.Faults = slices.DeleteFunc(a.Faults, func(f Fault) bool { return f.Err.Kind == fault.TooComplex }) // of the call before
		a.findAgain(q.Codes)
	}
	share := max(1, d.Limits.Hits/max(1, q.Asks))
	left, faults := share, 0
	for i := range q.Codes {
		if i%lookUpEvery == lookUpEvery-1 {
			if err := d.InTime(ctx, q.At); err != nil {
				return err
			}
		}
		if faults < len(a.Faults) && a.Faults[faults].At == i {
			a.Decisions[i] = restrict.Decision{}
			faults++
			continue
		}
		most := min(d.Limits.CheckHits, left)
		if d.decideOne(q, a, i, most) {
			left -= len(a.Decisions[i].Hits)
			continue
		}
		err := d.tooManyHits(q, i, most, share)
		if !q.Many {
			return err
		}
		a.Faults = slices.Insert(a.Faults, faults, Fault{i, err})
		faults++
	}
	return nil
}

// decideOne answers the code at a place; false when it has more hits than most.
func (d *Desk) decideOne(q *Question, a *Answer, i, most int) bool {
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
		return d.Index.CheckPersonInto(to, q.Codes[i], q.Person, a.Matter, q.At, most)
	}
	return d.Index.CheckInto(to, q.Codes[i], a.Matter, q.At, most)
}

// decideThen answers from what was known at an instant.
func (d *Desk) decideThen(ctx context.Context, q *Question, a *Answer) (err error) {
	most := min(d.Limits.CheckHits, max(1, d.Limits.Hits/max(1, q.Asks)))
	for i, code := range q.Codes {
		if a.Decisions[i], err = d.decidePast(ctx, code, q.Person, a.Matter, q.AsOf, most); err != nil {
			return err
		}
		if a.Decisions[i].Outcome == restrict.NoOutcome {
			return d.tooManyHits(q, i, most, most)
		}
	}
	return nil
}

// tooManyHits says which limit the check at a place passes.
func (d *Desk) tooManyHits(q *Question, i, most, share int) *fault.Error {
	place := "uscc"
	if q.Many {
		place = "usccs[" + strconv.Itoa(i) + "]"
	}
	if most == d.Limits.CheckHits {
		d.Meter.Limit("checkHits")
		return fault.New(fault.TooComplex, "%s: the check has more than %d hits", place, most)
	}
	d.Meter.Limit("hits")
	return fault.New(fault.TooComplex, "%s: with this check more than %d hits would be answered; ask for fewer codes at once", place, share)
}
