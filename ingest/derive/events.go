package derive

import (
	"encoding/binary"
	"iter"
	"unsafe"

	"credithub/schema/civil"
	"credithub/schema/list"
)

// An entry's events stand one after another in one piece of memory that is
// never changed, only replaced. Millions of entries would otherwise be tens of
// millions of pointers. An event is a fixed part, then its texts:
//
//	version u32 · seq u64 · instant i64 · list u8 · event u8 · exit u8 · annotated u8 ·
//	days i32, see daysOf · texts (uvarint length, bytes), see textsOf
const (
	daysAt = 4 + 8 + 8 + 4
	fixed  = daysAt + 4*len(days{})
)

// days are the days of an event in the order in which they are encoded.
type days [5]*civil.Date

func daysOf(r *list.EventRecord) days {
	return days{&r.OccurredOn, &r.DecidedOn, &r.ServedOn, &r.EffectiveFrom, &r.TermUntil}
}

// texts are the texts of an event in the order in which they are encoded.
type texts [6]*string

func textsOf(r *list.EventRecord) texts {
	return texts{recordText: &r.RecordID, codeText: &r.USCC, &r.Cause, &r.DocumentNo, &r.ExitDocumentNo, &r.Persons}
}

// Places of texts that are looked at without reading the event.
const (
	recordText = 0
	codeText   = 1
)

// event is one event in encoded form.
type event struct {
	head  []byte
	texts [len(texts{})][]byte
}

// recordID is the record that the event is of.
func (ev *event) recordID() []byte { return ev.texts[recordText] }

// code is the code of the subject that the event is about.
func (ev *event) code() []byte { return ev.texts[codeText] }

// events walks the events of an entry.
func events(b []byte) iter.Seq[event] {
	return func(yield func(event) bool) {
		for len(b) > 0 {
			ev, rest := cut(b)
			if !yield(ev) {
				return
			}
			b = rest
		}
	}
}

func cut(b []byte) (event, []byte) {
	ev := event{head: b[:fixed]}
	b = b[fixed:]
	for i := range ev.texts {
		n, w := uint64(b[0]), 1 // nearly all lengths are one byte
		if n >= 0x80 {
			n, w = binary.Uvarint(b)
		}
		ev.texts[i] = b[w : w+int(n)]
		b = b[w+int(n):]
	}
	return ev, b
}

// record is the event in full. Its texts are those of the entry's own memory.
func (ev *event) record(e *entry) (r list.EventRecord) {
	h := ev.head
	r.Version, r.Seq, r.OccurredAt = binary.LittleEndian.Uint32(h), binary.LittleEndian.Uint64(h[4:]), int64(binary.LittleEndian.Uint64(h[12:]))
	r.List, r.Event, r.ExitType, r.Annotated = list.Code(h[20]), list.Event(h[21]), list.ExitType(h[22]), h[23] == 1
	r.EntryID, r.Unit = e.id, e.unit
	days, texts := daysOf(&r), textsOf(&r)
	for i := range days {
		*days[i] = civil.Date(int32(binary.LittleEndian.Uint32(h[daysAt+4*i:])))
	}
	for i := range texts {
		*texts[i] = view(ev.texts[i])
	}
	return r
}

func appendEvent(b []byte, r *list.EventRecord) []byte {
	annotated := byte(0)
	if r.Annotated {
		annotated = 1
	}
	b = binary.LittleEndian.AppendUint32(b, r.Version)
	b = binary.LittleEndian.AppendUint64(b, r.Seq)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.OccurredAt))
	b = append(b, byte(r.List), byte(r.Event), byte(r.ExitType), annotated)
	for _, d := range daysOf(r) {
		b = binary.LittleEndian.AppendUint32(b, uint32(*d))
	}
	for _, t := range textsOf(r) {
		b = binary.AppendUvarint(b, uint64(len(*t)))
		b = append(b, *t...)
	}
	return b
}

// lengthRoom is about what the lengths of an event's texts take.
const lengthRoom = 2 * len(texts{})

// replaceEvent gives the events without that of a record, and with r if it is
// not nil, in new memory.
func replaceEvent(b []byte, recordID string, r *list.EventRecord) []byte {
	room := len(b)
	if r != nil {
		room += fixed + lengthRoom
		for _, t := range textsOf(r) {
			room += len(*t)
		}
	}
	out := make([]byte, 0, room)
	for rest := b; len(rest) > 0; {
		ev, after := cut(rest)
		if string(ev.recordID()) != recordID {
			out = append(out, rest[:len(rest)-len(after)]...)
		}
		rest = after
	}
	if r != nil {
		out = appendEvent(out, r)
	}
	return out
}

// view reads bytes that never change as a string.
func view(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}
