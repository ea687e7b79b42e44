package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"credithub/schema/receipt"
	"credithub/schema/record"
)

// Each domain is waited for once, and only when it is read: a load of another one
// delays nothing. What was waited for in vain is not waited for again.
func TestAgeIsReachedByDomain(t *testing.T) {
	a := &Age{Through: []receipt.Position{{Domain: record.Registration, Offset: 3}, {Domain: record.Registration, Partition: 1, Offset: 4}, {Domain: record.Tax, Offset: 9}}}
	var asked []string
	var away error
	wait := func(_ context.Context, ps []receipt.Position) error {
		var s []string
		for _, p := range ps {
			s = append(s, fmt.Sprintf("%s/%d", p.Domain, p.Offset))
		}
		asked = append(asked, strings.Join(s, " "))
		return away
	}
	f := func(want string, fails bool, domains ...string) {
		t.Helper()
		asked = nil
		if err := a.Reach(t.Context(), wait, domains...); (err != nil) != fails || strings.Join(asked, ";") != want {
			t.Errorf("%v: waited for %q, want %q; %v", domains, asked, want, err)
		}
	}
	f("registration/3 registration/4", false, "registration")
	f("", false, "registration", "bank")
	away = errors.New("behind")
	f("tax/9", true)
	away = nil
	f("", true, "tax")
	a = nil
	f("", false)
}
