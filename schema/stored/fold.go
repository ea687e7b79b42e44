package stored

import (
	"iter"

	"credithub/schema/column"
	"credithub/schema/record"
)

// Which version of a record holds under a code.
//
// The rows of table records under one code, of one domain, unit and record id, are
// versions that were accepted under it, and that the record left it: then it stands
// under another code from that version on. Of those the highest version counts, and of
// one version that it left. It holds when it was accepted and takes nothing back.
//
// Standing folds rows one by one; Counts, Latest and Holds say the same in SQL. A test
// holds both together on the engine.

// Standing is what the rows met so far make of one record under one code. The zero
// value has met none.
type Standing struct {
	Version uint32
	Status  Status
	Op      record.Op
}

// Take adds a row and tells whether it counts instead of those before. The order of
// rows makes no difference.
func (s *Standing) Take(r *Record) bool {
	switch {
	case r.Status != Accepted && r.Status != Moved, r.Version < s.Version:
		return false
	case r.Version == s.Version && r.Status <= s.Status:
		return false
	}
	*s = Standing{r.Version, r.Status, r.Op}
	return true
}

// Holds tells whether the record stands under the code.
func (s *Standing) Holds() bool { return s.Status == Accepted && s.Op == record.Upsert }

// Holds tells whether a version that counts holds.
func (r *Record) Holds() bool { return r.Status == Accepted && r.Op == record.Upsert }

// Counts is the condition on the rows that are folded, and Latest what leaves of them
// the one that counts.
var (
	Counts = Is(Accepted, Moved)
	Latest = " ORDER BY " + recordKey + ", version DESC, status DESC LIMIT 1 BY " + recordKey
)

// NoDay is the absent day in SQL, as a value of Date32.
var NoDay = "toDate32('" + column.NoDay.String() + "')"

const recordKey = "uscc, domain, unit, record_id"

// Holds is the condition that a row that counts holds, by the names that a query has
// for status and op.
func Holds(status, op string) string {
	return status + " = '" + Accepted.String() + "' AND " + op + " = '" + record.Upsert.String() + "'"
}

// SubjectState is what the registrations that hold under a code say of it.
type SubjectState uint8

// States of a subject. The zero value claims no knowledge.
const (
	Unknown   SubjectState = iota // no registration holds
	Known                         // one does, or several that agree on the name
	Ambiguous                     // several do, under different names
)

var subjectNames = [...]string{"unknown", "known", "ambiguous"}

// String is the state in words.
func (s SubjectState) String() string { return subjectNames[s] }

// SubjectOf is the state of a code by the folded names, or what stands for them, of the
// registrations that hold under it.
func SubjectOf[N comparable](names iter.Seq[N]) SubjectState {
	state := Unknown
	var first N
	for name := range names {
		switch {
		case state == Unknown:
			state, first = Known, name
		case name != first:
			return Ambiguous
		}
	}
	return state
}
