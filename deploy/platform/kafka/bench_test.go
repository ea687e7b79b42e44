package kafka

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// stamped are messages of the size and with the headers that pushed rows have.
func stamped(n int) []Message {
	msgs := make([]Message, n)
	for i := range msgs {
		msgs[i] = Message{Key: fmt.Appendf(nil, "SAMR/R-%07d", i), Value: bytes.Repeat([]byte{'v'}, 240),
			Headers: []Header{{"stamp", bytes.Repeat([]byte{'s'}, 44)}, {"unit", []byte("SAMR")}}}
	}
	return msgs
}

var formatter = kmsg.NewRequestFormatter(kmsg.FormatterClientID("credithub"))

// perRecord tells the time of one of n records.
func perRecord(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/record")
}

func BenchmarkGather(b *testing.B) {
	msgs := stamped(3000)
	bt := &batch{}
	prefix := producePrefix(formatter, "credit.registration", 3, 5*time.Second)
	b.ReportAllocs()
	for b.Loop() {
		bt.count = 0
		bt.begin(prefix, time.UnixMilli(1772400000000))
		for i := range msgs {
			bt.add(&msgs[i])
		}
		bt.seal()
		finishProduce(bt)
	}
	perRecord(b, len(msgs))
}

func BenchmarkUnpack(b *testing.B) {
	const n = 3000
	set := sealed(0, stamped(n))
	u := unpacker{limit: maxUnpacked}
	b.ReportAllocs()
	for b.Loop() {
		u.reset()
		if next, err := u.read(set, 0); err != nil || next != n {
			b.Fatal(next, err)
		}
	}
	perRecord(b, n)
}

func BenchmarkPartitionOf(b *testing.B) {
	key := []byte("91420100MA4N0A2B5Y")
	b.ReportAllocs()
	for b.Loop() {
		PartitionOf(key, 8)
	}
}

func BenchmarkFetchRequest(b *testing.B) {
	var req []byte
	b.ReportAllocs()
	for b.Loop() {
		req = appendFetch(req, formatter, "credit.registration", 3, 1234567, 1<<20, 250*time.Millisecond)
	}
}
