package kafka

import "time"

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
