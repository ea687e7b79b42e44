package gateway

import (
	"sync"

	"credithub/schema/feed"
)

// remembered is a batch that was answered a short while ago.
type remembered struct {
	head feed.Batch
	// early are the faults that the gateway found; cut says that there are
	// more, which only ClickHouse has.
	early []Finding
	cut   bool
	open  bool // answered 503 after its rows had been sent on: nobody knows which arrive
}

// recent remembers the last batches up to a number of bytes, oldest out first:
// a batch is asked about soon after its push, and ClickHouse has it later.
type recent struct {
	mu    sync.Mutex
	limit int64
	used  int64
	by    map[string]*remembered
	order []string // ring of ids, oldest at first
	first int
}

func newRecent(limit int64) *recent {
	return &recent{limit: limit, by: make(map[string]*remembered)}
}

func (r *remembered) weight() int64 {
	n := int64(300 + 24*len(r.head.Positions))
	for i := range r.early {
		n += r.early[i].weight()
	}
	return n
}

func (c *recent) put(m *remembered) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by[m.head.ID] = m
	c.order = append(c.order, m.head.ID)
	c.used += m.weight()
	for c.used > c.limit && c.first < len(c.order) {
		id := c.order[c.first]
		c.order[c.first] = ""
		c.first++
		c.used -= c.by[id].weight()
		delete(c.by, id)
	}
	if c.first > 1024 && c.first > len(c.order)/2 {
		c.order = append(c.order[:0:0], c.order[c.first:]...)
		c.first = 0
	}
}

func (c *recent) get(id string) *remembered {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.by[id]
}
