package derive

import (
	"fmt"
	"slices"

	"credithub/schema/fault"
	"credithub/schema/list"
)

// contradicts refuses a record that tells of a document otherwise than another record
// does, under whichever entry. A record that tells of it already corrects it, and an
// earlier service of the same entry is taken, since the term runs from it: so what
// holds is never harsher for which came first.
func (d *Decisions) contradicts(r *list.EventRecord, id ID) (fault.Fault, bool) {
	if r.Retracted || r.Event > list.EventInForce && r.Event != list.EventExited {
		return fault.Fault{}, false
	}
	peers := d.tellers(d.document(&r.Facts))
	was := d.entryOf.get(id)
	if was != nil && *was > 0 && slices.Contains(peers, *was-1) {
		return fault.Fault{}, false
	}
	if n, ok := d.byID[r.EntryID]; ok {
		own := d.members(n)
		if was == nil || *was == 0 || !slices.Contains(own, *was-1) {
			peers = append(peers, slices.DeleteFunc(own, func(n uint32) bool { return slices.Contains(peers, n) })...)
		}
	}
	known := d.records(peers)
	by, field := d.law.Contradicted(r, known)
	for by != nil && d.law.Milder(r, by) {
		known = slices.DeleteFunc(known, func(o list.EventRecord) bool { return d.law.Milder(r, &o) })
		by, field = d.law.Contradicted(r, known)
	}
	if by == nil {
		return fault.Fault{}, false
	}
	return fault.Fault{Code: fault.E10Duplicate, Field: field, Message: fmt.Sprintf(
		"the document is known from record %s of %s in entry %s with another %s; whoever is wrong sends a correction first", by.RecordID, by.Unit, by.EntryID, field)}, true
}

// records are the events of entries, until the next call.
func (d *Decisions) records(of []uint32) []list.EventRecord {
	d.scratch = d.scratch[:0]
	for _, n := range of {
		e := &d.entries[n]
		for ev := range events(e.events) {
			d.scratch = append(d.scratch, ev.record(e))
		}
	}
	return d.scratch
}

// atOdds warns of a correction that sets a record at odds with another one.
func (d *Decisions) atOdds(r *list.EventRecord, known []list.EventRecord) fault.Fault {
	by, field := d.law.Contradicted(r, known)
	if by == nil {
		return fault.Fault{}
	}
	f := fault.Fault{Code: fault.W10Service, Field: field}
	counts := "what binds the subject least counts"
	switch {
	case r.Event == list.EventExited:
		f.Code, counts = fault.W11NoExit, "the exit counts all the same"
	case field == "termUntil" || field == "cause":
		f.Code = fault.W08TermCapped
	}
	f.Message = fmt.Sprintf("record %s of %s in entry %s tells another %s of the document: %s until both agree", by.RecordID, by.Unit, by.EntryID, field, counts)
	return f
}
