package sleep

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestForEndsByTimeOrContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		f := func(d time.Duration, whole bool, after time.Duration) {
			t.Helper()
			began := time.Now()
			if got := For(ctx, d); got != whole || time.Since(began) != after {
				t.Errorf("%s: %v after %s, want %v after %s", d, got, time.Since(began), whole, after)
			}
		}
		f(20*time.Second, true, 20*time.Second)
		f(time.Hour, false, 40*time.Second)
		f(time.Hour, false, 0)
	})
}
