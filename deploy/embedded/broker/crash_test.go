package broker_test

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kmsg"

	"credithub/deploy/embedded/broker"
	"credithub/deploy/platform/child"
	"credithub/deploy/platform/node"
	"credithub/deploy/testing/embedtest"
)

// Nothing that a stranger sends ends the broker.
func TestGarbage(t *testing.T) {
	t.Run("to whoever comes", func(t *testing.T) {
		p := embedtest.StartBroker(t, embedtest.BrokerOptions{})
		create(t, p.Addr, "credit.tax", 1, nil)
		garbage(t, p, func() *kafka.Client { return client(t, p.Addr) })
	})
	t.Run("to who asks for proof", func(t *testing.T) {
		p := embedtest.StartBroker(t, embedtest.BrokerOptions{Users: true})
		users, err := broker.OpenUsers(p.Dir)
		if err != nil {
			t.Fatal(err)
		}
		password, err := users.Password(broker.HubUser)
		if err != nil {
			t.Fatal(err)
		}
		hub := func() *kafka.Client { return as(t, p.Addr, broker.HubUser, password) }
		if _, err := hub().CreateTopics(ctx(t), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: "credit.tax", NumPartitions: 1, ReplicationFactor: 1}}}); err != nil {
			t.Fatal(err)
		}
		garbage(t, p, hub)
	})
}

func garbage(t *testing.T, p *embedtest.Process, client func() *kafka.Client) {
	pid := p.PID()
	for name, b := range map[string][]byte{
		"http":          []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"tls":           {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3},
		"huge frame":    {0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 3, 0, 0, 0, 1},
		"negative size": {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 3},
		"unknown key":   {0, 0, 0, 10, 0x27, 0x0f, 0, 0, 0, 0, 0, 1, 0, 0},
		"negative key":  {0, 0, 0, 10, 0xff, 0xff, 0, 0, 0, 0, 0, 1, 0, 0},
		"no body":       {0, 0, 0, 8, 0, 3, 0, 1, 0, 0, 0, 1},
	} {
		if err := send(p.Addr, b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var wg sync.WaitGroup
	for key := range int16(100) {
		req := kmsg.RequestForKey(key)
		if req == nil {
			continue
		}
		wg.Go(func() {
			for version := int16(0); version <= req.MaxVersion(); version++ {
				for n := range 3 {
					body := make([]byte, mrand.IntN(200)*n)
					_, _ = rand.Read(body)
					b := binary.BigEndian.AppendUint32(nil, uint32(len(body)+10))
					b = binary.BigEndian.AppendUint16(b, uint16(key))
					b = binary.BigEndian.AppendUint16(b, uint16(version))
					b = append(b, 0, 0, 0, 1, 0xff, 0xff) // correlation id, no client id
					if err := send(p.Addr, append(b, body...)); err != nil {
						t.Errorf("key %d version %d: %v", key, version, err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	// Thousands of connections may still be waiting to be closed.
	var err error
	for range 20 {
		if _, err = produce(t, client(), "credit.tax", record("k", "v")); err == nil {
			break
		}
	}
	if err != nil || !p.Alive() || p.PID() != pid {
		t.Errorf("afterwards: %v, alive %v", err, p.Alive())
	}
}

// send writes b on a new connection and reads a little of what comes back.
func send(addr string, b []byte) error {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Write(b); err != nil {
		return nil // closed already: that's an answer
	}
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	_, _ = io.CopyN(io.Discard, c, 4)
	return nil
}

// Every acknowledged message is there after kill −9, at the offset told.
func TestKillWhileProducing(t *testing.T) {
	const kills = 6
	p := embedtest.StartBroker(t, embedtest.BrokerOptions{})
	create(t, p.Addr, "credit.tax", 2, nil)
	c, stop := context.WithCancel(ctx(t))
	defer stop()
	var mu sync.Mutex
	acknowledged := map[string]int64{} // "partition/value" → offset
	var wg sync.WaitGroup
	for part := range 2 {
		wg.Go(func() {
			cl := client(t, p.Addr)
			for n := 0; c.Err() == nil; n++ {
				recs := make([]kafka.Record, 10)
				for i := range recs {
					recs[i] = record("k", fmt.Sprintf("%d-%d", n, i))
				}
				short, cancel := context.WithTimeout(c, 2*time.Second)
				resp, err := cl.Produce(short, &kafka.ProduceRequest{Topic: "credit.tax", Partition: part, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(recs...)})
				cancel()
				if err != nil || resp.Error != nil {
					continue
				}
				mu.Lock()
				for i := range recs {
					acknowledged[fmt.Sprintf("%d/%d-%d", part, n, i)] = resp.BaseOffset + int64(i)
				}
				mu.Unlock()
			}
		})
	}
	for range kills {
		time.Sleep(time.Duration(20+mrand.IntN(150)) * time.Millisecond)
		p.Restart()
	}
	time.Sleep(50 * time.Millisecond)
	stop()
	wg.Wait()
	for part := range 2 {
		n := int(end(t, p.Addr, "credit.tax", part))
		for _, m := range consume(t, p.Addr, "credit.tax", part, n) {
			key := fmt.Sprintf("%d/%s", part, m.Value)
			if off, ok := acknowledged[key]; ok && off == m.Offset {
				delete(acknowledged, key)
			}
		}
		t.Logf("partition %d: %d messages", part, n)
	}
	if len(acknowledged) > 0 {
		t.Errorf("%d acknowledged messages are missing or at another offset", len(acknowledged))
	}
}

// end is the offset after the last message of a partition.
func end(t testing.TB, addr, topic string, part int) int64 {
	t.Helper()
	resp, err := client(t, addr).ListOffsets(ctx(t), &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: {kafka.LastOffsetOf(part)}}})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Topics[topic][0].LastOffset
}

// Of a compacted topic the last message of each key stays, after a restart too.
func TestCompactionAfterRestart(t *testing.T) {
	p := embedtest.StartBroker(t, embedtest.BrokerOptions{Housekeeping: 100 * time.Millisecond, CompactBytes: 20_000})
	create(t, p.Addr, "credit.entries", 1, map[string]string{"cleanup.policy": "compact", "segment.bytes": "20000"})
	c := client(t, p.Addr)
	const keys, rounds = 10, 100
	for r := range rounds {
		if r == rounds/2 {
			p.Restart()
			c = client(t, p.Addr)
		}
		var recs []kafka.Record
		for k := range keys {
			recs = append(recs, record(fmt.Sprint(k), fmt.Sprintf("%d %s", r, strings.Repeat("x", 100))))
		}
		if _, err := produce(t, c, "credit.entries", recs...); err != nil {
			t.Fatal(err)
		}
	}
	last := int64(keys*rounds) - 1
	count := func() (n int, seen map[string]string) {
		r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{p.Addr}, Topic: "credit.entries", MaxWait: 50 * time.Millisecond, MaxBytes: 10 << 20})
		defer r.Close()
		seen = map[string]string{}
		for {
			m, err := r.ReadMessage(ctx(t))
			if err != nil {
				t.Fatal(err)
			}
			n++
			seen[string(m.Key)] = strings.Fields(string(m.Value))[0]
			if m.Offset == last {
				return n, seen
			}
		}
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		n, seen := count()
		for k := range keys {
			if seen[fmt.Sprint(k)] != fmt.Sprint(rounds-1) {
				t.Fatalf("key %d: last value is of round %s", k, seen[fmt.Sprint(k)])
			}
		}
		if n < keys*rounds/2 {
			t.Logf("%d of %d messages left", n, keys*rounds)
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d messages left", n, keys*rounds)
		}
	}
}

// Messages of a topic without a retention of its own are kept.
func TestNoRetentionByDefault(t *testing.T) {
	p := embedtest.StartBroker(t, embedtest.BrokerOptions{Housekeeping: 20 * time.Millisecond})
	create(t, p.Addr, "credit.tax", 1, nil)
	old := record("k", "old")
	old.Time = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := produce(t, client(t, p.Addr), "credit.tax", old, record("k", "new")); err != nil {
		t.Fatal(err)
	}
	p.Restart()
	time.Sleep(100 * time.Millisecond)
	if m := consume(t, p.Addr, "credit.tax", 0, 2); string(m[0].Value) != "old" {
		t.Errorf("got %s", m[0].Value)
	}
}

// A batch of a whole row of the greatest size gets through.
func TestLargeMessages(t *testing.T) {
	addr := embedtest.Broker(t)
	create(t, addr, "credit.tax", 1, nil)
	big := strings.Repeat("x", 1<<20)
	if _, err := produce(t, client(t, addr), "credit.tax", record("k", big), record("k", big), record("k", big)); err != nil {
		t.Fatal(err)
	}
	if m := consume(t, addr, "credit.tax", 0, 3); string(m[2].Value) != big {
		t.Errorf("got %d bytes", len(m[2].Value))
	}
}

// A group whose members died with the broker takes up again at once.
func TestGroupAfterKill(t *testing.T) {
	p := embedtest.StartBroker(t, embedtest.BrokerOptions{})
	create(t, p.Addr, "credit.tax", 1, nil)
	c := client(t, p.Addr)
	read := func(want string) {
		t.Helper()
		r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{p.Addr}, GroupID: "g", Topic: "credit.tax", MaxWait: 50 * time.Millisecond})
		m, err := r.ReadMessage(ctx(t))
		if err != nil || string(m.Value) != want {
			t.Fatalf("got %s, error %v", m.Value, err)
		}
		if want == "2" {
			r.Close()
			return
		}
		t.Cleanup(func() { r.Close() })
		p.Stop() // while the member is there: it never leaves
		p.Start()
	}
	if _, err := produce(t, c, "credit.tax", record("k", "1")); err != nil {
		t.Fatal(err)
	}
	read("1")
	if _, err := os.Stat(filepath.Join(p.Dir, "data", "session_state.json")); err == nil {
		t.Error("sessions of the last run were kept")
	}
}

func TestSecondProcess(t *testing.T) {
	p := embedtest.StartBroker(t, embedtest.BrokerOptions{})
	err := broker.Run(ctx(t), broker.Config{DataDir: p.Dir, LockWait: 50 * time.Millisecond})
	if !errors.Is(err, node.ErrLocked) || !strings.Contains(err.Error(), p.Dir) {
		t.Errorf("got %v", err)
	}
}

func TestConfig(t *testing.T) {
	c := broker.Config{Nice: -1, MaxConnections: -1, Retention: -1}
	err := c.Validate()
	for _, want := range []string{"data directory", "niceness", "limit", "time"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
	if err := broker.Run(ctx(t), broker.Config{DataDir: t.TempDir(), Listen: "0.0.0.0:0"}); !errors.Is(err, child.ErrNotLoopback) {
		t.Errorf("got %v", err)
	}
}
