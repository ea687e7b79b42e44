package fields

import (
	"context"
	"math"

	"credithub/query/view"
)

// page is a page of *T, in the shape of a Relay connection.
type page[T any] struct {
	edges []edge[T]
	info  pageInfo
	total func(context.Context) (int, error)
}

type edge[T any] struct {
	node   *T
	cursor string
}

type pageInfo struct {
	next, previous bool
	start, end     string // "" on an empty page
}

// pageOf makes a page of what a viewer gave.
func pageOf[V, T any](p *view.Page[V], node func(*V) *T) *page[T] {
	out := &page[T]{edges: make([]edge[T], len(p.Items)), info: pageInfo{next: p.HasNext, previous: p.HasPrevious}, total: p.Total}
	for i := range p.Items {
		out.edges[i] = edge[T]{node(&p.Items[i]), p.Cursors[i]}
	}
	if n := len(p.Cursors); n > 0 {
		out.info.start, out.info.end = p.Cursors[0], p.Cursors[n-1]
	}
	return out
}

func pageInfoObject() *Object[pageInfo] {
	return object("PageInfo",
		boolean("hasNextPage", func(p *pageInfo) bool { return p.next }),
		boolean("hasPreviousPage", func(p *pageInfo) bool { return p.previous }),
		textOrNull("startCursor", func(p *pageInfo) string { return p.start }),
		textOrNull("endCursor", func(p *pageInfo) string { return p.end }),
	)
}

func edgeObject[T any](of *Object[T]) *Object[edge[T]] {
	return object(of.name+"Edge",
		child("node", of, func(e *edge[T]) *T { return e.node }),
		text("cursor", func(e *edge[T]) string { return e.cursor }),
	)
}

func connectionObject[T any](edges *Object[edge[T]], of *Object[T], info *Object[pageInfo]) *Object[page[T]] {
	return object(of.name+"Connection",
		children("edges", edges, func(p *page[T]) int { return len(p.edges) }, func(p *page[T], i int) *edge[T] { return &p.edges[i] }),
		child("pageInfo", info, func(p *page[T]) *pageInfo { return &p.info }),
		slow("totalCount", "Int!", func(c *call, p *page[T]) (any, error) {
			return later(func() (any, error) {
				n, err := p.total(c.ctx)
				return min(n, math.MaxInt32), err
			}), nil
		}),
	)
}
