package intake

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"testing"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/keys"
	"credithub/ingest/stamp"
	"credithub/schema/feed"
)

// A log that is read again after a key was revoked means what it meant: what was
// signed while the key held stays, what came later is nobody's.
func TestCase_T5_WhatAKeySignedBeforeItsRevocationStays(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	register, err := keys.Open(t.TempDir(), func() time.Time { return now })
	must(t, err)
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	k, err := register.Add("TAX", pub)
	must(t, err)
	const topic = "credit.tax"
	message := func(at time.Time) *kafka.Message {
		m := &kafka.Message{Key: []byte("91420100MA4N0A2B5Y"), Value: []byte("{}"), Time: at, Appended: true}
		sig := ed25519.Sign(priv, []byte(topic+"\n"+string(m.Key)+"\n"+string(m.Value)))
		m.Headers = []kafka.Header{
			{Key: feed.HeaderUnit, Value: []byte("TAX")}, {Key: feed.HeaderKey, Value: []byte(k.ID)},
			{Key: feed.HeaderSignature, Value: []byte(base64.StdEncoding.EncodeToString(sig))},
		}
		return m
	}
	stamper, err := stamp.New(make([]byte, stamp.MinSecret))
	must(t, err)
	read := func(m *kafka.Message) bool {
		v := &verifier{topic: topic, stamper: stamper, keys: register}
		v.look(now, 0)
		o := v.verify(m)
		return o.proven && o.unit == "TAX"
	}
	early := message(now)
	if !read(early) {
		t.Fatal("a signed message counts for nobody")
	}
	now = now.Add(time.Hour)
	must(t, register.Revoke(k.ID))
	late := message(now)
	now = now.Add(time.Hour)
	if !read(early) {
		t.Error("a message of the time before the revocation counts no more")
	}
	if read(late) {
		t.Error("a message of the time after the revocation counts")
	}
}
