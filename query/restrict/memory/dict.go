package memory

import (
	"encoding/binary"
	"sync/atomic"
)

// dict numbers texts that come again and again: unit codes and causes. Readers
// take no lock; there is one writer. Numbers start at 1 and never change.
type dict struct {
	texts  atomic.Pointer[[]string]
	number map[string]uint32
	limit  int // texts kept; others stand in full
	maxLen int // longer texts stand in full
}

func newDict(limit, maxLen int) *dict {
	d := &dict{number: map[string]uint32{}, limit: limit, maxLen: maxLen}
	d.texts.Store(&[]string{""})
	return d
}

func (d *dict) append(b []byte, s string) []byte {
	n, ok := d.number[s]
	if !ok && len(s) <= d.maxLen && len(d.number) < d.limit {
		old := *d.texts.Load()
		s = string(append([]byte(nil), s...)) // don't keep the message alive
		n = uint32(len(old))
		next := append(old[:len(old):len(old)], s)
		d.texts.Store(&next)
		d.number[s] = n
	}
	b = binary.AppendUvarint(b, uint64(n))
	if n == 0 {
		b = appendText(b, s)
	}
	return b
}

func (d *dict) read(b []byte) (string, []byte) {
	n, b := uvarint(b)
	if n == 0 {
		return readText(b)
	}
	return (*d.texts.Load())[n], b
}

func (d *dict) bytes() (n int) {
	for _, s := range *d.texts.Load() {
		n += 16 + len(s) + 56 // header, text, share of the writer's map
	}
	return n
}
