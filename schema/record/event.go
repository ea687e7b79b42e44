package record

import (
	"unsafe"

	"credithub/schema/list"
)

// EventOf is a decision record as the fold of its entry wants it. Its texts hold as
// long as the row.
func EventOf(row *Row, unit string, seq uint64) list.EventRecord {
	code, _ := list.ParseCode(row.Get("list"))
	return list.EventRecord{
		RecordID: view(row.RecordID), Version: row.Version, Seq: seq, Retracted: row.Op == Retract,
		OccurredOn: row.OccurredOn, OccurredAt: row.Instant("occurredAt"),
		Facts: list.Facts{
			EntryID: view(row.Get("entryId")), List: code, USCC: view(row.USCC), Unit: unit,
			Event: list.ParseEvent(row.Get("event")), Cause: view(row.Get("cause")), DocumentNo: view(row.Get("documentNo")),
			DecidedOn: row.Day("decidedOn"), ServedOn: row.Day("servedOn"), EffectiveFrom: row.Day("effectiveFrom"),
			TermUntil: row.Day("termUntil"), ExitType: list.ParseExit(row.Get("exitType")),
			ExitDocumentNo: view(row.Get("exitDocumentNo")), Persons: list.Persons(view(row.Get("personKey")), view(row.Get("personRole"))),
			Annotated: view(row.Get("annotated")) == "Y",
		},
	}
}

// view reads bytes as a string as long as they hold.
func view(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}
