package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// Mechanisms by which a user proves who it is.
const (
	Plain    = "PLAIN"
	Scram256 = "SCRAM-SHA-256"
	Scram512 = "SCRAM-SHA-512"
)

// SASL is a name and password. The zero value means none.
type SASL struct {
	Mechanism string // one of the three, in any case
	User      string
	Password  string
}

// NewMechanism is how kafka-go is told of a name and password; nil for none.
func NewMechanism(s SASL) (sasl.Mechanism, error) { return s.mechanism() }

func (s SASL) mechanism() (sasl.Mechanism, error) {
	switch strings.ToUpper(s.Mechanism) {
	case "":
		if s.User != "" || s.Password != "" {
			return nil, errors.New("kafka: user or password without a SASL mechanism")
		}
		return nil, nil
	case Plain:
		return plain.Mechanism{Username: s.User, Password: s.Password}, nil
	case Scram256:
		return s.scram(scram.SHA256)
	case Scram512:
		return s.scram(scram.SHA512)
	default:
		return nil, fmt.Errorf("kafka: SASL mechanism %q is none of %s, %s, %s", s.Mechanism, Plain, Scram256, Scram512)
	}
}

// scram takes printable ASCII only: of other texts the library sends another form
// (SASLprep), and brokers keep the one that they were given.
func (s SASL) scram(a scram.Algorithm) (sasl.Mechanism, error) {
	if s.User == "" || s.Password == "" {
		return nil, errors.New("kafka: SCRAM needs a user and a password")
	}
	for _, c := range s.User + s.Password {
		if c < ' ' || c > '~' {
			return nil, errors.New("kafka: SCRAM user and password must be printable ASCII")
		}
	}
	m, err := scram.Mechanism(a, s.User, s.Password)
	if err != nil {
		return nil, fmt.Errorf("kafka: SCRAM: %w", err)
	}
	return m, nil
}

// mostIterations bounds the work that a broker may ask of us: kafka-go does as many
// rounds as it says.
const mostIterations = 1 << 20

// moderate refuses a challenge of SCRAM (RFC 5802 §5.1, attribute i) that asks for
// more. Other mechanisms have no challenge.
func moderate(challenge []byte) error {
	for attr := range strings.SplitSeq(string(challenge), ",") {
		rounds, ok := strings.CutPrefix(attr, "i=")
		if !ok {
			continue
		}
		if n, err := strconv.Atoi(rounds); err != nil || n > mostIterations {
			return fmt.Errorf("kafka: SCRAM: the broker asks for %.20s rounds, more than %d", rounds, mostIterations)
		}
	}
	return nil
}

// proof remembers whether the brokers ever took the user and password of a client.
// Some refuse them by closing the connection without a word.
type proof struct{ taken atomic.Bool }

// denied tells whether an error of a connection means that who asked is not let in.
func (p *proof) denied(err error) bool {
	var refused *refusedError
	if errors.As(err, &refused) || errors.Is(err, kafkago.SASLAuthenticationFailed) || errors.Is(err, kafkago.UnsupportedSASLMechanism) {
		return true
	}
	shut := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
	return shut && !p.taken.Load()
}

// refusedError is a proof that the server did not take, or could not give itself.
type refusedError struct{ error }

func (e *refusedError) Unwrap() error { return e.error }

// watched is a mechanism whose success is remembered.
type watched struct {
	sasl.Mechanism
	proof *proof
}

// Start begins one authentication.
func (w watched) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	m, first, err := w.Mechanism.Start(ctx)
	return watchedTalk{m, w.proof}, first, err
}

type watchedTalk struct {
	sasl.StateMachine
	proof *proof
}

// Next answers a challenge.
func (t watchedTalk) Next(ctx context.Context, challenge []byte) (bool, []byte, error) {
	if err := moderate(challenge); err != nil {
		return false, nil, &refusedError{err}
	}
	done, answer, err := t.StateMachine.Next(ctx, challenge)
	if err != nil {
		return done, answer, &refusedError{err}
	}
	if done {
		t.proof.taken.Store(true)
	}
	return done, answer, nil
}
