// Package stamp makes and checks the header by which the gateway vouches for a
// message on a domain topic: which push it came with, at which line, and when
// the hub received it.
//
// A stamp is text,
//
//	v1;<batchId>;<line>;<receivedAt, unix ms>;<hex of 16 bytes>
//
// whose last part is HMAC-SHA256, cut to 16 bytes, under a secret of the hub
// over
//
//	topic LF key LF value LF <batchId>;<line>;<receivedAt>
//
// A key has no line feed, so that the parts can't be told apart in another way;
// Verify refuses one that has.
//
// It promises that who can write to Kafka but doesn't know the secret can
// neither invent a message nor move one to another topic, key, batch or time.
// It never tells whether the content is right: rows are validated again behind
// it. Repeating a stamped message is possible and harmless, as a record counts
// by its identity and version.
package stamp

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"sync"
	"time"
)

// MinSecret is the least length of a secret in bytes.
const MinSecret = 32

// MaxBatchID is the greatest length of a batch id in bytes.
const MaxBatchID = 64

const (
	version  = "v1;"
	macBytes = 16
	hexMAC   = 2 * macBytes
)

// ErrInvalid is a header that this hub did not write for this message.
var ErrInvalid = errors.New("stamp: not a stamp of this hub for this message")

// Stamp is what a stamp says.
type Stamp struct {
	// BatchID is the push the message came with. It has no semicolon, blank
	// or control character. After Verify it points into the header.
	BatchID []byte
	// Line is the 1-based line, element or sheet row of the push; 0 for a
	// heartbeat.
	Line uint32
	// ReceivedAt is when the gateway had the push; milliseconds, UTC.
	ReceivedAt time.Time
}

// Stamper signs and verifies under one secret. It is safe for many goroutines.
type Stamper struct{ macs sync.Pool }

type mac struct {
	h   hash.Hash
	sum [sha256.Size]byte
	hex [hexMAC]byte
	buf []byte
}

// New makes a Stamper. The secret must be MinSecret bytes or more, and is
// copied.
func New(secret []byte) (*Stamper, error) {
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("stamp: secret has %d bytes, needs %d or more", len(secret), MinSecret)
	}
	own := append([]byte(nil), secret...)
	s := &Stamper{}
	s.macs.New = func() any { return &mac{h: hmac.New(sha256.New, own)} }
	return s, nil
}

// Append appends the stamp of a message to dst.
func (s *Stamper) Append(dst []byte, topic string, key, value []byte, st Stamp) []byte {
	dst = append(dst, version...)
	from := len(dst)
	dst = append(dst, st.BatchID...)
	dst = append(dst, ';')
	dst = strconv.AppendUint(dst, uint64(st.Line), 10)
	dst = append(dst, ';')
	dst = strconv.AppendInt(dst, st.ReceivedAt.UnixMilli(), 10)
	m := s.macs.Get().(*mac)
	m.compute(topic, key, value, dst[from:])
	dst = append(dst, ';')
	dst = append(dst, m.hex[:]...)
	s.macs.Put(m)
	return dst
}

// Verify reads a stamp and checks that it belongs to this message. The error is
// ErrInvalid and says no more, so that nothing can be learned by trying.
func (s *Stamper) Verify(topic string, key, value, header []byte) (Stamp, error) {
	n := len(header)
	if n < len(version)+hexMAC+6 || n > len(version)+MaxBatchID+hexMAC+40 ||
		string(header[:len(version)]) != version || header[n-hexMAC-1] != ';' ||
		bytes.IndexByte(key, '\n') >= 0 {
		return Stamp{}, ErrInvalid
	}
	said := header[len(version) : n-hexMAC-1]
	m := s.macs.Get().(*mac)
	m.compute(topic, key, value, said)
	same := hmac.Equal(m.hex[:], header[n-hexMAC:])
	s.macs.Put(m)
	if !same {
		return Stamp{}, ErrInvalid
	}
	return parse(said)
}

// parse reads <batchId>;<line>;<ms>, which the hub itself wrote.
func parse(said []byte) (Stamp, error) {
	var part [3][]byte
	n := 0
	for i, from := 0, 0; i <= len(said); i++ {
		if i < len(said) && said[i] != ';' {
			continue
		}
		if n == len(part) {
			return Stamp{}, ErrInvalid
		}
		part[n] = said[from:i]
		n, from = n+1, i+1
	}
	line, ok1 := number(part[1])
	ms, ok2 := number(part[2])
	if n != len(part) || !ok1 || !ok2 || line > 1<<32-1 || !ValidBatchID(part[0]) {
		return Stamp{}, ErrInvalid
	}
	return Stamp{BatchID: part[0], Line: uint32(line), ReceivedAt: time.UnixMilli(ms).UTC()}, nil
}

func number(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// ValidBatchID tells whether an id can stand in a stamp: 1 … MaxBatchID visible
// ASCII characters without a semicolon.
func ValidBatchID(id []byte) bool {
	if len(id) == 0 || len(id) > MaxBatchID {
		return false
	}
	for _, c := range id {
		if c <= ' ' || c >= 0x7f || c == ';' {
			return false
		}
	}
	return true
}

// compute fills m.hex. Everything goes through one buffer of the pool, so that
// nothing escapes to the heap.
func (m *mac) compute(topic string, key, value, said []byte) {
	m.h.Reset()
	b := append(m.buf[:0], topic...)
	b = append(b, '\n')
	b = append(b, key...)
	b = append(b, '\n')
	m.h.Write(b)
	m.h.Write(value)
	b = append(b[:0], '\n')
	b = append(b, said...)
	m.h.Write(b)
	m.buf = b[:0]
	sum := m.h.Sum(m.sum[:0])
	hex.Encode(m.hex[:], sum[:macBytes])
}
