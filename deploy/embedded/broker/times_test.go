package broker_test

import (
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	hub "credithub/deploy/platform/kafka"
	"credithub/deploy/testing/embedtest"
)

// The time of a message is when it came, whatever its sender says, and is the same
// when the log is read again.
func TestCase_T4_MessagesHaveTheTimeOfTheLog(t *testing.T) {
	p := embedtest.StartBroker(t, embedtest.BrokerOptions{})
	create(t, p.Addr, "times", 1, nil)
	c := client(t, p.Addr)
	before := time.Now().Truncate(time.Millisecond)
	send := func(compression kafka.Compression, times ...time.Time) {
		t.Helper()
		var recs []kafka.Record
		for _, at := range times {
			recs = append(recs, kafka.Record{Time: at, Value: kafka.NewBytes([]byte("v"))})
		}
		resp, err := c.Produce(ctx(t), &kafka.ProduceRequest{Topic: "times", RequiredAcks: kafka.RequireAll, Compression: compression,
			Records: kafka.NewRecordReader(recs...)})
		if err == nil {
			err = resp.Error
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	send(0, before.AddDate(0, 0, -60), before.AddDate(0, 0, 60), before)
	time.Sleep(5 * time.Millisecond)
	send(kafka.Zstd, before.AddDate(0, 0, 60), before.AddDate(0, 0, -60))
	after := time.Now()
	read := func() (all []time.Time) {
		t.Helper()
		k, err := hub.New(hub.Config{Brokers: []string{p.Addr}})
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		for f := hub.NewFetcher(k, "times", 0, 0, 0); f.Offset() < 5; {
			b, err := f.Fetch(ctx(t))
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range b.Messages {
				if !m.Appended || m.Time.Before(before) || m.Time.After(after) {
					t.Errorf("message %d came at %s (the log's: %v), it was %s", m.Offset, m.Time, m.Appended, before)
				}
				all = append(all, m.Time)
			}
		}
		return all
	}
	first := read()
	if len(first) != 5 || !first[0].Equal(first[2]) || !first[4].After(first[0]) {
		t.Errorf("%v", first)
	}
	time.Sleep(5 * time.Millisecond)
	p.Restart()
	for i, at := range read() {
		if !at.Equal(first[i]) {
			t.Errorf("message %d came at %s, after a restart at %s", i, first[i], at)
		}
	}
	consume(t, p.Addr, "times", 0, 5) // another client
}
