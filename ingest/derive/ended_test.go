package derive

import (
	"credithub/schema/civil"
	"testing"
)

func TestEndedFollowsTheRegister(t *testing.T) {
	a, b := civil.MakeDate(2026, 3, 2), civil.MakeDate(2026, 3, 5)
	for _, c := range []struct {
		status             string
		approved, occurred civil.Date
		want               civil.Date
	}{
		{"4", a, b, a}, {"3", civil.NoDate, b, b}, {"4", civil.NoDate, civil.NoDate, civil.NoDate},
		{"1", a, b, civil.NoDate}, {"2", a, b, civil.NoDate}, {"", a, b, civil.NoDate},
	} {
		if got := EndedOn(c.status, c.approved, c.occurred); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
	x, code := NewEnded(), []byte("91420100MA4N0A2B5Y")
	f := func(want civil.Date) {
		t.Helper()
		if got := x.Since(code); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
	f(civil.NoDate)
	x.Note(code, civil.NoDate)
	f(civil.NoDate)
	x.Note(code, a)
	x.Note([]byte("914201000000000000"), b) // no code
	f(a)
	x.Note(code, b)
	f(b)
	x.Note(code, civil.NoDate) // the register was corrected
	f(civil.NoDate)
}
