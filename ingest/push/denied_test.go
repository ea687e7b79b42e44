package push

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/testing/embedtest"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

// Who isn't let in is told so at once; trying again mends nothing.
func TestCase_A8_BrokersThatRefuseTheUserEndAPush(t *testing.T) {
	p := embedtest.StartBroker(t, embedtest.BrokerOptions{Users: true})
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []kafka.SASL{{}, {Mechanism: "SCRAM-SHA-256", User: "nobody", Password: "wrong"},
		{Mechanism: "SCRAM-SHA-256", User: "credithub", Password: "wrong"}, {Mechanism: "PLAIN", User: "nobody", Password: "wrong"}} {
		c, err := kafka.New(kafka.Config{Brokers: []string{p.Addr}, SASL: s, Patience: 300 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		k, err := NewKafka(kafka.NewProducer(c, kafka.ProducerConfig{}), "TAX", key, Limits{Patience: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		k.OnRetry = func(err error, _ time.Duration) { t.Errorf("%+v: tried again after %v", s, err) }
		if err := k.Follow(t.Context(), c); !errors.Is(err, kafka.ErrDenied) {
			t.Errorf("%+v: %v", s, err)
		}
		table := file(t, "a.csv", "统一社会信用代码,评价年度,信用级别\n"+subject+",2025,A\n")
		if _, err := Files(t.Context(), Config{To: k, Domain: "tax", Kind: "grade"}, []string{table}); !errors.Is(err, kafka.ErrDenied) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// A hub or brokers that aren't there are tried for as long as was said, and each
// attempt is told.
func TestCase_A8_APushToNowhereEnds(t *testing.T) {
	limits := Limits{Patience: time.Second, FirstWait: 50 * time.Millisecond}
	h, err := NewHTTP("http://127.0.0.1:1", "TAX", limits)
	if err != nil {
		t.Fatal(err)
	}
	c, err := kafka.New(kafka.Config{Brokers: []string{"127.0.0.1:1"}, Patience: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	_, key, _ := ed25519.GenerateKey(nil)
	k, err := NewKafka(kafka.NewProducer(c, kafka.ProducerConfig{}), "TAX", key, limits)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	h.OnRetry = func(error, time.Duration) { told++ }
	k.OnRetry = h.OnRetry
	for _, to := range []Target{h, k} {
		told = 0
		table := file(t, "a.csv", "统一社会信用代码,评价年度,信用级别\n"+subject+",2025,A\n")
		begun := time.Now()
		_, err := Files(t.Context(), Config{To: to, Domain: "tax", Kind: "grade"}, []string{table})
		if err == nil || !strings.Contains(err.Error(), "given up after 1s") || told == 0 || time.Since(begun) > 10*time.Second {
			t.Errorf("%T: %v after %v, told %d times", to, err, time.Since(begun), told)
		}
	}
}
