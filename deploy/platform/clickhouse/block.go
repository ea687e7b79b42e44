package clickhouse

import (
	"errors"
	"io"
	"sync"

	"github.com/ClickHouse/ch-go/proto"
)

// nativeRevision is that of FORMAT Native over HTTP without a client version:
// no block info, no serialisation byte a column.
const nativeRevision = 0

var errStopped = errors.New("clickhouse: insert was given up")

// block writes columns in Native form. net/http finds WriteTo, so that the
// columns go to the socket without a copy of the whole. The caller waits in
// stop for a write that is under way, and none begins after it: then the
// columns are its own again.
type block struct {
	in   proto.Input
	rows int
	buf  *proto.Buffer

	mu       sync.Mutex
	stopped  bool
	finished bool // WriteTo has returned
	n        int64
	rest     io.Reader // for Read, which net/http doesn't use here
}

// WriteTo writes the block column by column.
func (b *block) WriteTo(w io.Writer) (int64, error) {
	g := &guarded{b: b, w: w}
	pw := proto.NewWriter(g, b.buf)
	begin := func(f func(*proto.Writer)) error {
		b.mu.Lock()
		if b.stopped {
			b.mu.Unlock()
			return errStopped
		}
		f(pw)
		b.mu.Unlock()
		_, err := pw.Flush()
		return err
	}
	err := begin(func(pw *proto.Writer) {
		pw.ChainBuffer(func(buf *proto.Buffer) {
			buf.PutInt(len(b.in))
			buf.PutInt(b.rows)
		})
	})
	for i := 0; i < len(b.in) && err == nil; i++ {
		c := b.in[i]
		err = begin(func(pw *proto.Writer) {
			pw.ChainBuffer(func(buf *proto.Buffer) { c.EncodeStart(buf, nativeRevision) })
			if s, ok := c.Data.(proto.StateEncoder); ok {
				pw.ChainBuffer(s.EncodeState)
			}
			c.Data.WriteColumn(pw)
		})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.finished = true
	return b.n, err
}

// Read serves readers that don't know WriteTo.
func (b *block) Read(p []byte) (int, error) {
	if b.rest == nil {
		r, w := io.Pipe()
		go func() {
			_, err := b.WriteTo(w)
			w.CloseWithError(err)
		}()
		b.rest = r
	}
	return b.rest.Read(p)
}

// stop makes sure that the columns are touched no more; finished tells whether
// the buffer is free too.
func (b *block) stop() (finished bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	return b.finished
}

func (b *block) written() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}

// guarded lets no write begin after stop.
type guarded struct {
	b *block
	w io.Writer
}

func (g *guarded) Write(p []byte) (int, error) {
	g.b.mu.Lock()
	defer g.b.mu.Unlock()
	if g.b.stopped {
		return 0, errStopped
	}
	n, err := g.w.Write(p)
	g.b.n += int64(n)
	return n, err
}
