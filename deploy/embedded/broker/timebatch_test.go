package broker

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"credithub/deploy/platform/kafka/recordbatch"
)

// sealed is a batch with the given attributes and times of its sender.
func sealed(attributes int16) []byte {
	rb := kmsg.RecordBatch{Length: recordbatch.HeadBytes - 12, Magic: 2, Attributes: attributes, FirstTimestamp: 7, MaxTimestamp: 9}
	b := rb.AppendTo(nil)
	recordbatch.Seal(b)
	return b
}

// No sender can say that a time is the log's.
func TestSendersTimesAreNotTheLogs(t *testing.T) {
	now := time.UnixMilli(1_000)
	for _, attributes := range []int16{0, recordbatch.AppendTime, -1 << 15, -1<<15 | recordbatch.AppendTime} {
		b := sealed(attributes)
		timeBatch(b, now.UnixMilli())
		if !recordbatch.Whole(b) || binary.BigEndian.Uint16(b[recordbatch.AtAttributes:]) != markedTime || binary.BigEndian.Uint64(b[recordbatch.AtMaxTime:]) != 1_000 {
			t.Errorf("%x became %x", attributes, b)
		}
		tellBatches(b)
		if !recordbatch.Whole(b) || binary.BigEndian.Uint16(b[recordbatch.AtAttributes:]) != recordbatch.AppendTime || binary.BigEndian.Uint64(b[recordbatch.AtMaxTime:]) != 1_000 {
			t.Errorf("%x is told as %x", attributes, b)
		}
	}
	old := sealed(0) // written before the log had times
	was := bytes.Clone(old)
	tellBatches(old)
	if !bytes.Equal(old, was) {
		t.Error("a sender's time is told as the log's")
	}
	torn := sealed(0)
	torn[recordbatch.HeadBytes-1]++
	was = bytes.Clone(torn)
	if timeBatch(torn, 1_000); !bytes.Equal(torn, was) {
		t.Error("a damaged batch was made whole")
	}
	for n := range len(was) {
		timeProduced(was[:n], now)
		tellTimes(was[:n], 11)
		tellBatches(was[:n])
	}
}
