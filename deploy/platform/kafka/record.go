package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"

	"github.com/segmentio/kafka-go/compress"
)

// ByKey as a Partition lets the key decide.
const ByKey = -1

// Header is one header of a message.
type Header struct {
	Key   string
	Value []byte
}

// Message is one message, to be produced or as fetched. Offset and Err are set
// on fetched messages only. Err stands for messages that could not be unpacked:
// then Offset is the last that is lost, and the others from the offset before
// it on are lost with it.
type Message struct {
	Key, Value []byte
	Headers    []Header
	Partition  int // ByKey, or a partition
	Offset     int64
	Time       time.Time // zero: the time of producing
	Appended   bool      // of messages read: Time is the log's own, not the sender's
	Err        error
}

// Header gives the first value of a header, nil when absent.
func (m *Message) Header(key string) []byte {
	for i := range m.Headers {
		if m.Headers[i].Key == key {
			return m.Headers[i].Value
		}
	}
	return nil
}

// Layout of a record batch, version 2.
const (
	batchHeader = 61
	atLength    = 8
	atMagic     = 16
	atCRC       = 17
	atAttrs     = 21
	atLastDelta = 23
	atFirstTime = 27
	atMaxTime   = 35
	atCount     = 57
	controlBit  = 1 << 5
	codecMask   = 7
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batch gathers records of one partition in the wire form, behind a prefix that
// the request needs.
type batch struct {
	buf       []byte
	start     int // of the batch in buf
	count     int
	first     int64 // ms
	last      int64
	cost      int64 // bytes reserved for it
	born      time.Time
	done      chan struct{}
	base      int64
	err       error
	abandoned bool // a connection may still read buf
}

// begin starts an empty batch behind the prefix.
func (b *batch) begin(prefix []byte, now time.Time) {
	b.buf = append(b.buf[:0], prefix...)
	b.start = len(b.buf)
	var head [batchHeader]byte
	b.buf = append(b.buf, head[:]...)
	b.born, b.done = now, make(chan struct{})
}

// size is how many bytes the batch has.
func (b *batch) size() int { return len(b.buf) - b.start }

// add appends one record.
func (b *batch) add(m *Message) {
	at := b.born
	if !m.Time.IsZero() {
		at = m.Time
	}
	ms := at.UnixMilli()
	if b.count == 0 {
		b.first, b.last = ms, ms
	}
	b.last = max(b.last, ms)
	body := 1 + varintLen(ms-b.first) + varintLen(int64(b.count)) + bytesLen(m.Key) + bytesLen(m.Value) +
		varintLen(int64(len(m.Headers)))
	for i := range m.Headers {
		n := len(m.Headers[i].Key)
		body += varintLen(int64(n)) + n + bytesLen(m.Headers[i].Value)
	}
	buf := binary.AppendVarint(b.buf, int64(body))
	buf = append(buf, 0)
	buf = binary.AppendVarint(buf, ms-b.first)
	buf = binary.AppendVarint(buf, int64(b.count))
	buf = appendBytes(buf, m.Key)
	buf = appendBytes(buf, m.Value)
	buf = binary.AppendVarint(buf, int64(len(m.Headers)))
	for i := range m.Headers {
		buf = binary.AppendVarint(buf, int64(len(m.Headers[i].Key)))
		buf = append(buf, m.Headers[i].Key...)
		buf = appendBytes(buf, m.Headers[i].Value)
	}
	b.buf = buf
	b.count++
}

// recordSize is an upper bound of what add appends.
func recordSize(m *Message) int {
	n := 40 + len(m.Key) + len(m.Value)
	for i := range m.Headers {
		n += 20 + len(m.Headers[i].Key) + len(m.Headers[i].Value)
	}
	return n
}

// seal fills in the batch's head.
func (b *batch) seal() {
	h := b.buf[b.start:]
	be := binary.BigEndian
	be.PutUint64(h, 0)
	be.PutUint32(h[atLength:], uint32(len(h)-atLength-4))
	be.PutUint32(h[12:], 0xffffffff) // leader epoch: unknown
	h[atMagic] = 2
	be.PutUint16(h[atAttrs:], 0)
	be.PutUint32(h[atLastDelta:], uint32(b.count-1))
	be.PutUint64(h[atFirstTime:], uint64(b.first))
	be.PutUint64(h[atMaxTime:], uint64(b.last))
	for i := 43; i < atCount; i++ {
		h[i] = 0xff // no producer id, epoch, sequence
	}
	be.PutUint32(h[atCount:], uint32(b.count))
	be.PutUint32(h[atCRC:], crc32.Checksum(h[atAttrs:], castagnoli))
}

func varintLen(v int64) int {
	n, u := 1, uint64(v)<<1^uint64(v>>63)
	for ; u >= 0x80; u >>= 7 {
		n++
	}
	return n
}

func bytesLen(b []byte) int {
	if b == nil {
		return 1
	}
	return varintLen(int64(len(b))) + len(b)
}

func appendBytes(dst, b []byte) []byte {
	if b == nil {
		return binary.AppendVarint(dst, -1)
	}
	return append(binary.AppendVarint(dst, int64(len(b))), b...)
}

var (
	errCorrupt   = errors.New("record batch fails its checksum")
	errFormat    = errors.New("record batch is older than version 2")
	errMalformed = errors.New("record batch is malformed")
	errUnpacked  = errors.New("record batch is too large when unpacked")
)

// unpacker reads record batches into reused memory.
type unpacker struct {
	partition int
	msgs      []Message
	headers   []Header
	unpacked  []byte
	limit     int // bytes of one unpacked batch
	broken    int
}

func (u *unpacker) reset() {
	clear(u.msgs)
	clear(u.headers)
	u.msgs, u.headers, u.unpacked, u.broken = u.msgs[:0], u.headers[:0], u.unpacked[:0], 0
}

// read appends the messages from an offset on and gives the offset after the
// last whole batch, which may be beyond the last message when records were
// compacted away. A batch cut off at the end is left for the next time. Nothing
// whole at all gives next == from.
func (u *unpacker) read(set []byte, from int64) (next int64, err error) {
	next = from
	be := binary.BigEndian
	for len(set) >= batchHeader {
		n := int64(be.Uint32(set[atLength:])) + atLength + 4
		if n > int64(len(set)) {
			return next, nil
		}
		if set[atMagic] != 2 {
			return next, errFormat
		}
		if n < batchHeader {
			return next, errMalformed
		}
		b := set[:n]
		set = set[n:]
		if crc32.Checksum(b[atAttrs:], castagnoli) != be.Uint32(b[atCRC:]) {
			return next, errCorrupt
		}
		base := int64(be.Uint64(b))
		end := base + int64(int32(be.Uint32(b[atLastDelta:]))) + 1
		if base < 0 || end <= base {
			return next, errMalformed
		}
		if end <= from {
			continue
		}
		u.batch(b, base, end, from)
		next = end
	}
	return next, nil
}

// batch appends the messages of one whole batch, or one message with Err.
func (u *unpacker) batch(b []byte, base, end, from int64) {
	attrs := binary.BigEndian.Uint16(b[atAttrs:])
	if attrs&controlBit != 0 {
		return
	}
	mark, hmark := len(u.msgs), len(u.headers)
	records := b[batchHeader:]
	var err error
	if codec := attrs & codecMask; codec != 0 {
		records, err = u.unpack(compress.Compression(codec), records)
	}
	if err == nil {
		err = u.records(records, b, base, end, from)
	}
	if err != nil {
		u.msgs, u.headers = u.msgs[:mark], u.headers[:hmark]
		u.msgs = append(u.msgs, Message{Partition: u.partition, Offset: end - 1, Err: err})
		u.broken++
	}
}

func (u *unpacker) unpack(c compress.Compression, b []byte) ([]byte, error) {
	codec := c.Codec()
	if codec == nil {
		return nil, fmt.Errorf("%w: unknown compression %d", errMalformed, c)
	}
	r := codec.NewReader(bytes.NewReader(b))
	defer r.Close()
	mark := len(u.unpacked)
	for {
		if cap(u.unpacked)-len(u.unpacked) < 4096 {
			grown := make([]byte, len(u.unpacked), 2*cap(u.unpacked)+64<<10)
			copy(grown, u.unpacked)
			u.unpacked = grown
		}
		n, err := r.Read(u.unpacked[len(u.unpacked):cap(u.unpacked)])
		u.unpacked = u.unpacked[:len(u.unpacked)+n]
		switch {
		case len(u.unpacked)-mark > u.limit:
			return nil, errUnpacked
		case errors.Is(err, io.EOF):
			return u.unpacked[mark:len(u.unpacked):len(u.unpacked)], nil
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errMalformed, err)
		}
	}
}

func (u *unpacker) records(p, head []byte, base, end, from int64) error {
	count := int(int32(binary.BigEndian.Uint32(head[atCount:])))
	first := int64(binary.BigEndian.Uint64(head[atFirstTime:]))
	last := int64(binary.BigEndian.Uint64(head[atMaxTime:]))
	logTime := binary.BigEndian.Uint16(head[atAttrs:])&(1<<3) != 0
	// A record has 7 bytes at least: a count can't ask for more than there is.
	if count < 0 || count > len(p)/7 {
		return errMalformed
	}
	r := cursor{b: p}
	prev := base - 1
	for range count {
		body := r.varint()
		if r.bad || body < 0 || body > int64(len(r.b)) {
			return errMalformed
		}
		rec := cursor{b: r.b[:body]}
		r.b = r.b[body:]
		rec.skip(1)
		dt, do := rec.varint(), rec.varint()
		m := Message{Partition: u.partition, Offset: base + do}
		m.Key, m.Value = rec.bytes(), rec.bytes()
		m.Headers = u.readHeaders(&rec)
		if rec.bad || do < 0 || m.Offset <= prev || m.Offset >= end {
			return errMalformed
		}
		prev = m.Offset
		if m.Offset < from {
			continue
		}
		at := first + dt
		if logTime {
			at = last
		}
		m.Time, m.Appended = time.UnixMilli(at), logTime
		u.msgs = append(u.msgs, m)
	}
	return nil
}

func (u *unpacker) readHeaders(rec *cursor) []Header {
	n := rec.varint()
	if n < 0 || n > int64(len(rec.b)) {
		rec.bad = true
	}
	if rec.bad || n == 0 {
		return nil
	}
	from := len(u.headers)
	for range n {
		key := rec.bytes()
		value := rec.bytes()
		if rec.bad {
			return nil
		}
		u.headers = append(u.headers, Header{Key: intern(key), Value: value})
	}
	return u.headers[from:len(u.headers):len(u.headers)]
}

// intern saves the memory of the header names that every message has.
func intern(b []byte) string {
	for _, s := range [...]string{"stamp", "unit", "key", "signature"} {
		if string(b) == s {
			return s
		}
	}
	return string(b)
}

// cursor reads the variable-length parts of a record; bad stays set.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) varint() int64 {
	v, n := binary.Varint(c.b)
	if n <= 0 {
		c.bad, c.b = true, nil
		return 0
	}
	c.b = c.b[n:]
	return v
}

func (c *cursor) skip(n int) {
	if len(c.b) < n {
		c.bad, c.b = true, nil
		return
	}
	c.b = c.b[n:]
}

func (c *cursor) bytes() []byte {
	n := c.varint()
	if n < 0 {
		return nil
	}
	if n > int64(len(c.b)) {
		c.bad, c.b = true, nil
		return nil
	}
	out := c.b[:n:n]
	c.b = c.b[n:]
	return out
}
