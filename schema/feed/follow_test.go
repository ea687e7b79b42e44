package feed

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"credithub/schema/receipt"
	"credithub/schema/record"
)

// What is written by hand is what the type says.
func TestAppendChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		last := receipt.Position{Domain: rapid.SampledFrom(record.Domains()).Draw(t, "domain"),
			Partition: rapid.Uint16().Draw(t, "partition"), Offset: rapid.Int64Min(0).Draw(t, "last")}
		first := rapid.Int64Range(0, last.Offset).Draw(t, "first")
		at := time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "at"))
		codes := rapid.StringMatching(`([0-9A-Z]{18})*`).Draw(t, "codes")
		var got Changes
		if err := json.Unmarshal(AppendChanges(nil, first, last, at, []byte(codes)), &got); err != nil {
			t.Fatal(err)
		}
		want := Changes{Domain: last.Domain.String(), Partition: last.Partition, First: first, Last: last.Offset, At: at.UTC(),
			Receipt: receipt.Encode([]receipt.Position{last}), Codes: codes}
		if got != want {
			t.Fatalf("%+v\n%+v", got, want)
		}
	})
}
