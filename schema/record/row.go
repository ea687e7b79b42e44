package record

import "credithub/schema/fault"

// Row is one decoded and validated record. Its slices belong to the Decoder and
// hold until the next Decode.
type Row struct {
	Domain     Domain
	Kind       string // wire name, interned
	Op         Op
	Version    uint32 // 1 … 2³¹−1
	OccurredOn Date   // NoDate when absent
	RecordID   []byte // 1 … 128 bytes UTF-8
	USCC       []byte // 18 characters; empty when the row carries none (placeholder code)
	Unit       string // interned unit code; set by the caller or from the envelope in Kafka

	// Data is the data object in canonical form: fields in table order, no
	// blanks, no nulls, absent fields left out; strings keep their text.
	Data []byte
	// Hash is the 64-bit hash of (kind, op, uscc, occurredOn, Data): two rows
	// with equal identity and version and equal Hash are the same.
	Hash uint64
	// Faults lists every fault of the row at once, rejections and warnings.
	Faults []fault.Fault

	values []value // by field number of the kind
}

// value is a raw scalar of Data: text without quotes and escapes.
type value struct {
	text []byte
	set  bool
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
