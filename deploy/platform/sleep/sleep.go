// Package sleep waits for time to pass, but no longer than somebody wants it.
package sleep

import (
	"context"
	"time"
)

// For waits for d, and tells false when ctx ended before.
func For(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
