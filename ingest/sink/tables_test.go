package sink

import (
	"testing"
	"time"

	"credithub/schema/fault"
	"credithub/schema/feed"
)

// TestARowThatStandsTwiceInTheLogIsRejectedOnce holds that a repeated write gives
// the key of the first, and that messages of no batch keep their place.
func TestARowThatStandsTwiceInTheLogIsRejectedOnce(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_000)
	row := func(batch string, partition int, offset int64) *feed.Reject {
		return &feed.Reject{Unit: "TAX", Domain: "tax", BatchID: batch, Line: 7, RecordID: "G-1", At: at, Topic: "credit.tax", Partition: partition,
			Offset: offset + 1, Faults: []fault.Fault{{Code: fault.E10Duplicate, Field: "version"}}}
	}
	r := NewRejects()
	r.Append(row("b", 2, 40))
	r.Append(row("b", 2, 41))
	r.Append(row("", 2, 42))
	r.Append(row("", 2, 43))
	r.Append(&feed.Reject{Unit: "TAX", BatchID: "b", Line: 8, At: at, Faults: []fault.Fault{{Code: fault.E05Required, Field: "year"}}})
	if r.offset[0] != r.offset[1] || r.partition[0] != r.partition[1] {
		t.Errorf("one row of a batch has two keys: offsets %v", r.offset)
	}
	if r.offset[2] != 42 || r.offset[3] != 43 || r.partition[2] != 2 {
		t.Errorf("signed messages lost their place: %v %v", r.partition, r.offset)
	}
	if r.offset[4] != -1 {
		t.Errorf("a row that never reached a topic has offset %d", r.offset[4])
	}
}
