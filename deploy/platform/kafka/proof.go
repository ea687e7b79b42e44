package kafka

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"syscall"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
)

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
	done, answer, err := t.StateMachine.Next(ctx, challenge)
	if err != nil {
		return done, answer, &refusedError{err}
	}
	if done {
		t.proof.taken.Store(true)
	}
	return done, answer, nil
}
