package restrict

import (
	"testing"
	"time"

	"credithub/schema/policy"
	"credithub/schema/record"
)

// A report from while the clock was ahead makes no source fresh, and gives way to
// the next one.
func TestCase_T6_AReportAheadOfTheClockProvesNothing(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	s := newSources(testPolicy(t), func() time.Time { return now })
	src := policy.Source{Unit: "TAX", Domain: record.Tax}
	i, ok := s.index[src]
	if !ok {
		t.Fatal("no such source")
	}
	f := func(name string, clock, report time.Duration, fresh bool) {
		t.Helper()
		start := now
		now = start.Add(clock)
		s.heard(src, start.Add(report))
		now = start
		if got := s.fresh(i, now.UnixMilli()); got != fresh {
			t.Errorf("%s: fresh %v", name, got)
		}
	}
	f("ahead of a clock that is right", 0, 48*time.Hour, false)
	f("a clock that is ahead itself", 48*time.Hour, 48*time.Hour, false)
	f("the next report", 0, -time.Second, true)
	f("a clock that differs a little", 0, 5*time.Second, true)
}
