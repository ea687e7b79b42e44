// Package feed describes the messages of the hub's own topics, those that no
// agency writes. All values are JSON.
//
//	credit.entries   folded list entries and progress of credit.decision (compacted, 1 partition)
//	credit.subjects  newly known subjects, facts, freshness and progress of the other domains (1 partition)
//	credit.rejects   faults of rows, from the gateway and from intake
//	credit.batches   heads of pushes
//	credit.audit     who saw what
//	credit.notices   changes of entries that units have to work off, with their days
//	credit.changes   the codes whose records changed, for those who follow
//	credit.outcomes  what became of signed messages, for those who sent them
package feed

import (
	"encoding/json"
	"time"

	"credithub/schema/fault"
	"credithub/schema/list"
	"credithub/schema/receipt"
)

// Topics of the hub's own.
const (
	EntriesTopic  = "credit.entries"
	SubjectsTopic = "credit.subjects"
	RejectsTopic  = "credit.rejects"
	BatchesTopic  = "credit.batches"
	AuditTopic    = "credit.audit"
	NoticesTopic  = "credit.notices"
	ChangesTopic  = "credit.changes"
	OutcomesTopic = "credit.outcomes"
)

// Headers of messages on domain topics.
const (
	HeaderStamp     = "stamp"     // set by the gateway, see ingest/gateway
	HeaderUnit      = "unit"      // signed messages: unit code
	HeaderKey       = "key"       // signed messages: first 16 hex digits of SHA-256 of the public key
	HeaderSignature = "signature" // signed messages: base64 of Ed25519
)

// SeqPerRecord is how many messages on credit.entries one decision record can
// have: the entries of the documents that it left and joined, those that speak for
// them instead, and the progress after it.
const SeqPerRecord = 16

// Seq is the place of a message on credit.entries among those of a decision record,
// which stands at an offset of credit.decision.
func Seq(offset int64, ordinal int) uint64 { return uint64(offset)*SeqPerRecord + uint64(ordinal) }

// ProgressSeq is the Seq of the progress after a decision record.
func ProgressSeq(offset int64) uint64 { return Seq(offset, SeqPerRecord-1) }

// SeqOffset is the offset of the decision record that a Seq belongs to.
func SeqOffset(seq uint64) int64 { return int64(seq / SeqPerRecord) }

// EntryMessage is a value on credit.entries, keyed by entryId. Seq orders all
// messages: offset on credit.decision × SeqPerRecord + ordinal within that record. A
// reader applies a message only if its Seq is above all it has applied, so
// repeated messages do nothing.
type EntryMessage struct {
	Seq        uint64     `json:"seq"`
	RecordedAt time.Time  `json:"recordedAt"`
	Entry      *list.Wire `json:"entry,omitempty"` // nil: the entry was taken back altogether (retracted)
	ID         string     `json:"id"`
	USCC       string     `json:"uscc"`               // subject that the entry concerns or concerned
	WasUSCC    string     `json:"wasUscc,omitempty"`  // subject before a correction moved the entry
	Progress   *Progress  `json:"progress,omitempty"` // set on progress messages only, which carry no entry
}

// ProgressKey is the key of progress messages on credit.entries; compaction
// keeps the last.
const ProgressKey = "~progress"

// Progress says that everything up to the positions has been applied, and which
// sources were heard.
type Progress struct {
	Through []receipt.Position `json:"through"`
	Reports []Report           `json:"reports,omitempty"`
}

// MaxSkew is how far the clocks of those who tell the hub a time may differ from
// its own. What lies further ahead proves nothing until then.
const MaxSkew = time.Minute

// Report is a sign of life of a source: rows accepted or a heartbeat. Only what
// nobody can repeat is one: what the gateway took in, by the time of its stamp; of
// signed messages new content, and heartbeats by the time that is signed with them.
type Report struct {
	Unit   string    `json:"unit"`
	Domain string    `json:"domain"`
	At     time.Time `json:"at"`
}

// SubjectsMessage is a value on credit.subjects. Known, Gone and Ambiguous are
// codes joined without separator, 18 characters each: subjects that now have a
// registration, no longer have one, or have several that contradict each other.
type SubjectsMessage struct {
	Known     string         `json:"known,omitempty"`
	Gone      string         `json:"gone,omitempty"`
	Ambiguous string         `json:"ambiguous,omitempty"`
	Facts     []SubjectFacts `json:"facts,omitempty"` // what changed of the records that are facts, see schema/policy
	Progress  Progress       `json:"progress"`
}

// SubjectFacts are changes of one subject's facts, which take effect together.
type SubjectFacts struct {
	USCC    string        `json:"uscc"`
	Records []RecordFacts `json:"records,omitempty"`
	Latest  []Latest      `json:"latest,omitempty"`
}

// RecordFacts is what the current version of a record is under a code: no facts
// mean that it is none there (any more). Group and Place are those of its series.
type RecordFacts struct {
	Domain   string      `json:"domain"`
	Unit     string      `json:"unit"`
	RecordID string      `json:"recordId"`
	Version  uint32      `json:"version"`
	Group    uint32      `json:"group,omitempty"` // 0: it stands alone
	Place    int32       `json:"place,omitempty"`
	Facts    []FactState `json:"facts,omitempty"`
}

// FactState is a fact by its code and the days on which it bears, YYYY-MM-DD, empty
// when open.
type FactState struct {
	Code  string `json:"code"`
	Since string `json:"since,omitempty"`
	Until string `json:"until,omitempty"`
}

// Latest is the highest place among the subject's records of a group; facts of a
// lower place don't count. Gone: no fact is left in the group.
type Latest struct {
	Group uint32 `json:"group"`
	Place int32  `json:"place,omitempty"`
	Gone  bool   `json:"gone,omitempty"`
}

// Batch is the head of a push, on credit.batches keyed by batch id, written
// after its records are durable.
type Batch struct {
	ID         string             `json:"batchId"`
	Unit       string             `json:"unit"`
	ReceivedAt time.Time          `json:"receivedAt"`
	Accepted   int                `json:"accepted"`
	Rejected   int                `json:"rejected"`
	Positions  []receipt.Position `json:"positions,omitempty"`
}

// Reject is one rejected row, on credit.rejects keyed by unit. Rows refused by
// the gateway have a Batch and no source position; rows refused by intake have
// both when they came through the gateway.
type Reject struct {
	Unit       string        `json:"unit"` // "" when nobody proves who sent it
	Domain     string        `json:"domain,omitempty"`
	BatchID    string        `json:"batchId,omitempty"`
	Line       uint32        `json:"line,omitempty"`
	RecordID   string        `json:"recordId,omitempty"`
	At         time.Time     `json:"at"`
	Faults     []fault.Fault `json:"faults"`
	Topic      string        `json:"topic,omitempty"`
	Partition  int           `json:"partition,omitempty"`
	Offset     int64         `json:"offset,omitempty"` // offset + 1, so that 0 means none
	Suggestion string        `json:"suggestion,omitempty"`

	Kind string          `json:"kind,omitempty"`
	Row  json.RawMessage `json:"row,omitempty"` // as sent, personal numbers masked
}

// Outcomes is a value on credit.outcomes: that a partition of a domain's topic has
// been judged up to an offset, and which messages without a stamp of the gateway
// were rejected since the message before. It names places and faults only, never
// content, a record or a unit, so that every unit that writes signed messages may
// read it. What a push through the gateway became is told by its batch.
type Outcomes struct {
	Topic     string    `json:"topic"`
	Partition int       `json:"partition"`
	Through   int64     `json:"through"`
	Rejected  []Outcome `json:"rejected,omitempty"`
}

// Outcome is a rejected message.
type Outcome struct {
	Offset int64         `json:"offset"`
	Faults []fault.Fault `json:"faults"`
}
