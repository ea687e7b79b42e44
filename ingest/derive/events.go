package derive

import (
	"encoding/binary"
	"iter"
	"unsafe"

	"credithub/schema/civil"
	"credithub/schema/list"
)

// An entry's events stand one after another in one piece of memory that is
// never changed, only replaced: a fixed part, then texts with their lengths.
// Millions of entries would otherwise be tens of millions of pointers.
//
//	version u32 · seq u64 · list u8 · event u8 · exit u8 · annotated u8 ·
//	5 days i32 · instant i64 · 6 texts (uvarint length, bytes): record id, code, cause,
//	document, exit document, persons
const fixed = 4 + 8 + 4 + 5*4 + 8

// event is one event in encoded form.
type event struct {
	head     []byte
	recordID []byte
	texts    [5][]byte
}

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
	next := func() []byte {
		n, w := binary.Uvarint(b)
		t := b[w : w+int(n)]
		b = b[w+int(n):]
		return t
	}
	ev.recordID = next()
	for i := range ev.texts {
		ev.texts[i] = next()
	}
	return ev, b
}

// record is the event in full. Its texts are those of the entry's own memory.
func (ev *event) record(e *entry) list.EventRecord {
	h := ev.head
	day := func(i int) civil.Date { return civil.Date(int32(binary.LittleEndian.Uint32(h[16+4*i:]))) }
	return list.EventRecord{
		RecordID: view(ev.recordID), Version: binary.LittleEndian.Uint32(h), Seq: binary.LittleEndian.Uint64(h[4:]),
		OccurredOn: day(0), OccurredAt: int64(binary.LittleEndian.Uint64(h[36:])),
		Facts: list.Facts{
			EntryID: e.id, Unit: e.unit, List: list.Code(h[12]), Event: list.Event(h[13]), ExitType: list.ExitType(h[14]),
			Annotated: h[15] == 1, DecidedOn: day(1), ServedOn: day(2), EffectiveFrom: day(3), TermUntil: day(4),
			USCC: view(ev.texts[0]), Cause: view(ev.texts[1]), DocumentNo: view(ev.texts[2]), ExitDocumentNo: view(ev.texts[3]), Persons: view(ev.texts[4]),
		},
	}
}

func appendEvent(b []byte, r *list.EventRecord) []byte {
	b = binary.LittleEndian.AppendUint32(b, r.Version)
	b = binary.LittleEndian.AppendUint64(b, r.Seq)
	annotated := byte(0)
	if r.Annotated {
		annotated = 1
	}
	b = append(b, byte(r.List), byte(r.Event), byte(r.ExitType), annotated)
	for _, d := range [...]civil.Date{r.OccurredOn, r.DecidedOn, r.ServedOn, r.EffectiveFrom, r.TermUntil} {
		b = binary.LittleEndian.AppendUint32(b, uint32(d))
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(r.OccurredAt))
	for _, t := range [...]string{r.RecordID, r.USCC, r.Cause, r.DocumentNo, r.ExitDocumentNo, r.Persons} {
		b = binary.AppendUvarint(b, uint64(len(t)))
		b = append(b, t...)
	}
	return b
}

// replaceEvent gives the events without that of a record, and with r if it is
// not nil, in new memory.
func replaceEvent(b []byte, recordID string, r *list.EventRecord) []byte {
	room := len(b)
	if r != nil {
		room += fixed + 12 + len(r.Persons) + len(r.RecordID) + len(r.USCC) + len(r.Cause) + len(r.DocumentNo) + len(r.ExitDocumentNo)
	}
	out := make([]byte, 0, room)
	for rest := b; len(rest) > 0; {
		ev, after := cut(rest)
		if string(ev.recordID) != recordID {
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
