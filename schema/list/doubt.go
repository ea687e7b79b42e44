package list

import (
	"credithub/schema/civil"
	"slices"
)

// Doubt is a set of things about the events of an entry that whoever sent them
// ought to know.
type Doubt uint8

// Doubts.
const (
	BeforeService Doubt = 1 << iota // effect claimed before service: it counts from service
	TermCut                         // term beyond the law's maximum: the maximum counts
	NothingEnded                    // exit dated before every decision that it could end
	EarlyRepair                     // repaired before the law allows it: it counts all the same
	SameDay                         // which came first on a day is untold: the doubt favours the subject
)

// Doubts are those of an entry in which a record takes part.
func Doubts(events []EventRecord, law Law, about *EventRecord) (d Doubt) {
	_, d, _ = foldAll(events, law)
	live := current(events)
	if !slices.ContainsFunc(live, about.sameRecord) {
		return 0
	}
	if about.Event > EventInForce {
		d &^= BeforeService | TermCut
	}
	if about.Event != EventExited && about.Event != EventInForce {
		d &^= NothingEnded | EarlyRepair
	}
	if sameDay(live, about) {
		d |= SameDay
	}
	return d
}

// sameDay tells whether a record binds the subject on a day on which another one
// frees it, or the other way, and not both tell the time.
func sameDay(live []*EventRecord, r *EventRecord) bool {
	return slices.ContainsFunc(live, func(o *EventRecord) bool {
		return o.on() == r.on() && (r.binds() && o.frees() || r.frees() && o.binds()) && !(r.timed() && o.timed())
	})
}

// nothingEnded tells whether an exit lies before every listing.
func nothingEnded(live []*EventRecord) bool {
	return slices.ContainsFunc(live, func(x *EventRecord) bool {
		if x.Event != EventExited {
			return false
		}
		later := false
		for _, r := range live {
			if r.Event > EventInForce {
				continue
			}
			if !r.after(x) {
				return false
			}
			later = later || r.Event == EventInForce
		}
		return later
	})
}

// earlyRepair tells whether the exit that counts is a repair before its time. As long
// as the listing isn't known, nothing tells when that is.
func earlyRepair(e *Entry, live []*EventRecord, law Law) bool {
	if e.ExitType != Repaired || e.Since == civil.NoDate || law.RepairFrom == nil {
		return false
	}
	served := e.ServedOn != civil.NoDate && e.ServedOn < e.ExitedOn // the listing's, if only the exit repeats it
	if !served && !slices.ContainsFunc(live, func(r *EventRecord) bool { return r.Event == EventInForce }) {
		return false
	}
	from := law.RepairFrom(e)
	return from != civil.NoDate && e.ExitedOn < from
}
