package intake

import (
	"slices"
	"strings"
	"testing"
)

// TestDecisionsAfterTheEndAreMarked: whoever decides about a subject that was
// deregistered before is told, also after a restart; what is decided before the
// end, or ends an entry, is not marked.
func TestDecisionsAfterTheEndAreMarked(t *testing.T) {
	h := newHub(t)
	h.start(h.config())
	a, b := code(1), code(2)
	ended := registration("R1", 1, a, "武汉示例科技有限公司")
	ended.data = map[string]any{"name": "武汉示例科技有限公司", "establishedOn": "2020-05-06", "status": "4", "approvedOn": "2026-02-10"}
	h.push(ended, registration("R2", 1, b, "武汉另一公司"))
	h.settled()
	decided := func(id, c, event, on string) rec {
		d := decision("SAMR", id, 1, c, "E-"+id, "L03", event)
		d.data["decidedOn"] = on
		if event == "EXITED" {
			d.data["exitType"], d.data["exitDocumentNo"] = "SUBJECT_ENDED", "鄂市监〔2026〕2号"
		}
		return d
	}
	penalty := func(id, c, on string) rec {
		return rec{unit: "MEE", domain: "penalty", kind: "penalty", id: id, version: 1, op: "upsert", uscc: c, on: on,
			data: map[string]any{"name": "武汉示例科技有限公司", "documentNo": id, "decidedOn": on, "category": "警告"}}
	}
	h.push(decided("D1", a, "IN_FORCE", "2026-03-01"), decided("D2", a, "IN_FORCE", "2026-02-10"), decided("D3", a, "EXITED", "2026-03-01"),
		decided("D4", b, "IN_FORCE", "2026-03-01"), penalty("P1", a, "2026-02-11"), penalty("P2", a, "2026-02-09"))
	h.settled()
	h.stopIntake()
	h.start(h.config())
	h.eventually("ready", func() string { _, why := h.x.Ready(); return strings.Join(why, ", ") })
	alive := registration("R1", 2, a, "武汉示例科技有限公司") // the register was wrong
	h.push(decided("D5", a, "IN_FORCE", "2026-03-01"))
	h.settled()
	h.push(alive)
	h.settled()
	h.push(decided("D6", a, "IN_FORCE", "2026-03-01"))
	h.settled()
	got := h.rows("SELECT concat(record_id, ' ', JSONExtractString(faults, 1, 'field')) FROM records WHERE JSONExtractString(faults, 1, 'code') = 'W03' AND status = 'ACCEPTED' ORDER BY record_id")
	if want := []string{"D1 decidedOn", "D5 decidedOn", "P1 decidedOn"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q: %q", got, want, h.rows("SELECT concat(record_id, ' ', toString(status), ' ', faults) FROM records ORDER BY record_id"))
	}
}
