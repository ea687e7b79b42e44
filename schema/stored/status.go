package stored

import "credithub/schema/column"

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
