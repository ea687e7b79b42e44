package front

import (
	"context"
	"testing"
	"time"
)

// Who only waits holds no slot, and whenever the request leaves, no slot is lost or
// given back twice.
func TestWaitingTakesNoPlace(t *testing.T) {
	all := make(chan struct{}, 1)
	free := func() bool { return len(all) == 0 }
	p := takeSlot(t.Context(), all)
	if p == nil || free() {
		t.Fatal("not taken")
	}
	p.aside(t.Context(), func() {
		if !free() {
			t.Error("waiting holds the slot")
		}
		other := takeSlot(t.Context(), all)
		defer other.free()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if takeSlot(ctx, all) != nil {
			t.Error("two in one slot")
		}
	})
	if free() {
		t.Error("not taken again")
	}
	p.free()
	if !free() {
		t.Error("not given back")
	}
	p = takeSlot(t.Context(), all)
	p.aside(t.Context(), p.free) // the request has left while its resolver waited
	if !free() {
		t.Error("kept by nobody")
	}
	p = takeSlot(t.Context(), all)
	ctx, cancel := context.WithCancel(t.Context())
	p.aside(ctx, func() {
		all <- struct{}{} // another one
		cancel()
	})
	p.free()
	if free() {
		t.Error("took away what is another's")
	}
	(*slot)(nil).free()
	(*slot)(nil).aside(t.Context(), func() {})
}
