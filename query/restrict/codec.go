package restrict

import (
	"encoding/binary"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/zeebo/xxh3"

	"credithub/schema/civil"
	"credithub/schema/list"
)

// The entries of one subject are one blob of bytes:
//
//	uvarint length of the rest
//	per entry:
//	  byte     list, and bit 5: annotated
//	  uvarint  deciding unit, number in the dictionary; 0: text follows, which is
//	           list.Tellers where several told of the entry, the first the unit
//	  uvarint  cause, number in the dictionary; 0: text follows
//	  uvarint  length of the entry id shl 1, and bit 0: it holds the subject's code
//	  byte     only then: where the code stands in the id, which is left out
//	  bytes    entry id
//	  text     document number (uvarint length, bytes)
//	  date     decidedOn against epoch
//	  date     servedOn against decidedOn
//	  date     since against decidedOn
//	  date     until against since
//	  byte     only when the list's bit 6 is set: state shl 4, and how it exited
//	  date     only then: exitedOn against since
//	  text     only then: the persons it names
//
// A date is uvarint(zigzag(days apart) + 1), 0 when absent. Only entries are kept
// that are or can come into force by the passing of days alone, whose state is
// IN_FORCE, and those that a bar outlives. The subject's code is
// the key of the blob. Texts of a decoded entry alias the blob, which is never
// written again once it can be read; an id that holds the code is put together
// anew.

// epoch is the day decidedOn counts from; a day near it takes fewer bytes.
var epoch = civil.MakeDate(2020, 1, 1)

const (
	annotatedBit = 1 << 5
	moreBit      = 1 << 6
)

// What outgrows its bits doesn't compile: a list those below annotatedBit, a state and
// an exit type half a byte each.
const _ = uint(annotatedBit-list.CodeEnd) + uint(16-list.StateEnd) + uint(16-list.ExitEnd)

// dict numbers texts that come again and again: unit codes and causes. Readers
// take no lock; there is one writer. Numbers start at 1 and never change.
type dict struct {
	texts  atomic.Pointer[[]string]
	number map[string]uint32
	limit  int // texts kept; others stand in full
	maxLen int // longer texts stand in full
}

func newDict(limit, maxLen int) *dict {
	d := &dict{number: map[string]uint32{}, limit: limit, maxLen: maxLen}
	d.texts.Store(&[]string{""})
	return d
}

func (d *dict) append(b []byte, s string) []byte {
	n, ok := d.number[s]
	if !ok && len(s) <= d.maxLen && len(d.number) < d.limit {
		old := *d.texts.Load()
		s = string(append([]byte(nil), s...)) // don't keep the message alive
		n = uint32(len(old))
		next := append(old[:len(old):len(old)], s)
		d.texts.Store(&next)
		d.number[s] = n
	}
	b = binary.AppendUvarint(b, uint64(n))
	if n == 0 {
		b = appendText(b, s)
	}
	return b
}

func (d *dict) read(b []byte) (string, []byte) {
	n, b := uvarint(b)
	if n == 0 {
		return readText(b)
	}
	return (*d.texts.Load())[n], b
}

func (d *dict) bytes() (n int) {
	for _, s := range *d.texts.Load() {
		n += 16 + len(s) + 56 // header, text, share of the writer's map
	}
	return n
}

// codec writes and reads entries.
type codec struct{ units, causes *dict }

func newCodec() codec { return codec{units: newDict(1000, 32), causes: newDict(4000, 48)} }

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendDate(b []byte, d, ref civil.Date) []byte {
	if d == civil.NoDate {
		return append(b, 0)
	}
	x := int64(d) - int64(ref)
	return binary.AppendUvarint(b, uint64(x<<1^x>>63)+1)
}

// orEpoch is a reference day that always is one.
func orEpoch(d civil.Date) civil.Date {
	if d == civil.NoDate {
		return epoch
	}
	return d
}

// append adds an entry to the rest of the blob of a code.
func (c *codec) append(b []byte, e *list.Entry, code string) []byte {
	head := byte(e.List)
	if e.Annotated {
		head |= annotatedBit
	}
	if e.State != list.InForce || e.ExitedOn != civil.NoDate || e.Persons != "" {
		head |= moreBit
	}
	b = append(b, head)
	if e.Tellers != "" {
		b = appendText(append(b, 0), string(e.Tellers))
	} else {
		b = c.units.append(b, e.DecidedBy)
	}
	b = c.causes.append(b, e.Cause)
	b = appendID(b, e.ID, code)
	b = appendText(b, e.DocumentNo)
	b = appendDate(b, e.DecidedOn, epoch)
	b = appendDate(b, e.ServedOn, orEpoch(e.DecidedOn))
	b = appendDate(b, e.Since, orEpoch(e.DecidedOn))
	b = appendDate(b, e.Until, orEpoch(e.Since))
	if head&moreBit != 0 {
		b = append(b, byte(e.State)<<4|byte(e.ExitType))
		b = appendDate(b, e.ExitedOn, orEpoch(e.Since))
		b = appendText(b, e.Persons)
	}
	return b
}

// appendID leaves the code out of an id that holds it, as most ids that
// agencies make do.
func appendID(b []byte, id, code string) []byte {
	at := strings.Index(id, code)
	if at < 0 || at > 255 || code == "" {
		return append(binary.AppendUvarint(b, uint64(len(id))<<1), id...)
	}
	b = binary.AppendUvarint(b, uint64(len(id)-len(code))<<1|1)
	b = append(b, byte(at))
	b = append(b, id[:at]...)
	return append(b, id[at+len(code):]...)
}

// readID aliases b, or makes a new text when the code was left out.
func readID(b []byte, code string) (string, []byte) {
	n, b := uvarint(b)
	if n&1 == 0 {
		if n == 0 {
			return "", b
		}
		return unsafe.String(&b[0], int(n>>1)), b[n>>1:]
	}
	at, b := int(b[0]), b[1:]
	id := make([]byte, 0, int(n>>1)+len(code))
	id = append(append(append(id, b[:at]...), code...), b[at:n>>1]...)
	return unsafe.String(&id[0], len(id)), b[n>>1:]
}

// uvarint is binary.Uvarint for bytes this package wrote, with the common case
// first.
func uvarint(b []byte) (uint64, []byte) {
	if x := b[0]; x < 0x80 {
		return uint64(x), b[1:]
	}
	x, n := binary.Uvarint(b)
	return x, b[n:]
}

// readText aliases b.
func readText(b []byte) (string, []byte) {
	n, b := uvarint(b)
	if n == 0 {
		return "", b
	}
	return unsafe.String(&b[0], int(n)), b[n:]
}

func readDate(b []byte, ref civil.Date) (civil.Date, []byte) {
	x, b := uvarint(b)
	if x == 0 {
		return civil.NoDate, b
	}
	x--
	return civil.Date(int64(ref) + (int64(x>>1) ^ -int64(x&1))), b
}

// next reads the first entry of the rest of the blob of a code into e.
func (c *codec) next(e *list.Entry, b []byte, code string) []byte {
	*e = list.Entry{USCC: code, State: list.InForce, ExitedOn: civil.NoDate}
	more := b[0]&moreBit != 0
	e.List, e.Annotated = listOf(b), b[0]&annotatedBit != 0
	if e.DecidedBy, b = c.units.read(b[1:]); strings.HasSuffix(e.DecidedBy, "\n") {
		e.Tellers = list.Tellers(e.DecidedBy)
		e.DecidedBy, _, _ = strings.Cut(e.DecidedBy, "\t")
	}
	e.Cause, b = c.causes.read(b)
	e.ID, b = readID(b, code)
	e.DocumentNo, b = readText(b)
	e.DecidedOn, b = readDate(b, epoch)
	e.ServedOn, b = readDate(b, orEpoch(e.DecidedOn))
	e.Since, b = readDate(b, orEpoch(e.DecidedOn))
	e.Until, b = readDate(b, orEpoch(e.Since))
	if more {
		e.State, e.ExitType = list.State(b[0]>>4), list.ExitType(b[0]&15)
		e.ExitedOn, b = readDate(b[1:], orEpoch(e.Since))
		e.Persons, b = readText(b)
	}
	return b
}

// listOf is the list of the first entry of the rest of a blob.
func listOf(b []byte) list.Code { return list.Code(b[0] & (annotatedBit - 1)) }

// skip passes over the first entry of the rest of a blob.
func (c *codec) skip(b []byte) []byte {
	more := b[0]&moreBit != 0
	_, b = c.units.read(b[1:])
	_, b = c.causes.read(b)
	n, b := uvarint(b)
	b = b[n>>1+n&1:]
	_, b = readText(b)
	for range 4 {
		_, b = uvarint(b)
	}
	if more {
		_, b = uvarint(b[1:])
		_, b = readText(b)
	}
	return b
}

// without copies the rest of the blob of a code but for one entry, and tells
// whether it was there and whom it named.
func (c *codec) without(dst, rest []byte, id, code string) (_ []byte, found bool, named string) {
	from := rest // what comes before the entry, or between two of them, is copied at once
	for len(rest) > 0 {
		after := c.skip(rest)
		if c.isID(rest, id, code) {
			var e list.Entry
			c.next(&e, rest, code)
			found, named = true, e.Persons
			dst = append(dst, from[:len(from)-len(rest)]...)
			from = after
		}
		rest = after
	}
	return append(dst, from...), found, named
}

// isID tells whether the first entry of the rest of a blob has an id, which isn't
// put together for that.
func (c *codec) isID(b []byte, id, code string) bool {
	_, b = c.units.read(b[1:])
	_, b = c.causes.read(b)
	n, b := uvarint(b)
	if n&1 == 0 {
		return string(b[:n>>1]) == id
	}
	at, own := int(b[0]), b[1:1+n>>1]
	return len(id) == len(own)+len(code) && id[:at] == string(own[:at]) && id[at:at+len(code)] == code && id[at+len(code):] == string(own[at:])
}

// persons are those whom the entries of the rest of a blob name.
func (c *codec) persons(rest []byte, code string) string {
	var e list.Entry
	var all strings.Builder
	for len(rest) > 0 {
		if rest = c.next(&e, rest, code); e.Persons != "" {
			all.WriteString(e.Persons)
			all.WriteByte(' ')
		}
	}
	return all.String()
}

// ids are the hashes of the ids of the entries of the rest of a blob.
func (c *codec) ids(rest []byte, code string) map[uint64]struct{} {
	all := map[uint64]struct{}{}
	var e list.Entry
	for len(rest) > 0 {
		rest = c.next(&e, rest, code)
		all[xxh3.HashString(e.ID)] = struct{}{}
	}
	return all
}

// count counts the entries of the rest of a blob.
func (c *codec) count(rest []byte) (n int) {
	for ; len(rest) > 0; n++ {
		rest = c.skip(rest)
	}
	return n
}
