package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/stamp"
	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/record"
)

func TestPercentileIsASample(t *testing.T) {
	f := func(p float64, want time.Duration, samples ...time.Duration) {
		t.Helper()
		if got := percentile(samples, p); got != want {
			t.Errorf("percentile(%v, %v) = %d, want %d", samples, p, got, want)
		}
	}
	f(0.5, 0)
	f(0.5, 7, 7)
	f(0.99, 7, 7)
	f(0.5, 3, 5, 1, 3, 2, 4)
	f(0.99, 5, 5, 1, 3, 2, 4)
	f(0, 1, 5, 1, 3, 2, 4)
}

func TestResultIsOneLineWithItsRatio(t *testing.T) {
	var b bytes.Buffer
	if err := (Result{Bench: "x", Figure: 3, Unit: "ms", Limit: 2}).Print(&b); err != nil {
		t.Fatal(err)
	}
	if want := `{"bench":"x","figure":3,"unit":"ms","limit":2,"ratio":1.5}` + "\n"; b.String() != want {
		t.Errorf("got %s, want %s", b.String(), want)
	}
}

func TestProcessorTimeIsReadBehindTheName(t *testing.T) {
	f := func(line string, want time.Duration) {
		t.Helper()
		if got := parseStat([]byte(line)); got != want {
			t.Errorf("%q: %s, want %s", line, got, want)
		}
	}
	tail := " S 1 2 3 0 -1 4194560 5 6 7 8 %d %d 11 12 20 0 9 0 100 0"
	f("12 (credithub)"+fmt.Sprintf(tail, 150, 50), 2*time.Second)
	f("12 (a) b (c)"+fmt.Sprintf(tail, 1, 0), 10*time.Millisecond)
	f("", 0)
	f("12 (cut) S 1 2", 0)
	f("12 (credithub) S 1 2 3 0 -1 4194560 5 6 7 8 x y 11", 0)
}

func TestMicrosOfNothingAreNone(t *testing.T) {
	if got := micros(time.Second, 0); got != 0 {
		t.Errorf("got %v", got)
	}
	if got := micros(time.Second, 300_000); got != 3.33 {
		t.Errorf("got %v, want 3.33", got)
	}
}

func TestPatienceShrinksTowardsTheEnd(t *testing.T) {
	if got := patience(0, 1000, 0); got != 5*time.Millisecond {
		t.Errorf("before the first row: %s", got)
	}
	last := time.Hour
	for left := uint64(1_000_000); left > 1; left /= 2 {
		got := patience(100_000, left, time.Second)
		if got > last || got < 5*time.Millisecond || got > 250*time.Millisecond {
			t.Errorf("%d left: %s after %s", left, got, last)
		}
		last = got
	}
	if last != 5*time.Millisecond {
		t.Errorf("at the end: %s", last)
	}
}

func small() *source {
	return &source{rows: 500, seed: 7, at: time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC), domains: bulkDomains}
}

func TestSourceRepeatsItself(t *testing.T) {
	once := func() string {
		var b strings.Builder
		n := 0
		err := small().each(func(row *record.Row, unit string, st stamp.Stamp) error {
			n++
			fmt.Fprintf(&b, "%s %s %d\n", record.AppendEnvelope(nil, row, unit), st.BatchID, st.Line)
			return nil
		})
		if err != nil || n != 500 {
			t.Fatalf("%d rows: %v", n, err)
		}
		return b.String()
	}
	if first, second := once(), once(); first != second {
		t.Error("the same seed gave other rows")
	}
}

func TestMessagesAreTheGatewaysOwn(t *testing.T) {
	s, err := newStamped(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dec := record.NewDecoder(record.Kafka())
	var back record.Row
	src := small()
	err = src.each(func(row *record.Row, unit string, st stamp.Stamp) error {
		m := s.message(row, unit, st)
		got, err := s.stamper.Verify(row.Domain.Topic(), m.Key, m.Value, m.Header(feed.HeaderStamp))
		if err != nil {
			return err
		}
		if string(got.BatchID) != string(st.BatchID) || got.Line != st.Line || !got.ReceivedAt.Equal(src.at) {
			t.Errorf("stamp says %s/%d at %s", got.BatchID, got.Line, got.ReceivedAt)
		}
		dec.Decode(m.Value, civil.DateOf(src.at), &back)
		if back.Rejected() || back.Hash != row.Hash || back.Unit != unit {
			t.Errorf("%s: %v", m.Value, back.Faults)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPreparedColumnsHaveThePlacesOfTheLog(t *testing.T) {
	blocks, err := prepare(small())
	if err != nil || len(blocks) != 1 {
		t.Fatalf("%d blocks: %v", len(blocks), err)
	}
	c := blocks[0]
	if names := strings.Split(columnNames, ", "); len(names) != len(c.all()) {
		t.Errorf("%d names for %d columns", len(names), len(c.all()))
	}
	next := map[string]int64{}
	for i, code := range c.uscc {
		if want := kafka.PartitionOf([]byte(code), bulkPartitions); int(c.partition[i]) != want {
			t.Errorf("row %d: partition %d, want %d", i, c.partition[i], want)
		}
		place := fmt.Sprint(c.topic[i], c.partition[i])
		if c.offset[i] != next[place] {
			t.Errorf("row %d: offset %d in %s, want %d", i, c.offset[i], place, next[place])
		}
		next[place]++
		if c.status[i] != statusAccepted || c.faults[i] != "" || c.data[i] == "" {
			t.Errorf("row %d is not an accepted one", i)
		}
	}
}

func TestAnswersAreReadWithLengthAndInChunks(t *testing.T) {
	f := func(answer string, status int, body string, fails bool) {
		t.Helper()
		gotStatus, got, err := readAnswer(bufio.NewReader(strings.NewReader(answer)), nil)
		if (err != nil) != fails || !fails && (gotStatus != status || string(got) != body) {
			t.Errorf("%q: %d %q %v", answer, gotStatus, got, err)
		}
	}
	f("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, "{}", false)
	f("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", 202, "", false)
	f("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", 200, "abcd", false)
	f("HTTP/1.1 200 OK\r\n\r\n", 0, "", true)
	f("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", 0, "", true)
	f("nonsense\r\n\r\n", 0, "", true)
}
