package intake

import (
	"strings"
	"testing"
	"time"
)

func TestCase_T7_AnIntakeThatStoresNothingIsNotReady(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	b := NewBehind(nil, nil, func() time.Time { return now }, nil)
	at := func(seconds int, stored, end int64, want string) {
		t.Helper()
		now = time.Date(2026, 6, 1, 0, 0, seconds, 0, time.UTC)
		b.take(map[string]int64{"credit.tax": stored, "credit.bank": 7}, map[string]int64{"credit.tax": end, "credit.bank": 7})
		if got := strings.Join(b.Ready(), "\n"); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("after %d s: %q, want %q", seconds, got, want)
		}
	}
	at(0, 0, 0, "")
	at(3, 0, 1000, "")
	at(6, 500, 90_000, "") // a bulk load: the lag grows, and rows get in
	at(20, 600, 400_000, "")
	at(34, 600, 400_000, "")
	at(36, 600, 400_000, "credit.tax: 399400 messages wait and none was stored for 16 s")
	at(39, 700, 400_000, "")
	at(60, 400_000, 400_000, "")
	at(90, 400_000, 400_001, "") // has only come
	at(93, 400_001, 400_001, "")
	at(96, 400_002, 6_000_000, "messages wait, more than 5000000")
}
