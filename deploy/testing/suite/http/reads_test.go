//go:build suite

package http

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/client"
	"credithub/schema/access"
)

// bulk pushes rows of a unit in pieces, and waits until all are stored.
func (r *rig) bulk(unit string, rows []row) {
	r.t.Helper()
	token := r.token("agency", unit)
	var ids []string
	for len(rows) > 0 {
		n := min(len(rows), 20_000)
		var b bytes.Buffer
		for _, x := range rows[:n] {
			b.Write(x.json())
			b.WriteByte('\n')
		}
		rows = rows[n:]
		a := r.send(token, "", ndjson, b.Bytes())
		var taken client.Batch
		if err := json.Unmarshal(a.Body, &taken); err != nil || a.Status != 202 || taken.Rejected > 0 {
			r.t.Fatalf("push of %s answered %d: %.600s", unit, a.Status, a.Body)
		}
		ids = append(ids, taken.BatchID)
	}
	for _, id := range ids {
		if _, err := client.At(r.url, token).WaitStored(r.t.Context(), id, time.Minute); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) one(domain, kind, code string, data row) row {
	r.n++
	return row{"domain": domain, "kind": kind, "recordId": fmt.Sprintf("RD-%d", r.n), "version": 1, "op": "upsert", "uscc": code, "occurredOn": "2026-03-02", "data": data}
}

func (r *rig) registered(n int) (codes []string) {
	var rows []row
	for range n {
		codes = append(codes, r.code())
		rows = append(rows, r.registration(codes[len(codes)-1]))
	}
	r.bulk("SAMR", rows)
	return codes
}

func (r *rig) ask(role, unit, query string, vars map[string]any, out any) {
	r.t.Helper()
	token := ""
	if role != string(access.Anyone) {
		token = r.token(role, unit)
	}
	for range 10 {
		err := client.At(r.url, token).Query(r.t.Context(), query, vars, out)
		if err == nil {
			return
		}
		if client.Code(err) != "NOT_CAUGHT_UP" {
			r.t.Fatalf("%s: %v", query, err)
		}
	}
	r.t.Fatalf("%s: never caught up", query)
}

type subjects struct {
	Checks []struct {
		Outcome string
		Subject struct {
			Grade                 string
			Blacklisted, Abnormal bool
			Records               struct{ TotalCount int }
		}
	}
}

// A batch is told of every firm what it would be told of it alone: however many
// records and entries all of them have together.
func TestCase_C1_C2_AFullBatchIsNeverCut(t *testing.T) {
	r := newRig(t)
	codes := r.registered(500)
	var penalties, grades, entries []row
	for i, c := range codes {
		for n := range 25 {
			penalties = append(penalties, r.one("penalty", "penalty", c, row{"name": "端到端有限公司", "documentNo": fmt.Sprintf("罚〔2026〕%d-%d号", i, n), "violationType": "逾期", "facts": "逾期", "basis": "示例法",
				"category": "警告", "content": "警告", "decidedOn": "2026-03-02", "organ": "示例局"}))
		}
		grades = append(grades, r.one("tax", "grade", c, row{"year": 2025, "grade": "D"}))
		for n := range 22 {
			entries = append(entries, r.decision(c, "L09").with(".documentNo", fmt.Sprintf("端到端〔2026〕%d-%d号", i, n)))
		}
	}
	r.bulk("MEE", penalties)
	r.bulk("TAX", grades)
	const q = `query($u:[ID!]!){checks(usccs:$u,matter:"GOVERNMENT_PROCUREMENT"){outcome subject{grade blacklisted abnormal records(first:1){totalCount}}}}`
	f := func(codes []string, outcome, grade string, blacklisted bool, records int) {
		t.Helper()
		var got subjects
		started := time.Now()
		r.ask("officer", "SAMR", q, map[string]any{"u": codes}, &got)
		t.Logf("%d subjects in %s", len(codes), time.Since(started).Round(time.Millisecond))
		bad := 0
		for i, c := range got.Checks {
			if c.Outcome != outcome && outcome != "" || c.Subject.Grade != grade || c.Subject.Blacklisted != blacklisted || c.Subject.Records.TotalCount != records {
				if bad++; bad < 5 {
					t.Errorf("%d of %d: %+v", i, len(codes), c)
				}
			}
		}
		if len(got.Checks) != len(codes) || bad > 0 {
			t.Errorf("%d answers, %d of them wrong", len(got.Checks), bad)
		}
	}
	f(codes, "", "DISHONEST", false, 27)
	f(codes[:1], "", "DISHONEST", false, 27)
	r.bulk("MOF", entries)
	f(codes, "HIT", "SERIOUSLY_DISHONEST", true, 27)
	f(codes[:1], "HIT", "SERIOUSLY_DISHONEST", true, 27)
}

// reach walks to the end and gives the number of records with the highest count that
// a page named.
func (r *rig) reach(role, unit, code, args string) (n, total int) {
	r.t.Helper()
	seen, after := map[string]bool{}, ""
	for {
		var a struct {
			Entity struct {
				Records struct {
					TotalCount int
					Edges      []struct{ Node struct{ ID string } }
					PageInfo   struct {
						HasNextPage bool
						EndCursor   string
					}
				}
			}
		}
		count := ""
		if after == "" {
			count = "totalCount "
		}
		r.ask(role, unit, `query($u:ID!,$a:String){entity(uscc:$u){records(first:100,after:$a`+args+`){`+count+`edges{node{id}} pageInfo{hasNextPage endCursor}}}}`,
			map[string]any{"u": code, "a": after}, &a)
		p := &a.Entity.Records
		total = max(total, p.TotalCount)
		for _, e := range p.Edges {
			if seen[e.Node.ID] {
				r.t.Fatalf("%s comes twice", e.Node.ID)
			}
			seen[e.Node.ID] = true
		}
		if !p.PageInfo.HasNextPage {
			return len(seen), total
		}
		if len(p.Edges) != 100 {
			r.t.Fatalf("a page of %d before the last", len(p.Edges))
		}
		after = p.PageInfo.EndCursor
	}
}

// Every record of an enterprise is reached, by those who see all of its kind and by
// those who see some, and the count is theirs.
func TestCase_C4_EveryRecordIsReached(t *testing.T) {
	const inspections, penalties, complaints = 12_000, 900, 300
	r := newRig(t)
	code := r.registered(1)[0]
	var rows []row
	for range inspections {
		rows = append(rows, r.one("inspection", "result", code, row{"checkedOn": "2026-03-02", "result": "1"}))
	}
	r.bulk("SAMR", rows)
	rows = nil
	for n := range penalties {
		data := row{"name": "端到端有限公司", "documentNo": fmt.Sprintf("罚〔2026〕%d号", n), "category": "罚款", "decidedOn": time.Now().AddDate(0, -1, 0).Format("2006-01-02"), "fineAmount": "1", "content": "罚款", "organ": "示例局"}
		if n%3 == 0 {
			data["subjectType"] = "自然人"
		}
		rows = append(rows, r.one("penalty", "penalty", code, data))
	}
	for range complaints {
		rows = append(rows, r.one("complaint", "complaint", code, row{"receivedOn": "2026-03-02", "category": "其他"}))
	}
	r.bulk("MEE", rows)
	f := func(role, unit, args string, want int) {
		t.Helper()
		started := time.Now()
		n, total := r.reach(role, unit, code, args)
		t.Logf("%s %s %s: %d records in %s", role, unit, args, n, time.Since(started).Round(time.Millisecond))
		if n != want || total != want {
			t.Errorf("%s %s%s: %d records reached, %d counted, want %d", role, unit, args, n, total, want)
		}
	}
	all := 1 + inspections + penalties + complaints
	f("officer", "TAX", "", all)
	f("agency", "MEE", `,domain:"penalty"`, penalties)
	f("", "", "", 1+inspections+penalties*2/3)
	f("agency", "TAX", `,domain:"penalty"`, penalties*2/3)
	f("", "", `,domain:"complaint"`, 0)
	f("agency", "MEE", `,domain:"complaint"`, complaints)
	f("officer", "TAX", `,domain:"inspection"`, inspections)
	a, err := client.At(r.url, "").Do(t.Context(), "GET", "/e/"+code, "", nil)
	if err != nil || a.Status != 200 || !strings.Contains(string(a.Body), code) {
		t.Errorf("page: %d %v", a.Status, err)
	}
}

// Right after a push the answer to its receipt is of one age in all its fields; and
// so is one that names none, whenever it is asked.
func TestCase_C5_OneAnswerHasOneAge(t *testing.T) {
	r := newRig(t)
	officer := r.token("officer", "SAMR")
	for i := range 40 {
		code := r.code()
		samr, mof := r.token("agency", "SAMR"), r.token("agency", "MOF")
		if a := r.send(samr, "", ndjson, append(r.registration(code).json(), '\n')); a.Status != 202 {
			t.Fatalf("%s", a.Body)
		}
		unnamed := func() {
			var a struct {
				Check struct {
					Outcome string
					Subject *struct {
						Name        string
						Blacklisted bool
						Grade       string
						Entries     []struct{ State string }
					}
				}
			}
			err := client.At(r.url, officer).Query(t.Context(), `query($u:ID!){check(uscc:$u,matter:"GOVERNMENT_PROCUREMENT"){outcome subject{name blacklisted grade entries{state}}}}`, map[string]any{"u": code}, &a)
			if err != nil {
				t.Fatal(err)
			}
			s, hit := a.Check.Subject, a.Check.Outcome == "HIT"
			switch {
			case a.Check.Outcome == "SUBJECT_UNKNOWN" && s != nil, a.Check.Outcome != "SUBJECT_UNKNOWN" && (s == nil || s.Name == "" && !hit):
				t.Errorf("%s with subject %+v", a.Check.Outcome, s)
			case s != nil && (hit != s.Blacklisted || hit != (s.Grade == "SERIOUSLY_DISHONEST") || hit != (len(s.Entries) == 1)):
				t.Errorf("%s with subject %+v", a.Check.Outcome, *s)
			}
		}
		for range 5 {
			unnamed()
		}
		pushed := r.send(mof, "", ndjson, append(r.decision(code, "L09").with(".documentNo", fmt.Sprintf("端到端〔2026〕A%d号", i)).json(), '\n'))
		var taken client.Batch
		if err := json.Unmarshal(pushed.Body, &taken); err != nil || pushed.Status != 202 {
			t.Fatalf("%s", pushed.Body)
		}
		var b struct {
			Check struct {
				Outcome string
				Subject struct{ Blacklisted bool }
			}
			Entity struct{ Blacklisted bool }
		}
		r.ask("officer", "SAMR", `query($u:ID!,$a:String!){check(uscc:$u,matter:"GOVERNMENT_PROCUREMENT",after:$a){outcome subject{blacklisted}} entity(uscc:$u,after:$a){blacklisted}}`,
			map[string]any{"u": code, "a": taken.Receipt}, &b)
		if b.Check.Outcome != "HIT" || !b.Check.Subject.Blacklisted || !b.Entity.Blacklisted {
			t.Errorf("by receipt: %+v", b)
		}
		for range 3 {
			unnamed()
		}
		public := r.code()
		pushed = r.send(samr, "", ndjson, append(r.registration(public).json(), '\n'))
		if err := json.Unmarshal(pushed.Body, &taken); err != nil {
			t.Fatal(err)
		}
		var c struct{ Entity *struct{ Name string } }
		r.ask("", "", `query($u:ID!,$a:String){entity(uscc:$u,after:$a){name}}`, map[string]any{"u": public, "a": taken.Receipt}, &c)
		if c.Entity == nil || c.Entity.Name == "" {
			t.Error("the public asked by receipt and saw nothing")
		}
	}
}
