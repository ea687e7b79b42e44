package kafka

import (
	"errors"
	"strings"
	"testing"

	kafkago "github.com/segmentio/kafka-go"
)

// A broker may ask for as many rounds as Apache Kafka does, not for hours of work.
func TestABrokerCannotAskForAnyWork(t *testing.T) {
	m, err := NewMechanism(SASL{Mechanism: "scram-sha-256", User: "u", Password: "p"})
	if err != nil {
		t.Fatal(err)
	}
	p := &proof{}
	f := func(rounds string, ok bool) {
		t.Helper()
		talk, first, err := watched{m, p}.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, nonce, _ := strings.Cut(string(first), "r=")
		_, answer, err := talk.Next(t.Context(), []byte("r="+nonce+"x,s=c2FsdA==,i="+rounds))
		if (err == nil) != ok || ok && !strings.Contains(string(answer), ",p=") {
			t.Errorf("%s rounds: %q, %v", rounds, answer, err)
		}
		if err != nil && !p.denied(err) {
			t.Errorf("%s rounds: not told as a refusal: %v", rounds, err)
		}
	}
	f("4096", true)
	f("1048577", false)
	f("2147483647", false)
	f("99999999999999999999", false)
	f("", false)
	if p.denied(kafkago.LeaderNotAvailable) || !p.denied(errors.Join(kafkago.SASLAuthenticationFailed)) {
		t.Error("what a refusal is")
	}
}
