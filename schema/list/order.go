package list

import (
	"cmp"
	"slices"
	"time"

	"credithub/schema/civil"
)

// on is the day the event occurred.
func (r *EventRecord) on() civil.Date {
	switch {
	case r.OccurredOn != civil.NoDate:
		return r.OccurredOn
	case r.timed():
		return civil.DateOf(time.UnixMilli(r.OccurredAt))
	}
	return r.DecidedOn
}

// timed tells whether the record says when on its day the event occurred.
func (r *EventRecord) timed() bool { return r.OccurredAt != 0 }

// effective is the day on which an exit takes effect: a day that it names ahead of
// itself. One that lies before is the listing's, which exits often repeat.
func (r *EventRecord) effective() civil.Date { return max(r.on(), r.EffectiveFrom) }

// rank orders events within a day. A day alone can't tell which of two came
// first, so what tells no time stands where the doubt favours the subject: a
// resumption before every stay of that day, a stay behind everything but an exit.
func (r *EventRecord) rank() int {
	switch {
	case r.Event <= EventInForce:
		return int(r.Event) // in their legal order
	case r.Event == EventExited:
		return 8
	case r.timed():
		return 6
	case r.Event == EventSuspended:
		return 7
	}
	return 5
}

// compare orders the events of one entry by what they say alone, never by when
// they arrived: by day, then as rank does, then by time, and what is still equal by
// its record, so that there is one order.
func (r *EventRecord) compare(o *EventRecord) int {
	return cmp.Or(cmp.Compare(r.on(), o.on()), cmp.Compare(r.rank(), o.rank()), cmp.Compare(r.OccurredAt, o.OccurredAt),
		-cmp.Compare(r.Event, o.Event), // of one instant the resumption first: the stay holds
		cmp.Compare(r.RecordID, o.RecordID), cmp.Compare(r.Unit, o.Unit), cmp.Compare(r.Version, o.Version), cmp.Compare(r.Seq, o.Seq))
}

// after tells whether a listing was decided after an exit, and so lists anew.
func (r *EventRecord) after(x *EventRecord) bool {
	day := r.on()
	if r.Event <= EventInForce {
		day = r.DecidedOn
	}
	if day == x.on() && r.timed() && x.timed() {
		return r.OccurredAt > x.OccurredAt
	}
	return day != civil.NoDate && day > x.on()
}

// binds and frees tell which way an event moves the subject.
func (r *EventRecord) binds() bool { return r.Event == EventInForce || r.Event == EventResumed }
func (r *EventRecord) frees() bool { return r.Event == EventSuspended || r.Event == EventExited }

// current picks the counting version of each record and drops retracted ones.
// The result points into events.
func current(events []EventRecord) []*EventRecord {
	all := make([]*EventRecord, len(events))
	for i := range events {
		all[i] = &events[i]
	}
	if len(all) > 1 {
		slices.SortFunc(all, func(a, b *EventRecord) int {
			return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.RecordID, b.RecordID), cmp.Compare(b.Version, a.Version), cmp.Compare(a.Seq, b.Seq))
		})
		all = slices.CompactFunc(all, (*EventRecord).sameRecord)
	}
	return slices.DeleteFunc(all, func(r *EventRecord) bool { return r.Retracted || r.Event == NoEvent })
}

func (r *EventRecord) sameRecord(o *EventRecord) bool {
	return r.RecordID == o.RecordID && r.Unit == o.Unit
}
