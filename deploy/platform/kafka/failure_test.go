package kafka

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	mrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// produceError makes the answer of a produce request that failed with code.
func produceError(req kmsg.Request, code int16) kmsg.Response {
	p := req.(*kmsg.ProduceRequest)
	res := req.ResponseKind().(*kmsg.ProduceResponse)
	for _, t := range p.Topics {
		rt := kmsg.NewProduceResponseTopic()
		rt.Topic = t.Topic
		for _, part := range t.Partitions {
			rp := kmsg.NewProduceResponseTopicPartition()
			rp.Partition, rp.ErrorCode, rp.BaseOffset = part.Partition, code, -1
			rt.Partitions = append(rt.Partitions, rp)
		}
		res.Topics = append(res.Topics, rt)
	}
	return res
}

func TestADeadLeaderIsPassedOver(t *testing.T) {
	k := cluster(t)
	c := client(t, k)
	topic(t, c, "credit.x", 3)
	p := NewProducer(c, ProducerConfig{})
	f := NewFetcher(c, "credit.x", 0, First, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	send := func(i int) {
		t.Helper()
		if _, err := p.Produce(ctx, "credit.x", []Message{{Value: []byte(strconv.Itoa(i)), Partition: 0}}); err != nil {
			t.Fatal(err)
		}
	}
	next := 0
	read := func(until int) {
		t.Helper()
		for next < until {
			b, err := f.Fetch(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range b.Messages {
				if string(m.Value) != strconv.Itoa(next) {
					t.Fatalf("got %s, want %d", m.Value, next)
				}
				next++
			}
		}
	}
	send(0)
	read(1)
	for round := range 2 {
		if err := k.RemoveNode(k.LeaderFor("credit.x", 0)); err != nil {
			t.Fatal(err)
		}
		send(round + 1)
		read(round + 2)
	}
	if err := k.MoveTopicPartition("credit.x", 0, k.LeaderFor("credit.x", 1)); err != nil {
		t.Fatal(err)
	}
	send(3)
	read(4)
}

// TestAnsweredIsThereWhateverTheBrokerDoes loses answers, refuses and moves
// leaders at random: an acknowledged message stands where it was told, and of a
// call that failed only the first messages can stand.
func TestAnsweredIsThereWhateverTheBrokerDoes(t *testing.T) {
	k := cluster(t)
	c := client(t, k)
	topic(t, c, "credit.x", 2)
	var requests atomic.Int64
	k.ControlKey(0, func(req kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		switch n := requests.Add(1); {
		case n%11 == 3:
			return nil, errors.New("connection lost"), true
		case n%13 == 5:
			return produceError(req, kerr.NotLeaderForPartition.Code), nil, true
		case n%17 == 7:
			return produceError(req, kerr.RequestTimedOut.Code), nil, true
		case n%7 == 6:
			return produceError(req, kerr.MessageTooLarge.Code), nil, true
		}
		return nil, nil, false
	})
	p := NewProducer(c, ProducerConfig{MaxRequest: 600})
	type result struct {
		placed []Placed
		err    error
		n      int
	}
	var mu sync.Mutex
	calls := map[int]result{}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			r := mrand.New(mrand.NewPCG(uint64(g), 1))
			for i := range 12 {
				id := g*100 + i
				msgs := make([]Message, 1+r.IntN(12))
				for j := range msgs {
					msgs[j] = Message{Value: []byte(fmt.Sprintf("%d %d %0*d", id, j, r.IntN(200), 0)), Partition: id % 2}
				}
				placed, err := p.Produce(t.Context(), "credit.x", msgs)
				mu.Lock()
				calls[id] = result{placed, err, len(msgs)}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	k.DropControl()
	k.ControlKey(0, func(kmsg.Request) (kmsg.Response, error, bool) { return nil, nil, false })
	stands := map[Placed]string{}
	seen := map[int]map[int]bool{}
	for part := range 2 {
		for _, m := range all(t, c, "credit.x", part) {
			var id, j int
			if _, err := fmt.Sscan(string(m.Value), &id, &j); err != nil {
				t.Fatal(err)
			}
			stands[Placed{part, m.Offset}] = fmt.Sprint(id, " ", j)
			if seen[id] == nil {
				seen[id] = map[int]bool{}
			}
			seen[id][j] = true
		}
	}
	failed := 0
	for id, r := range calls {
		if r.err != nil {
			failed++
			for j := range seen[id] {
				if j > 0 && !seen[id][j-1] {
					t.Errorf("call %d: message %d stands, the one before doesn't", id, j)
				}
			}
			continue
		}
		for j, at := range r.placed {
			if stands[at] != fmt.Sprint(id, " ", j) {
				t.Errorf("call %d: message %d was told to stand at %v; there is %q", id, j, at, stands[at])
			}
		}
	}
	t.Logf("%d of %d calls failed, %d requests", failed, len(calls), requests.Load())
	if failed == 0 || failed == len(calls) {
		t.Errorf("%d of %d calls failed: the test tests nothing", failed, len(calls))
	}
}

func TestWhenKafkaIsAwayProduceSaysSoAndRecovers(t *testing.T) {
	k := cluster(t, kfake.NumBrokers(1))
	c := client(t, k)
	topic(t, c, "credit.x", 1)
	var away atomic.Bool
	k.ControlKey(0, func(kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		return nil, errors.New("away"), away.Load()
	})
	p := NewProducer(c, ProducerConfig{Delivery: 300 * time.Millisecond})
	away.Store(true)
	if _, err := p.Produce(t.Context(), "credit.x", []Message{{}}); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	away.Store(false)
	if _, err := p.Produce(t.Context(), "credit.x", []Message{{}}); err != nil {
		t.Fatal(err)
	}
}

// What waits behind a request that fails is not sent: it may belong to the same call.
func TestWhatIsBehindAFailureIsNotSent(t *testing.T) {
	k := cluster(t, kfake.NumBrokers(1))
	c := client(t, k)
	topic(t, c, "credit.x", 1)
	p := NewProducer(c, ProducerConfig{})
	came, refuse := make(chan bool), make(chan bool)
	k.ControlKey(0, func(req kmsg.Request) (kmsg.Response, error, bool) {
		k.SleepControl(func() { came <- true; <-refuse })
		return produceError(req, kerr.MessageTooLarge.Code), nil, true
	})
	failed := make(chan error, 2)
	send := func() {
		_, err := p.Produce(t.Context(), "credit.x", []Message{{Value: []byte("v")}})
		failed <- err
	}
	go send()
	<-came
	go send()
	l := p.lane("credit.x", 0)
	for waiting := 0; waiting == 0; time.Sleep(time.Millisecond) {
		l.mu.Lock()
		waiting = len(l.queue)
		l.mu.Unlock()
	}
	close(refuse)
	behind := 0
	for range 2 {
		err := <-failed
		if !errors.Is(err, kafkago.MessageSizeTooLarge) {
			t.Error(err)
		}
		if errors.Is(err, errBehind) {
			behind++
		}
	}
	if behind != 1 {
		t.Errorf("%d of two calls were behind", behind)
	}
	if got := all(t, c, "credit.x", 0); len(got) != 0 {
		t.Errorf("%d messages stand", len(got))
	}
	if _, err := p.Produce(t.Context(), "credit.x", []Message{{}}); err != nil {
		t.Error(err)
	}
}

func TestPendingIsBounded(t *testing.T) {
	k := cluster(t, kfake.NumBrokers(1))
	c := client(t, k)
	topic(t, c, "credit.x", 1)
	held := make(chan struct{})
	var once sync.Once
	release := func() { once.Do(func() { close(held) }) }
	t.Cleanup(release)
	k.ControlKey(0, func(kmsg.Request) (kmsg.Response, error, bool) {
		k.SleepControl(func() { <-held })
		return nil, nil, false
	})
	p := NewProducer(c, ProducerConfig{MaxMessage: 10_000, MaxPending: 40_000, BusyWait: 20 * time.Millisecond})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := p.Produce(t.Context(), "credit.x", []Message{{Value: make([]byte, 9_000)}}); err != nil {
				t.Error(err)
			}
		})
	}
	for p.budget.TryAcquire(10_000) {
		p.budget.Release(10_000)
		time.Sleep(time.Millisecond)
	}
	if _, err := p.Produce(t.Context(), "credit.x", []Message{{Value: make([]byte, 9_000)}}); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	release()
	wg.Wait()
	if !p.budget.TryAcquire(40_000) {
		t.Error("room was not given back")
	}
	if _, err := p.Produce(t.Context(), "credit.x", []Message{{Value: make([]byte, 11_000)}}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestACallLargerThanTheRoomGoesInParts(t *testing.T) {
	c := client(t, cluster(t))
	topic(t, c, "credit.x", 3)
	p := NewProducer(c, ProducerConfig{MaxMessage: 5_000, MaxPending: 20_000})
	msgs := make([]Message, 100)
	for i := range msgs {
		msgs[i] = Message{Key: []byte(strconv.Itoa(i)), Value: make([]byte, 1_000+i), Partition: ByKey}
	}
	placed, err := p.Produce(t.Context(), "credit.x", msgs)
	if err != nil {
		t.Fatal(err)
	}
	stands := map[Placed]int{}
	for part := range 3 {
		for _, m := range all(t, c, "credit.x", part) {
			stands[Placed{part, m.Offset}] = len(m.Value)
		}
	}
	for i, at := range placed {
		if stands[at] != 1_000+i {
			t.Fatalf("message %d was told to stand at %v", i, at)
		}
	}
}

func TestALargeMessageTravelsAloneAndIsRead(t *testing.T) {
	c := client(t, cluster(t))
	topic(t, c, "credit.x", 1)
	p := NewProducer(c, ProducerConfig{})
	msgs := []Message{{Value: []byte("a")}, {Value: make([]byte, 1<<20+5000)}, {Value: []byte("b")}}
	if _, err := p.Produce(t.Context(), "credit.x", msgs); err != nil {
		t.Fatal(err)
	}
	if got := all(t, c, "credit.x", 0); len(got) != 3 || len(got[1].Value) != 1<<20+5000 || string(got[2].Value) != "b" {
		t.Fatalf("%d messages", len(got))
	}
}

func TestGapsOfCompactionArePassed(t *testing.T) {
	k := cluster(t)
	c := client(t, k)
	if err := c.EnsureTopics(t.Context(), []Topic{{Name: "credit.e", Partitions: 1,
		Configs: map[string]string{"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0", "segment.bytes": "1024"}}}); err != nil {
		t.Fatal(err)
	}
	p := NewProducer(c, ProducerConfig{})
	for i := range 60 {
		if _, err := p.Produce(t.Context(), "credit.e", []Message{{Key: []byte(strconv.Itoa(i % 3)), Value: []byte(strconv.Itoa(i))}}); err != nil {
			t.Fatal(err)
		}
	}
	k.Compact()
	got := all(t, c, "credit.e", 0)
	last := map[string]string{}
	prev := int64(-1)
	for _, m := range got {
		if m.Offset <= prev || string(m.Value) != strconv.Itoa(int(m.Offset)) {
			t.Fatalf("at %d stands %s", m.Offset, m.Value)
		}
		prev = m.Offset
		last[string(m.Key)] = string(m.Value)
	}
	if len(got) == 60 {
		t.Error("nothing was compacted")
	}
	if last["0"] != "57" || last["1"] != "58" || last["2"] != "59" {
		t.Errorf("last values %v", last)
	}
}

func TestDeletedOffsetsAreTold(t *testing.T) {
	k := cluster(t)
	c := client(t, k)
	topic(t, c, "credit.x", 1)
	if _, err := NewProducer(c, ProducerConfig{}).Produce(t.Context(), "credit.x", make([]Message, 10)); err != nil {
		t.Fatal(err)
	}
	if err := k.DeleteRecords("credit.x", 0, 4); err != nil {
		t.Fatal(err)
	}
	var gone *OutOfRangeError
	if _, err := NewFetcher(c, "credit.x", 0, 0, 0).Fetch(t.Context()); !errors.As(err, &gone) || gone.Start != 4 || gone.End != 10 {
		t.Fatalf("got %v", err)
	}
	b, err := NewFetcher(c, "credit.x", 0, First, 0).Fetch(t.Context())
	if err != nil || len(b.Messages) != 6 || b.LogStart != 4 {
		t.Fatalf("%+v, %v", b, err)
	}
}

func TestTwoMembersShareAndOneTakesOver(t *testing.T) {
	c := client(t, cluster(t))
	topic(t, c, "credit.x", 4)
	type event struct {
		who   int
		parts []int
	}
	events := make(chan event, 64)
	start := func(who int) context.CancelFunc {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = c.Group(ctx, "intake", []string{"credit.x"}, func(ctx context.Context, a Assignment) error {
				events <- event{who, a.Partitions["credit.x"]}
				<-ctx.Done()
				return nil
			})
		}()
		return func() { cancel(); <-ended }
	}
	held := map[int][]int{}
	await := func(what string, done func() bool) {
		t.Helper()
		deadline := time.After(60 * time.Second)
		for !done() {
			select {
			case e := <-events:
				held[e.who] = e.parts
			case <-deadline:
				t.Fatalf("%s: %v", what, held)
			}
		}
	}
	stop1 := start(1)
	defer stop1()
	await("alone", func() bool { return len(held[1]) == 4 })
	stop2 := start(2)
	await("shared", func() bool { return len(held[1]) == 2 && len(held[2]) == 2 })
	stop2()
	await("alone again", func() bool { return len(held[1]) == 4 })
}

func TestSASL(t *testing.T) {
	k := cluster(t, kfake.EnableSASL(), kfake.User("PLAIN", "plain", "secret-p"),
		kfake.User("SCRAM-SHA-256", "s,c=256", "secret-256"), kfake.User("SCRAM-SHA-512", "s512", "secret-512"))
	for _, s := range []SASL{{"PLAIN", "plain", "secret-p"}, {"SCRAM-SHA-256", "s,c=256", "secret-256"}, {"scram-sha-512", "s512", "secret-512"}} {
		c := client(t, k, func(cfg *Config) { cfg.SASL = s })
		name := "credit." + s.User[:1] + s.User[len(s.User)-1:]
		topic(t, c, name, 1)
		if _, err := NewProducer(c, ProducerConfig{}).Produce(t.Context(), name, []Message{{}}); err != nil {
			t.Errorf("%s: %v", s.Mechanism, err)
		}
		if got := all(t, c, name, 0); len(got) != 1 {
			t.Errorf("%s: %d messages", s.Mechanism, len(got))
		}
		wrong := client(t, k, func(cfg *Config) { cfg.SASL = s; cfg.SASL.Password = "wrong"; cfg.Patience = 50 * time.Millisecond })
		if err := wrong.Ping(t.Context()); err == nil {
			t.Errorf("%s: a wrong password was taken", s.Mechanism)
		}
	}
}

func TestTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	k := cluster(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}))
	c := client(t, k, func(cfg *Config) { cfg.TLS, cfg.CAFile = true, ca })
	topic(t, c, "credit.x", 1)
	stranger := client(t, k, func(cfg *Config) { cfg.TLS = true; cfg.Patience = 50 * time.Millisecond })
	if err := stranger.Ping(t.Context()); err == nil {
		t.Error("an unknown authority was taken")
	}
}

func TestConfigNamesAllFaults(t *testing.T) {
	f := func(want int, c Config) {
		t.Helper()
		err := c.Validate()
		n := 0
		if j, ok := err.(interface{ Unwrap() []error }); ok {
			n = len(j.Unwrap())
		}
		if n != want {
			t.Errorf("%d faults, want %d: %v", n, want, err)
		}
	}
	f(0, Config{Brokers: []string{"a:1"}})
	f(1, Config{})
	f(2, Config{Brokers: []string{"a", "b"}})
	f(3, Config{Brokers: []string{"a"}, CAFile: "x", SASL: SASL{Mechanism: "MD5"}})
	f(1, Config{Brokers: []string{"a:1"}, TLS: true, CertFile: "x"})
	f(1, Config{Brokers: []string{"a:1"}, SASL: SASL{User: "x"}})
	f(1, Config{Brokers: []string{"a:1"}, SASL: SASL{Mechanism: "SCRAM-SHA-256", User: "x", Password: "密码"}})
}
