package gateway

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"credithub/schema/fault"
	"credithub/schema/feed"
)

func (h *hub) see(path, token string, into any) reply {
	h.t.Helper()
	r := h.do("GET", path, nil, as(token))
	if err := json.Unmarshal(r.body, into); err != nil {
		h.t.Fatal(err)
	}
	return r
}

func TestABatchTellsWhatBecameOfIt(t *testing.T) {
	h := newHub(t)
	r := h.push("SAMR", registration("R-1", code(), "甲公司")+"\n{}\n"+registration("R-2", code(), "乙公司"))
	var b BatchResponse
	path := "/v1/batches/" + r.BatchID
	if a := h.see(path, "agency:SAMR", &b); a.status != 200 || b.State != Received || b.Accepted != 2 || b.Rejected != 1 ||
		b.Stored != 0 || b.Unit != "SAMR" || len(b.Rejections) != len(r.Rejections) {
		t.Errorf("received: %d %s", a.status, a.body)
	}
	// Intake finds that R-2 was pushed before with other content.
	h.shelf.settled[r.BatchID] = Settled{Standing: 1, Rejected: 1, Complete: true,
		Findings: []Finding{finding(3, "R-2", fault.Fault{Code: fault.E10Duplicate, Message: "other content"})}}
	b = BatchResponse{}
	if a := h.see(path, "supervisor:NDRC", &b); b.State != Stored || b.Accepted != 1 || b.Rejected != 2 || b.Stored != 1 ||
		!strings.HasSuffix(findings(b.Rejections), "3:E10:") {
		t.Errorf("stored: %s", a.body)
	}
	if l := h.journal.last(); l.Action != "batch" || l.Subject != r.BatchID || l.Unit != "NDRC" {
		t.Errorf("audit %+v", l)
	}
}

func TestABatchThatMemoryHasLostIsReadFromTheStore(t *testing.T) {
	h := newHub(t)
	id := newBatchID(now)
	h.shelf.heads[id] = feed.Batch{ID: id, Unit: "SAMR", ReceivedAt: now, Accepted: 5, Rejected: 2}
	h.shelf.refused[id] = []Finding{{Line: 1, Code: "E05"}, {Line: 4, Code: "E02"}}
	h.shelf.settled[id] = Settled{Standing: 5, Complete: true}
	var b BatchResponse
	if a := h.see("/v1/batches/"+id, "agency:SAMR", &b); b.Stored != 5 || b.Rejected != 2 || findings(b.Rejections) != "1:E05: 4:E02:" || b.State != Stored {
		t.Errorf("%s", a.body)
	}
}

func TestOnlyTheUnitAndItsSupervisorsSeeABatch(t *testing.T) {
	h := newHub(t)
	id := h.pushTo("/v1/records?domain=registration", "SAMR", "").BatchID
	f := func(path, token string, status int, kind fault.Kind) {
		t.Helper()
		var o []opt
		if token != "" {
			o = append(o, as(token))
		}
		isProblem(t, h.do("GET", path, nil, o...), status, kind)
	}
	f("/v1/batches/"+id, "", 401, fault.Unauthenticated)
	f("/v1/batches/"+id, "officer:SAMR", 403, fault.Forbidden)
	f("/v1/batches/"+id, "agency:TAX", 404, fault.NotFound)
	f("/v1/batches/"+newBatchID(now), "agency:SAMR", 404, fault.NotFound)
	f("/v1/batches/nonsense", "agency:SAMR", 404, fault.NotFound)
	f("/v1/rejections", "", 401, fault.Unauthenticated)
	f("/v1/batches/"+id, "auditor:SAMR", 403, fault.Forbidden)
	f("/v1/rejections?unit=SAMR", "auditor:SAMR", 403, fault.Forbidden)
	f("/v1/rejections", "agency:", 403, fault.Forbidden)
	f("/v1/batches/"+id, "agency:", 403, fault.Forbidden)
	f("/v1/rejections?unit=TAX", "agency:SAMR", 403, fault.Forbidden)
	f("/v1/rejections?since=yesterday", "agency:SAMR", 400, fault.BadInput)
	f("/v1/rejections?after=x", "agency:SAMR", 400, fault.BadInput)
	h.shelf.fail = true
	f("/v1/batches/"+id, "agency:SAMR", 503, fault.Unavailable)
	f("/v1/rejections", "agency:SAMR", 503, fault.Unavailable)
}

func TestAUnitPagesThroughItsRejections(t *testing.T) {
	h := newHub(t, func(c *Config) { c.Limits.Page = 2 })
	for i := range 5 {
		h.shelf.rejected = append(h.shelf.rejected, refused("SAMR", Finding{Line: uint32(i + 1), Code: "E05"}))
	}
	h.shelf.rejected = append(h.shelf.rejected, refused("TAX", Finding{Line: 9}))
	var lines []uint32
	next := ""
	for range 5 {
		var a RejectionsResponse
		h.see("/v1/rejections?since=2026-03-02&after="+next, "agency:SAMR", &a)
		for _, r := range a.Rejections {
			lines = append(lines, r.Line)
		}
		if next = a.Next; next == "" {
			break
		}
	}
	if fmt.Sprint(lines) != "[1 2 3 4 5]" {
		t.Errorf("%v", lines)
	}
	var a RejectionsResponse
	if h.see("/v1/rejections", "admin:SAMR", &a); len(a.Rejections) != 2 || a.Next == "" {
		t.Errorf("%+v", a)
	}
	if h.see("/v1/rejections?unit=TAX", "admin:SAMR", &a); len(a.Rejections) != 1 {
		t.Errorf("%+v", a)
	}
}

func TestCursorsComeBackAsTheyWere(t *testing.T) {
	in := Cursor{At: now, BatchID: "b", Line: 3, Topic: "credit.tax", Partition: 2, Offset: -1}
	out, err := parseCursor(in.String())
	if err != nil || *out != in {
		t.Errorf("%+v %v", out, err)
	}
}

func TestMemoryForgetsTheOldestBatchesFirst(t *testing.T) {
	c := newRecent(10 * 300)
	for i := range 5000 {
		c.put(&remembered{head: feed.Batch{ID: fmt.Sprint(i)}})
	}
	if c.get("4999") == nil || c.get("4990") == nil || c.get("4989") != nil || len(c.by) != 10 || len(c.order) > 3000 {
		t.Errorf("%d remembered, %d in order", len(c.by), len(c.order))
	}
}

func TestBatchIdsSortByTimeAndAreNoOthers(t *testing.T) {
	a, b := newBatchID(now), newBatchID(now.Add(time.Millisecond))
	if at, ok := batchTime(a); !ok || !at.Equal(now.Truncate(time.Millisecond)) || a >= b {
		t.Errorf("%s %s %v", a, b, at)
	}
	for _, s := range []string{"", "x", a[:30], strings.ToUpper(a), a + "00"} {
		if _, ok := batchTime(s); ok && s != a {
			t.Errorf("%q is taken for an id", s)
		}
	}
}

func TestTheQueryOfAPageNamesWhatIsAsked(t *testing.T) {
	q, args := rejectionsQuery(&RejectsQuery{Unit: "SAMR", Since: now, After: &Cursor{At: now, Line: 7}, Limit: 500})
	want := []any{"SAMR", now.UnixMilli(), now.UnixMilli(), "", uint32(7), "", uint16(0), int64(0), 500}
	if fmt.Sprint(args) != fmt.Sprint(want) || strings.Count(q, "?") != len(args) || !strings.Contains(q, "unit = ? AND at >= ") {
		t.Errorf("%s %v", q, args)
	}
	if q, args := rejectionsQuery(&RejectsQuery{Limit: 1}); strings.Contains(q, "?,") || len(args) != 1 {
		t.Errorf("%s %v", q, args)
	}
}

// What nobody proves to have sent is on no unit's list, whatever it claims: the
// auditor alone sees it.
func TestCase_A9_WhatNobodyProvesIsTheAuditorsAlone(t *testing.T) {
	h := newHub(t)
	h.shelf.rejected = []Refused{refused("", Finding{Line: 1, Code: "E12"}), refused("HRSS", Finding{Line: 2, Code: "E05"})}
	for token, want := range map[string]uint32{"agency:HRSS": 2, "supervisor:NDRC": 2, "admin:NDRC": 2, "auditor:NDRC": 1} {
		var a RejectionsResponse
		if h.see("/v1/rejections", token, &a); len(a.Rejections) != 1 || a.Rejections[0].Line != want {
			t.Errorf("%s sees %+v", token, a.Rejections)
		}
	}
	if q, _ := rejectionsQuery(&RejectsQuery{Nobody: true}); !strings.Contains(q, "unit = ''") {
		t.Error(q)
	}
	if q, _ := rejectionsQuery(&RejectsQuery{}); !strings.Contains(q, "unit != ''") {
		t.Error(q)
	}
}
