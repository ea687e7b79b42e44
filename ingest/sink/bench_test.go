package sink

import (
	"fmt"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/schema/record"
	"credithub/schema/stored"
)

// rowsOfABench is about a full block.
const rowsOfABench = 60_000

// BenchmarkBlock appends the rows of a block and writes its columns, as an insertion
// does.
func BenchmarkBlock(b *testing.B) {
	rows := make([]stored.Message, rowsOfABench)
	data := []byte(`{"taxpayerId":"91420100MA4N0A2B5Y","year":2025,"grade":"A","evaluatedOn":"2026-03-31","paid":"1234567.89"}`)
	for i := range rows {
		rows[i] = stored.Message{
			Record: stored.Record{
				USCC: fmt.Sprintf("91420100%010d", i), Domain: "tax", Kind: "grade", Unit: "TAX",
				RecordID: fmt.Sprintf("T-%08d", i), Version: 1, Op: record.Upsert, Status: stored.Accepted, OccurredOn: 20000,
				RecordedAt: time.UnixMilli(int64(i)), Data: data,
			},
			Hash: uint64(i), BatchID: "20260302-0001", Line: uint32(i), Topic: "credit.tax",
			Partition: uint16(i / 10_000), Offset: int64(i), FeedOffset: -1,
		}
	}
	block := newBlock()
	var out proto.Buffer
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		for i := range rows {
			block.Append(&rows[i])
		}
		for _, c := range block.Input() {
			out.Reset()
			c.Data.EncodeColumn(&out)
		}
		block.reset()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rowsOfABench, "ns/row")
}
