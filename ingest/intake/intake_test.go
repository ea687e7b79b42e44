package intake

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"credithub/ingest/sink"
	"credithub/schema/feed"
	"credithub/schema/record"
	"credithub/schema/uscc"
)

func part(d record.Domain, p int) sink.Partition {
	return sink.Partition{Topic: d.Topic(), Partition: uint16(p)}
}

// code makes the n-th of some valid codes.
func code(n int) string {
	return uscc.Random(rand.New(rand.NewPCG(7, uint64(n))), "420100", "91")
}

func registration(id string, version int, c, name string) rec {
	return rec{unit: "SAMR", domain: "registration", kind: "registration", id: id, version: version, op: "upsert", uscc: c,
		on: "2026-03-02", data: map[string]any{"name": name, "establishedOn": "2020-05-06", "status": "1"}}
}

func decision(unit, id string, version int, c, entry, list, event string) rec {
	return rec{unit: unit, domain: "decision", kind: "entry", id: id, version: version, op: "upsert", uscc: c, on: "2026-03-02",
		data: map[string]any{"entryId": entry, "list": list, "event": event, "cause": "1", "documentNo": "鄂市监〔2026〕" + entry + "号",
			"decidedOn": "2026-03-01", "servedOn": "2026-03-02", "effectiveFrom": "2026-03-02"}}
}

func TestEveryMessageBecomesOneRow(t *testing.T) {
	h := newHub(t)
	h.start(h.config())
	a, b := code(1), code(2)
	h.push(
		registration("R1", 1, a, "武汉示例科技有限公司"),
		registration("R1", 1, a, "武汉示例科技有限公司"), // repeated
		registration("R2", 1, b, "武汉另一公司"),
		rec{unit: "TAX", domain: "tax", kind: "grade", id: "T1", version: 1, op: "upsert", uscc: a, on: "2026-04-01",
			data: map[string]any{"year": 2025, "grade": "A"}},
		rec{unit: "TAX", domain: "tax", kind: "grade", id: "T1", version: 1, op: "upsert", uscc: a, on: "2026-04-01",
			data: map[string]any{"year": 2025, "grade": "B"}}, // E10
		rec{unit: "TAX", domain: "tax", kind: "grade", id: "T2", version: 1, op: "upsert", uscc: a,
			data: map[string]any{"year": 2025, "grade": "Z"}}, // E06
		rec{unit: "HRSS", domain: "tax", kind: "grade", id: "T3", version: 1, op: "upsert", uscc: a,
			data: map[string]any{"year": 2025, "grade": "A"}}, // E12
		decision("SAMR", "D1", 1, a, "E-1", "L03", "IN_FORCE"),
		decision("TAX", "D2", 1, a, "E-2", "L03", "IN_FORCE"), // E12: TAX does not decide on L03
		decision("TAX", "D3", 1, a, "E-1", "L06", "IN_FORCE"), // E12: entry of SAMR
	)
	topic := record.Tax.Topic()
	forged := h.message(topic, a, []byte(`{"unit":"TAX","domain":"tax","op":"heartbeat"}`))
	forged.Value = []byte(`{"unit":"TAX","domain":"tax","kind":"grade","recordId":"X"}`)
	beat := []byte(`{"unit":"HRSS","domain":"social_security","op":"heartbeat"}`)
	h.send(topic, forged)
	h.send(record.SocialSecurity.Topic(), h.message(record.SocialSecurity.Topic(), "HRSS", beat))
	h.settled()

	got := h.rows("SELECT concat(domain, ' ', record_id, ' ', toString(status), ' ', toString(op), ' ', faults = '' ? '' : JSONExtractString(faults, 1, 'code')) FROM records ORDER BY domain, record_id, status")
	want := []string{
		"decision D1 ACCEPTED upsert ", "decision D2 REJECTED upsert E12", "decision D3 REJECTED upsert E12",
		"registration R1 ACCEPTED upsert ", "registration R1 DUPLICATE upsert ", "registration R2 ACCEPTED upsert ",
		"social_security  HEARTBEAT heartbeat ",
		"tax T1 ACCEPTED upsert ", "tax T1 REJECTED upsert E10", "tax T2 REJECTED upsert E06", "tax T3 REJECTED upsert E12", "tax X REJECTED upsert E12",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	h.eventually("rejects", func() string {
		got := h.rows("SELECT concat(unit, ' ', record_id, ' ', code, ' ', field) FROM rejects FINAL ORDER BY unit, record_id, code")
		want := []string{" X E12 ", "HRSS T3 E12 domain", "TAX D2 E12 list", "TAX D3 E12 entryId", "TAX T1 E10 version", "TAX T2 E06 grade"}
		if !slices.Equal(got, want) {
			return strings.Join(got, "\n")
		}
		return ""
	})
	if got := h.rows("SELECT concat(name, ' ', uscc) FROM names FINAL WHERE current ORDER BY name"); len(got) != 2 {
		t.Errorf("names: %q", got)
	}
	if got := h.rows("SELECT concat(entry_id, ' ', uscc, ' ', state, ' ', toString(since), ' ', toString(gone)) FROM entries FINAL"); !slices.Equal(got, []string{"E-1 " + a + " IN_FORCE 2026-03-02 false"}) {
		t.Errorf("entries: %q", got)
	}
	known := map[string]bool{}
	for _, v := range h.values(feed.SubjectsTopic) {
		var m feed.SubjectsMessage
		must(t, json.Unmarshal(v, &m))
		for c := range slices.Chunk([]byte(m.Known), uscc.Length) {
			known[string(c)] = true
		}
	}
	if len(known) != 2 || !known[a] || !known[b] {
		t.Errorf("known: %v", known)
	}
	entries := 0
	for _, v := range h.values(feed.EntriesTopic) {
		var m feed.EntryMessage
		must(t, json.Unmarshal(v, &m))
		if m.Progress == nil {
			entries++
		}
	}
	if entries != 1 {
		t.Errorf("%d entry messages", entries)
	}
	if ok, why := h.x.Ready(); !ok {
		t.Errorf("not ready: %v", why)
	}
}
