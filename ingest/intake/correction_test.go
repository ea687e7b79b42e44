package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/stamp"
	"credithub/schema/feed"
	"credithub/schema/record"
)

// without is the record as a table without versions gives it.
func (r rec) without() []byte {
	return []byte(strings.Replace(string(r.value()), `,"version":0`, "", 1))
}

// at is a message stamped by the gateway at a time after the hub's.
func (h *hub) at(topic string, value []byte, after time.Duration, line uint32) kafka.Message {
	st := stamp.Stamp{BatchID: []byte("b1"), Line: line, ReceivedAt: h.now.Add(after)}
	return kafka.Message{Key: []byte("k"), Value: value, Partition: kafka.ByKey,
		Headers: []kafka.Header{{Key: feed.HeaderStamp, Value: h.stamper.Append(nil, topic, []byte("k"), value, st)}}}
}

// A table without versions corrects: what differs is the next version, what is the
// same changes nothing, and what was sent before never comes back by repetition.
func TestCase_A1_ATableWithoutVersionsCorrects(t *testing.T) {
	h := newHub(t)
	h.start(h.config())
	topic := record.Registration.Topic()
	name := func(n string) []byte { return registration("R1", 0, code(1), n).without() }
	check := func(what string, want ...string) {
		t.Helper()
		h.settled()
		got := h.rows("SELECT concat(toString(version), ' ', toString(status), ' ', toString(op), ' ', JSONExtractString(data, 'name')) FROM records WHERE record_id = 'R1' AND status != 'DUPLICATE' ORDER BY version")
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	h.send(topic, h.at(topic, name("甲公司"), time.Second, 1), h.at(topic, name("甲公司"), time.Second, 2))
	h.send(topic, h.at(topic, name("甲公司"), 2*time.Second, 1))
	check("the same", "1 ACCEPTED upsert 甲公司")
	second := h.at(topic, name("乙公司"), 3*time.Second, 1)
	h.send(topic, second)
	check("a correction", "1 ACCEPTED upsert 甲公司", "2 ACCEPTED upsert 乙公司")
	h.stopIntake()
	h.start(h.config())
	back := h.at(topic, name("甲公司"), 4*time.Second, 1)
	h.send(topic, back)
	all := []string{"1 ACCEPTED upsert 甲公司", "2 ACCEPTED upsert 乙公司", "3 ACCEPTED upsert 甲公司"}
	check("a correction back, after a restart", all...)
	h.stopIntake()
	h.start(h.config())
	h.send(topic, second, h.at(topic, name("丙公司"), 3500*time.Millisecond, 9), back)
	check("repetitions, and one that was overtaken", all...)
	h.push(registration("R1", 5, code(1), "丁公司"))
	h.settled() // it stands on a partition of its own, which may be read after the next
	h.send(topic, back, h.at(topic, name("丁公司"), 5*time.Second, 1))
	all = append(all, "5 ACCEPTED upsert 丁公司")
	check("a version of the sender's", all...)
	gone := registration("R1", 0, code(1), "丁公司")
	gone.op = "retract"
	h.send(topic, h.at(topic, gone.without(), 6*time.Second, 1), h.at(topic, gone.without(), 7*time.Second, 1))
	all = append(all, "6 ACCEPTED retract 丁公司")
	check("taken back", all...)
	h.send(topic, h.at(topic, name("丁公司"), 8*time.Second, 1))
	check("and there again", append(all, "7 ACCEPTED upsert 丁公司")...)
	if got := h.rows("SELECT toString(count()) FROM records WHERE status = 'REJECTED'"); got[0] != "0" {
		t.Errorf("%s rows are rejected", got[0])
	}
}

// Decisions and signed messages have no versions of their own either way. A signed
// message can be repeated by anyone, so it brings nothing back that was before.
func TestCase_A1_DecisionsAndSignedMessagesWithoutVersions(t *testing.T) {
	h := newHub(t)
	tax := h.key("TAX")
	h.start(h.config())
	topic := record.Decision.Topic()
	d := decision("SAMR", "D1", 0, code(1), "E-1", "L03", "IN_FORCE")
	h.send(topic, h.at(topic, d.without(), time.Second, 1), h.at(topic, d.without(), 2*time.Second, 1))
	d.data["cause"] = "2"
	h.send(topic, h.at(topic, d.without(), 3*time.Second, 1))
	h.settled()
	if got := h.rows("SELECT argMax(cause, seq) FROM entries FINAL WHERE entry_id = 'E-1' GROUP BY entry_id"); !slices.Equal(got, []string{"2"}) {
		t.Errorf("cause %q", got)
	}
	topic = record.Tax.Topic()
	sign := func(g string) kafka.Message { return tax.sign(topic, code(1), grade("T1", 0, 2025, g).without()) }
	h.send(topic, sign("A"), sign("A"), sign("B"))
	h.settled()
	h.stopIntake()
	h.start(h.config())
	h.send(topic, sign("A"), sign("B"))
	h.settled()
	got := h.rows("SELECT concat(toString(version), ' ', toString(status), ' ', faults = '' ? '' : JSONExtractString(faults, 1, 'code')) FROM records WHERE domain = 'tax' ORDER BY offset")
	want := []string{"1 ACCEPTED ", "1 DUPLICATE ", "2 ACCEPTED ", "2 REJECTED E10", "2 DUPLICATE "}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	h.eventually("the refused row", func() string { // as the hub had read it, to be mended
		got := h.rows("SELECT concat(kind, ' ', code, ' ', JSONExtractString(row, 'data', 'grade')) FROM rejects FINAL")
		if !slices.Equal(got, []string{"grade E10 A"}) {
			return fmt.Sprintf("%q", got)
		}
		return ""
	})
	got = h.rows("SELECT concat(toString(version), ' ', toString(status)) FROM records WHERE domain = 'decision' ORDER BY offset")
	if fmt.Sprint(got) != "[1 ACCEPTED 1 DUPLICATE 2 ACCEPTED]" {
		t.Errorf("decisions: %q", got)
	}
}
