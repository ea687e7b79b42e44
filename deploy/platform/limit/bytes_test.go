package limit

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestBytesNeverHoldMoreThanTheirBound(t *testing.T) {
	b := NewBytes(100, nil)
	var most atomic.Int64
	var held atomic.Int64
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				n := int64((g*7 + i) % 60)
				if !b.TryAcquire(n) {
					continue
				}
				if h := held.Add(n); h > most.Load() {
					most.Store(h)
				}
				held.Add(-n)
				b.Release(n)
			}
		})
	}
	wg.Wait()
	if most.Load() > 100 || b.Used() != 0 {
		t.Errorf("%d were held, %d are left", most.Load(), b.Used())
	}
	if b.TryAcquire(101) || b.TryAcquire(-1) || !b.TryAcquire(100) || b.TryAcquire(1) {
		t.Error("wrong bound")
	}
}
