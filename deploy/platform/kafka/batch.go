package kafka

import (
	"time"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"

	"credithub/deploy/platform/kafka/recordbatch"
)

// batch gathers records of one partition in the wire form, behind a prefix that
// the request needs.
type batch struct {
	buf       []byte
	start     int // of the batch in buf
	count     int
	first     int64 // ms
	last      int64
	cost      int64 // bytes reserved for it
	born      time.Time
	done      chan struct{}
	base      int64
	err       error
	abandoned bool // a connection may still read buf
}

// begin starts an empty batch behind the prefix.
func (b *batch) begin(prefix []byte, now time.Time) {
	b.buf = append(b.buf[:0], prefix...)
	b.start = len(b.buf)
	var head [recordbatch.HeadBytes]byte
	b.buf = append(b.buf, head[:]...)
	b.born, b.done = now, make(chan struct{})
}

// size is how many bytes the batch has.
func (b *batch) size() int { return len(b.buf) - b.start }

// add appends one record. It writes what kmsg.Record would, which wants to be told the
// length too, and the headers as a slice of another type.
func (b *batch) add(m *Message) {
	at := b.born
	if !m.Time.IsZero() {
		at = m.Time
	}
	ms := at.UnixMilli()
	if b.count == 0 {
		b.first, b.last = ms, ms
	}
	b.last = max(b.last, ms)
	later, index := ms-b.first, int32(b.count)

	body := 1 + kbin.VarlongLen(later) + kbin.VarintLen(index) + bytesLen(m.Key) + bytesLen(m.Value) + kbin.VarintLen(int32(len(m.Headers)))
	for i := range m.Headers {
		n := len(m.Headers[i].Key)
		body += kbin.VarintLen(int32(n)) + n + bytesLen(m.Headers[i].Value)
	}
	buf := kbin.AppendVarint(b.buf, int32(body))
	buf = append(buf, 0) // attributes: none are defined
	buf = kbin.AppendVarlong(buf, later)
	buf = kbin.AppendVarint(buf, index)
	buf = kbin.AppendVarintBytes(buf, m.Key)
	buf = kbin.AppendVarintBytes(buf, m.Value)
	buf = kbin.AppendVarint(buf, int32(len(m.Headers)))
	for i := range m.Headers {
		buf = kbin.AppendVarintString(buf, m.Headers[i].Key)
		buf = kbin.AppendVarintBytes(buf, m.Headers[i].Value)
	}
	b.buf = buf
	b.count++
}

// bytesLen is how many bytes kbin.AppendVarintBytes appends.
func bytesLen(b []byte) int {
	if b == nil {
		return kbin.VarintLen(-1)
	}
	return kbin.VarintLen(int32(len(b))) + len(b)
}

// recordSize is an upper bound of what add appends.
func recordSize(m *Message) int {
	n := 40 + len(m.Key) + len(m.Value)
	for i := range m.Headers {
		n += 20 + len(m.Headers[i].Key) + len(m.Headers[i].Value)
	}
	return n
}

// seal fills in the batch's head.
func (b *batch) seal() {
	own := b.buf[b.start:]
	head := kmsg.RecordBatch{
		Length: int32(len(own) - recordbatch.AtLength - 4), PartitionLeaderEpoch: -1, Magic: recordbatch.Version,
		LastOffsetDelta: int32(b.count - 1), FirstTimestamp: b.first, MaxTimestamp: b.last,
		ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: int32(b.count),
	}
	head.AppendTo(own[:0]) // in the place that begin left
	recordbatch.Seal(own)
}
