package broker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"credithub/deploy/platform/kafka/recordbatch"
)

// The time of a message is the log's own (LogAppendTime): when it came, whatever its
// sender says. kfake knows the setting only by name, so the guard gives the time on
// the way in. Batches stand in the log with a mark of the broker's and are given out
// as Kafka would: what stood there before is the sender's time and is told as such.

// markedTime is recordbatch.AppendTime within the log: kfake would spoil the sum of a
// batch with the other.
const markedTime = 1 << 15

// timeProduced gives the messages of a request, behind its size, their time.
// What is no such request, or damaged, is kfake's to refuse.
func timeProduced(frame []byte, now time.Time) {
	const head = 10 // key, version, correlation id, length of the client id
	if len(frame) < head {
		return
	}
	at := head + max(int(int16(binary.BigEndian.Uint16(frame[8:]))), 0)
	if at > len(frame) {
		return
	}
	req := kmsg.NewPtrProduceRequest()
	req.SetVersion(int16(binary.BigEndian.Uint16(frame[2:])))
	if req.ReadFrom(frame[at:]) != nil {
		return
	}
	for _, t := range req.Topics {
		for _, p := range t.Partitions {
			timeBatch(p.Records, now.UnixMilli()) // they are part of the frame
		}
	}
}

func timeBatch(b []byte, ms int64) {
	if !sound(b) {
		return
	}
	be := binary.BigEndian
	attributes := b[recordbatch.AtAttributes:]
	be.PutUint16(attributes, be.Uint16(attributes)&^recordbatch.AppendTime|markedTime)
	be.PutUint64(b[recordbatch.AtFirstTime:], uint64(ms))
	be.PutUint64(b[recordbatch.AtMaxTime:], uint64(ms))
	recordbatch.Seal(b)
}

// sound tells whether b is one batch as its sender made it.
func sound(b []byte) bool {
	return len(b) >= recordbatch.HeadBytes && b[recordbatch.AtVersion] == recordbatch.Version && recordbatch.Whole(b)
}

// tellTimes makes the times in an answer to a fetch, with its size and correlation
// id, those that Kafka tells.
func tellTimes(answer []byte, version int16) {
	const head = 8
	if len(answer) < head {
		return
	}
	resp := kmsg.NewPtrFetchResponse()
	resp.SetVersion(version)
	if resp.ReadFrom(answer[head:]) != nil {
		return
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			tellBatches(p.RecordBatches)
		}
	}
}

func tellBatches(set []byte) {
	be := binary.BigEndian
	for len(set) >= recordbatch.HeadBytes {
		n := recordbatch.Size(set)
		if n < recordbatch.HeadBytes || n > int64(len(set)) {
			return // cut off: the client asks again
		}
		b := set[:n]
		set = set[n:]
		attributes := b[recordbatch.AtAttributes:]
		if be.Uint16(attributes)&markedTime == 0 || !sound(b) {
			continue
		}
		be.PutUint16(attributes, be.Uint16(attributes)&^markedTime|recordbatch.AppendTime)
		recordbatch.Seal(b)
	}
}

// produced takes a whole frame and gives its messages their time.
func (c *conn) produced(size int32) error {
	var b bytes.Buffer // grows by what has come, not by what is claimed
	b.Write(c.head[:8])
	if _, err := io.CopyN(&b, c.Conn, int64(size)-4); err != nil {
		return cutOff(err)
	}
	timeProduced(b.Bytes()[4:], time.Now())
	c.unread, c.rest = b.Bytes(), 0
	return nil
}

// cutOff is what the end of a connection means inside a frame.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// maxFetches bounds the fetches of a connection that wait for an answer. Clients
// have a few: kfake answers them in turn.
const maxFetches = 1024

// fetching notes a fetch, whose answer tells times.
func (c *conn) fetching(size int32, version int16) error {
	head := c.head[:12]
	if _, err := io.ReadFull(c.Conn, head[8:]); err != nil {
		return cutOff(err)
	}
	c.fetchMu.Lock()
	if c.fetches == nil {
		c.fetches = map[uint32]int16{}
	}
	c.fetches[binary.BigEndian.Uint32(head[8:])] = version
	many := len(c.fetches) > maxFetches
	c.fetchMu.Unlock()
	if many {
		c.dead = true
		return errFrame
	}
	c.unread, c.rest = head, size-8
	return nil
}

// fetched tells the version of the fetch that an answer is to.
func (c *conn) fetched(b []byte) (version int16, ok bool) {
	if len(b) < 8 {
		return 0, false
	}
	corr := binary.BigEndian.Uint32(b[4:])
	c.fetchMu.Lock()
	defer c.fetchMu.Unlock()
	version, ok = c.fetches[corr]
	delete(c.fetches, corr)
	return version, ok
}
