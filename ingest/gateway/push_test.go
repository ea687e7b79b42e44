package gateway

import (
	"strings"
	"testing"

	"credithub/schema/civil"
	"credithub/schema/feed"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

func TestAPushIsDurableStampedAndAnswered(t *testing.T) {
	h := newHub(t)
	a, b := code(), code()
	r := h.push("SAMR", registration("R-1", a, "甲公司")+"\n\n"+registration("R-2", b, "乙公司")+"\n")
	if r.status != 202 || r.Accepted != 2 || r.Rejected != 0 || len(r.Rejections) != 0 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	msgs := h.log("credit.registration")
	if len(msgs) != 2 {
		t.Fatalf("%d messages", len(msgs))
	}
	ends := map[uint16]int64{}
	for _, m := range msgs {
		st, err := h.stamper.Verify("credit.registration", m.Key, m.Value, m.Header(feed.HeaderStamp))
		if err != nil || string(st.BatchID) != r.BatchID || !st.ReceivedAt.Equal(now) {
			t.Errorf("stamp %+v %v", st, err)
		}
		line := uint32(1)
		if string(m.Key) == b {
			line = 3
		}
		if st.Line != line {
			t.Errorf("line %d, want %d", st.Line, line)
		}
		var row record.Row
		record.NewDecoder(record.Kafka()).Decode(m.Value, civil.DateOf(now), &row)
		if row.Rejected() || row.Unit != "SAMR" || string(row.USCC) != string(m.Key) {
			t.Errorf("%s: %v", m.Value, row.Faults)
		}
		ends[uint16(m.Partition)] = m.Offset
	}
	ps, err := receipt.Parse(r.Receipt)
	if err != nil || len(ps) != len(ends) {
		t.Fatalf("receipt %v %v", ps, err)
	}
	for _, p := range ps {
		if p.Domain != record.Registration || ends[p.Partition] != p.Offset {
			t.Errorf("receipt names %+v, log has %v", p, ends)
		}
	}
	heads := h.log(feed.BatchesTopic)
	if len(heads) != 1 || string(heads[0].Key) != r.BatchID || !strings.Contains(string(heads[0].Value), `"accepted":2`) {
		t.Errorf("heads %+v", heads)
	}
	if l := h.journal.last(); l.Action != "push" || l.Unit != "SAMR" || l.Outcome != "OK" || l.Subject != r.BatchID || l.Digest == "" {
		t.Errorf("audit %+v", l)
	}
}
