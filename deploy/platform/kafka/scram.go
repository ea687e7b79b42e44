package kafka

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go/sasl"
)

const (
	scram256 = "SCRAM-SHA-256"
	scram512 = "SCRAM-SHA-512"
)

// maxIterations bounds the work a server may ask of us.
const maxIterations = 1 << 20

// scram is the client of RFC 5802 without channel binding, as Kafka has it. It
// takes printable ASCII only, for which SASLprep changes nothing.
type scram struct {
	name           string
	hash           func() hash.Hash
	user, password string
}

func newScram(name, user, password string) (scram, error) {
	s := scram{name: name, hash: sha256.New, user: user, password: password}
	if name == scram512 {
		s.hash = sha512.New
	}
	if user == "" || password == "" {
		return s, errors.New("kafka: SCRAM needs a user and a password")
	}
	for _, c := range user + password {
		if c < ' ' || c > '~' {
			return s, errors.New("kafka: SCRAM user and password must be printable ASCII")
		}
	}
	return s, nil
}

func (s scram) Name() string { return s.name }

func (s scram) Start(context.Context) (sasl.StateMachine, []byte, error) {
	nonce := make([]byte, 18)
	if _, err := rand.Read(nonce); err != nil {
		return nil, nil, err
	}
	t := &scramTalk{scram: s, nonce: base64.StdEncoding.EncodeToString(nonce)}
	user := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(s.user)
	t.first = "n=" + user + ",r=" + t.nonce
	return t, []byte("n,," + t.first), nil
}

// scramTalk is one authentication.
type scramTalk struct {
	scram
	nonce, first string
	signature    []byte // expected of the server; nil before its first message
}

func (t *scramTalk) Next(_ context.Context, challenge []byte) (bool, []byte, error) {
	attrs := map[byte]string{}
	for part := range strings.SplitSeq(string(challenge), ",") {
		if len(part) > 1 && part[1] == '=' {
			attrs[part[0]] = part[2:]
		}
	}
	if e, ok := attrs['e']; ok {
		return false, nil, fmt.Errorf("kafka: SCRAM refused: %s", e)
	}
	if t.signature != nil {
		got, err := base64.StdEncoding.DecodeString(attrs['v'])
		if err != nil || !hmac.Equal(got, t.signature) {
			return false, nil, errors.New("kafka: SCRAM: the server doesn't know the password")
		}
		return true, nil, nil
	}
	final, err := t.prove(string(challenge), attrs)
	return false, final, err
}

// prove answers the server's first message.
func (t *scramTalk) prove(serverFirst string, attrs map[byte]string) ([]byte, error) {
	salt, err := base64.StdEncoding.DecodeString(attrs['s'])
	n, nerr := strconv.Atoi(attrs['i'])
	switch {
	case err != nil || len(salt) == 0 || nerr != nil || n < 1 || n > maxIterations:
		return nil, errors.New("kafka: SCRAM: malformed challenge")
	case len(attrs['r']) <= len(t.nonce) || !strings.HasPrefix(attrs['r'], t.nonce):
		return nil, errors.New("kafka: SCRAM: the server changed the nonce")
	}
	salted, err := pbkdf2.Key(t.hash, t.password, salt, n, t.hash().Size())
	if err != nil {
		return nil, fmt.Errorf("kafka: SCRAM: %w", err)
	}
	mac := func(key []byte, text string) []byte {
		h := hmac.New(t.hash, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	clientKey := mac(salted, "Client Key")
	h := t.hash()
	h.Write(clientKey)
	stored := h.Sum(nil)
	bare := "c=biws,r=" + attrs['r']
	message := t.first + "," + serverFirst + "," + bare
	proof := mac(stored, message)
	for i := range proof {
		proof[i] ^= clientKey[i]
	}
	t.signature = mac(mac(salted, "Server Key"), message)
	return []byte(bare + ",p=" + base64.StdEncoding.EncodeToString(proof)), nil
}
