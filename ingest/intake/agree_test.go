package intake

import (
	"slices"
	"testing"
)

// Who tells of a document otherwise than it is known is refused or, by a correction,
// told of the other, also where the row alone is warned of the same field.
func TestCase_L17_RecordsAtOddsAreTold(t *testing.T) {
	h := newHub(t)
	h.start(h.config())
	in := func(unit, id string, version int, entry, list, event, until string) rec {
		d := decision(unit, id, version, code(1), entry, list, event)
		d.data["documentNo"] = "文〔2026〕1号"
		if until != "" {
			d.data["termUntil"] = until
		}
		return d
	}
	served := in("SAMR", "D2", 1, "E-1", "L03", "SERVED", "")
	served.data["servedOn"], served.data["effectiveFrom"] = "2026-05-02", "2026-05-02"
	h.push(in("SAMR", "D1", 1, "E-1", "L03", "IN_FORCE", ""), served)
	h.push(in("MOF", "D3", 1, "E-2", "L09", "IN_FORCE", "2028-03-02"), in("MOF", "D4", 1, "E-3", "L09", "IN_FORCE", "2028-03-02"))
	h.settled()
	h.push(in("MOF", "D4", 2, "E-3", "L09", "IN_FORCE", "2040-01-01"))
	h.settled()
	got := h.rows("SELECT concat(record_id, ' ', toString(version), ' ', toString(status), ' ', arrayStringConcat(arrayMap(x -> concat(JSONExtractString(x, 'code'), ' ', JSONExtractString(x, 'field')), JSONExtractArrayRaw(faults)), ', ')) FROM records WHERE domain = 'decision' ORDER BY record_id, version")
	want := []string{"D1 1 ACCEPTED ", "D2 1 REJECTED E10 servedOn", "D3 1 ACCEPTED ", "D4 1 ACCEPTED ", "D4 2 ACCEPTED W08 termUntil, W08 termUntil"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := h.rows("SELECT toString(argMax(until, seq)) FROM entries WHERE entry_id = 'E-2' GROUP BY entry_id"); !slices.Equal(got, []string{"2028-03-02"}) {
		t.Errorf("until %q", got)
	}
}
