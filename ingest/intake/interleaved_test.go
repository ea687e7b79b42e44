package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"credithub/ingest/gateway"
	"credithub/schema/feed"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// Lanes share nothing: whichever reads first, decisions or registrations, also with a
// restart between them, the rows that are stored are the same, and so is what their
// units are told.
func TestFindingsDontDependOnWhichLaneReadsFirst(t *testing.T) {
	a, b := code(1), code(2)
	ended := registration("R1", 1, a, "武汉示例科技有限公司")
	ended.data = map[string]any{"name": "武汉示例科技有限公司", "establishedOn": "2020-05-06", "status": "4", "approvedOn": "2026-02-10"}
	wrong := registration("R2", 1, b, "武汉另一公司")
	wrong.data = ended.data
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
	registered := []rec{ended, wrong, registration("R2", 2, b, "武汉另一公司")}
	deciding := []rec{decided("D1", a, "IN_FORCE", "2026-03-01"), decided("D2", a, "IN_FORCE", "2026-02-10"), decided("D3", a, "EXITED", "2026-03-01"),
		decided("D4", b, "IN_FORCE", "2026-03-01"), penalty("P1", a, "2026-02-11"), penalty("P2", a, "2026-02-09")}

	var rows []string
	f := func(steps ...[]rec) {
		t.Helper()
		h := newHub(t)
		lines := map[uint32]string{}
		for i, step := range steps {
			h.start(h.config())
			h.eventually("ready", func() string { _, why := h.x.Ready(); return strings.Join(why, ", ") })
			for _, r := range step {
				h.push(r)
				lines[h.lines] = r.id
			}
			h.settled()
			if i < len(steps)-1 {
				h.stopIntake()
			}
		}
		got := h.rows("SELECT concat(record_id, ' ', toString(version), ' ', toString(status), ' ', faults) FROM records ORDER BY record_id, version")
		if rows == nil {
			rows = got
		}
		if !slices.Equal(got, rows) {
			t.Errorf("%q\nafter\n%q", got, rows)
		}
		s, err := gateway.NewHistory(h.db.Conn()).Settled(t.Context(), feed.Batch{ID: "b1", Positions: []receipt.Position{{Domain: record.Decision}}}, 100)
		must(t, err)
		var told []string
		for _, w := range s.Warnings {
			if w.Code == "W03" {
				told = append(told, fmt.Sprint(lines[w.Line], " ", w.Field))
			}
		}
		slices.Sort(told)
		if want := []string{"D1 decidedOn", "P1 decidedOn"}; !slices.Equal(told, want) {
			t.Errorf("%q, want %q", told, want)
		}
	}
	f(registered, deciding)
	f(deciding, registered)
	f(deciding[:1], registered[:2], deciding[1:], registered[2:])
	f(slices.Concat(deciding, registered))
}
