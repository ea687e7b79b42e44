package gateway

import (
	"context"
	"fmt"
	"testing"
	"time"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/migrate"
	"credithub/deploy/testing/embedtest"
	"credithub/schema/feed"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

func TestMain(m *testing.M) { embedtest.Main(m) }

// tables is an engine with the hub's tables.
func tables(t *testing.T) *clickhouse.DB {
	t.Helper()
	db, err := clickhouse.Open(clickhouse.Config{URL: embedtest.Engine(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := migrate.Apply(context.Background(), db, migrate.Options{}); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestHistoryReadsWhatIsStored(t *testing.T) {
	db := tables(t)
	exec := func(q string) {
		t.Helper()
		if err := db.Conn().Exec(context.Background(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	h := NewHistory(db.Conn())
	ctx := t.Context()
	if _, found, err := h.Head(ctx, "b1"); found || err != nil {
		t.Fatalf("%v %v", found, err)
	}
	head := feed.Batch{ID: "b1", Unit: "TAX", ReceivedAt: now.Truncate(time.Millisecond), Accepted: 4, Rejected: 1, Positions: []receipt.Position{
		{Domain: record.Tax, Partition: 0, Offset: 11}, {Domain: record.Tax, Partition: 1, Offset: 5}, {Domain: record.Decision, Offset: 2},
	}}
	for range 2 { // written at least once
		exec(fmt.Sprintf(`INSERT INTO batches VALUES ('b1', 'TAX', fromUnixTimestamp64Milli(%d, 'UTC'), 4, 1,
			'[{"Domain":2,"Partition":0,"Offset":11},{"Domain":2,"Partition":1,"Offset":5},{"Domain":5,"Partition":0,"Offset":2}]')`, now.UnixMilli()))
	}
	got, found, err := h.Head(ctx, "b1")
	if err != nil || !found || fmt.Sprint(got) != fmt.Sprint(head) {
		t.Fatalf("%+v %v\nwant %+v", got, err, head)
	}

	row := func(batch, status, topic string, partition, offset, line int, faults string) {
		exec(fmt.Sprintf(`INSERT INTO records (record_id, unit, domain, op, status, topic, partition, offset, batch_id, line, faults)
			VALUES ('R-%d', 'TAX', 'tax', 'upsert', '%s', '%s', %d, %d, '%s', %d, '%s')`, line, status, topic, partition, offset, batch, line, faults))
	}
	row("b1", "ACCEPTED", "credit.tax", 0, 10, 1, "")
	row("b1", "DUPLICATE", "credit.tax", 1, 5, 2, "")
	row("b1", "REJECTED", "credit.decision", 0, 2, 4, `[{"code":"E10","field":"","message":"other content"},{"code":"W01","field":"uscc","message":"x"}]`)
	row("b0", "ACCEPTED", "credit.tax", 0, 9, 1, "")
	s, err := h.Settled(ctx, head, 10)
	if err != nil || s.Complete || s.Standing != 2 || s.Rejected != 1 || findings(s.Findings) != "4:E10:" {
		t.Errorf("on the way: %+v %v", s, err)
	}
	row("b1", "ACCEPTED", "credit.tax", 0, 11, 5, `[{"code":"W03","field":"decidedOn","message":"x"}]`)
	row("b1", "MOVED", "credit.tax", 0, 11, 5, "")
	if s, err = h.Settled(ctx, head, 10); err != nil || !s.Complete || s.Standing != 3 || s.Rejected != 1 || findings(s.Findings) != "4:E10:" || findings(s.Warnings) != "5:W03:decidedOn" {
		t.Errorf("stored: %+v %v", s, err)
	}
	a := settle(head, nil, false, s)
	if a.State != Stored || a.Accepted != 3 || a.Stored != 3 || a.Rejected != 2 || findings(a.Warnings) != "5:W03:decidedOn" {
		t.Errorf("%+v", a)
	}

	for i := range 2 { // written at least once
		_ = i
		for line := 1; line <= 3; line++ {
			exec(fmt.Sprintf(`INSERT INTO rejects (unit, domain, batch_id, line, record_id, at, code, field, message, topic, partition, offset) VALUES ('TAX', 'tax', 'b1', %d, 'R-%d', fromUnixTimestamp64Milli(%d, 'UTC'), 'E05', 'year', 'missing', '', 0, -1)`,
				line, line, now.UnixMilli()+int64(line)))
		}
		exec(fmt.Sprintf(`INSERT INTO rejects (unit, domain, batch_id, line, record_id, at, code, field, message, topic, partition, offset) VALUES ('TAX', 'tax', 'b1', 4, 'R-4', fromUnixTimestamp64Milli(%d, 'UTC'), 'E10', '', 'other content', 'credit.decision', 0, 2)`, now.UnixMilli()+9))
		exec(`INSERT INTO rejects (unit, domain, batch_id, line, record_id, at, code, field, message, topic, partition, offset) VALUES ('TAX', 'tax', 'b1', 4, 'R-4', now64(3), 'W01', 'uscc', 'inner check', 'credit.decision', 0, 2)`)
		exec(`INSERT INTO rejects (unit, domain, batch_id, line, record_id, at, code, field, message, topic, partition, offset) VALUES ('SAMR', 'registration', 'b2', 1, 'R', now64(3), 'E05', 'name', 'missing', '', 0, -1)`)
	}
	early, more, err := h.Refused(ctx, "TAX", "b1", 3)
	if err != nil || more || findings(early) != "1:E05:year 2:E05:year 3:E05:year" {
		t.Errorf("%v %v %v", findings(early), more, err)
	}
	if early, more, _ = h.Refused(ctx, "TAX", "b1", 2); len(early) != 2 || !more {
		t.Errorf("%v %v", early, more)
	}

	var lines []uint32
	var after *Cursor
	for {
		all, err := h.Rejections(ctx, &RejectsQuery{Unit: "TAX", Since: now, After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			lines = append(lines, r.Line)
			if r.Unit != "TAX" || r.Domain != "tax" || r.BatchID != "b1" || r.Findings[0].Message == "" || r.RecordID != fmt.Sprintf("R-%d", r.Line) || r.Rejection.At == "" || len(r.Findings) != 1 {
				t.Errorf("%+v", r)
			}
		}
		if len(all) < 2 {
			break
		}
		after = &all[len(all)-1].At
	}
	if fmt.Sprint(lines) != "[1 2 3 4]" {
		t.Errorf("pages: %v", lines)
	}
	if all, err := h.Rejections(ctx, &RejectsQuery{Unit: "TAX", Since: now.Add(3 * time.Millisecond), Limit: 10}); err != nil || len(all) != 2 {
		t.Errorf("since: %v %v", all, err)
	}
	if all, err := h.Rejections(ctx, &RejectsQuery{Limit: 10}); err != nil || len(all) != 5 {
		t.Errorf("all units: %v %v", all, err)
	}
}
