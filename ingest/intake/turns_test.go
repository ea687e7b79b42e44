package intake

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"credithub/schema/receipt"
	"credithub/schema/record"
)

func TestTurnsAreWhatWasToldAndIsNotStored(t *testing.T) {
	x := newTurns()
	at := func(p uint16, o int64) receipt.Position {
		return receipt.Position{Domain: record.Tax, Partition: p, Offset: o}
	}
	const end = 100
	x.add(at(0, 4), 4, end)    // stored
	x.add(at(1, 7), -1, end)   // first
	x.add(at(0, 9), 4, end)    // second
	x.add(at(0, 12), 4, end)   // joins it
	x.add(at(1, 7), -1, end)   // told again after a restart
	x.add(at(1, 500), -1, end) // the log lost its end
	x.add(at(0, 12), 4, end)
	if want := []receipt.Position{at(1, 7), at(0, 12), at(1, 99)}; !slices.Equal(x.list, want) {
		t.Errorf("got %v, want %v", x.list, want)
	}
}

func TestPartitionsWaitForTheirTurn(t *testing.T) {
	x := newTurns()
	x.add(receipt.Position{Partition: 1, Offset: 2}, -1, 10)
	x.add(receipt.Position{Partition: 0, Offset: 1}, -1, 10)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var order []uint16
	var mu sync.Mutex
	var wg sync.WaitGroup
	for p, n := range []int64{3, 5} {
		wg.Go(func() {
			for o := range n {
				last, err := x.wait(ctx, uint16(p))
				if err != nil || last >= 0 && last < o {
					t.Errorf("partition %d at %d: %d, %v", p, o, last, err)
				}
				if last >= 0 {
					mu.Lock()
					order = append(order, uint16(p))
					mu.Unlock()
				}
				x.done(uint16(p), o+1)
			}
		})
	}
	wg.Wait()
	if want := []uint16{1, 1, 1, 0, 0}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	if last, err := x.wait(ctx, 7); last != -1 || err != nil {
		t.Errorf("after all turns: %d, %v", last, err)
	}
}
