package restrict

import (
	"fmt"
	"testing"
	"time"

	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// While decisions come in one after another, what is seen in a still moment is exactly
// what its age names: neither an entry less nor one more, also between an entry and
// the progress that follows it.
func TestCase_C2_AStillMomentIsOfOneAge(t *testing.T) {
	x, err := Open(Config{Policy: testPolicy(t), Snapshot: newWorld(), Log: newWorld(), Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	const code, most = "91420100MA0000007L", 400
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range uint64(most) {
			e := list.Entry{ID: fmt.Sprintf("E-%d", i), List: list.L01, USCC: code, State: list.InForce, Cause: "1", DecidedBy: "SAMR", DocumentNo: fmt.Sprint(i),
				DecidedOn: today - 9, ServedOn: today - 9, Since: today - 9, Until: civil.NoDate, ExitedOn: civil.NoDate}
			x.Apply(&feed.EntryMessage{Seq: i * feed.SeqPerRecord, ID: e.ID, USCC: code, Entry: e.Wire()})
			time.Sleep(20 * time.Microsecond)
			x.Apply(&feed.EntryMessage{Seq: i*feed.SeqPerRecord + feed.SeqPerRecord - 1, Progress: &feed.Progress{Through: []receipt.Position{{Domain: record.Decision, Offset: int64(i)}}}})
		}
	}()
	seen := map[int]bool{}
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		default:
		}
		n := 0
		through, below := x.Still(func() { n = len(x.Lookup(code)) })
		seen[n] = true
		decided := int64(-1)
		for _, p := range through {
			if p.Domain == record.Decision {
				decided = p.Offset
			}
		}
		if int64(n) != decided+1 || n > 0 && below != uint64(n-1)*feed.SeqPerRecord+1 {
			t.Fatalf("%d entries at %v, below %d", n, through, below)
		}
	}
	if !seen[most] || len(seen) < 3 {
		t.Errorf("only %d moments were seen", len(seen))
	}
}
