package intake

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
	"testing"
	"time"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/keys"
	"credithub/deploy/platform/migrate"
	"credithub/deploy/testing/embedtest"
	"credithub/schema/feed"
)

// Tables that are filled again from the log say what they said: what units signed
// was learned when it came, also what a key signed that was revoked since.
func TestCase_T5_RebuiltTablesSayWhatTheySaid(t *testing.T) {
	h := newHub(t)
	register, err := keys.Open(t.TempDir(), time.Now)
	must(t, err)
	pub, priv, err := ed25519.GenerateKey(nil)
	must(t, err)
	k, err := register.Add("TAX", pub)
	must(t, err)
	const topic = "credit.tax"
	sent := 0
	signed := func(at time.Time) {
		sent++
		r := rec{unit: "TAX", domain: "tax", kind: "grade", id: fmt.Sprint("signed-", sent), version: 1, op: "upsert", uscc: code(sent % 3), data: map[string]any{"year": 2025, "grade": "D"}}
		sig := ed25519.Sign(priv, []byte(topic+"\n"+r.uscc+"\n"+string(r.value())))
		h.send(topic, kafka.Message{Key: []byte(r.uscc), Value: r.value(), Partition: kafka.ByKey, Time: at, Headers: []kafka.Header{
			{Key: feed.HeaderUnit, Value: []byte("TAX")}, {Key: feed.HeaderKey, Value: []byte(k.ID)},
			{Key: feed.HeaderSignature, Value: []byte(base64.StdEncoding.EncodeToString(sig))}}})
	}
	config := func() Config {
		c := h.config()
		c.Keys = register
		return c
	}
	h.start(config())
	before := time.Now()
	for i := range 6 {
		signed(before.AddDate(0, 0, 60-20*i))
		h.push(rec{unit: "TAX", domain: "tax", kind: "grade", id: fmt.Sprint("pushed-", i), version: 1, op: "upsert", uscc: code(i % 3), data: map[string]any{"year": 2025, "grade": "D"}})
		time.Sleep(3 * time.Millisecond)
	}
	h.settled()
	must(t, register.Revoke(k.ID))
	time.Sleep(5 * time.Millisecond)
	signed(before) // too late, whatever it says
	h.settled()
	told := func() []string {
		return h.rows("SELECT concat(topic, ' ', toString(partition), ' ', toString(offset), ' ', toString(recorded_at), ' ', toString(status), ' ', record_id, ' ', unit) AS x FROM records ORDER BY x")
	}
	was := told()
	rejected := h.rows("SELECT toString(count()) FROM records WHERE status = 'REJECTED'")
	if len(was) != 13 || rejected[0] != "1" {
		t.Fatalf("%d rows, %s rejected: %q", len(was), rejected[0], was)
	}
	h.stopIntake()

	h.engine = embedtest.StartEngine(t, embedtest.EngineOptions{})
	h.db, err = clickhouse.Open(clickhouse.Config{URL: h.engine.URL})
	must(t, err)
	t.Cleanup(func() { _ = h.db.Close() })
	_, err = migrate.Apply(context.Background(), h.db, migrate.Options{})
	must(t, err)
	h.broker.Restart()
	h.start(config())
	h.settled()
	if now := told(); !slices.Equal(now, was) {
		t.Errorf("before %q\nafter  %q", was, now)
	}
}
