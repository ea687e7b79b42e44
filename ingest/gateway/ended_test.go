package gateway

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"credithub/schema/feed"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

// registerRow is a row of records, as far as the end of a subject is asked of it.
type registerRow struct {
	domain, id, code, status, on, data string
	version, line                      int
	batch                              string
	op                                 string
}

func (r *registerRow) values() string {
	on := r.on
	if on == "" {
		on = "1900-01-01"
	}
	op := r.op
	if op == "" {
		op = "upsert"
	}
	return fmt.Sprintf("('%s', '%s', 'SAMR', '%s', %d, '%s', '%s', '%s', '%s', '%s', %d)",
		r.domain, r.id, r.code, r.version, op, r.status, on, r.data, r.batch, r.line)
}

// Whoever decides about a subject that was deregistered before is told; whatever came
// first, the decision or the registration, and whichever version of either. What is
// decided before the end, or ends an entry, is not marked.
func TestDecisionsAfterTheEndAreTold(t *testing.T) {
	db := tables(t)
	h := NewHistory(db.Conn())
	head := feed.Batch{ID: "b1", Unit: "SAMR", Accepted: 9, Positions: []receipt.Position{{Domain: record.Decision, Offset: 1}}}
	reg := func(id, code string, version int, status, data, on string) registerRow {
		return registerRow{domain: "registration", id: id, code: code, version: version, status: status, data: data, on: on}
	}
	line := 0
	told := func(domain, code, data string) registerRow {
		line++
		return registerRow{domain: domain, id: fmt.Sprint("D", line), code: code, version: 1, status: "ACCEPTED", data: data, batch: "b1", line: line}
	}
	const late, early = `{"decidedOn":"2026-03-01"}`, `{"decidedOn":"2026-02-10"}`
	const over = `{"status":"4","approvedOn":"2026-02-10"}`
	rows := []registerRow{
		reg("R1", "A", 1, "ACCEPTED", `{"status":"1"}`, "2020-01-01"), reg("R1", "A", 2, "ACCEPTED", over, "2026-02-20"),
		told("decision", "A", late), told("decision", "A", early), told("decision", "A", `{"decidedOn":"2026-03-01","event":"EXITED"}`), // 1 … 3
		told("penalty", "A", `{"decidedOn":"2026-02-11"}`), told("permit", "A", late), told("tax", "A", late), // 4 … 6
		reg("R2", "B", 1, "ACCEPTED", over, ""), reg("R2", "B", 2, "ACCEPTED", `{"status":"1"}`, ""), told("decision", "B", late), // 7: the register was wrong
		reg("R3", "C", 1, "ACCEPTED", `{"status":"3"}`, "2026-02-28"), told("decision", "C", late), // 8: the day of the row
		reg("R4", "D", 1, "ACCEPTED", `{"status":"4"}`, ""), told("decision", "D", late), // 9: no day
		reg("R5", "E", 1, "ACCEPTED", over, ""), reg("R6", "E", 1, "ACCEPTED", `{"status":"1"}`, ""), told("decision", "E", late), // 10: one of two
		reg("R7", "F", 1, "ACCEPTED", over, ""), reg("R7", "F", 2, "MOVED", "", ""), reg("R7", "G", 2, "ACCEPTED", over, ""), // 11, 12: it was another one's
		told("decision", "F", late), told("decision", "G", late),
		reg("R8", "H", 1, "ACCEPTED", over, ""), told("decision", "H", late), // 13: retracted
		{domain: "registration", id: "R8", code: "H", version: 2, status: "ACCEPTED", op: "retract"},
		told("decision", "I", late), // 14: unknown
	}
	const want = "1:W03:decidedOn 4:W03:decidedOn 5:W03:decidedOn 8:W03:decidedOn 12:W03:decidedOn"
	f := func(order func(n int) int) {
		t.Helper()
		exec := func(q string) {
			if err := db.Conn().Exec(context.Background(), q); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
		exec("TRUNCATE TABLE records")
		for n := range rows { // each a part of its own, as blocks of the lanes are
			exec("INSERT INTO records (domain, record_id, unit, uscc, version, op, status, occurred_on, data, batch_id, line) VALUES " + rows[order(n)].values())
		}
		s, err := h.Settled(t.Context(), head, 100)
		if err != nil || findings(s.Warnings) != want {
			t.Errorf("%q %v, want %q", findings(s.Warnings), err, want)
		}
		for _, w := range s.Warnings {
			if day := map[bool]string{true: "2026-02-28", false: "2026-02-10"}[w.Line == 8]; !strings.Contains(w.Message, day) {
				t.Errorf("%d: %s", w.Line, w.Message)
			}
		}
	}
	f(func(n int) int { return n })
	f(func(n int) int { return len(rows) - 1 - n })
	f(func(n int) int { return (n*7 + 3) % len(rows) })
	if s, err := h.Settled(t.Context(), head, 2); err != nil || len(s.Warnings) != 2 || !s.Truncated {
		t.Errorf("%+v %v", s, err)
	}
}
