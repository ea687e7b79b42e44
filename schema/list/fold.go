package list

import (
	"slices"

	"credithub/schema/civil"
	"credithub/schema/column"
)

// Facts are the fields of a decision record's data that shape its entry. Dates
// that the record leaves out are civil.NoDate.
type Facts struct {
	EntryID        string
	List           Code
	USCC           string
	Unit           string // the deciding unit: whoever pushed the record
	Event          Event
	Cause          string
	DocumentNo     string
	DecidedOn      civil.Date
	ServedOn       civil.Date
	EffectiveFrom  civil.Date
	TermUntil      civil.Date
	ExitType       ExitType
	ExitDocumentNo string
	Annotated      bool
	Persons        string // as Persons writes them
}

// EventRecord is one version of one decision record.
type EventRecord struct {
	RecordID   string
	Version    uint32
	Seq        uint64     // place in credit.decision: what the hub learned when
	Retracted  bool       // the version takes the record back
	OccurredOn civil.Date // NoDate: the decision's date
	OccurredAt int64      // the instant, Unix milliseconds; 0: only the day is known
	Facts
}

// Told are the fields of an event that the data of a decision record tell, by their
// names there. Whom it binds is told by two of them, see Persons, and the instant by
// one that is no field of the kinds that columns have.
var Told = []column.Column[EventRecord]{
	column.Text("entryId", func(r *EventRecord) *string { return &r.EntryID }),
	column.Named("list", CodeEnd-1, Code.String, func(r *EventRecord) *Code { return &r.List }),
	column.Named("event", EventExited, Event.String, func(r *EventRecord) *Event { return &r.Event }),
	column.Text("cause", func(r *EventRecord) *string { return &r.Cause }),
	column.Text("documentNo", func(r *EventRecord) *string { return &r.DocumentNo }),
	column.Day("decidedOn", func(r *EventRecord) *civil.Date { return &r.DecidedOn }),
	column.Day("servedOn", func(r *EventRecord) *civil.Date { return &r.ServedOn }),
	column.Day("effectiveFrom", func(r *EventRecord) *civil.Date { return &r.EffectiveFrom }),
	column.Day("termUntil", func(r *EventRecord) *civil.Date { return &r.TermUntil }),
	column.Named("exitType", SubjectEnded, ExitType.String, func(r *EventRecord) *ExitType { return &r.ExitType }),
	column.Text("exitDocumentNo", func(r *EventRecord) *string { return &r.ExitDocumentNo }),
	column.Bool("annotated", func(r *EventRecord) *bool { return &r.Annotated }),
}

// Law is what the fold asks of the law; a nil function knows of none.
type Law struct {
	Until      func(*Entry) civil.Date        // the last day of a term; NoDate: none. Asked when no record names an end
	Latest     func(*Entry) civil.Date        // the last day that a term can have; NoDate: no maximum
	RepairFrom func(*Entry) civil.Date        // the first day on which it may be repaired; NoDate: any
	NoService  func(Code) bool                // the list takes effect without service
	SameCause  func(l Code, a, b string) bool // two causes are one, by code and by name; nil: as they are written
	NoEffect   func(*Entry) bool              // decided by a rule that was not law on that day
}

// Fold gives the state of one entry from all records about it, in whatever
// order they came. Of each record the highest version counts (the first one in
// the log when a version came twice), and nothing of it when that version is
// retracted. It answers false when nothing is left: the entry was taken back
// altogether. Where corrections set records of the listing at odds, it is as the one
// tells that binds the subject least.
//
//   - An exit ends the entry whatever else is said, but for an IN_FORCE that was
//     decided later, which lists the subject anew: then only what came after the
//     exit counts. The latest exit names type, day and document, and an exit that
//     corrects or revokes outranks the others (列入错误: never validly listed). One
//     that takes effect on a day ahead ends the entry on that day; see At.
//   - Else the last of SUSPENDED and RESUMED decides between suspended and in
//     force, by when it occurred, of an entry that is proven to have come into
//     force: by an IN_FORCE; by a suspension of what was served; by the day of
//     service in a suspension or resumption, which may be the later version of the
//     record that was an IN_FORCE; or by a list that needs no service. What is on
//     its way there is neither put into force nor shown by a suspension.
//     A resumption that takes effect on a day ahead puts it into force on that day.
//   - Else the furthest of PRE_NOTICE, DECIDED, SERVED and IN_FORCE holds.
//   - What was decided by a rule that was not law that day never gets further than
//     DECIDED.
//
// Which of two came first on a day that tells no time is decided for the subject;
// see rank. The entry is described by its latest event that is no suspension,
// resumption or exit, because those carry the number of another document; dates
// that it leaves out come from the events before it. It is annotated (异议标注) as long
// as any of its records says so, and stays in force meanwhile.
func Fold(events []EventRecord, law Law) (Entry, bool) {
	e, _, ok := foldAll(events, law)
	return e, ok
}

// foldAll is Fold and what is doubtful about the entry.
func foldAll(events []EventRecord, law Law) (e Entry, doubt Doubt, ok bool) {
	live := current(events)
	if len(live) == 0 {
		return Entry{}, 0, false
	}
	slices.SortFunc(live, (*EventRecord).compare)
	if nothingEnded(live) {
		doubt |= NothingEnded
	}
	for again := relisted(live); again != nil; again = relisted(live) {
		live = again
	}
	for i, told := range law.views(live) {
		x, d := foldOne(told, law)
		doubt |= d
		if i == 0 || x.milder(&e) {
			e = x
		}
	}
	return e, doubt, true
}

// foldOne folds events that agree on the listing.
func foldOne(live []*EventRecord, law Law) (e Entry, doubt Doubt) {
	e = undated
	describe(&e, live)
	void := law.NoEffect != nil && law.NoEffect(&e)
	if e.State = state(live, law); void {
		e.State = min(e.State, Decided)
	}
	x := exit(live)
	if x != nil {
		leave(&e, x, live)
	}
	if void {
		return e, doubt // never in force, and without a term
	}
	doubt |= term(&e, live, law)
	if r := resumedAhead(live); r != nil && e.State == InForce {
		e.Since = max(e.Since, r.EffectiveFrom)
	}
	if x != nil && e.State != Exited && e.Since != civil.NoDate && (e.Until == civil.NoDate || e.Until >= e.ExitedOn) {
		e.Until = e.ExitedOn - 1
	}
	if earlyRepair(&e, live, law) {
		doubt |= EarlyRepair
	}
	return e, doubt
}

// leave notes the exit. What is in force and exits on a day ahead stays until then.
func leave(e *Entry, x *EventRecord, live []*EventRecord) {
	e.ExitType, e.ExitedOn, e.ExitDocumentNo = x.ExitType, x.on(), x.ExitDocumentNo
	if e.ExitDocumentNo == "" && x.DocumentNo != e.DocumentNo {
		e.ExitDocumentNo = x.DocumentNo
	}
	atOnce := slices.ContainsFunc(live, func(r *EventRecord) bool { return r.Event == EventExited && r.effective() == r.on() })
	if atOnce || e.State < InForce {
		e.State = Exited
		return
	}
	e.ExitedOn = x.effective()
}

// resumedAhead is the last stay or resumption when it is one that takes effect on a
// day ahead of itself: until then the entry is not in force.
func resumedAhead(live []*EventRecord) (last *EventRecord) {
	for _, r := range live {
		if r.Event == EventSuspended || r.Event == EventResumed {
			last = r
		}
	}
	if last == nil || last.Event != EventResumed || last.effective() == last.on() {
		return nil
	}
	return last
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
		later := r.after(x)
		anew = anew || later && r.Event == EventInForce
		return !later
	})
	if !anew {
		return nil
	}
	return after
}

// describe fills what the entry is about from the latest listing event, or the
// latest event of any kind when only a suspension or exit is known.
func describe(e *Entry, live []*EventRecord) {
	last := live[len(live)-1]
	decided := slices.ContainsFunc(live, (*EventRecord).lists)
	listing := func(r *EventRecord) bool { return r.lists() || r.Event == EventPreNotice && !decided }
	for _, r := range live {
		if listing(r) {
			last = r
		}
	}
	e.ID, e.List, e.USCC, e.DecidedBy = last.EntryID, last.List, last.USCC, last.Unit
	e.Cause, e.DocumentNo, e.DecidedOn = last.Cause, last.DocumentNo, last.DecidedOn
	for _, r := range live {
		if r.Event == EventPreNotice && decided {
			continue // the service of a notice
		}
		if r.ServedOn != civil.NoDate && (listing(r) || e.ServedOn == civil.NoDate) {
			e.ServedOn = r.ServedOn
		}
	}
	for _, r := range live {
		e.Annotated = e.Annotated || r.Annotated // until the record that says so is corrected
		if r.Persons != "" && (r.Event <= EventInForce || e.Persons == "") {
			e.Persons = r.Persons
		}
	}
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
			if r.ServedOn != civil.NoDate {
				return true
			}
			paused = paused || r.Event == EventSuspended
		case EventPreNotice, EventDecided, EventServed:
			underWay, served = true, served || r.ServedOn != civil.NoDate
		}
	}
	return paused && served || !underWay && law.serviceless(live[0].List)
}

func (law *Law) serviceless(c Code) bool { return law.NoService != nil && law.NoService(c) }

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
func term(e *Entry, live []*EventRecord, law Law) (doubt Doubt) {
	from := civil.NoDate
	for _, r := range live {
		if r.Event < EventDecided || r.Event > EventInForce {
			continue // a notice decides no term, and a stay has one of its own
		}
		if r.EffectiveFrom != civil.NoDate {
			from = r.EffectiveFrom
		}
		if r.TermUntil != civil.NoDate {
			e.Until = r.TermUntil
		}
	}
	if e.State < InForce {
		return 0
	}
	var early bool
	if e.Since, early = First(e.DecidedOn, e.ServedOn, from, law.serviceless(e.List)); early {
		doubt |= BeforeService
	}
	if e.Since == civil.NoDate {
		return doubt
	}
	if e.Until == civil.NoDate {
		if law.Until != nil {
			e.Until = law.Until(e)
		}
		return doubt
	}
	if law.Latest != nil {
		if last := law.Latest(e); last != civil.NoDate && last < e.Until {
			e.Until = last
			doubt |= TermCut
		}
	}
	return doubt
}

// First is the first day in force of what was decided, served and said to take
// effect on these days: never before service, unless the list needs none. early
// tells that an effect before service was claimed.
func First(decided, served, from civil.Date, noService bool) (day civil.Date, early bool) {
	switch {
	case from == civil.NoDate && served != civil.NoDate:
		return served, false
	case from == civil.NoDate:
		return decided, false
	case served != civil.NoDate && from < served && !noService:
		return served, true
	}
	return from, false
}
