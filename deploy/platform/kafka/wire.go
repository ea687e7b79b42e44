package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// Versions of the two requests that are written by hand: Apache Kafka has had
// them since 2.4, and they are the last without tagged fields.
const (
	produceVersion = 8
	fetchVersion   = 11
)

var errOldBroker = errors.New("broker is older than Apache Kafka 2.4")

// errMalformedAnswer closes the connection it came from.
var errMalformedAnswer = errors.New("malformed answer of the broker")

// exchange is one request in wire form that travels on kafka-go's connections,
// and its answer. After an error of RoundTrip the connection may still use both
// buffers, so that they must not be used again.
type exchange struct {
	key       protocol.ApiKey
	version   int16
	topic     string
	partition int32
	req, resp []byte
	limit     int
	offered   int16
}

var (
	_ protocol.BrokerMessage = (*exchange)(nil)
	_ protocol.RawExchanger  = (*exchange)(nil)
)

// ApiKey names the request.
func (x *exchange) ApiKey() protocol.ApiKey { return x.key } //nolint:revive // name is kafka-go's

// Broker routes to the leader of the partition.
func (x *exchange) Broker(c protocol.Cluster) (protocol.Broker, error) {
	t, ok := c.Topics[x.topic]
	if !ok {
		return protocol.Broker{ID: -1}, protocol.NewErrNoTopic(x.topic)
	}
	p, ok := t.Partitions[x.partition]
	if !ok {
		return protocol.Broker{ID: -1}, protocol.NewErrNoPartition(x.topic, x.partition)
	}
	b, ok := c.Brokers[p.Leader]
	if !ok {
		return protocol.Broker{ID: -1}, protocol.NewErrNoLeader(x.topic, x.partition)
	}
	return b, nil
}

// Required takes the request out of kafka-go's own encoding.
func (x *exchange) Required(versions map[protocol.ApiKey]int16) bool {
	x.offered = versions[x.key]
	return true
}

// RawExchange writes the request and reads the answer.
func (x *exchange) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	if x.offered < x.version {
		return nil, errOldBroker
	}
	if _, err := rw.Write(x.req); err != nil {
		return nil, err
	}
	var head [8]byte
	if _, err := io.ReadFull(rw, head[:]); err != nil {
		return nil, fmt.Errorf("read answer: %w", noEOF(err))
	}
	n := int64(binary.BigEndian.Uint32(head[:])) - 4
	if n < 0 || n > int64(x.limit) || binary.BigEndian.Uint32(head[4:]) != correlation {
		return nil, errMalformedAnswer
	}
	if int64(cap(x.resp)) < n {
		x.resp = make([]byte, n+n/8)
	}
	x.resp = x.resp[:n]
	if _, err := io.ReadFull(rw, x.resp); err != nil {
		return nil, fmt.Errorf("read answer: %w", noEOF(err))
	}
	return x, nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// correlation is the same always: a connection carries one request at a time.
const correlation = 7

func appendHead(b []byte, key protocol.ApiKey, version int16, client string) []byte {
	be := binary.BigEndian
	b = be.AppendUint32(b, 0) // size
	b = be.AppendUint16(b, uint16(key))
	b = be.AppendUint16(b, uint16(version))
	b = be.AppendUint32(b, correlation)
	return appendString(b, client)
}

func appendString(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

func setSize(b []byte) { binary.BigEndian.PutUint32(b, uint32(len(b)-4)) }

// producePrefix is everything of a produce request before its one batch; the
// last 4 bytes are the size of that.
func producePrefix(client, topic string, partition int, timeoutMs int32) []byte {
	be := binary.BigEndian
	b := appendHead(nil, protocol.Produce, produceVersion, client)
	b = be.AppendUint16(b, 0xffff) // no transaction
	b = be.AppendUint16(b, 0xffff) // acks: all
	b = be.AppendUint32(b, uint32(timeoutMs))
	b = be.AppendUint32(b, 1)
	b = appendString(b, topic)
	b = be.AppendUint32(b, 1)
	b = be.AppendUint32(b, uint32(partition))
	return be.AppendUint32(b, 0)
}

// finishProduce sets the sizes of a request whose batch is sealed.
func finishProduce(b *batch) {
	binary.BigEndian.PutUint32(b.buf[b.start-4:], uint32(b.size()))
	setSize(b.buf)
}

// parseProduce gives the offset of the first record.
func parseProduce(p []byte) (base int64, err error) {
	r := answer{b: p}
	if r.i32() != 1 {
		return 0, errMalformedAnswer
	}
	r.skip(int(r.i16())) // topic
	if r.i32() != 1 {
		return 0, errMalformedAnswer
	}
	r.i32() // partition
	code := r.i16()
	base = r.i64()
	if r.bad {
		return 0, errMalformedAnswer
	}
	if code != 0 {
		return 0, kafkago.Error(code)
	}
	if base < 0 {
		return 0, errMalformedAnswer
	}
	return base, nil
}

// appendFetch writes a fetch request of one partition without a session.
func appendFetch(b []byte, client, topic string, partition int32, offset int64, maxBytes, waitMs int32) []byte {
	be := binary.BigEndian
	b = appendHead(b[:0], protocol.Fetch, fetchVersion, client)
	b = be.AppendUint32(b, 0xffffffff) // no replica
	b = be.AppendUint32(b, uint32(waitMs))
	b = be.AppendUint32(b, 1) // min bytes
	b = be.AppendUint32(b, uint32(maxBytes))
	b = append(b, 0)                   // isolation: all
	b = be.AppendUint32(b, 0)          // session
	b = be.AppendUint32(b, 0xffffffff) // epoch: none
	b = be.AppendUint32(b, 1)
	b = appendString(b, topic)
	b = be.AppendUint32(b, 1)
	b = be.AppendUint32(b, uint32(partition))
	b = be.AppendUint32(b, 0xffffffff) // leader epoch: unknown
	b = be.AppendUint64(b, uint64(offset))
	b = be.AppendUint64(b, 1<<64-1) // log start: none
	b = be.AppendUint32(b, uint32(maxBytes))
	b = be.AppendUint32(b, 0) // forgotten topics
	b = appendString(b, "")   // rack
	setSize(b)
	return b
}

// fetched is the answer about one partition.
type fetched struct {
	highWater, logStart int64
	set                 []byte
}

func parseFetch(p []byte) (f fetched, err error) {
	r := answer{b: p}
	r.i32() // throttled
	if code := r.i16(); code != 0 {
		return f, kafkago.Error(code)
	}
	r.i32() // session
	if r.i32() != 1 {
		return f, errMalformedAnswer
	}
	r.skip(int(r.i16()))
	if r.i32() != 1 {
		return f, errMalformedAnswer
	}
	r.i32()
	code := r.i16()
	f.highWater = r.i64()
	r.i64()
	f.logStart = r.i64()
	if n := r.i32(); n > 0 {
		r.skip(int(n) * 16) // aborted transactions
	}
	r.i32() // preferred replica
	n := r.i32()
	if r.bad {
		return f, errMalformedAnswer
	}
	if code != 0 {
		return f, kafkago.Error(code)
	}
	if n > 0 {
		f.set = r.b
		r.skip(int(n))
		if r.bad {
			return f, errMalformedAnswer
		}
		f.set = f.set[:n]
	}
	return f, nil
}

// answer reads fixed-size parts; bad stays set.
type answer struct {
	b   []byte
	bad bool
}

func (a *answer) skip(n int) {
	if n < 0 || n > len(a.b) {
		a.b, a.bad = nil, true
		return
	}
	a.b = a.b[n:]
}

func (a *answer) i16() int16 {
	b := a.b
	if a.skip(2); a.bad {
		return 0
	}
	return int16(binary.BigEndian.Uint16(b))
}

func (a *answer) i32() int32 {
	b := a.b
	if a.skip(4); a.bad {
		return 0
	}
	return int32(binary.BigEndian.Uint32(b))
}

func (a *answer) i64() int64 {
	b := a.b
	if a.skip(8); a.bad {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}
