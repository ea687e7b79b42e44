package node

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCase_T4_TheHubsTimeNeverRunsBack(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	wall := func() time.Time { return now }
	open := func() *Clock {
		t.Helper()
		c, err := OpenClock(dir, wall)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := open()
	want := func(hub time.Time, ahead time.Duration) {
		t.Helper()
		if got := c.Now(); !got.Equal(hub) || c.Ahead() != ahead {
			t.Fatalf("%s, %s ahead; want %s, %s", got, c.Ahead(), hub, ahead)
		}
	}
	start := now
	want(start, 0)
	now = now.Add(time.Minute)
	want(start.Add(time.Minute), 0)
	c.keep()
	now = now.Add(-2 * time.Hour)
	want(start.Add(time.Minute), 2*time.Hour)
	now = now.Add(time.Minute) // goes on at half the speed
	want(start.Add(90*time.Second), 2*time.Hour-30*time.Second)
	c.keep()
	c = open() // over a restart
	want(start.Add(90*time.Second), 2*time.Hour-30*time.Second)
	now = now.Add(4 * time.Hour)
	want(now, 0)
	// A torn file starts from the machine's clock.
	if err := os.WriteFile(filepath.Join(dir, clockFile), []byte("\x00\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	c = open()
	want(now, 0)
}
