package intake

import (
	"testing"

	"credithub/schema/record"
)

// A lane is ready again when Kafka serves every partition again, not when it serves one.
func TestEveryPartitionHasToBeServed(t *testing.T) {
	l := (&Intake{}).newLane("bulk", nil)
	l.loaded = true
	a, b := partition{domain: record.Tax}, partition{domain: record.Tax, number: 1}
	for _, p := range []partition{a, b, a} {
		l.missed(p)
	}
	for _, p := range []partition{a, a} {
		if l.served(p); l.notReady(loadDay.Time()) == "" {
			t.Fatal("ready without a partition")
		}
	}
	if l.served(b); len(l.away) > 0 {
		t.Errorf("%v are away", l.away)
	}
}
