// Package recordbatch is what the hub needs to know of Kafka's record batches
// (version 2) beside kmsg.RecordBatch, which describes a batch's head: where the
// parts stand that are read or changed in place, and the sum.
package recordbatch

import (
	"encoding/binary"
	"hash/crc32"
)

// Version is the only one that is read and written: Apache Kafka has it since 0.11.
const Version = 2

// A batch is a head of HeadBytes bytes and its records, perhaps compressed. Within
// the head, numbers are big-endian and stand at:
const (
	AtLength     = 8  // 4 bytes: how many follow
	AtVersion    = 16 // 1
	AtSum        = 17 // 4: of everything from the attributes on
	AtAttributes = 21 // 2
	AtFirstTime  = 27 // 8, ms
	AtMaxTime    = 35 // 8, ms
	HeadBytes    = 61
)

// Bits of the attributes.
const (
	Codec      = 7      // how the records are compressed
	AppendTime = 1 << 3 // the log gave the time
	Control    = 1 << 5 // markers of transactions instead of messages
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sum(b []byte) uint32 { return crc32.Checksum(b[AtAttributes:], castagnoli) }

// Size tells of a head how many bytes the whole batch has. It can be anything.
func Size(head []byte) int64 {
	return int64(binary.BigEndian.Uint32(head[AtLength:])) + AtLength + 4
}

// Whole tells whether the sum of a batch, which has a head at least, is right.
func Whole(b []byte) bool { return binary.BigEndian.Uint32(b[AtSum:]) == sum(b) }

// Seal gives a batch its sum.
func Seal(b []byte) { binary.BigEndian.PutUint32(b[AtSum:], sum(b)) }
