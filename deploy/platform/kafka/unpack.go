package kafka

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go/compress"
	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"

	"credithub/deploy/platform/kafka/recordbatch"
)

var (
	errCorrupt   = errors.New("record batch fails its checksum")
	errFormat    = errors.New("record batch is older than version 2")
	errMalformed = errors.New("record batch is malformed")
	errUnpacked  = errors.New("record batch is too large when unpacked")
)

// unpacker reads record batches into memory that is used again. It is our own, on
// kbin, as it takes 0.1 µs a record with two headers and allocates nothing, where
// kmsg.Record takes 0.4 µs and 5 allocations and kafka-go's reader 1.2 µs and 9
// (BenchmarkUnpack's records); and what can't be read is told and passed, not an end.
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
	for len(set) >= recordbatch.HeadBytes {
		n := recordbatch.Size(set)
		if n > int64(len(set)) {
			return next, nil
		}
		var b kmsg.RecordBatch // its records are those of set
		short := b.ReadFrom(set[:n])
		end := b.FirstOffset + int64(b.LastOffsetDelta) + 1
		switch {
		case set[recordbatch.AtVersion] != recordbatch.Version:
			return next, errFormat
		case short != nil:
			return next, errMalformed
		case !recordbatch.Whole(set[:n]):
			return next, errCorrupt
		case b.FirstOffset < 0, end <= b.FirstOffset:
			return next, errMalformed
		}
		set = set[n:]
		if end <= from {
			continue
		}
		u.batch(&b, end, from)
		next = end
	}
	return next, nil
}

// batch appends the messages of one whole batch from an offset on, or one message
// with Err. end is the offset after the batch.
func (u *unpacker) batch(b *kmsg.RecordBatch, end, from int64) {
	if b.Attributes&recordbatch.Control != 0 {
		return
	}
	mark, hmark := len(u.msgs), len(u.headers)
	records := b.Records
	var err error
	if codec := b.Attributes & recordbatch.Codec; codec != 0 {
		records, err = u.unpack(compress.Compression(codec), records)
	}
	if err == nil {
		err = u.records(b, records, end, from)
	}
	if err != nil {
		u.msgs, u.headers = u.msgs[:mark], u.headers[:hmark]
		u.msgs = append(u.msgs, Message{Partition: u.partition, Offset: end - 1, Err: err})
		u.broken++
	}
}

// unpack gives the records of a compressed batch.
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

// leastRecord is the length of the smallest record: each of its parts takes a byte.
const leastRecord = 7

// records appends what stands in p, the unpacked records of a batch.
func (u *unpacker) records(b *kmsg.RecordBatch, p []byte, end, from int64) error {
	// A count can't ask for more than there is.
	if b.NumRecords < 0 || int(b.NumRecords) > len(p)/leastRecord {
		return errMalformed
	}
	appended := b.Attributes&recordbatch.AppendTime != 0
	r := kbin.Reader{Src: p}
	prev := b.FirstOffset - 1
	for range b.NumRecords {
		rec := kbin.Reader{Src: r.Span(int(r.Varint()))}
		rec.Int8() // attributes: none are defined
		later, behind := rec.Varlong(), rec.Varint()
		m := Message{Partition: u.partition, Offset: b.FirstOffset + int64(behind), Appended: appended}
		m.Key, m.Value = rec.VarintBytes(), rec.VarintBytes()
		headers, ok := u.readHeaders(&rec)
		if !ok || behind < 0 || m.Offset <= prev || m.Offset >= end {
			return errMalformed
		}
		prev = m.Offset
		if m.Offset < from {
			continue
		}
		m.Headers = headers
		if appended {
			m.Time = time.UnixMilli(b.MaxTimestamp)
		} else {
			m.Time = time.UnixMilli(b.FirstTimestamp + later)
		}
		u.msgs = append(u.msgs, m)
	}
	return nil
}

// readHeaders gives the headers of a record, which end it. It is not ok when the
// record has less than it says.
func (u *unpacker) readHeaders(rec *kbin.Reader) (headers []Header, ok bool) {
	from := len(u.headers)
	n := rec.VarintArrayLen()
	for range n {
		key, value := rec.VarintBytes(), rec.VarintBytes()
		if !rec.Ok() {
			return nil, false
		}
		u.headers = append(u.headers, Header{Key: intern(key), Value: value})
	}
	if n <= 0 {
		return nil, n == 0 && rec.Ok()
	}
	return u.headers[from:len(u.headers):len(u.headers)], true
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
