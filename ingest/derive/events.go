package derive

import (
	"encoding/binary"
	"iter"
	"unsafe"

	"credithub/schema/civil"
	"credithub/schema/column"
	"credithub/schema/list"
)

// An entry's events stand one after another in one piece of memory that is
// never changed, only replaced. Millions of entries would otherwise be tens of
// millions of pointers. An event is
//
//	length of what follows · record id · code · what eventPack holds
//
// with lengths, also those of texts, as uvarints.
var eventPack = column.NewPack(append(column.Without(list.Told, "entryId"), // the entry has it
	column.U32("version", func(r *list.EventRecord) *uint32 { return &r.Version }),
	column.U64("seq", func(r *list.EventRecord) *uint64 { return &r.Seq }),
	column.I64("occurredAt", func(r *list.EventRecord) *int64 { return &r.OccurredAt }),
	column.Day("occurredOn", func(r *list.EventRecord) *civil.Date { return &r.OccurredOn }),
	column.Text("persons", func(r *list.EventRecord) *string { return &r.Persons })))

// event is one event in encoded form.
type event struct {
	recordID []byte // the record that it is of
	code     []byte // of the subject that it is about
	fields   []byte
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

// cut gives the first event of b and what stands behind it.
func cut(b []byte) (ev event, rest []byte) {
	ev.fields, rest = piece(b)
	ev.recordID, ev.fields = piece(ev.fields)
	ev.code, ev.fields = piece(ev.fields)
	return ev, rest
}

// piece gives the first bytes of b that have their length before them.
func piece(b []byte) (of, rest []byte) {
	n, w := uint64(b[0]), 1 // most lengths are one byte
	if n >= 0x80 {
		n, w = binary.Uvarint(b)
	}
	return b[w : w+int(n)], b[w+int(n):]
}

// record is the event in full. Its texts are those of the entry's own memory.
func (ev *event) record(e *entry) (r list.EventRecord) {
	r.RecordID, r.USCC = view(ev.recordID), view(ev.code)
	r.EntryID, r.Unit = e.id, e.unit
	eventPack.Read(&r, ev.fields)
	return r
}

// appendEvent appends what an event is behind its length.
func appendEvent(b []byte, r *list.EventRecord) []byte {
	b = append(binary.AppendUvarint(b, uint64(len(r.RecordID))), r.RecordID...)
	b = append(binary.AppendUvarint(b, uint64(len(r.USCC))), r.USCC...)
	return eventPack.Append(b, r)
}

// replaceEvent gives the events without that of a record, and with r if it is
// not nil, in new memory.
func replaceEvent(b []byte, recordID string, r *list.EventRecord) []byte {
	var room [1 << 10]byte
	var own []byte
	size := len(b)
	if r != nil {
		own = appendEvent(room[:0], r)
		size += len(own) + binary.MaxVarintLen32
	}
	out := make([]byte, 0, size)
	for rest := b; len(rest) > 0; {
		ev, after := cut(rest)
		if string(ev.recordID) != recordID {
			out = append(out, rest[:len(rest)-len(after)]...)
		}
		rest = after
	}
	if r != nil {
		out = append(binary.AppendUvarint(out, uint64(len(own))), own...)
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
