package feed

import (
	"strconv"
	"time"

	"credithub/schema/jsontext"
	"credithub/schema/list"
	"credithub/schema/receipt"
)

// Changes is a value on credit.changes: of which codes accepted records, or entries
// by them, changed between two offsets of a partition, both included. Whoever
// follows asks anew for these codes, after Receipt, which is the place up to which the
// hub must have stored for the answer to hold the changes.
//
// Every change is told, before it is stored, and the offsets of a partition rise from
// message to message. After a restart of intake messages come again, cut elsewhere: one
// whose Last was worked off before tells nothing new. Stretches in which nothing
// changed are told by no message.
type Changes struct {
	Domain    string    `json:"domain"`
	Partition uint16    `json:"partition"`
	First     int64     `json:"first"`
	Last      int64     `json:"last"`
	At        time.Time `json:"at"`
	Receipt   string    `json:"receipt"`
	Codes     string    `json:"codes"` // joined without separator, 18 characters each, sorted, each once
}

// AppendChanges appends the value of what changed at a position and before it, from an
// offset on. Codes are of letters and digits only.
func AppendChanges(dst []byte, first int64, last receipt.Position, at time.Time, codes []byte) []byte {
	dst = jsontext.AppendPlain(append(dst, `{"domain":`...), last.Domain.String())
	dst = strconv.AppendUint(append(dst, `,"partition":`...), uint64(last.Partition), 10)
	dst = strconv.AppendInt(append(dst, `,"first":`...), first, 10)
	dst = strconv.AppendInt(append(dst, `,"last":`...), last.Offset, 10)
	dst = jsontext.AppendTime(append(dst, `,"at":`...), at.UTC(), time.RFC3339Nano)
	dst = jsontext.AppendPlain(append(dst, `,"receipt":`...), receipt.Encode([]receipt.Position{last}))
	return append(jsontext.AppendPlain(append(dst, `,"codes":`...), codes), '}')
}

// Notice is a value on credit.notices, keyed by entryId: a change of an entry that
// units have to work off. Seq is that of the change on credit.entries; notices come in
// its order, and after a restart of intake some come again under the same Seq. What the
// calendar alone ends is announced by nobody but the entry's own last day.
type Notice struct {
	Seq     uint64    `json:"seq"`
	At      time.Time `json:"at"`   // when the hub learned of it
	Kind    string    `json:"kind"` // see schema/policy
	ID      string    `json:"id"`
	USCC    string    `json:"uscc"`
	WasUSCC string    `json:"wasUscc,omitempty"` // subject before a correction moved the entry: what was done to it is to be undone
	// Entry is the entry as it is now; as it was, when Gone.
	Entry *list.Wire `json:"entry"`
	// Gone: the entry was taken back altogether. Successor is another entry that tells
	// of the same document in its place.
	Gone        bool             `json:"gone,omitempty"`
	Successor   string           `json:"successor,omitempty"`
	On          string           `json:"on"`    // day on which the change takes effect, which may lie ahead
	DueOn       string           `json:"dueOn"` // last day to work it off
	Provisional bool             `json:"dueProvisional,omitempty"`
	Measures    []NoticedMeasure `json:"measures,omitempty"`
}

// NoticedMeasure is a measure that a change bears on, and the department that decides on
// it.
type NoticedMeasure struct {
	Code       string `json:"code"`
	Department string `json:"department"`
}
