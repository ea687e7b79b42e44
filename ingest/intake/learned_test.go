package intake

import (
	"crypto/ed25519"
	"encoding/base64"
	"testing"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/keys"
	"credithub/ingest/stamp"
	"credithub/schema/feed"
	"credithub/schema/record"
)

// signer signs messages of TAX for the hub.
func (h *hub) signer() func(r rec, at time.Time) kafka.Message {
	public, private, err := ed25519.GenerateKey(nil)
	must(h.t, err)
	id := keys.ID(public)
	h.keys["TAX/"+id] = public
	return func(r rec, at time.Time) kafka.Message {
		topic, v := record.TopicPrefix+r.domain, r.value()
		sig := ed25519.Sign(private, []byte(topic+"\n"+r.uscc+"\n"+string(v)))
		return kafka.Message{Key: []byte(r.uscc), Value: v, Partition: kafka.ByKey, Time: at, Headers: []kafka.Header{
			{Key: feed.HeaderUnit, Value: []byte("TAX")}, {Key: feed.HeaderKey, Value: []byte(id)},
			{Key: feed.HeaderSignature, Value: []byte(base64.StdEncoding.EncodeToString(sig))}}}
	}
}

// learned is when the hub learned of a record.
func (h *hub) learned(id string) time.Time {
	h.t.Helper()
	got := h.rows("SELECT toString(recorded_at) FROM records WHERE record_id = ?", id)
	if len(got) != 1 {
		h.t.Fatalf("%s stands %d times", id, len(got))
	}
	at, err := time.Parse("2006-01-02 15:04:05.000", got[0])
	must(h.t, err)
	return at
}

func TestCase_T4_NoSenderSaysWhenTheHubLearned(t *testing.T) {
	h := newHub(t)
	sign := h.signer()
	grade := func(id string) rec {
		return rec{unit: "TAX", domain: "tax", kind: "grade", id: id, version: 1, op: "upsert", uscc: code(1), data: map[string]any{"year": 2025, "grade": "D"}}
	}
	h.start(h.config())
	before := time.Now().Truncate(time.Millisecond)
	h.send("credit.tax", sign(grade("old"), before.AddDate(0, 0, -60)), sign(grade("ahead"), before.AddDate(0, 0, 60)))
	h.push(grade("stamped")) // by a gateway whose clock is months behind
	h.settled()
	for _, id := range []string{"old", "ahead", "stamped"} {
		if at := h.learned(id); at.Before(before) || at.After(time.Now()) {
			t.Errorf("%s was learned at %s, it is %s", id, at, before)
		}
	}

	// The clock is set back while the hub is down; what comes is later than all before.
	h.stopIntake()
	last := h.learned("stamped")
	c := h.config()
	c.Now = func() time.Time { return time.Now().Add(-2 * time.Hour) }
	c.Ahead = func() time.Duration { return 2 * time.Hour }
	h.start(c)
	h.send("credit.tax", sign(grade("restarted"), before.AddDate(0, 0, -60)))
	h.settled()
	if at := h.learned("restarted"); at.Before(last) {
		t.Errorf("learned at %s, before the last at %s", at, last)
	}
}

func TestCase_T4_ALogWithoutTimesOfItsOwn(t *testing.T) {
	s, err := stamp.New(make([]byte, 32))
	must(t, err)
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	last := now.Add(-time.Hour)
	stamped := func(at time.Time) *kafka.Message {
		m := &kafka.Message{Key: []byte("k"), Value: []byte("v"), Time: now.AddDate(0, 0, -60)}
		m.Headers = []kafka.Header{{Key: feed.HeaderStamp, Value: s.Append(nil, "t", m.Key, m.Value, stamp.Stamp{BatchID: []byte("b"), ReceivedAt: at})}}
		return m
	}
	f := func(what string, m *kafka.Message, ahead time.Duration, want time.Time) {
		t.Helper()
		v := &verifier{topic: "t", stamper: s, keys: keyring{}, last: last} // as after a restart
		v.look(now.Add(-ahead), ahead)
		if o := v.verify(m); !o.recordedAt.Equal(want) {
			t.Errorf("%s: %s, want %s", what, o.recordedAt, want)
		}
	}
	f("unproven", &kafka.Message{Time: now.AddDate(0, 0, -60)}, 0, now)
	f("stamped", stamped(now.Add(-time.Minute)), 0, now.Add(-time.Minute))
	f("stamped before the last stored", stamped(now.Add(-3*time.Hour)), 0, last)
	f("stamped by a clock ahead", stamped(now.Add(time.Hour)), 0, now)
	appended := stamped(now)
	appended.Appended, appended.Time = true, now.Add(-2*time.Hour-time.Second)
	f("appended while the clock is behind", appended, 2*time.Hour, now.Add(-time.Second))
	f("appended before the last stored", appended, 0, last)
}
