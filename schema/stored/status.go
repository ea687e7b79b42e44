package stored

import (
	"strings"

	"credithub/schema/column"
)

// Status is what became of a message.
type Status uint8

// Statuses, numbered as in ClickHouse.
const (
	NoStatus  Status = iota
	Accepted         // the version is the record's from now on, or one of its older ones
	Duplicate        // it was known already
	Rejected         // it counts for nothing
	Heartbeat        // a unit has nothing new
	Moved            // the record is not under the code (any more)
)

var statusNames = []string{"", "ACCEPTED", "DUPLICATE", "REJECTED", "HEARTBEAT", "MOVED"}

// String is the name in the table, "" for NoStatus.
func (s Status) String() string { return column.Name(statusNames, uint8(s)) }

// ParseStatus reads a name in the table; NoStatus when unknown.
func ParseStatus(name string) Status { return Status(column.Value(statusNames, name)) }

// Alive tells whether a message is a sign of life of its source.
func (s Status) Alive() bool { return s == Accepted || s == Duplicate || s == Heartbeat }

// SignOfLife is the condition on rows of table records that they are one.
var SignOfLife = Is(Accepted, Duplicate, Heartbeat)

// Is is the condition on rows of table records that they have one of some statuses.
func Is(all ...Status) string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = "'" + s.String() + "'"
	}
	if len(all) == 1 {
		return "status = " + names[0]
	}
	return "status IN (" + strings.Join(names, ", ") + ")"
}
