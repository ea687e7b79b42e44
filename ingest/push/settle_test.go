package push

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"credithub/deploy/platform/kafka"
	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/record"
)

// late is a hub whose intake finds faults after the push was answered.
type late struct {
	mu      sync.Mutex
	asked   map[string]int
	pending int // answers before a batch is stored
	batches map[string]string
}

func (l *late) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Method == http.MethodPost {
		id := fmt.Sprint("b", len(l.batches)+1)
		l.batches[id] = `{"batchId":"` + id + `","state":"STORED","accepted":1,"rejected":2,"rejections":[` +
			`{"line":1,"code":"E05","field":"name","message":"missing"},{"line":2,"recordId":"R-2","code":"E10","field":"version","message":"known"}]}`
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte(`{"batchId":"` + id + `","accepted":2,"rejected":1,"rejections":[{"line":1,"code":"E05","field":"name","message":"missing"}]}`))
		return
	}
	id := strings.TrimPrefix(r.URL.Path, "/v1/batches/")
	if l.asked[id]++; l.asked[id] <= l.pending {
		_, _ = w.Write([]byte(`{"batchId":"` + id + `","state":"RECEIVED","accepted":2,"rejected":1}`))
		return
	}
	_, _ = w.Write([]byte(l.batches[id]))
}

// A push is over when intake has judged its rows, and tells what that found.
func TestCase_A8_APushWaitsForWhatIntakeFinds(t *testing.T) {
	l := &late{asked: map[string]int{}, pending: 2, batches: map[string]string{}}
	s := httptest.NewServer(l)
	defer s.Close()
	h, err := NewHTTP(s.URL, "T", Limits{WaitFor: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	in := file(t, "a.ndjson", strings.Repeat("{}\n", 6))
	var seen []string
	c := Config{To: h, Wait: true, Limits: Limits{PartRows: 3}, Finding: func(f Finding) {
		seen = append(seen, fmt.Sprint(f.Line, f.Code))
	}}
	sum, err := Files(t.Context(), c, []string{in})
	if err != nil || sum.Accepted != 2 || sum.Rejected != 4 || sum.Unsettled != 0 || fmt.Sprint(seen) != "[1E05 4E05 2E10 5E10]" {
		t.Errorf("%+v %v %v", sum, err, seen)
	}
	c.Wait, l.pending = false, 1
	if sum, err = Files(t.Context(), c, []string{in}); err != nil || sum.Rejected != 2 || sum.Unsettled != 0 {
		t.Errorf("not waiting: %+v %v", sum, err)
	}
	c.Wait, l.pending, h.limits.WaitFor = true, 1<<30, 50*time.Millisecond
	if sum, err = Files(t.Context(), c, []string{in}); err != nil || sum.Unsettled != 2 {
		t.Errorf("never stored: %+v %v", sum, err)
	}
}

// Signed messages have no batch: the hub tells on credit.outcomes what became of
// them.
func TestCase_A8_SignedMessagesAreWaitedForToo(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	client, err := kafka.New(kafka.Config{Brokers: cluster.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	topic := record.Tax.Topic()
	if err := client.EnsureTopics(t.Context(), []kafka.Topic{{Name: topic, Partitions: 1}, {Name: feed.OutcomesTopic, Partitions: 1}}); err != nil {
		t.Fatal(err)
	}
	producer := kafka.NewProducer(client, kafka.ProducerConfig{})
	_, key, _ := ed25519.GenerateKey(nil)
	row := func(id string) string {
		return `{"domain":"tax","kind":"grade","recordId":"` + id + `","version":1,"op":"upsert","uscc":"` + subject + `","data":{"year":"2018","grade":"A"}}`
	}
	tell := func(o feed.Outcomes) {
		v, _ := json.Marshal(o)
		if _, err := producer.Produce(context.Background(), feed.OutcomesTopic, []kafka.Message{{Value: v}}); err != nil {
			t.Error(err)
		}
	}
	tell(feed.Outcomes{Topic: topic, Through: 99, Rejected: []feed.Outcome{{Offset: 0}}}) // of before
	f := func(follow bool, wait time.Duration, in string, o ...feed.Outcomes) (Summary, []Finding) {
		t.Helper()
		k, err := NewKafka(producer, "TAX", key, Limits{WaitFor: wait})
		if err != nil {
			t.Fatal(err)
		}
		if follow {
			if err := k.Follow(t.Context(), client); err != nil {
				t.Fatal(err)
			}
		}
		for _, x := range o {
			tell(x)
		}
		var found []Finding
		sum, err := Files(t.Context(), Config{To: k, Domain: "tax", Wait: true, Finding: func(f Finding) { found = append(found, f) }},
			[]string{file(t, "a.ndjson", in)})
		if err != nil {
			t.Error(err)
		}
		return sum, found
	}
	revoked := []fault.Fault{{Code: fault.E12Right, Message: "no valid signature"}}
	sum, found := f(true, 5*time.Second, row("A")+"\n\n"+row("B")+"\n", // offsets 0, 1 and the heartbeat
		feed.Outcomes{Topic: topic, Through: 0}, feed.Outcomes{Topic: topic, Through: 2, Rejected: []feed.Outcome{{Offset: 1, Faults: revoked}}})
	if sum.Accepted != 1 || sum.Rejected != 1 || len(found) != 1 || found[0].Line != 3 || found[0].RecordID != "B" || found[0].Code != "E12" {
		t.Errorf("%+v %+v", sum, found)
	}
	if sum, found = f(true, 5*time.Second, "", feed.Outcomes{Topic: topic, Through: 3, Rejected: []feed.Outcome{{Offset: 3, Faults: revoked}}}); sum.Rejected != 1 || len(found) != 1 {
		t.Errorf("a heartbeat alone: %+v %+v", sum, found)
	}
	if sum, _ = f(true, 100*time.Millisecond, row("C"), feed.Outcomes{Topic: topic, Through: 4}); sum.Unsettled != 1 {
		t.Errorf("not judged to its end: %+v", sum)
	}
	if sum, _ = f(false, time.Minute, row("D")); sum.Unsettled != 1 {
		t.Errorf("nobody to ask: %+v", sum)
	}
}
