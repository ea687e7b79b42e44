package intake

import (
	"fmt"
	"testing"

	"credithub/ingest/sink"
)

// A log that ends before what is stored is a gap, one that goes beyond is none.
func TestGaps(t *testing.T) {
	at := func(topic string, partition uint16) sink.Partition {
		return sink.Partition{Topic: topic, Partition: partition}
	}
	got := gaps(map[sink.Partition]int64{at("b", 0): 5, at("a", 1): 7, at("a", 0): 3, at("a", 2): 1, at("c", 0): 2, at("d", 0): 0},
		map[string][]int64{"a": {2, 7}, "b": {9}, "c": nil, "d": {0}})
	want := "[a/0 ends at 2, 3 are stored a/2 ends at 0, 1 are stored c/0 ends at 0, 2 are stored]"
	if s := fmt.Sprint(got); s != want {
		t.Errorf("%s, want %s", s, want)
	}
}
