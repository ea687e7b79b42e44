package view

import (
	"context"
	"fmt"
	"sync"
)

// batch gathers keys until one of them is needed, then loads all of them at
// once, and with them what other batches of the request have gathered. It belongs
// to one request and one goroutine.
type batch[K comparable, V any] struct {
	load    func(context.Context, []K) (map[K]V, error) // may run beside those of other batches
	flush   func(context.Context)                       // loads this batch, and others
	pending []K
	known   map[K]V
	waiting map[K]struct{}
	err     error
}

func newBatch[K comparable, V any](w *Viewer, load func(context.Context, []K) (map[K]V, error)) *batch[K, V] {
	b := &batch[K, V]{load: load, flush: w.flush, known: map[K]V{}, waiting: map[K]struct{}{}}
	w.batches = append(w.batches, b)
	return b
}

// want notes a key.
func (b *batch[K, V]) want(k K) {
	if _, ok := b.known[k]; ok {
		return
	}
	if _, ok := b.waiting[k]; !ok {
		b.waiting[k] = struct{}{}
		b.pending = append(b.pending, k)
	}
}

// get gives the value of a key, the zero value when there is none, and loads
// everything wanted so far when it has to.
func (b *batch[K, V]) get(ctx context.Context, k K) (V, error) {
	b.want(k)
	if v, ok := b.known[k]; ok {
		return v, nil
	}
	if b.err == nil {
		b.flush(ctx)
	}
	if b.err != nil {
		var none V
		return none, b.err
	}
	return b.known[k], nil
}

// begin takes what is pending. The function it gives loads that, wherever it runs;
// the one that this gives keeps it, and belongs to the batch's goroutine. nil: there
// is nothing to load.
func (b *batch[K, V]) begin() func(context.Context) (keep func()) {
	keys := b.pending
	if b.pending = nil; len(keys) == 0 || b.err != nil {
		return nil
	}
	return func(ctx context.Context) func() {
		got, err := b.guarded(ctx, keys)
		return func() {
			if b.err = err; err != nil {
				return
			}
			for _, k := range keys {
				b.known[k] = got[k]
			}
		}
	}
}

// guarded turns a panic into an error: nobody above would catch it.
func (b *batch[K, V]) guarded(ctx context.Context, keys []K) (got map[K]V, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("view: load: %v", v)
		}
	}()
	return b.load(ctx, keys)
}

// loading is a batch of any kind.
type loading interface {
	begin() func(context.Context) (keep func())
}

// flush loads what any batch has pending, all at the same time.
func (w *Viewer) flush(ctx context.Context) {
	var keep []func()
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, b := range w.batches {
		load := b.begin()
		if load == nil {
			continue
		}
		all.Go(func() {
			k := load(ctx)
			mu.Lock()
			defer mu.Unlock()
			keep = append(keep, k)
		})
	}
	all.Wait()
	for _, k := range keep {
		k()
	}
}
