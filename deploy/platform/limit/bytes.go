package limit

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"credithub/deploy/platform/metrics"
)

// Bytes bounds what all callers together may hold at once, such as bodies in
// memory. Nobody waits: who gets no room is told to come again.
type Bytes struct {
	max     int64
	used    atomic.Int64
	refused prometheus.Counter
}

// NewBytes makes a bound of max bytes, which must be above zero.
func NewBytes(maxBytes int64, reg prometheus.Registerer) *Bytes {
	if maxBytes <= 0 {
		panic("limit: no room at all")
	}
	return &Bytes{max: maxBytes, refused: metrics.Counter(reg, "limit", "bytes_refused_total", "Requests refused because too many bytes were in memory.")}
}

// TryAcquire takes n bytes, or none. More than the whole bound never fits.
func (b *Bytes) TryAcquire(n int64) bool {
	for {
		used := b.used.Load()
		if n < 0 || n > b.max-used {
			b.refused.Inc()
			return false
		}
		if b.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// Release gives n bytes back.
func (b *Bytes) Release(n int64) {
	if b.used.Add(-n) < 0 {
		panic("limit: more was given back than was taken")
	}
}

// Used tells how many bytes are held.
func (b *Bytes) Used() int64 { return b.used.Load() }
