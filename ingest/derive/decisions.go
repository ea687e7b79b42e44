package derive

import (
	"fmt"
	"strings"

	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/stored"
)

// Change is a new state of an entry.
type Change struct {
	ID      string
	Ordinal int
	Gone    bool // taken back altogether; Entry is empty but for ID
	Entry   list.Entry
	USCC    string // subject that it concerns, or concerned when it is gone
	Was     string // subject that it concerned before, when another; "" otherwise
	// Before is what readers knew of it until now, if only by another entry that
	// told of its document; NoState: nothing.
	Before list.Entry
	// Successor is the entry that tells of the document of one that is gone; "": none.
	Successor string
}

// Outcome is what a decision record means.
type Outcome struct {
	Status stored.Status
	Fault  fault.Fault // why it was rejected
	// Warnings are what the record's unit ought to know of what it means beside the
	// others of its entry.
	Warnings []fault.Fault
	// AtOdds warns of a correction that another record of the document contradicts.
	AtOdds  fault.Fault
	Changes []Change // holds until the next Apply
	// Left is the code under which a MOVED row of version LeftVersion has to
	// say that the record is not there (any more); "" for none.
	Left        string
	LeftVersion uint32
}

// Decisions folds decision records into entries. It keeps the current version of
// each record.
type Decisions struct {
	law     list.Law
	ids     Identifier
	codes   *Codes
	index   Index
	entryOf table[uint32] // the entry that the current version of a record is about
	byID    map[string]uint32
	docs    table[uint32] // an entry that tells of a document, see document.go
	entries []entry
	changes []Change
	names   map[string]string // units
	scratch []list.EventRecord
}

// entry is one entry with its events, encoded (see events.go).
type entry struct {
	id     string
	unit   string
	list   list.Code
	events []byte
	doc    ID     // document that it tells of; the zero value: none
	next   uint32 // next entry that tells of it + 1; 0: none
}

// NewDecisions makes an empty state. law is that of the policy.
func NewDecisions(law list.Law) *Decisions {
	return &Decisions{law: law, codes: NewCodes(), byID: map[string]uint32{}, names: map[string]string{}}
}

// Len counts records and entries.
func (d *Decisions) Len() (records, entries int) { return d.index.Len(), len(d.entries) }

// Load applies a record that was accepted before, in the order of the log, and
// tells nobody. Its texts are copied.
func (d *Decisions) Load(r *list.EventRecord, hash uint64) { d.apply(r, hash, 0, false) }

// LoadNumbered notes that a record came without a version.
func (d *Decisions) LoadNumbered(unit string, recordID []byte, hash uint64, sent Sent) {
	d.index.Numbered(d.ids.ID(unit, recordID), uint32(hash), sent)
}

// Apply judges the next record of the log and folds it. Its texts are copied. One
// without a version gets it here, by when it was sent.
func (d *Decisions) Apply(r *list.EventRecord, hash uint64, sent Sent) Outcome {
	return d.apply(r, hash, sent, true)
}

func (d *Decisions) apply(r *list.EventRecord, hash uint64, sent Sent, tell bool) (out Outcome) {
	d.changes = d.changes[:0]
	id := d.ids.ID(r.Unit, []byte(r.RecordID))
	held := Held{Version: r.Version, Hash: uint32(hash), Subject: d.codes.Subject([]byte(r.USCC))}
	given := r.Version > 0
	held, v := d.index.judge(id, held, sent)
	r.Version = held.Version
	if out.Status = v.Status; v.Status != stored.Accepted {
		if v.Status == stored.Rejected {
			out.Fault = Fault(given)
		} else if !given {
			d.index.Numbered(id, held.Hash, sent)
		}
		return out
	}
	if f, bad := d.owned(r, id); bad {
		return Outcome{Status: stored.Rejected, Fault: f}
	}
	// What was accepted before stays accepted.
	if f, bad := d.stray(r, id); bad && v.Current && tell {
		return Outcome{Status: stored.Rejected, Fault: f}
	}
	if f, bad := d.contradicts(r, id); tell && v.Current && bad {
		return Outcome{Status: stored.Rejected, Fault: f}
	}
	d.index.Accept(id, held)
	if !given {
		d.index.Numbered(id, held.Hash, sent)
	}
	if left, high := v.Left(held); left != 0 {
		out.Left, out.LeftVersion = d.codes.String(left), high
	}
	if v.Current {
		d.replace(r, id, tell)
		out.Changes = d.changes
		if tell && !r.Retracted {
			known := d.records(d.members(d.byID[r.EntryID]))
			out.AtOdds = d.atOdds(r, known)
			out.Warnings = d.warnings(r, known)
		}
	}
	return out
}

// VersionFault is E10: a version that is known with other content.
func VersionFault() fault.Fault {
	return fault.Fault{Code: fault.E10Duplicate, Field: "version",
		Message: "this version is known with other content; send the correction under a higher version"}
}

// owned refuses an entry id that stands for an entry of another unit, or of
// another list as long as other records speak of it.
func (d *Decisions) owned(r *list.EventRecord, id ID) (fault.Fault, bool) {
	if r.EntryID == "" {
		return fault.Fault{}, false
	}
	n, ok := d.byID[r.EntryID]
	if !ok {
		return fault.Fault{}, false
	}
	e := &d.entries[n]
	if e.unit != r.Unit {
		return fault.Fault{Code: fault.E12Right, Field: "entryId", Message: "the entry id belongs to an entry of another unit"}, true
	}
	if e.list == r.List || r.Retracted {
		return fault.Fault{}, false
	}
	for ev := range events(e.events) {
		if string(ev.recordID) != r.RecordID {
			return fault.Fault{Code: fault.E12Right, Field: "list",
				Message: fmt.Sprintf("the entry id belongs to an entry of %s", e.list)}, true
		}
	}
	return fault.Fault{}, false
}

// stray refuses a record that joins an entry whose records all speak of other
// subjects: the id was used twice, and the second use would set the first subject
// free. A record that is about the entry already may change its subject, which
// corrects it.
func (d *Decisions) stray(r *list.EventRecord, id ID) (fault.Fault, bool) {
	n, ok := d.byID[r.EntryID]
	if !ok || r.Retracted {
		return fault.Fault{}, false
	}
	if p := d.entryOf.get(id); p != nil && *p == n+1 {
		return fault.Fault{}, false
	}
	others := false
	for ev := range events(d.entries[n].events) {
		if string(ev.code) == r.USCC {
			return fault.Fault{}, false
		}
		others = true
	}
	return fault.Fault{Code: fault.E04NameMismatch, Field: "uscc",
		Message: "the entry id belongs to an entry of another subject"}, others
}

// replace puts the new current version of a record in the place of the one
// before, which may have spoken of another entry.
func (d *Decisions) replace(r *list.EventRecord, id ID, tell bool) {
	left, had := uint32(0), false
	if p := d.entryOf.get(id); p != nil && *p > 0 {
		left, had = *p-1, true
	}
	if r.Retracted {
		if had {
			d.entryOf.put(id, 0)
			d.edit([]uint32{left}, r.RecordID, nil, tell)
		}
		return
	}
	n := d.entry(r)
	d.entryOf.put(id, n+1)
	touched := []uint32{n}
	if had && left != n {
		touched = []uint32{left, n}
	}
	d.edit(touched, r.RecordID, r, tell)
}

// entry is the number of the entry that a record is about.
func (d *Decisions) entry(r *list.EventRecord) uint32 {
	if n, ok := d.byID[r.EntryID]; ok {
		d.entries[n].list = r.List
		return n
	}
	unit, ok := d.names[r.Unit]
	if !ok {
		unit = strings.Clone(r.Unit)
		d.names[unit] = unit
	}
	n := uint32(len(d.entries))
	e := entry{id: strings.Clone(r.EntryID), unit: unit, list: r.List}
	d.entries = append(d.entries, e)
	d.byID[e.id] = n
	return n
}

// warnings are the doubts about the entry in which the record takes part.
func (d *Decisions) warnings(r *list.EventRecord, known []list.EventRecord) (out []fault.Fault) {
	told := list.Doubts(known, d.law, r)
	for i := range doubts {
		if told&doubts[i].doubt != 0 {
			out = append(out, doubts[i].fault)
		}
	}
	return out
}

var doubts = [...]struct {
	doubt list.Doubt
	fault fault.Fault
}{
	{list.BeforeService, fault.Fault{Code: fault.W10Service, Field: "effectiveFrom", Message: "lies before service: the entry takes effect from service"}},
	{list.TermCut, fault.Fault{Code: fault.W08TermCapped, Field: "termUntil", Message: "is longer than the law allows: it counts until the longest term ends"}},
	{list.NothingEnded, fault.Fault{Code: fault.W11NoExit, Field: "decidedOn",
		Message: "the exit lies before every decision on this entry and ends nothing; send the day on which the exit was decided"}},
	{list.EarlyRepair, fault.Fault{Code: fault.W11NoExit, Field: "decidedOn",
		Message: "the repair lies before the first day on which the rule of the list allows it; it counts, as the unit decides"}},
	{list.SameDay, fault.Fault{Code: fault.W12SameDay, Field: "occurredAt",
		Message: "which of this day's events came first is untold: a stay or an exit prevails until occurredAt tells the time of each"}},
}

func (d *Decisions) fold(e *entry) (list.Entry, bool) {
	d.scratch = d.scratch[:0]
	for ev := range events(e.events) {
		d.scratch = append(d.scratch, ev.record(e))
	}
	return list.Fold(d.scratch, d.law)
}
