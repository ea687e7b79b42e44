// Package kafka is the hub's one Kafka set-up. It stands on segmentio/kafka-go
// for connections, routing, topics and groups, and encodes and decodes record
// batches itself, because produce and fetch are the two hot paths of the hub.
//
// It promises:
//   - Produce returns only when all in-sync replicas have the messages, with the
//     place of each. The messages of one call for one partition become durable
//     as a prefix: a later one never without those before it.
//   - A message may stand twice after a retry; it is never missing after success.
//   - Fetch tells what it can't read; it skips nothing in silence.
//   - Memory is bounded: pending messages, requests and responses have limits.
//
// It never commits offsets by itself: progress is the reader's own truth (see
// ingest/sink). It ignores transactions of other producers: what counts on the
// hub's topics is a stamp or a signature, not a commit marker.
package kafka
