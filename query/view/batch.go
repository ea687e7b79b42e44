package view

import "context"

// batch gathers keys until one of them is needed, then loads all of them at
// once. It belongs to one request and one goroutine.
type batch[K comparable, V any] struct {
	load    func(context.Context, []K) (map[K]V, error)
	pending []K
	known   map[K]V
	waiting map[K]struct{}
	err     error
}

func newBatch[K comparable, V any](load func(context.Context, []K) (map[K]V, error)) *batch[K, V] {
	return &batch[K, V]{load: load, known: map[K]V{}, waiting: map[K]struct{}{}}
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
	if b.err != nil {
		var none V
		return none, b.err
	}
	keys := b.pending
	b.pending = nil
	got, err := b.load(ctx, keys)
	if err != nil {
		b.err = err
		var none V
		return none, err
	}
	for _, k := range keys {
		b.known[k] = got[k]
	}
	return b.known[k], nil
}
