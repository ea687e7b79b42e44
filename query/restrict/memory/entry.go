package memory

import (
	"strings"

	"credithub/schema/civil"
	"credithub/schema/column"
	"credithub/schema/list"
)

// The entries of one code are one blob of bytes, one entry after another:
//
//	byte   list, whether the entry is annotated, and whether its rare fields come
//	word   deciding unit; or, as a text, list.Tellers where several told of the entry,
//	       of which the first is the unit
//	word   cause
//	id     entry id
//	byte   only with rare fields: state shl 4, and how the entry exited
//	text   document number
//	days   see daysOf
//	pack   only with rare fields: what restPack holds
//
// Most entries are in force, of one teller, and name nobody: rare are the fields in
// which others differ.
const (
	annotatedBit = 1 << 5 // above the list
	rareBit      = 1 << 6
)

// What outgrows its bits doesn't compile: a list those below annotatedBit, a state and
// an exit type half a byte each.
const _ = uint(annotatedBit-list.CodeEnd) + uint(16-list.StateEnd) + uint(16-list.ExitEnd)

// restPack holds the fields that have no place of their own above, whatever they are.
// Readers of the index don't ask for the document of an exit.
var restPack = column.NewPack(column.Without(list.Columns, "entry_id", "uscc", "list", "state", "cause", "document_no", "decided_by",
	"decided_on", "served_on", "since", "until", "exited_on", "annotated", "exit_type", "exit_document_no", "tellers"))

// noRest is what restPack makes of an entry of which most is as usual.
var noRest = func() string {
	e := list.Undated()
	return string(restPack.Append(nil, &e))
}()

// dayFields are the days of an entry, each with the one before it that it counts from;
// the first plainDays come with each entry.
type dayFields [5]struct{ day, from *civil.Date }

const plainDays = 4

func daysOf(e *list.Entry) dayFields {
	return dayFields{
		{&e.DecidedOn, &epoch},
		{&e.ServedOn, &e.DecidedOn},
		{&e.Since, &e.DecidedOn},
		{&e.Until, &e.Since},
		{&e.ExitedOn, &e.Since},
	}
}

// days counts the days that come with an entry.
func days(rare bool) int {
	if rare {
		return len(dayFields{})
	}
	return plainDays
}

func isRare(e *list.Entry) bool {
	var room [128]byte
	return e.State != list.InForce || e.ExitedOn != civil.NoDate || string(restPack.Append(room[:0], e)) != noRest
}

// codec writes and reads entries.
type codec struct{ units, causes *dict }

// append adds an entry to the blob of a code.
func (c *codec) append(b []byte, e *list.Entry, code string) []byte {
	head, rare := byte(e.List), isRare(e)
	if e.Annotated {
		head |= annotatedBit
	}
	if rare {
		head |= rareBit
	}
	b = append(b, head)
	if e.Tellers != "" {
		b = appendText(append(b, 0), string(e.Tellers))
	} else {
		b = c.units.append(b, e.DecidedBy)
	}
	b = appendID(c.causes.append(b, e.Cause), e.ID, code)
	if rare {
		b = append(b, byte(e.State)<<4|byte(e.ExitType))
	}
	b = appendText(b, e.DocumentNo)
	all := daysOf(e)
	for _, d := range all[:days(rare)] {
		b = appendDate(b, *d.day, orEpoch(*d.from))
	}
	if rare {
		b = restPack.Append(b, e)
	}
	return b
}

// next reads the first entry of the blob of a code into e.
func (c *codec) next(e *list.Entry, b []byte, code string) []byte {
	*e = list.Entry{USCC: code, State: list.InForce, ExitedOn: civil.NoDate}
	rare := b[0]&rareBit != 0
	e.List, e.Annotated = EntryBlob(b).List(), b[0]&annotatedBit != 0
	if e.DecidedBy, b = c.units.read(b[1:]); strings.HasSuffix(e.DecidedBy, "\n") {
		e.Tellers = list.Tellers(e.DecidedBy)
		e.DecidedBy, _, _ = strings.Cut(e.DecidedBy, "\t")
	}
	e.Cause, b = c.causes.read(b)
	e.ID, b = readID(b, code)
	if rare {
		e.State, e.ExitType = list.State(b[0]>>4), list.ExitType(b[0]&15)
		b = b[1:]
	}
	e.DocumentNo, b = readText(b)
	all := daysOf(e)
	for _, d := range all[:days(rare)] {
		*d.day, b = readDate(b, orEpoch(*d.from))
	}
	if rare {
		b = restPack.Read(e, b)
	}
	return b
}

// skip passes the first entry of a blob over.
func (c *codec) skip(b []byte) []byte {
	rare := b[0]&rareBit != 0
	b = skipID(c.toID(b))
	if rare {
		b = b[1:]
	}
	_, b = readText(b)
	for range days(rare) {
		_, b = uvarint(b)
	}
	if rare {
		b = restPack.Skip(b)
	}
	return b
}

// toID passes over what stands before the id.
func (c *codec) toID(b []byte) []byte {
	_, b = c.units.read(b[1:])
	_, b = c.causes.read(b)
	return b
}
