package sink

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"credithub/schema/civil"
	"credithub/schema/ddl"
	"credithub/schema/record"
	"credithub/schema/stored"
)

var errAway = errors.New("away")

// fate is what happens to one insertion.
type fate uint8

const (
	acked     fate = iota // stored and acknowledged
	lostReply             // stored, and the answer was lost
	refused               // not stored, and said so
	vanished              // not stored, and the answer was lost
	late                  // the answer was lost, and it is stored later: it waits in the server's queue
	burnt                 // a crash between noting the token and storing: not stored, answer lost
	fates
)

// fakeEngine is a server with a queue, tokens and crashes.
type fakeEngine struct {
	mu     sync.Mutex
	next   func() fate // of the next insertion into records
	away   func() bool // whether the next question fails
	rows   map[string]int
	have   Positions
	tokens map[string]bool
	queue  []func()
	sent   []string // tokens in the order of sending
	other  map[string]int
}

func newFake() *fakeEngine {
	return &fakeEngine{next: func() fate { return acked }, away: func() bool { return false },
		rows: map[string]int{}, have: Positions{}, tokens: map[string]bool{}, other: map[string]int{}}
}

// content copies what an insertion carries: the columns belong to the block.
func content(in proto.Input) (keys []string, at []Partition, offsets []int64) {
	col := func(name string) proto.ColInput {
		return in[slices.IndexFunc(in, func(c proto.InputColumn) bool { return c.Name == name })].Data
	}
	topic, p, o := col("topic").(*lowCardinality), *col("partition").(*proto.ColUInt16), *col("offset").(*proto.ColInt64)
	data := col("data").(*stringColumn)
	buf := data.buf
	for i := range o {
		n, w := binary.Uvarint(buf)
		keys = append(keys, fmt.Sprintf("%s/%d@%d=%s", topic.row(i), p[i], o[i], buf[w:w+int(n)]))
		buf = buf[w+int(n):]
		at, offsets = append(at, Partition{topic.row(i), p[i]}), append(offsets, o[i])
	}
	return
}

func (f *fakeEngine) Insert(_ context.Context, table string, in proto.Input, token string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	rows := in[0].Data.Rows()
	for _, c := range in {
		if c.Data.Rows() != rows {
			panic(fmt.Sprintf("column %s has %d rows of %d", c.Name, c.Data.Rows(), rows))
		}
	}
	if table != ddl.Records {
		f.other[table] += rows
		return nil
	}
	keys, at, offsets := content(in)
	store := func() {
		if f.tokens[token] {
			return
		}
		f.tokens[token] = true
		for i, k := range keys {
			f.rows[k]++
			if o, ok := f.have[at[i]]; !ok || offsets[i] > o {
				f.have[at[i]] = offsets[i]
			}
		}
	}
	f.sent = append(f.sent, token)
	switch f.next() {
	case acked:
		store()
		return nil
	case lostReply:
		store()
	case late:
		f.queue = append(f.queue, store)
	case burnt:
		f.tokens[token] = true
	}
	return errAway
}

// Quiet lets through what waits.
func (f *fakeEngine) Quiet(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away() {
		return errAway
	}
	for _, run := range f.queue {
		run()
	}
	f.queue = nil
	return nil
}

func (f *fakeEngine) Positions(_ context.Context, topics []string) (Positions, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away() {
		return nil, errAway
	}
	out := Positions{}
	for p, o := range f.have {
		if len(topics) == 0 || slices.Contains(topics, p.Topic) {
			out[p] = o
		}
	}
	return out, nil
}

// row is the i-th row of a partition.
func row(topic string, p uint16, i int64) *stored.Message {
	return &stored.Message{Topic: topic, Partition: p, Offset: i, FeedOffset: -1, Record: stored.Record{
		Domain: topic, Data: fmt.Appendf(nil, "%d", i), RecordID: "r",
		Op: record.Upsert, Status: stored.Accepted, OccurredOn: civil.NoDate, RecordedAt: time.UnixMilli(i)}}
}

func quietConfig(e Engine) Config {
	return Config{Engine: e, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Lane: "test",
		Feed: func(_ context.Context, cs []*Chunk) error {
			for _, c := range cs {
				c.FeedOffset = 7
			}
			return nil
		},
		Linger: time.Millisecond, Idle: time.Millisecond, RetryFirst: time.Microsecond, RetryMost: time.Microsecond}
}
