// Package kafka is the hub's one Kafka set-up. It stands on segmentio/kafka-go for
// connections, routing, topics, groups, signing in and the placing of keys. Produce
// and fetch, the two hot paths, travel on kafka-go's connections as requests that
// franz-go's kmsg writes and reads; the records within are written and read here, in
// memory that is used again.
//
//	client    connections, what is known of topics, repetition of what fails
//	producer  one call: its messages, their partitions, the room they take
//	lane      the way to one partition: batches one after the other
//	fetcher   reading one partition
//	group     sharing partitions with other processes
//	topics    making topics; held: how the cluster has them
//	wire      the two requests; batch, unpack: the records within
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
