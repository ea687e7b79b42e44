package memory

import (
	"strings"

	"credithub/schema/civil"
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
//	texts  see textsOf
//	days   see daysOf
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

// textFields are the texts of an entry, of which the first plainTexts come with each.
type textFields [2]*string

const plainTexts = 1

func textsOf(e *list.Entry) textFields {
	return textFields{
		&e.DocumentNo,
		&e.Persons,
	}
}

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

// fields counts the texts and days that come with an entry.
func fields(rare bool) (texts, days int) {
	if rare {
		return len(textFields{}), len(dayFields{})
	}
	return plainTexts, plainDays
}

func isRare(e *list.Entry) bool {
	return e.State != list.InForce || e.ExitedOn != civil.NoDate || e.Persons != ""
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
	nt, nd := fields(rare)
	texts, days := textsOf(e), daysOf(e)
	for _, t := range texts[:nt] {
		b = appendText(b, *t)
	}
	for _, d := range days[:nd] {
		b = appendDate(b, *d.day, orEpoch(*d.from))
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
	nt, nd := fields(rare)
	texts, days := textsOf(e), daysOf(e)
	for _, t := range texts[:nt] {
		*t, b = readText(b)
	}
	for _, d := range days[:nd] {
		*d.day, b = readDate(b, orEpoch(*d.from))
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
	texts, days := fields(rare)
	for range texts {
		_, b = readText(b)
	}
	for range days {
		_, b = uvarint(b)
	}
	return b
}

// toID passes over what stands before the id.
func (c *codec) toID(b []byte) []byte {
	_, b = c.units.read(b[1:])
	_, b = c.causes.read(b)
	return b
}
