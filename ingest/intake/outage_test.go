package intake

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/keys"
	"credithub/ingest/stamp"
	"credithub/schema/audit"
	"credithub/schema/feed"
	"credithub/schema/record"
)

// told counts entries on credit.entries.
func (h *hub) told() int {
	n := 0
	for _, v := range h.values(feed.EntriesTopic) {
		var m feed.EntryMessage
		must(h.t, json.Unmarshal(v, &m))
		if m.Progress == nil {
			n++
		}
	}
	return n
}

func TestDecisionsDoNotWaitForClickHouse(t *testing.T) {
	h := newHub(t)
	c := h.config()
	c.BlockRows, c.DecisionRows, c.FailingAfter = 10, 200, time.Millisecond
	c.MaxBytes = 8 << 10 // so that one fetch, which may go beyond the room, holds few rows
	h.start(c)
	h.eventually("ready", func() string {
		if ok, why := h.x.Ready(); !ok {
			return fmt.Sprint(why)
		}
		return ""
	})
	h.engine.Kill()
	var rs []rec
	for i := range 150 {
		rs = append(rs, decision("SAMR", fmt.Sprintf("D%d", i), 1, code(i), fmt.Sprintf("E%d", i), "L03", "IN_FORCE"))
	}
	for part := range slices.Chunk(rs, 10) {
		h.push(part...)
	}
	h.eventually("entries told", func() string {
		if n := h.told(); n != len(rs) {
			return fmt.Sprintf("%d of %d", n, len(rs))
		}
		return ""
	})
	h.eventually("says that it is not ready", func() string {
		if ok, _ := h.x.Ready(); ok {
			return "ready"
		}
		return ""
	})
	// Beyond the rows that may wait, reading stops: memory stays bounded.
	rs = rs[:0]
	for i := range 300 {
		rs = append(rs, decision("SAMR", fmt.Sprintf("F%d", i), 1, code(i), fmt.Sprintf("G%d", i), "L03", "IN_FORCE"))
	}
	for part := range slices.Chunk(rs, 10) {
		h.push(part...)
	}
	time.Sleep(300 * time.Millisecond)
	if n := h.told(); n > 150+60 || n == 450 {
		t.Errorf("%d entries told with room for 200 rows", n)
	}
	h.engine.Start()
	h.settled()
	if n := h.told(); n != 450 {
		t.Errorf("%d entries told", n)
	}
	if got := h.rows("SELECT toString(count()) FROM records WHERE status = 'ACCEPTED'"); got[0] != "450" {
		t.Errorf("%s rows", got[0])
	}
}

func TestReadingGoesOnAfterKafkaWasAway(t *testing.T) {
	h := newHub(t)
	h.start(h.config())
	h.push(registration("R1", 1, code(1), "甲公司"))
	h.settled()
	h.broker.Kill()
	h.eventually("says that it is not ready", func() string {
		if ok, _ := h.x.Ready(); ok {
			return "ready"
		}
		return ""
	})
	h.broker.Start()
	h.push(registration("R2", 1, code(2), "乙公司"))
	h.settled()
	h.eventually("ready again", func() string {
		if ok, why := h.x.Ready(); !ok {
			return fmt.Sprint(why)
		}
		return ""
	})
}

func TestSignedMessagesCountOnlyAsTheirUnit(t *testing.T) {
	h := newHub(t)
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	id := keys.ID(pub)
	h.keys["TAX/"+id] = pub
	topic, c := record.Tax.Topic(), code(1)
	sign := func(unit, key string, r rec, change func(*kafka.Message)) kafka.Message {
		v := r.value()
		sig := ed25519.Sign(private, []byte(topic+"\n"+c+"\n"+string(v)))
		m := kafka.Message{Key: []byte(c), Value: v, Partition: kafka.ByKey, Headers: []kafka.Header{
			{Key: feed.HeaderUnit, Value: []byte(unit)}, {Key: feed.HeaderKey, Value: []byte(key)},
			{Key: feed.HeaderSignature, Value: []byte(base64.StdEncoding.EncodeToString(sig))}}}
		if change != nil {
			change(&m)
		}
		return m
	}
	grade := func(unit, id string) rec {
		return rec{unit: unit, domain: "tax", kind: "grade", id: id, version: 1, op: "upsert", uscc: c,
			data: map[string]any{"year": 2025, "grade": "A"}}
	}
	h.start(h.config())
	h.send(topic,
		sign("TAX", id, grade("TAX", "good"), nil),
		sign("TAX", id, grade("TAX", "changed"), func(m *kafka.Message) { m.Value = append(m.Value, ' ') }),
		sign("TAX", "0123456789abcdef", grade("TAX", "unknown key"), nil),
		sign("HRSS", id, grade("HRSS", "key of another unit"), nil),
		sign("TAX", id, grade("HRSS", "envelope of another unit"), nil),
		sign("TAX", id, grade("TAX", "no signature"), func(m *kafka.Message) { m.Headers = m.Headers[:2] }),
		sign("TAX", id, grade("TAX", "long signature"), func(m *kafka.Message) { m.Headers[2].Value = make([]byte, 4096) }),
		kafka.Message{Key: []byte(c), Value: []byte("{"), Partition: kafka.ByKey},
		kafka.Message{Key: []byte(c), Partition: kafka.ByKey},
	)
	h.settled()
	got := h.rows("SELECT concat(record_id, ' ', unit, ' ', toString(status), ' ', uscc = '' ? 'no code' : 'code', ' ', faults = '' ? '' : JSONExtractString(faults, 1, 'code')) AS x FROM records ORDER BY x")
	want := []string{"  REJECTED no code E12", "  REJECTED no code E12",
		"changed  REJECTED no code E12", "envelope of another unit TAX REJECTED no code E12", "good TAX ACCEPTED code ",
		"key of another unit  REJECTED no code E12", "long signature  REJECTED no code E12",
		"no signature  REJECTED no code E12", "unknown key  REJECTED no code E12"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestArrivalIsNeitherInTheFutureNorBeforeThePartition(t *testing.T) {
	s, err := stamp.New(make([]byte, 32))
	must(t, err)
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	v := &verifier{topic: "t", stamper: s, keys: keyring{}}
	v.look(now, 0)
	for _, c := range []struct{ said, want time.Time }{
		{now.Add(-time.Hour), now.Add(-time.Hour)},
		{now.Add(-2 * time.Hour), now.Add(-time.Hour)},
		{now.Add(time.Hour), now},
		{now.Add(-time.Minute), now},
	} {
		if o := v.verify(&kafka.Message{Time: c.said, Appended: true}); o.proven || !o.recordedAt.Equal(c.want) {
			t.Errorf("message of %s is recorded at %s, want %s", c.said, o.recordedAt, c.want)
		}
	}
}

func TestLogTopicsBecomeTables(t *testing.T) {
	h := newHub(t)
	put := func(topic string, v any) {
		b, err := json.Marshal(v)
		must(t, err)
		h.send(topic, kafka.Message{Value: b})
	}
	h.start(h.config())
	at := time.Date(2026, 6, 1, 0, 0, 0, 123_456_000, time.UTC)
	put(feed.BatchesTopic, feed.Batch{ID: "b1", Unit: "TAX", ReceivedAt: at, Accepted: 3, Rejected: 1})
	r := audit.Record{Writer: "n1", Seq: 1, At: at, Actor: "o1", Action: "check", Subject: code(1), Outcome: "CLEAR"}
	r.Seal(audit.Genesis)
	put(feed.AuditTopic, r)
	put(feed.AuditTopic, r) // shipped twice
	h.send(feed.AuditTopic, kafka.Message{Value: []byte("not JSON")})
	check := func() string {
		got := append(h.rows("SELECT concat(batch_id, ' ', unit, ' ', toString(accepted), ' ', toString(rejected)) FROM batches FINAL"),
			h.rows("SELECT concat(writer, ' ', toString(seq), ' ', toString(at), ' ', hash) FROM audit FINAL ORDER BY seq")...)
		if want := []string{"b1 TAX 3 1", "n1 1 2026-06-01 00:00:00.123456 " + r.Hash}; !slices.Equal(got, want) {
			return fmt.Sprintf("%q", got)
		}
		return ""
	}
	h.eventually("rows", check)
	h.eventually("position noted", func() string {
		store, err := NewClickHouse(h.db, false)
		must(t, err)
		p, err := store.LogPositions(context.Background())
		must(t, err)
		return map[bool]string{false: fmt.Sprint(p)}[len(p) >= 1]
	})
	h.stopIntake()
	h.start(h.config())
	put(feed.BatchesTopic, feed.Batch{ID: "b2", Unit: "TAX", ReceivedAt: at})
	h.eventually("goes on", func() string {
		if n := h.rows("SELECT toString(count()) FROM batches FINAL"); n[0] != "2" {
			return n[0]
		}
		return ""
	})
}

func TestNothingNeededMayBeMissing(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("made an intake of nothing")
	}
}
