package gateway

import (
	"encoding/json"

	"credithub/ingest/body"
	"credithub/schema/fault"
	"credithub/schema/feed"
)

// Finding is one fault of one row, as answered.
type Finding struct {
	Line       uint32     `json:"line"`
	RecordID   string     `json:"recordId,omitempty"`
	Code       fault.Code `json:"code"`
	Field      string     `json:"field"`
	Message    string     `json:"message"`
	Suggestion string     `json:"suggestion,omitempty"`
	// Value is what stands in the field as sent, personal numbers masked.
	Value string `json:"value,omitempty"`
	// Count is how many rows a warning speaks of when it is more than one: Line is
	// the first of them.
	Count int `json:"count,omitempty"`
}

// Response is the 202 of a push. Accepted and Rejected count rows, Warned those
// accepted with a warning; a row with several faults has several entries in
// Rejections. Warnings are never cut: those of a column are told once for all its
// rows. Truncated says that Rejections was cut at its limit, Listed; the batch has
// the rest.
type Response struct {
	BatchID    string    `json:"batchId"`
	Accepted   int       `json:"accepted"`
	Rejected   int       `json:"rejected"`
	Receipt    string    `json:"receipt"`
	Rejections []Finding `json:"rejections"`
	Warnings   []Finding `json:"warnings"`
	Warned     int       `json:"warned,omitempty"`
	Truncated  bool      `json:"truncated,omitempty"`
	Listed     int       `json:"listed,omitempty"`
}

// State of a batch.
type State string

// States of a batch.
const (
	Received State = "RECEIVED" // durable in Kafka
	Stored   State = "STORED"   // every row has been settled in ClickHouse
	// Unsettled is a push that was answered 503 after rows of it had been sent on:
	// Accepted and Stored count those that have arrived so far.
	Unsettled State = "UNSETTLED"
)

// BatchResponse is the answer of GET /v1/batches/{id}. Accepted and Rejected add
// up to the rows of the push: a row that intake rejects moves from the one to
// the other. Stored counts the accepted rows that are in ClickHouse, and equals
// Accepted once the state is STORED.
type BatchResponse struct {
	BatchID    string    `json:"batchId"`
	Unit       string    `json:"unit"`
	State      State     `json:"state"`
	ReceivedAt string    `json:"receivedAt"`
	Accepted   int       `json:"accepted"`
	Rejected   int       `json:"rejected"`
	Stored     int       `json:"stored"`
	Rejections []Finding `json:"rejections"`
	Warnings   []Finding `json:"warnings"`
	Truncated  bool      `json:"truncated,omitempty"`
}

// RejectionsResponse is a page of a unit's rejected rows, oldest first. Next is
// the cursor for after=, "" on the last page.
type RejectionsResponse struct {
	Rejections []Rejection `json:"rejections"`
	Next       string      `json:"next"`
}

// Rejection is one fault of one rejected row of a unit.
type Rejection struct {
	Unit    string `json:"unit"`
	Domain  string `json:"domain,omitempty"`
	Kind    string `json:"kind,omitempty"`
	BatchID string `json:"batchId,omitempty"`
	At      string `json:"at"`
	// Row is the row as sent, personal numbers masked: of a table its headings and
	// cells. What intake refused stands as the hub had read it.
	Row json.RawMessage `json:"row,omitempty"`
	Finding
}

// suggestions tell how each fault is mended.
var suggestions = map[fault.Code]string{
	fault.E01Format:       "write the 18-character unified social credit code as registered, in capitals and without blanks",
	fault.E02Check:        "compare the code with the licence: one character is wrong or two are swapped",
	fault.E03NoSubject:    "give the unified social credit code of the subject",
	fault.E04NameMismatch: "compare name and code with the register and correct the wrong one",
	fault.E05Required:     "fill the field in",
	fault.E06Enum:         "use a value of the catalogue in the form it demands",
	fault.E07DateOrder:    "check which of the two dates is wrong",
	fault.E08Future:       "give the day on which it happened, today at the latest",
	fault.E09Amount:       "write the amount in yuan as a decimal number",
	fault.E10Duplicate:    "raise the version to correct a record that was reported before",
	fault.E11Personal:     "take personal data out of the field",
	fault.E12Right:        "let the competent unit report it",
	fault.E13Catalogue:    "compare domain, kind and form of the row with the catalogue",
	fault.E14Late:         "the period for reporting has passed: ask the hub's operator",
}

func finding(line uint32, recordID string, f fault.Fault) Finding {
	return Finding{
		Line: line, RecordID: recordID, Code: f.Code, Field: f.Field,
		Message: f.Message, Suggestion: suggestions[f.Code], Value: f.Value,
	}
}

// told turns the warnings of a push into findings.
func told(all []body.Told) []Finding {
	out := make([]Finding, 0, len(all))
	for _, t := range all {
		f := finding(t.Line, t.RecordID, t.Fault)
		if t.Count > 1 {
			f.Count = t.Count
		}
		out = append(out, f)
	}
	return out
}

// weight is about what a finding takes in memory.
func (f *Finding) weight() int64 { return int64(120 + len(f.RecordID) + len(f.Field) + len(f.Message)) }

// settle merges what the gateway and intake found into the answer about a
// batch.
func settle(head feed.Batch, early []Finding, earlyCut bool, s Settled) BatchResponse {
	a := BatchResponse{
		BatchID: head.ID, Unit: head.Unit, State: Received, ReceivedAt: stamped(head.ReceivedAt),
		Accepted: head.Accepted - s.Rejected, Rejected: head.Rejected + s.Rejected, Stored: s.Standing,
		Rejections: append(append(make([]Finding, 0, len(early)+len(s.Findings)), early...), s.Findings...),
		Warnings:   append(make([]Finding, 0, len(s.Warnings)), s.Warnings...),
		Truncated:  earlyCut || s.Truncated,
	}
	if s.Complete {
		a.State = Stored
	}
	return a
}
