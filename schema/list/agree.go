package list

import (
	"cmp"
	"slices"

	"credithub/schema/civil"
	"credithub/schema/fold"
)

// Contradicted finds among known records one that tells otherwise of what r tells of
// the same document, and names the field; nil when all agree. What one leaves out it
// doesn't deny. A listing decided after an exit is another one than that before it.
func (law Law) Contradicted(r *EventRecord, known []EventRecord) (by *EventRecord, field string) {
	for i := range known {
		o := &known[i]
		if r.sameRecord(o) {
			continue
		}
		if field := law.differs(r, o); field != "" && !apart(r, o, known) {
			return o, field
		}
	}
	return nil, ""
}

// lists tells whether a record is of the decision that lists. A notice (告知) before it
// has a day and a document of its own.
func (r *EventRecord) lists() bool { return r.Event >= EventDecided && r.Event <= EventInForce }

// differs names the field in which two records contradict each other: of the listing,
// of the notice before it, or of the exit.
func (law Law) differs(a, b *EventRecord) string {
	if a.List != b.List || a.USCC != b.USCC {
		return ""
	}
	if a.Event == EventExited && b.Event == EventExited {
		if field := differentExit(a, b); field != "" && oneExit(a, b) {
			return field
		}
		return ""
	}
	if !(a.lists() && b.lists() || a.Event == EventPreNotice && b.Event == EventPreNotice) {
		return ""
	}
	if field := law.otherListing(a, b); field != "" && oneDocument(a.DocumentNo, b.DocumentNo) {
		return field
	}
	return ""
}

func (law Law) otherListing(a, b *EventRecord) string {
	switch {
	case otherDay(a.DecidedOn, b.DecidedOn):
		return "decidedOn"
	case otherDay(a.ServedOn, b.ServedOn):
		return "servedOn"
	case otherDay(a.EffectiveFrom, b.EffectiveFrom):
		return "effectiveFrom"
	case otherDay(a.TermUntil, b.TermUntil):
		return "termUntil"
	case law.otherCause(a, b):
		return "cause"
	}
	return cmp.Or(law.putsOff(a, b), law.putsOff(b, a))
}

// putsOff names the field by which a record would put off the first day of a listing
// that, by another record, was in force before; that leaves the field out because it
// had nothing more to say.
func (law Law) putsOff(inForce, r *EventRecord) string {
	if inForce.Event != EventInForce || inForce.EffectiveFrom != civil.NoDate {
		return ""
	}
	day, _ := First(inForce.DecidedOn, inForce.ServedOn, civil.NoDate, law.serviceless(inForce.List))
	switch day = max(day, inForce.on()); {
	case r.EffectiveFrom > day:
		return "effectiveFrom"
	case inForce.ServedOn == civil.NoDate && r.ServedOn > day:
		return "servedOn"
	}
	return ""
}

func (law Law) otherCause(a, b *EventRecord) bool {
	return a.Cause != b.Cause && (law.SameCause == nil || !law.SameCause(a.List, a.Cause, b.Cause))
}

func differentExit(a, b *EventRecord) string {
	switch {
	case a.ExitType != b.ExitType:
		return "exitType"
	case a.on() != b.on() && otherDay(a.DecidedOn, b.DecidedOn):
		return "decidedOn"
	case a.on() != b.on():
		return "occurredOn"
	case a.effective() != b.effective():
		return "effectiveFrom"
	}
	return ""
}

// oneExit tells whether two exits are told of one decision to end the listing. The end
// of a term is none. Two of one entry are two unless they name one document, and the
// fold knows which counts.
func oneExit(a, b *EventRecord) bool {
	if a.ExitDocumentNo != "" && b.ExitDocumentNo != "" {
		return oneDocument(a.ExitDocumentNo, b.ExitDocumentNo)
	}
	return a.EntryID != b.EntryID && (a.ExitType == Expired) == (b.ExitType == Expired)
}

func oneDocument(a, b string) bool {
	return a == b || fold.Document(a) == fold.Document(b)
}

func otherDay(a, b civil.Date) bool { return a != b && a != civil.NoDate && b != civil.NoDate }

// apart tells whether two records are of different listings of the subject: an exit
// lies between two listings, or a listing between two exits.
func apart(a, b *EventRecord, known []EventRecord) bool {
	return slices.ContainsFunc(known, func(x EventRecord) bool {
		switch {
		case a.Event != EventExited && x.Event == EventExited:
			return a.after(&x) != b.after(&x)
		case a.Event == EventExited && x.Event == EventInForce:
			return x.after(a) != x.after(b)
		}
		return false
	})
}

// Milder tells whether r differs from o, a record of the same entry, but by an earlier
// service: the term runs from the first one, so nothing gets longer by it.
func (law Law) Milder(r, o *EventRecord) bool {
	return r.lists() && o.lists() && r.EntryID == o.EntryID && otherDay(r.ServedOn, o.ServedOn) && r.ServedOn < o.ServedOn &&
		!otherDay(r.DecidedOn, o.DecidedOn) && !otherDay(r.TermUntil, o.TermUntil) && !law.otherCause(r, o) &&
		(!otherDay(r.EffectiveFrom, o.EffectiveFrom) || r.EffectiveFrom < o.EffectiveFrom)
}

// views are the events as each record of the listing tells of it, when their tellers
// are at odds, which only corrections of them can bring about; else the events alone.
func (law Law) views(live []*EventRecord) [][]*EventRecord {
	var out [][]*EventRecord
	for _, r := range live {
		if r.lists() && slices.ContainsFunc(live, func(o *EventRecord) bool { return law.differs(r, o) != "" }) {
			out = append(out, law.asTold(r, live))
		}
	}
	if out == nil {
		return [][]*EventRecord{live}
	}
	return out
}

// asTold are the events with the listing as one record tells of it.
func (law Law) asTold(r *EventRecord, live []*EventRecord) []*EventRecord {
	out := slices.Clone(live)
	for i, o := range live {
		if !o.lists() || law.differs(r, o) == "" {
			continue
		}
		c := *o
		if c.OccurredOn == civil.NoDate {
			c.OccurredOn = o.on() // stays where it is
		}
		for _, d := range [...]struct{ to, from *civil.Date }{{&c.DecidedOn, &r.DecidedOn}, {&c.ServedOn, &r.ServedOn},
			{&c.EffectiveFrom, &r.EffectiveFrom}, {&c.TermUntil, &r.TermUntil}} {
			if otherDay(*d.to, *d.from) {
				*d.to = *d.from
			}
		}
		c.Cause = r.Cause
		if law.putsOff(r, &c) == "effectiveFrom" {
			c.EffectiveFrom = civil.NoDate
		}
		if law.putsOff(r, &c) == "servedOn" {
			c.ServedOn = civil.NoDate
		}
		out[i] = &c
	}
	return out
}

// milder tells whether an entry binds its subject less than another one: without
// effect, else sooner over, else later begun.
func (e *Entry) milder(o *Entry) bool {
	if a, b := e.State < InForce, o.State < InForce; a != b {
		return a
	}
	if e.Until != o.Until {
		return e.Until != civil.NoDate && (o.Until == civil.NoDate || e.Until < o.Until)
	}
	return e.Since > o.Since
}
