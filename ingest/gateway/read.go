package gateway

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"credithub/schema/fault"
)

// budget counts the bytes of all bodies in memory. Nobody waits for it: a
// caller for whom there is no room is told to come again. One unit never has all
// of it, so that its slow or many pushes don't keep the others out.
type budget struct {
	limit, share int64 // of all, of one unit

	mu    sync.Mutex
	used  int64
	units map[string]int64
}

func newBudget(limit int64) *budget {
	return &budget{limit: limit, share: limit / 4 * 3, units: map[string]int64{}}
}

func (b *budget) take(unit string, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used+n > b.limit || b.units[unit]+n > b.share {
		return false
	}
	b.used += n
	b.units[unit] += n
	return true
}

func (b *budget) give(unit string, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	if b.units[unit] -= n; b.units[unit] == 0 {
		delete(b.units, unit)
	}
}

// classes are the sizes of pooled memory. The last is added at run time: the
// limit of a body and one byte, to see that it is exceeded.
var classes = [...]int{16 << 10, 128 << 10, 1 << 20, 4 << 20, 12 << 20}

// memory keeps bodies and gzip readers for the next push.
type memory struct {
	budget *budget
	bodies [len(classes)]sync.Pool
	gzips  sync.Pool
}

// buffer is a body in memory, with the bytes it holds of the budget.
type buffer struct {
	b      []byte
	class  int // −1: not pooled
	leased int64
	unit   string // whose body it is
	memory *memory
}

func (m *memory) get(class int) []byte {
	if p, _ := m.bodies[class].Get().(*[]byte); p != nil {
		return (*p)[:0]
	}
	return make([]byte, 0, classes[class])
}

// room makes capacity for n bytes or more, false when the hub is full.
func (f *buffer) room(n, limit int) bool {
	class, size := -1, limit
	for i, c := range classes {
		if c >= n && c < limit {
			class, size = i, c
			break
		}
	}
	if !f.memory.budget.take(f.unit, int64(size)) {
		return false
	}
	var next []byte
	if class >= 0 {
		next = f.memory.get(class)
	} else {
		next = make([]byte, 0, size)
	}
	next = append(next, f.b...)
	f.drop()
	f.b, f.class, f.leased = next, class, int64(size)
	return true
}

// drop gives memory and budget back.
func (f *buffer) drop() {
	if f.b != nil && f.class >= 0 {
		b := f.b[:0]
		f.memory.bodies[f.class].Put(&b)
	}
	f.memory.budget.give(f.unit, f.leased)
	f.b, f.leased = nil, 0
}

// extend leases n more bytes for work on the body.
func (f *buffer) extend(n int64) bool {
	if !f.memory.budget.take(f.unit, n) {
		return false
	}
	f.leased += n
	return true
}

var errFull = fault.New(fault.TooMany, "the hub holds as many pushes as it can: try again shortly")

// read takes the whole body of a unit's push in, unpacked. The caller drops the
// buffer.
func (g *Gateway) read(w http.ResponseWriter, r *http.Request, unit string) (*buffer, error) {
	ctl := http.NewResponseController(w) // no deadlines on a recorder
	_ = ctl.SetReadDeadline(time.Now().Add(g.Limits.ReadTimeout))
	defer func() { _ = ctl.SetReadDeadline(time.Time{}) }()
	limit := g.Limits.Body
	tooLarge := fault.New(fault.TooLarge, "the body is larger than %d bytes: send it in parts", limit)
	src, hint := io.Reader(r.Body), r.ContentLength
	switch enc := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); enc {
	case "", "identity":
		if hint > limit {
			return nil, tooLarge
		}
	case "gzip", "x-gzip":
		if hint > limit {
			return nil, tooLarge
		}
		z, err := g.memory.gunzip(src)
		if err != nil {
			return nil, unpacking(err)
		}
		defer g.memory.gzips.Put(z)
		src, hint = z, 0
	default:
		return nil, fault.New(fault.MediaType, "content encoding is not known: gzip or none")
	}
	f := &buffer{memory: g.memory, class: -1, unit: unit}
	if err := f.fill(src, int(max(hint+1, 1)), int(limit)); err != nil {
		f.drop()
		if errors.Is(err, errLong) {
			return nil, tooLarge
		}
		return nil, unpacking(err)
	}
	return f, nil
}

var errLong = errors.New("gateway: body above its limit")

// A length costs nothing to declare: on the strength of it a body gets the room of
// first, and only when enough has arrived all that it declares.
const (
	first  = 128 << 10
	enough = 1 << 20
)

// fill reads until the end, growing from class to class.
func (f *buffer) fill(src io.Reader, hint, limit int) error {
	if !f.room(min(hint, first), limit+1) {
		return errFull
	}
	for {
		n, err := src.Read(f.b[len(f.b):cap(f.b)])
		f.b = f.b[:len(f.b)+n]
		if len(f.b) > limit {
			return errLong
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if len(f.b) < cap(f.b) {
			continue
		}
		need := len(f.b) + 1
		if need > enough {
			need = max(need, hint)
		}
		if !f.room(need, limit+1) {
			return errFull
		}
	}
}

func (m *memory) gunzip(r io.Reader) (*gzip.Reader, error) {
	if z, _ := m.gzips.Get().(*gzip.Reader); z != nil {
		return z, z.Reset(r)
	}
	return gzip.NewReader(r)
}

// unpacking makes a problem of an error while the body was read.
func unpacking(err error) error {
	var known *fault.Error
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &big):
		return fault.Wrap(fault.TooLarge, err, "the body is larger than %d bytes: send it in parts", big.Limit)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return fault.Wrap(fault.BadInput, err, "the body is not valid gzip; nothing was accepted")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fault.Wrap(fault.BadInput, err, "the body breaks off before its end; nothing was accepted")
	}
	return fault.Wrap(fault.BadInput, err, "the body could not be read to its end; nothing was accepted")
}
