package civil

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Date(rapid.Int32Range(int32(MakeDate(0, 1, 1)), int32(MakeDate(9999, 12, 31))).Draw(t, "day"))
		if got, ok := ParseDate(d.String()); !ok || got != d {
			t.Fatalf("%s: %d %d %v", d, d, got, ok)
		}
	})
	for _, s := range []string{"2026-02-29", "1900-02-29", "2026-00-01", "2026-13-01", "2026-01-00", "2026-04-31", "2026/01/01", "2026-1-1", "", "2026-01-011", "a026-01-01"} {
		if _, ok := ParseDate(s); ok {
			t.Error(s)
		}
	}
}

// The arithmetic agrees with the library's calendar, and says of every triple
// whether it is a day.
func TestDaysAreThoseOfTheCalendar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y, m, d := rapid.IntRange(0, 9999).Draw(t, "y"), rapid.IntRange(-1, 14).Draw(t, "m"), rapid.IntRange(-1, 33).Draw(t, "d")
		at := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
		real := at.Year() == y && int(at.Month()) == m && at.Day() == d
		if ValidDate(y, m, d) != real {
			t.Fatalf("%d-%d-%d: %v", y, m, d, !real)
		}
		if got := MakeDate(y, m, d); real && !got.Time().Equal(at) {
			t.Fatalf("%d-%d-%d is %s", y, m, d, got)
		}
	})
}

func TestDaysBeginAtMidnightInChina(t *testing.T) {
	for text, want := range map[string]string{
		"2026-03-01T15:59:59Z": "2026-03-01", "2026-03-01T16:00:00Z": "2026-03-02", "1969-12-31T15:59:59Z": "1969-12-31", "1969-12-31T16:00:00Z": "1970-01-01",
	} {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := DateOf(at).String(); got != want {
			t.Errorf("%s is on %s, want %s", text, got, want)
		}
	}
}

func TestMonthsEndOnTheSameNumberOrTheLastDay(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{{"2026-01-31", 1, "2026-02-28"}, {"2024-01-31", 1, "2024-02-29"}, {"2026-03-15", 36, "2029-03-15"}, {"2026-12-31", 2, "2027-02-28"}, {"2026-03-31", -1, "2026-02-28"}} {
		d, _ := ParseDate(c.from)
		if got := d.AddMonths(c.n).String(); got != c.want {
			t.Errorf("%s and %d months: %s, want %s", c.from, c.n, got, c.want)
		}
	}
}
