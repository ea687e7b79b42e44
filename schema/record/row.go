package record

import (
	"time"

	"credithub/schema/civil"
	"credithub/schema/fault"
)

// MaxRow is the size limit of a row in bytes as pushed.
const MaxRow = 1 << 20

// Row is one decoded and validated record. Its slices belong to the Decoder and
// hold until the next Decode.
type Row struct {
	Domain     Domain
	Kind       string // wire name, interned
	Op         Op
	Version    uint32     // 1 … 2³¹−1; 0 when the row names none: the next one if its content differs
	OccurredOn civil.Date // NoDate when absent
	RecordID   []byte     // 1 … 128 bytes UTF-8
	USCC       []byte     // 18 characters; empty when the row carries none (placeholder code)
	Unit       string     // interned unit code; set by the caller or from the envelope in Kafka
	At         time.Time  // of a heartbeat that its unit signed itself; zero when absent

	// Data is the data object in canonical form: fields in table order, no
	// blanks, no nulls, absent fields left out; strings keep their text. Empty
	// for a retraction that names no data.
	Data []byte
	// Hash is the 64-bit hash of (kind, op, uscc, occurredOn, Data): two rows
	// with equal identity and version and equal Hash are the same.
	Hash uint64
	// Faults lists every fault of the row at once, rejections and warnings.
	Faults []fault.Fault

	spec   *KindSpec
	values []value // by field number of the kind
}

// value is a raw scalar of Data: text without quotes and escapes; the canonical
// JSON of an array.
type value struct {
	text []byte
	day  civil.Date
	set  bool
}

// Spec is the kind's description, nil when the row names no known kind.
func (r *Row) Spec() *KindSpec { return r.spec }

// Get is the text of a data field, nil when it is absent: without quotes and
// escapes, for formerNames and the like the JSON of the array.
func (r *Row) Get(field string) []byte {
	if v := r.value(field); v != nil && v.set {
		return v.text
	}
	return nil
}

// Day is the day of a data field of type Day, NoDate when it is absent.
func (r *Row) Day(field string) civil.Date {
	if v := r.value(field); v != nil && v.set {
		return v.day
	}
	return civil.NoDate
}

// Instant is a data field of type Moment in Unix milliseconds, 0 when it is absent.
func (r *Row) Instant(field string) int64 {
	if v := r.value(field); v != nil && v.set {
		if t, ok := parseInstant(v.text); ok {
			return t.UnixMilli()
		}
	}
	return 0
}

func (r *Row) value(field string) *value {
	if r.spec == nil {
		return nil
	}
	i, ok := r.spec.index[field]
	if !ok || int(i) >= len(r.values) {
		return nil
	}
	return &r.values[i]
}

// Rejected tells whether any fault rejects the row.
func (r *Row) Rejected() bool {
	for i := range r.Faults {
		if r.Faults[i].Code.Rejects() {
			return true
		}
	}
	return false
}

// Add notes a fault.
func (r *Row) Add(code fault.Code, field, message string) {
	r.Faults = append(r.Faults, fault.Fault{Code: code, Field: field, Message: message})
}

// reset empties the row and keeps its room.
func (r *Row) reset() {
	values, faults := r.values[:0], r.Faults[:0]
	*r = Row{OccurredOn: civil.NoDate, Faults: faults, values: values}
}
