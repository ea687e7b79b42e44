package feed

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"slices"
	"sync"
)

// Seal proves that messages on the hub's own topics are the hub's: who can write
// to Kafka but doesn't know the secret can neither invent one nor put one under
// another topic or key. What is sealed twice or read again does nothing, by the
// numbers in the messages. It is safe for many goroutines.
type Seal struct{ macs sync.Pool }

// SealBytes is the length of a seal: HMAC-SHA256, cut.
const SealBytes = 16

// sealed are the topics of the hub's own.
var sealed = []string{EntriesTopic, SubjectsTopic, RejectsTopic, BatchesTopic, AuditTopic, NoticesTopic, ChangesTopic, OutcomesTopic}

type sealMAC struct {
	h   hash.Hash
	sum [sha256.Size]byte
	buf []byte
}

// NewSeal makes a Seal under a secret of 32 bytes or more, which is copied. Other
// uses of the secret can't be confused with this one.
func NewSeal(secret []byte) (*Seal, error) {
	if len(secret) < 32 {
		return nil, errors.New("feed: the secret of the seal has fewer than 32 bytes")
	}
	d := hmac.New(sha256.New, secret)
	d.Write([]byte("credithub seal of own topics"))
	own := d.Sum(nil)
	s := &Seal{}
	s.macs.New = func() any { return &sealMAC{h: hmac.New(sha256.New, own)} }
	return s, nil
}

// Covers tells whether messages of a topic carry a seal.
func (s *Seal) Covers(topic string) bool { return slices.Contains(sealed, topic) }

// Append appends the seal of a message to dst.
func (s *Seal) Append(dst []byte, topic string, key, value []byte) []byte {
	m := s.macs.Get().(*sealMAC)
	dst = append(dst, m.compute(topic, key, value)...)
	s.macs.Put(m)
	return dst
}

// Proves tells whether a seal belongs to a message.
func (s *Seal) Proves(topic string, key, value, seal []byte) bool {
	m := s.macs.Get().(*sealMAC)
	ok := hmac.Equal(m.compute(topic, key, value), seal)
	s.macs.Put(m)
	return ok
}

// compute gives the seal, valid until the next call. The lengths keep the parts
// apart.
func (m *sealMAC) compute(topic string, key, value []byte) []byte {
	m.h.Reset()
	b := binary.LittleEndian.AppendUint32(m.buf[:0], uint32(len(topic)))
	b = append(b, topic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(key)))
	b = append(b, key...)
	m.h.Write(b)
	m.h.Write(value)
	m.buf = b[:0]
	return m.h.Sum(m.sum[:0])[:SealBytes]
}
