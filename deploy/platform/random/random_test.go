package random

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func TestLengthsAndDifference(t *testing.T) {
	for _, n := range []int{4, 16, most} {
		a, b := Hex(n), Hex(n)
		if raw, err := hex.DecodeString(a); err != nil || len(raw) != n || a == b {
			t.Errorf("%d bytes: %s, %s", n, a, b)
		}
		if x, y := Bytes(n), Bytes(n); len(x) != n || bytes.Equal(x, y) {
			t.Errorf("%d bytes: %x, %x", n, x, y)
		}
	}
}
