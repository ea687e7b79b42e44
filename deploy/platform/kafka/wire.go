package kafka

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Versions of the two requests that travel as an exchange: Apache Kafka has had
// them since 2.4, and they are the last without tagged fields.
const (
	produceVersion = 8
	fetchVersion   = 11
)

var errOldBroker = errors.New("broker is older than Apache Kafka 2.4")

// errMalformedAnswer closes the connection it came from.
var errMalformedAnswer = errors.New("malformed answer of the broker")

// exchange is one request in wire form that travels on kafka-go's connections,
// and its answer. kafka-go's own forms of the two requests copy the records; this
// one leaves them where they are (unpacker has the figures). After an error of
// RoundTrip the connection may still use both buffers, so that they must not be
// used again.
type exchange struct {
	key       protocol.ApiKey
	version   int16
	topic     string
	partition int32
	req, resp []byte
	limit     int // bytes of the answer
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

// RawExchange writes the request and reads the answer: its size, the correlation
// id, and what goes to resp.
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

// producePrefix is everything of a produce request before its one batch; the
// last sizeBytes are the size of that, which finishProduce sets.
func producePrefix(f *kmsg.RequestFormatter, topic string, partition int32, timeout time.Duration) []byte {
	p := kmsg.NewProduceRequestTopicPartition()
	p.Partition, p.Records = partition, []byte{}
	t := kmsg.NewProduceRequestTopic()
	t.Topic, t.Partitions = topic, []kmsg.ProduceRequestTopicPartition{p}
	r := kmsg.NewPtrProduceRequest()
	r.Version, r.Acks, r.TimeoutMillis = produceVersion, int16(kafkago.RequireAll), int32(timeout.Milliseconds())
	r.Topics = []kmsg.ProduceRequestTopic{t}
	return f.AppendRequest(nil, r, correlation)
}

// sizeBytes is the length of the sizes within requests.
const sizeBytes = 4

// finishProduce sets the sizes of a request whose batch is sealed: that of the batch
// and its own.
func finishProduce(b *batch) {
	binary.BigEndian.PutUint32(b.buf[b.start-sizeBytes:], uint32(b.size()))
	binary.BigEndian.PutUint32(b.buf, uint32(len(b.buf)-sizeBytes))
}

// parseProduce gives the offset of the first record.
func parseProduce(b []byte) (base int64, err error) {
	r := kmsg.NewPtrProduceResponse()
	r.Version = produceVersion
	if r.ReadFrom(b) != nil || len(r.Topics) != 1 || len(r.Topics[0].Partitions) != 1 {
		return 0, errMalformedAnswer
	}
	switch p := r.Topics[0].Partitions[0]; {
	case p.ErrorCode != 0:
		return 0, kafkago.Error(p.ErrorCode)
	case p.BaseOffset < 0:
		return 0, errMalformedAnswer
	default:
		return p.BaseOffset, nil
	}
}

// appendFetch writes a fetch of one partition without a session over what dst held.
func appendFetch(dst []byte, f *kmsg.RequestFormatter, topic string, partition int32, offset int64, maxBytes int32, wait time.Duration) []byte {
	p := kmsg.NewFetchRequestTopicPartition()
	p.Partition, p.FetchOffset, p.PartitionMaxBytes = partition, offset, maxBytes
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.Partitions = topic, []kmsg.FetchRequestTopicPartition{p}
	r := kmsg.NewPtrFetchRequest()
	r.Version, r.MaxWaitMillis, r.MinBytes, r.MaxBytes = fetchVersion, int32(wait.Milliseconds()), 1, maxBytes
	r.Topics = []kmsg.FetchRequestTopic{t}
	return f.AppendRequest(dst[:0], r, correlation)
}

// fetched is the answer about one partition.
type fetched struct {
	highWater, logStart int64
	set                 []byte // record batches; they stand in the answer
}

func parseFetch(b []byte) (fetched, error) {
	r := kmsg.NewPtrFetchResponse()
	r.Version = fetchVersion
	if r.ReadFrom(b) != nil {
		return fetched{}, errMalformedAnswer
	}
	if r.ErrorCode != 0 {
		return fetched{}, kafkago.Error(r.ErrorCode)
	}
	if len(r.Topics) != 1 || len(r.Topics[0].Partitions) != 1 {
		return fetched{}, errMalformedAnswer
	}
	p := r.Topics[0].Partitions[0]
	if p.ErrorCode != 0 {
		return fetched{}, kafkago.Error(p.ErrorCode)
	}
	return fetched{highWater: p.HighWatermark, logStart: p.LogStartOffset, set: p.RecordBatches}, nil
}
