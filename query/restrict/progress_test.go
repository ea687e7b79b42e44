package restrict

import (
	"testing"

	"credithub/schema/receipt"
	"credithub/schema/record"
)

func TestCase_T1_APlaceThatIsNeverReadIsNeverReached(t *testing.T) {
	// A store may hold rows of other partitions, from when nobody looked.
	a := newApplied([]receipt.Position{{Domain: record.Decision, Offset: 9}, {Domain: record.Decision, Partition: 2, Offset: 9},
		{Domain: record.Penalty, Partition: 3, Offset: 9}})
	f := func(want bool, ps ...receipt.Position) {
		t.Helper()
		if got := a.reaches(ps); got != want {
			t.Errorf("%v: reached %v", ps, got)
		}
	}
	f(true)
	f(true, receipt.Position{Domain: record.Decision, Offset: 9})
	f(false, receipt.Position{Domain: record.Decision, Offset: 10})
	f(false, receipt.Position{Domain: record.Decision, Partition: 2, Offset: 1})
	f(false, receipt.Position{Domain: record.Decision, Partition: 1, Offset: 0})
	f(true, receipt.Position{Domain: record.Penalty, Partition: 3, Offset: 9})
	f(false, receipt.Position{Domain: record.Penalty, Partition: 4, Offset: 0})
}
