package front

import (
	"context"
	"sync"
)

// slot is one of the few that the public shares while a document is executed.
type slot struct {
	all   chan struct{}
	mu    sync.Mutex
	taken bool
	ended bool // the request has left; its resolvers may still be at work
}

// takeSlot waits for one; nil when ctx ends before.
func takeSlot(ctx context.Context, all chan struct{}) *slot {
	select {
	case all <- struct{}{}:
		return &slot{all: all, taken: true}
	case <-ctx.Done():
		return nil
	}
}

// free gives the slot back.
func (p *slot) free() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.leave()
}

func (p *slot) leave() {
	if p.taken {
		p.taken = false
		<-p.all
	}
}

// aside runs f, which only waits, without the slot.
func (p *slot) aside(ctx context.Context, f func()) {
	if p == nil {
		f()
		return
	}
	p.mu.Lock()
	p.leave()
	p.mu.Unlock()
	f()
	select {
	case p.all <- struct{}{}:
	case <-ctx.Done():
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken = true
	if p.ended {
		p.leave()
	}
}
