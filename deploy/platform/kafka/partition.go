package kafka

import kafkago "github.com/segmentio/kafka-go"

// byKey places keys as the Apache clients do (murmur2), the empty and the absent one
// too, so that messages about one subject stand in one order whoever writes them.
var byKey = kafkago.Murmur2Balancer{Consistent: true}

// numbers are the partitions of a topic in their order: kafka-go wants them all.
var numbers = below(256)

func below(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// PartitionOf tells which of n partitions a key belongs to.
func PartitionOf(key []byte, n int) int {
	all := numbers
	if n > len(all) {
		all = below(n)
	}
	return byKey.Balance(kafkago.Message{Key: key}, all[:n]...)
}
