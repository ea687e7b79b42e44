package intake

import (
	"crypto/ed25519"
	"encoding/base64"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/derive"
	"credithub/ingest/stamp"
	"credithub/schema/feed"
)

// origin is who vouches for a message.
type origin struct {
	proven     bool
	unit       string // of a signed message; "" when stamped: the envelope names it
	batchID    []byte // valid as long as the message
	line       uint32
	recordedAt time.Time
	// heard is the sign of life that the message is if it counts: when the gateway
	// had it, or when it arrived signed. Zero when that lies ahead of the clock.
	heard time.Time
	// repeatable tells that anyone could have sent the message again: it is signed,
	// and not by the hub. New content alone is a sign of life then.
	repeatable bool
	sent       derive.Sent // when it is of no version
}

// life is the time under which a row is stored that says nothing but that its source
// lives: a heartbeat or a repetition. It is no time at all when that isn't proven.
func (o *origin) life() time.Time {
	if o.heard.IsZero() {
		return time.UnixMilli(0)
	}
	return o.heard
}

// verifier tells where messages come from. Not for several goroutines: it
// remembers when the hub learned the last one of its partition.
//
// That time is the log's own. A sender's says nothing: signed or stamped, a message
// may have lain anywhere for long, and what the hub answered meanwhile was right.
type verifier struct {
	topic   string
	stamper *stamp.Stamper
	keys    Keys
	now     time.Time     // of the hub, see look
	ahead   time.Duration // of the hub's time before the machine's clock
	last    time.Time     // of the partition; at first that of the last stored row
	buf     []byte
	sig     []byte
}

// look takes the hub's time for the messages of one fetch. While the machine's clock
// is behind it, the log's is taken to be as far behind.
func (v *verifier) look(now time.Time, ahead time.Duration) { v.now, v.ahead = now.Add(ahead), ahead }

// verify checks one message. What isn't proven is recorded as of its arrival.
func (v *verifier) verify(m *kafka.Message) origin {
	if h := m.Header(feed.HeaderStamp); h != nil {
		if s, err := v.stamper.Verify(v.topic, m.Key, m.Value, h); err == nil {
			// The log of an old data directory may tell only senders' times.
			return origin{proven: true, batchID: s.BatchID, line: s.Line, recordedAt: v.learned(m, s.ReceivedAt), heard: v.heard(s.ReceivedAt),
				sent: derive.SentAt(s.ReceivedAt.UnixMilli(), s.Line)}
		}
	}
	o := origin{recordedAt: v.learned(m, v.now)}
	if unit := m.Header(feed.HeaderUnit); len(unit) > 0 && v.signed(m, string(unit), o.recordedAt) {
		o.proven, o.unit, o.repeatable, o.heard, o.sent = true, string(unit), true, o.recordedAt, derive.Signed
	}
	return o
}

// heard is a time as a sign of life: never ahead of the hub's clock.
func (v *verifier) heard(t time.Time) time.Time {
	switch {
	case t.After(v.now.Add(feed.MaxSkew)):
		return time.Time{}
	case t.After(v.now):
		return v.now.UTC()
	}
	return t
}

// learned is when the hub learned of a message: the log's time, or another where the
// log has none of its own, but neither in the future nor before what the partition
// had already.
func (v *verifier) learned(m *kafka.Message, otherwise time.Time) time.Time {
	t := otherwise
	if m.Appended {
		t = m.Time.Add(v.ahead)
	}
	if t.After(v.now) {
		t = v.now
	}
	if t.Before(v.last) {
		t = v.last
	}
	v.last = t
	return t.UTC()
}

// signed checks the unit's own signature over topic, key and value, by a key that
// held when the hub learned the message.
func (v *verifier) signed(m *kafka.Message, unit string, at time.Time) bool {
	text := m.Header(feed.HeaderSignature)
	if base64.StdEncoding.DecodedLen(len(text)) > ed25519.SignatureSize+2 {
		return false
	}
	if cap(v.sig) < ed25519.SignatureSize+2 {
		v.sig = make([]byte, ed25519.SignatureSize+2)
	}
	n, err := base64.StdEncoding.Decode(v.sig[:cap(v.sig)], text)
	if err != nil || n != ed25519.SignatureSize {
		return false
	}
	key, ok := v.keys.Lookup(unit, string(m.Header(feed.HeaderKey)), at)
	if !ok || len(key) != ed25519.PublicKeySize {
		return false
	}
	v.buf = append(v.buf[:0], v.topic...)
	v.buf = append(v.buf, '\n')
	v.buf = append(v.buf, m.Key...)
	v.buf = append(v.buf, '\n')
	v.buf = append(v.buf, m.Value...)
	return ed25519.Verify(key, v.buf, v.sig[:n])
}
