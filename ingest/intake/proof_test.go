package intake

import (
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
	"credithub/schema/feed"
	"credithub/schema/record"
)

// unitKey is a unit with a registered key.
type unitKey struct {
	unit, id string
	private  ed25519.PrivateKey
}

func (h *hub) key(unit string) *unitKey {
	h.t.Helper()
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	must(h.t, err)
	s := &unitKey{unit, keys.ID(pub), private}
	h.keys[unit+"/"+s.id] = pub
	return s
}

// sign makes a signed message of a value.
func (s *unitKey) sign(topic, key string, value []byte) kafka.Message {
	sig := ed25519.Sign(s.private, []byte(topic+"\n"+key+"\n"+string(value)))
	return kafka.Message{Key: []byte(key), Value: value, Partition: kafka.ByKey, Headers: []kafka.Header{
		{Key: feed.HeaderUnit, Value: []byte(s.unit)}, {Key: feed.HeaderKey, Value: []byte(s.id)},
		{Key: feed.HeaderSignature, Value: []byte(base64.StdEncoding.EncodeToString(sig))}}}
}

func grade(id string, version int, year int, grade string) rec {
	return rec{unit: "TAX", domain: "tax", kind: "grade", id: id, version: version, op: "upsert", uscc: code(1),
		data: map[string]any{"year": year, "grade": grade}}
}

// reports are the signs of life of a unit that credit.subjects tells.
func (h *hub) reports(unit string) (out []time.Time) {
	h.t.Helper()
	for _, v := range h.values(feed.SubjectsTopic) {
		var m feed.SubjectsMessage
		must(h.t, json.Unmarshal(v, &m))
		for _, r := range m.Progress.Reports {
			if r.Unit == unit {
				out = append(out, r.At)
			}
		}
	}
	return out
}

// A header that names a unit proves nothing: the fault stands under nobody's name.
func TestCase_A9_AClaimThatNobodyProvesIsUnderNobodysName(t *testing.T) {
	h := newHub(t)
	tax := h.key("TAX")
	h.start(h.config())
	topic := record.SocialSecurity.Topic()
	row := rec{unit: "HRSS", domain: "social_security", kind: "insurance", id: "S1", version: 1, op: "upsert", uscc: code(1),
		data: map[string]any{"period": "2026-01", "insuredCount": 3}}
	m := tax.sign(topic, code(1), row.value())
	m.Headers[0].Value = []byte("HRSS")
	forged := h.message(topic, code(1), row.value())
	forged.Headers[0].Value[len(forged.Headers[0].Value)-1] ^= 1
	h.send(topic, m, forged, kafka.Message{Key: []byte("k"), Value: row.value(), Partition: kafka.ByKey})
	h.settled()
	h.eventually("rejects", func() string {
		got := h.rows("SELECT concat(unit, ' ', code, ' ', toString(count())) FROM rejects FINAL GROUP BY unit, code")
		if !slices.Equal(got, []string{" E12 3"}) {
			return fmt.Sprintf("%q", got)
		}
		return ""
	})
	if got := h.rows("SELECT toString(count()) FROM records WHERE unit = 'HRSS'"); got[0] != "0" {
		t.Errorf("%s rows stand under HRSS", got)
	}
}

// Anyone may send an old signed message again, and a clock may have been ahead:
// neither makes a source fresh.
func TestCase_T6_RepetitionsAndTimesAheadProveNoLife(t *testing.T) {
	h := newHub(t)
	tax := h.key("TAX")
	h.start(h.config())
	topic := record.Tax.Topic()
	began := time.Now().Truncate(time.Millisecond)
	beat := func(d time.Duration) []byte { return record.AppendHeartbeat(nil, record.Tax, "TAX", began.Add(d)) }
	arrival := time.Duration(-1) // heard on arrival
	f := func(name string, m kafka.Message, life bool, want time.Duration) {
		t.Helper()
		known := h.reports("TAX")
		h.send(topic, m)
		h.settled()
		all := h.reports("TAX")[len(known):]
		switch {
		case !life && len(all) > 0:
			t.Errorf("%s: heard at %v", name, all)
		case life && len(all) != 1:
			t.Errorf("%s: heard at %v", name, all)
		case life && want == arrival && all[0].Before(began), life && want != arrival && !all[0].Equal(began.Add(want)):
			t.Errorf("%s: heard at %v, began %v", name, all, began)
		}
		// What is stored says the same after a restart.
		stored := h.rows("SELECT toString(toUnixTimestamp64Milli(recorded_at)) FROM records ORDER BY topic, partition, offset")
		heard := h.rows("SELECT toString(toUnixTimestamp64Milli(max(recorded_at))) FROM records WHERE status IN ('ACCEPTED', 'DUPLICATE', 'HEARTBEAT')")[0]
		last := time.Time{}
		for _, x := range h.reports("TAX") {
			if x.After(last) {
				last = x
			}
		}
		if heard != fmt.Sprint(last.UnixMilli()) {
			t.Errorf("%s: stored as heard at %s, told at %d, rows %q", name, heard, last.UnixMilli(), stored)
		}
	}
	stamped := func(d time.Duration, value []byte) kafka.Message {
		st := stamp.Stamp{BatchID: []byte("b1"), Line: 1, ReceivedAt: began.Add(d)}
		return kafka.Message{Key: []byte("TAX"), Value: value, Partition: kafka.ByKey,
			Headers: []kafka.Header{{Key: feed.HeaderStamp, Value: h.stamper.Append(nil, topic, []byte("TAX"), value, st)}}}
	}
	old := tax.sign(topic, "TAX", beat(-5*time.Minute))
	f("a heartbeat", old, true, -5*time.Minute)
	f("it again", old, true, -5*time.Minute)
	f("a heartbeat too old", tax.sign(topic, "TAX", beat(-11*time.Minute)), false, 0)
	f("a heartbeat without a time", tax.sign(topic, "TAX", []byte(`{"unit":"TAX","domain":"tax","op":"heartbeat"}`)), false, 0)
	f("a heartbeat ahead", tax.sign(topic, "TAX", beat(48*time.Hour)), false, 0)
	f("an old stamp again", stamped(-4*time.Minute, record.AppendHeartbeat(nil, record.Tax, "TAX", time.Time{})), true, -4*time.Minute)
	f("a stamp ahead", stamped(48*time.Hour, record.AppendHeartbeat(nil, record.Tax, "TAX", time.Time{})), false, 0)
	row := tax.sign(topic, code(1), grade("T1", 1, 2025, "A").value())
	f("new content", row, true, arrival)
	f("the same again", row, false, 0)
	f("unchanged rows through the gateway", stamped(2*time.Second, grade("T1", 1, 2025, "A").value()), true, arrival)
	if got := h.rows("SELECT toString(count()) FROM records WHERE status = 'REJECTED' AND JSONExtractString(faults, 1, 'code') IN ('E05', 'E08', 'E14')"); got[0] != "3" {
		t.Errorf("%s heartbeats are rejected, want 3", got)
	}
}
