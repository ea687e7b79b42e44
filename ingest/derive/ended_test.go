package derive

import (
	"testing"

	"credithub/schema/record"
)

func TestEndedFollowsTheRegister(t *testing.T) {
	a, b := record.MakeDate(2026, 3, 2), record.MakeDate(2026, 3, 5)
	for _, c := range []struct {
		status             string
		approved, occurred record.Date
		want               record.Date
	}{
		{"4", a, b, a}, {"3", record.NoDate, b, b}, {"4", record.NoDate, record.NoDate, record.NoDate},
		{"1", a, b, record.NoDate}, {"2", a, b, record.NoDate}, {"", a, b, record.NoDate},
	} {
		if got := EndedOn(c.status, c.approved, c.occurred); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	x, code := NewEnded(), []byte("91420100MA4N0A2B5Y")
	f := func(want record.Date) {
		t.Helper()
		if got := x.Since(code); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
	f(record.NoDate)
	x.Note(code, record.NoDate)
	f(record.NoDate)
	x.Note(code, a)
	x.Note([]byte("914201000000000000"), b) // no code
	f(a)
	x.Note(code, b)
	f(b)
	x.Note(code, record.NoDate) // the register was corrected
	f(record.NoDate)
}
