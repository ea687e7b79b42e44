package record

import (
	"unsafe"

	"credithub/schema/civil"
	"credithub/schema/column"
	"credithub/schema/list"
)

// EventOf is a decision record as the fold of its entry wants it. Its texts hold as
// long as the row.
func EventOf(row *Row, unit string, seq uint64) list.EventRecord {
	r := list.EventRecord{
		RecordID: view(row.RecordID), Version: row.Version, Seq: seq, Retracted: row.Op == Retract,
		OccurredOn: row.OccurredOn, OccurredAt: row.Instant("occurredAt"),
	}
	r.USCC, r.Unit = view(row.USCC), unit
	r.Persons = list.Persons(view(row.Get("personKey")), view(row.Get("personRole")))
	for _, tell := range told {
		tell(&r, row)
	}
	return r
}

// told takes each field of list.Told out of a row.
var told = func() (all []func(*list.EventRecord, *Row)) {
	for i := range list.Told {
		all = append(all, taker(&list.Told[i]))
	}
	return all
}()

func taker(c *column.Column[list.EventRecord]) func(*list.EventRecord, *Row) {
	name, names := c.Name, c.Names
	switch f := c.Field().(type) {
	case column.Field[list.EventRecord, string]:
		return func(r *list.EventRecord, row *Row) { *f.At(r) = view(row.Get(name)) }
	case column.Field[list.EventRecord, uint8]:
		return func(r *list.EventRecord, row *Row) { *f.At(r) = column.Value(names, view(row.Get(name))) }
	case column.Field[list.EventRecord, civil.Date]:
		return func(r *list.EventRecord, row *Row) { *f.At(r) = row.Day(name) }
	case column.Field[list.EventRecord, bool]:
		return func(r *list.EventRecord, row *Row) { *f.At(r) = view(row.Get(name)) == "Y" }
	}
	panic("record: field " + name + " of an event is of an unknown type")
}

// view reads bytes as a string as long as they hold.
func view(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}
