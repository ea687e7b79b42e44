// Package gateway is the door for records: POST /v1/records takes a push of an
// agency, GET /v1/batches/{id} and GET /v1/rejections tell what became of it.
//
// It promises that a 202 leaves only when every accepted record, every rejected
// row and the head of the batch are durable in Kafka (acks=all); that one bad
// row never rejects its neighbours; that an unreadable body has no effect; that
// memory is bounded over all requests together, and that each push and each
// refusal is in the audit log before it is answered. A push that ended with 503
// may be sent again: records count by identity and version.
//
// It never decides what a record restricts, never compares versions (intake
// does) and never believes a unit that stands in a body.
//
// # Path of a push
//
//	token → role, unit, rate → body in pooled memory under one byte budget
//	→ rows (ingest/body) → record.Decode → rights → stamp → Kafka, a chunk
//	ahead of the decoder → rejects → head → audit → 202
package gateway
