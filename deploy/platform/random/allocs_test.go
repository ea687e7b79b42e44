//go:build !race

package random

import "testing"

// Every request without an id of its own gets one.
func TestHexAllocatesItsAnswerOnly(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { _ = Hex(12) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
