package sink

import (
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/proto"

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
	offset, partition := *data[*proto.ColInt64](r.columns, "offset"), *data[*proto.ColUInt16](r.columns, "partition")
	if offset[0] != offset[1] || partition[0] != partition[1] {
		t.Errorf("one row of a batch has two keys: offsets %v", offset)
	}
	if offset[2] != 42 || offset[3] != 43 || partition[2] != 2 {
		t.Errorf("signed messages lost their place: %v %v", partition, offset)
	}
	if offset[4] != -1 {
		t.Errorf("a row that never reached a topic has offset %d", offset[4])
	}
}
