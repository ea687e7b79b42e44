package restrict

import (
	"context"
	"errors"

	"credithub/schema/feed"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// Snapshot is the state of the hub as ClickHouse holds it. ClickHouse is the
// truth about progress: rows are stored with their log positions.
type Snapshot interface {
	// Head reads how far the stored rows reach.
	Head(ctx context.Context) (Head, error)
	// Subjects calls f with every subject that rows up to the head make known or
	// ambiguous. The code holds until f returns.
	Subjects(ctx context.Context, h *Head, f func(code []byte, s SubjectState) error) error
	// Entries calls f once with the current version, as of the head, of every entry
	// that is in force or can come into force by the passing of days. The entry
	// holds until f returns.
	Entries(ctx context.Context, h *Head, f func(*list.Entry) error) error
	// Facts calls f with what the current versions, as of the head, of a subject's
	// records of a domain say as facts, for every subject that has one in it. The
	// code holds until f returns.
	Facts(ctx context.Context, h *Head, p *policy.Policy, f func(code []byte, records []FactRecord) error) error
}

// Head is how far stored rows reach in each partition, and the last sign of
// life of each source in them.
type Head struct {
	Stored  []Stored
	Reports []feed.Report
}

// Stored is the last stored row of a partition of a domain's topic.
type Stored struct {
	receipt.Position
	Feed int64 // offset of the message on credit.entries or credit.subjects that spoke of the row; -1: none
}

// positions drops the feed offsets.
func (h *Head) positions() []receipt.Position {
	ps := make([]receipt.Position, len(h.Stored))
	for i, s := range h.Stored {
		ps[i] = s.Position
	}
	return ps
}

// cut is the first Seq that the head does not reflect.
func (h *Head) cut() uint64 {
	cut := uint64(0)
	for _, s := range h.Stored {
		if s.Domain == record.Decision {
			cut = max(cut, feed.Seq(s.Offset+1, 0))
		}
	}
	return cut
}

// Log is Kafka as the index needs it.
type Log interface {
	// Ends gives the end offset of each partition of a topic: the offset its next
	// message gets. A topic that doesn't exist has none.
	Ends(ctx context.Context, topic string) ([]int64, error)
	// Tail reads partition 0 of a topic from an offset on; a negative offset
	// means the first there is.
	Tail(topic string, offset int64) Tail
}

// Tail reads on and on. It has one user.
type Tail interface {
	// Fetch waits for messages, a while at most: none is no error. next is the
	// offset to go on from, which may be beyond the last message. After an error
	// the next Fetch tries again at the same place.
	Fetch(ctx context.Context) (values [][]byte, next int64, err error)
	Close() error
}

// ErrOutOfRange is what Fetch answers when the log no longer holds the offset.
var ErrOutOfRange = errors.New("restrict: offset is no longer in the log")
