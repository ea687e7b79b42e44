// Package audit is the record of who saw what and why, and the hash chain over
// it (domain brief §6.4). Each writer keeps one chain: a record's Hash covers
// the hash before it and every other field, so a record that is changed,
// removed or moved breaks the chain at that place.
package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"
)

// Record is one act of access or refusal. It never holds personal data beyond
// the officer's own id, and no answer body, only its digest.
type Record struct {
	Writer  string    `json:"writer"` // node that keeps the chain
	Seq     uint64    `json:"seq"`    // 1, 2, 3 … without gaps
	At      time.Time `json:"at"`     // microseconds, UTC
	Actor   string    `json:"actor"`  // subject of the token, "" when anonymous
	Unit    string    `json:"unit"`
	Role    string    `json:"role"`
	Action  string    `json:"action"`            // check, checks, graphql, push, page …
	Subject string    `json:"subject,omitempty"` // code asked about; several are joined by commas
	Matter  string    `json:"matter,omitempty"`
	CaseNo  string    `json:"caseNo,omitempty"`
	Purpose string    `json:"purpose,omitempty"` // code of the purpose of use; several are joined by commas
	Outcome string    `json:"outcome"`           // CLEAR, HIT …, or the error code of a refusal
	Digest  string    `json:"digest,omitempty"`  // hex of the first 16 bytes of SHA-256 of the answer
	Prev    string    `json:"prev"`              // hex, 64 digits; zeros on the first
	Hash    string    `json:"hash"`              // hex, 64 digits
}

// Genesis is the Prev of a writer's first record.
const Genesis = "0000000000000000000000000000000000000000000000000000000000000000"

// Seal sets Prev and Hash.
func (r *Record) Seal(prev string) {
	r.Prev = prev
	r.Hash = r.sum()
}

// Intact tells whether the hash fits the content.
func (r *Record) Intact() bool { return r.Hash == r.sum() }

func (r *Record) sum() string {
	var buf [512]byte
	var number [20]byte
	b := appendField(buf[:0], r.Prev)
	b = appendField(b, r.Writer)
	b = appendField(b, strconv.AppendUint(number[:0], r.Seq, 10))
	b = appendField(b, strconv.AppendInt(number[:0], r.At.UnixMicro(), 10))
	for _, s := range [...]string{r.Actor, r.Unit, r.Role, r.Action, r.Subject, r.Matter, r.CaseNo, r.Outcome, r.Digest} {
		b = appendField(b, s)
	}
	if r.Purpose != "" { // records from before there were purposes keep their hash
		b = appendField(b, r.Purpose)
	}
	h := sha256.Sum256(b)
	var out [2 * sha256.Size]byte
	hex.Encode(out[:], h[:])
	return string(out[:])
}

// appendField appends a field with its length before it, so that no two records
// have the same bytes.
func appendField[T string | []byte](b []byte, v T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}
