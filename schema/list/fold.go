package list

import (
	"cmp"
	"slices"

	"credithub/schema/record"
)

// Facts are the fields of a decision record's data that shape its entry. Dates
// that the record leaves out are record.NoDate.
type Facts struct {
	EntryID        string
	List           Code
	USCC           string
	Unit           string // the deciding unit: whoever pushed the record
	Event          Event
	Cause          string
	DocumentNo     string
	DecidedOn      record.Date
	ServedOn       record.Date
	EffectiveFrom  record.Date
	TermUntil      record.Date
	ExitType       ExitType
	ExitDocumentNo string
	Annotated      bool
}

// EventRecord is one version of one decision record.
type EventRecord struct {
	RecordID   string
	Version    uint32
	Seq        uint64 // place in credit.decision: what the hub learned when
	Op         record.Op
	OccurredOn record.Date // NoDate: the decision's date
	Facts
}

// on is the day the event occurred.
func (r *EventRecord) on() record.Date {
	if r.OccurredOn != record.NoDate {
		return r.OccurredOn
	}
	return r.DecidedOn
}

// compare orders events of one entry: by the day they occurred, then listing
// events in their legal order before suspensions and resumptions, and these by
// version and place in the log, because only the log can order two of a day.
func (r *EventRecord) compare(o *EventRecord) int {
	rank := func(e Event) Event {
		if e == EventResumed {
			return EventSuspended
		}
		return e
	}
	return cmp.Or(cmp.Compare(r.on(), o.on()), cmp.Compare(rank(r.Event), rank(o.Event)),
		cmp.Compare(r.Version, o.Version), cmp.Compare(r.Seq, o.Seq), cmp.Compare(r.RecordID, o.RecordID))
}

// Fold gives the state of one entry from all records about it, in whatever
// order they came. Of each record the highest version counts (the first one in
// the log when a version came twice), and nothing of it when that version is
// retracted. It answers false when nothing is left: the entry was taken back
// altogether.
//
//   - An exit ends the entry whatever else is said, but for an IN_FORCE that was
//     decided on a later day, which lists the subject anew: then only what came
//     after the exit counts. The latest exit names type, day and document, and an
//     exit that corrects or revokes outranks the others (列入错误: never validly
//     listed).
//   - Else the last of SUSPENDED and RESUMED decides between suspended and in
//     force, by the day it occurred, of an entry that is proven to have come into
//     force: by an IN_FORCE; by a suspension of what was served; by the day of
//     service in a suspension or resumption, which may be the later version of the
//     record that was an IN_FORCE; or by a list that needs no service. What is on
//     its way there is neither put into force nor shown by a suspension.
//   - Else the furthest of PRE_NOTICE, DECIDED, SERVED and IN_FORCE holds.
//
// The entry is described by its latest event that is no suspension, resumption
// or exit, because those carry the number of another document; dates that it
// leaves out come from the events before it.
func Fold(events []EventRecord, law Law) (Entry, bool) {
	live := current(events)
	if len(live) == 0 {
		return Entry{}, false
	}
	slices.SortFunc(live, (*EventRecord).compare)
	for again := relisted(live); again != nil; again = relisted(live) {
		live = again
	}
	e := Entry{DecidedOn: record.NoDate, ServedOn: record.NoDate, Since: record.NoDate,
		Until: record.NoDate, ExitedOn: record.NoDate}
	describe(&e, live)
	e.State = state(live, law)
	if x := exit(live); x != nil {
		e.State, e.ExitType, e.ExitedOn, e.ExitDocumentNo = Exited, x.ExitType, x.on(), x.ExitDocumentNo
		if e.ExitDocumentNo == "" && x.DocumentNo != e.DocumentNo {
			e.ExitDocumentNo = x.DocumentNo
		}
	}
	term(&e, live, law)
	return e, true
}

// Law is what the fold asks of the law; a nil function knows of none.
type Law struct {
	Until     func(*Entry) record.Date // the last day of a term; NoDate: none. Asked when no record names an end
	NoService func(Code) bool          // the list takes effect without service
}

// relisted gives the events after the exit that counts, when they list the subject
// anew; nil otherwise.
func relisted(live []*EventRecord) []*EventRecord {
	x := exit(live)
	if x == nil {
		return nil
	}
	anew := false
	after := slices.DeleteFunc(slices.Clone(live), func(r *EventRecord) bool {
		day := r.on()
		if r.Event <= EventInForce {
			day = r.DecidedOn
		}
		later := day != record.NoDate && day > x.on()
		anew = anew || later && r.Event == EventInForce
		return !later
	})
	if !anew {
		return nil
	}
	return after
}

// current picks the counting version of each record and drops retracted ones.
// The result points into events.
func current(events []EventRecord) []*EventRecord {
	all := make([]*EventRecord, len(events))
	for i := range events {
		all[i] = &events[i]
	}
	if len(all) > 1 {
		slices.SortFunc(all, func(a, b *EventRecord) int {
			return cmp.Or(cmp.Compare(a.RecordID, b.RecordID), cmp.Compare(b.Version, a.Version), cmp.Compare(a.Seq, b.Seq))
		})
		all = slices.CompactFunc(all, func(a, b *EventRecord) bool { return a.RecordID == b.RecordID })
	}
	return slices.DeleteFunc(all, func(r *EventRecord) bool { return r.Op == record.Retract || r.Event == NoEvent })
}

// describe fills what the entry is about from the latest listing event, or the
// latest event of any kind when only a suspension or exit is known.
func describe(e *Entry, live []*EventRecord) {
	last := live[len(live)-1]
	for _, r := range live {
		if r.Event <= EventInForce {
			last = r
		}
	}
	e.ID, e.List, e.USCC, e.DecidedBy = last.EntryID, last.List, last.USCC, last.Unit
	e.Cause, e.DocumentNo, e.DecidedOn = last.Cause, last.DocumentNo, last.DecidedOn
	for _, r := range live {
		if r.ServedOn != record.NoDate && (r.Event <= EventInForce || e.ServedOn == record.NoDate) {
			e.ServedOn = r.ServedOn
		}
	}
	e.Annotated = live[len(live)-1].Annotated
}

// state is the state without exits. live is sorted.
func state(live []*EventRecord, law Law) State {
	furthest, paused, only := NoState, false, NoState
	proven := inForceOnce(live, law)
	for _, r := range live {
		switch r.Event {
		case EventPreNotice, EventDecided, EventServed, EventInForce:
			furthest = max(furthest, State(r.Event))
		case EventSuspended:
			paused, only = true, Suspended
		case EventResumed:
			if paused, only = false, Decided; proven {
				furthest = InForce
			}
		}
	}
	switch {
	case paused && proven:
		return Suspended
	case furthest == NoState:
		return only // nothing else is known, and nothing restricts
	}
	return furthest
}

// inForceOnce tells whether the entry is proven to be or have been in force.
func inForceOnce(live []*EventRecord, law Law) bool {
	paused, served, underWay := false, false, false
	for _, r := range live {
		switch r.Event {
		case EventInForce:
			return true
		case EventSuspended, EventResumed:
			if r.ServedOn != record.NoDate {
				return true
			}
			paused = paused || r.Event == EventSuspended
		case EventPreNotice, EventDecided, EventServed:
			underWay, served = true, served || r.ServedOn != record.NoDate
		}
	}
	return paused && served || !underWay && law.NoService != nil && law.NoService(live[0].List)
}

// exit is the exit that counts, nil without one.
func exit(live []*EventRecord) *EventRecord {
	var x *EventRecord
	void := func(r *EventRecord) bool { return r.ExitType == Corrected || r.ExitType == Revoked }
	for _, r := range live {
		if r.Event == EventExited && (x == nil || void(r) || !void(x)) {
			x = r
		}
	}
	return x
}

// term sets the first and last day in force.
func term(e *Entry, live []*EventRecord, law Law) {
	from := record.NoDate
	for _, r := range live {
		if r.EffectiveFrom != record.NoDate && r.Event <= EventInForce {
			from = r.EffectiveFrom
		}
		if r.TermUntil != record.NoDate {
			e.Until = r.TermUntil
		}
	}
	if e.State < InForce {
		return
	}
	for _, d := range []record.Date{from, e.ServedOn, e.DecidedOn} {
		if d != record.NoDate {
			e.Since = d
			break
		}
	}
	if e.Until == record.NoDate && e.Since != record.NoDate && law.Until != nil {
		e.Until = law.Until(e)
	}
}
