package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"credithub/query/store"
	"credithub/schema/civil"
	"credithub/schema/list"
	"credithub/schema/record"
)

func wantData(t *testing.T, a answer, want string) {
	t.Helper()
	if string(a.Data) != want || len(a.Errors) > 0 {
		t.Errorf("got  %s\nwant %s", a.raw, want)
	}
}

func (h *hub) add(code, domain, kind, unit, id, data string) {
	h.keep(store.Record{
		USCC: code, Domain: domain, Kind: kind, Unit: unit, RecordID: id, Version: 1, Op: record.Upsert,
		OccurredOn: civil.NoDate, RecordedAt: testNow.Add(-time.Duration(1000-len(h.kept.Rows.Records)) * time.Second), Data: []byte(data),
	})
}

func TestEntityIsWhatTheCallerMaySee(t *testing.T) {
	h := newHub(t)
	s := h.server()
	h.entries(listedCode)[0].State = list.Suspended
	q := `{entity(uscc:"` + listedCode + `"){uscc name status establishedOn division blacklisted abnormal grade gradeReasons entries{id state list{code}}}}`
	wantData(t, ask(t, s, "", q, nil), `{"entity":{"uscc":"`+listedCode+`","name":"武汉示例贸易有限公司","status":"1","establishedOn":"2020-05-06","division":"420100","blacklisted":false,"abnormal":true,"grade":null,"gradeReasons":[],"entries":[{"id":"E-2","state":"IN_FORCE","list":{"code":"L01"}}]}}`)
	wantData(t, ask(t, s, "officer:TAX", q, nil), `{"entity":{"uscc":"`+listedCode+`","name":"武汉示例贸易有限公司","status":"1","establishedOn":"2020-05-06","division":"420100","blacklisted":false,"abnormal":true,"grade":"WARNING","gradeReasons":["ABNORMAL_LIST: L01 E-2"],"entries":[{"id":"E-1","state":"SUSPENDED","list":{"code":"L09"}},{"id":"E-2","state":"IN_FORCE","list":{"code":"L01"}}]}}`)
	wantData(t, ask(t, s, "", `{entity(uscc:"`+listedCode+`"){entries(state:SUSPENDED){id}}}`, nil), `{"entity":{"entries":[]}}`)
	wantData(t, ask(t, s, "officer", `{entity(uscc:"`+listedCode+`"){entries(state:SUSPENDED){id}}}`, nil), `{"entity":{"entries":[{"id":"E-1"}]}}`)
}

// What doesn't exist and what isn't public look alike.
func TestNotPublicIsAsUnknown(t *testing.T) {
	h := newHub(t)
	s := h.server()
	hidden := "91420100MA4N0A2B5Y"
	h.kept.Rows.Records = nil // the registration is gone, an entry not yet in force is left
	h.enter(list.Entry{ID: "E-9", List: 9, USCC: hidden, State: list.PreNotice, DecidedBy: "MOF", Since: civil.NoDate, Until: civil.NoDate, ServedOn: civil.NoDate, ExitedOn: civil.NoDate, DecidedOn: civil.NoDate})
	for _, code := range []string{hidden, unknownCode} {
		wantData(t, ask(t, s, "", `{entity(uscc:"`+code+`"){uscc entries{id}}}`, nil), `{"entity":null}`)
		wantData(t, ask(t, s, "officer:SAMR", `{entity(uscc:"`+code+`"){uscc}}`, nil), `{"entity":null}`)
	}
	wantData(t, ask(t, s, "agency:MOF", `{entity(uscc:"`+hidden+`"){name entries{id state}}}`, nil), `{"entity":{"name":null,"entries":[{"id":"E-9","state":"PRE_NOTICE"}]}}`)
}

// Records under a code that nobody registered can be read, by whom they are for.
func TestRecordsWithoutARegistration(t *testing.T) {
	h := newHub(t)
	s := h.server()
	h.add(unknownCode, "tax", "grade", "TAX", "T-1", `{"year":2025,"grade":"B","score":"88"}`)
	q := `{entity(uscc:"` + unknownCode + `"){uscc name records{totalCount}}}`
	wantData(t, ask(t, s, "", q, nil), `{"entity":null}`)
	wantData(t, ask(t, s, "officer:TAX", q, nil), `{"entity":{"uscc":"`+unknownCode+`","name":null,"records":{"totalCount":1}}}`)
	h.add(unknownCode, "tax", "grade", "TAX", "T-2", `{"year":2024,"grade":"A","score":"91"}`)
	wantData(t, ask(t, s, "", q, nil), `{"entity":{"uscc":"`+unknownCode+`","name":null,"records":{"totalCount":1}}}`)
}

func TestRecordsAreFilteredAndPaged(t *testing.T) {
	h := newHub(t)
	s := h.server()
	h.add(clearCode, "tax", "grade", "TAX", "T-1", `{"year":2025,"grade":"A","score":"91"}`)
	h.add(clearCode, "tax", "grade", "TAX", "T-2", `{"year":2024,"grade":"B","score":"88"}`)
	h.add(clearCode, "bank", "loan", "PBC", "B-1", `{"class":"LOSS","consentRef":"c"}`)
	h.add(clearCode, "penalty", "penalty", "SAMR", "C-1", `{"documentNo":"罚1","category":"罚款","decidedOn":"2026-05-01"}`)
	h.add(clearCode, "penalty", "penalty", "SAMR", "C-2", `{"documentNo":"罚2","category":"罚款","decidedOn":"2020-05-01"}`)
	for i := range 5 {
		h.add(clearCode, "permit", "permit", "MOT", fmt.Sprintf("P-%d", i), fmt.Sprintf(`{"documentName":"许可%d","remark":"内部"}`, i))
	}
	seen := func(token string) []string {
		var ids []string
		after := ""
		for range 20 {
			a := ask(t, s, token, `query($a:String){entity(uscc:"`+clearCode+`"){records(first:3,after:$a){totalCount pageInfo{hasNextPage endCursor hasPreviousPage} edges{cursor node{id data}}}}}`, map[string]any{"a": after})
			var d struct {
				Entity struct {
					Records struct {
						TotalCount int
						PageInfo   struct {
							HasNextPage bool
							EndCursor   string
						}
						Edges []struct {
							Node struct {
								ID   string
								Data json.RawMessage
							}
						}
					}
				}
			}
			if err := json.Unmarshal(a.Data, &d); err != nil {
				t.Fatal(a.raw)
			}
			for _, e := range d.Entity.Records.Edges {
				ids = append(ids, e.Node.ID)
				for _, word := range []string{"内部", "score", "张示例"} {
					if token == "" && strings.Contains(string(e.Node.Data), word) {
						t.Errorf("public data holds %s: %s", word, e.Node.Data)
					}
				}
			}
			if !d.Entity.Records.PageInfo.HasNextPage {
				if d.Entity.Records.TotalCount != len(ids) {
					t.Errorf("%s: total %d, listed %d", token, d.Entity.Records.TotalCount, len(ids))
				}
				return ids
			}
			after = d.Entity.Records.PageInfo.EndCursor
		}
		t.Fatal("pages without end")
		return nil
	}
	permits := []string{"MOT/permit/P-4", "MOT/permit/P-3", "MOT/permit/P-2", "MOT/permit/P-1", "MOT/permit/P-0"}
	if got, want := seen(""), append(slices.Clone(permits), "SAMR/penalty/C-1", "TAX/tax/T-1", "SAMR/registration/R-"+clearCode); !sameSet(got, want) {
		t.Errorf("public: %v", got)
	}
	if got := seen("officer:SAMR"); len(got) != 11 {
		t.Errorf("officer: %v", got)
	}
	a := ask(t, s, "", `{entity(uscc:"`+clearCode+`"){records(domain:"permit",first:1){edges{node{domain kind version op recordedAt occurredOn unit{code} data}}}}}`, nil)
	wantData(t, a, `{"entity":{"records":{"edges":[{"node":{"domain":"permit","kind":"permit","version":1,"op":"upsert","recordedAt":"2026-11-21T09:23:31.000Z","occurredOn":null,"unit":{"code":"MOT"},"data":{"documentName":"许可4"}}}]}}}`)
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func TestSearch(t *testing.T) {
	h := newHub(t)
	s := h.server()
	twin := "91420100MA0000023A"
	h.register(twin, "武汉示例科技有限公司")
	f := func(text string, codes ...string) {
		t.Helper()
		a := ask(t, s, "", `query($t:String!){search(text:$t){totalCount edges{node{uscc}}}}`, map[string]any{"t": text})
		var d struct {
			Search struct {
				TotalCount int
				Edges      []struct{ Node struct{ USCC string } }
			}
		}
		if json.Unmarshal(a.Data, &d) != nil || len(a.Errors) > 0 {
			t.Fatal(a.raw)
		}
		var got []string
		for _, e := range d.Search.Edges {
			got = append(got, e.Node.USCC)
		}
		if !slices.Equal(got, codes) || d.Search.TotalCount != len(codes) {
			t.Errorf("%q: %v of %d, want %v", text, got, d.Search.TotalCount, codes)
		}
	}
	f("武汉示例科技有限公司", twin, clearCode)
	f("武汉示例", twin, clearCode, listedCode)
	f("武汉示例网络", clearCode)
	f(" 示例贸易 ", listedCode)
	f(clearCode, clearCode)
	f(strings.ToLower(clearCode), clearCode)
	f(unknownCode)
	f("没有这家")
	f("11010519491231002X")
	f("张三 11010519491231002X")
	for _, text := range []string{"", "  ", strings.Repeat("长", 101)} {
		if a := ask(t, s, "", `query($t:String!){search(text:$t){totalCount}}`, map[string]any{"t": text}); a.code() != "BAD_INPUT" {
			t.Errorf("%q: %s", text, a.raw)
		}
	}
	// Page by page, each once.
	after, got := "", []string{}
	for range 4 {
		a := ask(t, s, "", `query($a:String){search(text:"武汉示例",first:1,after:$a){pageInfo{hasNextPage endCursor}edges{node{uscc}}}}`, map[string]any{"a": after})
		var d struct {
			Search struct {
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
				Edges []struct{ Node struct{ USCC string } }
			}
		}
		if json.Unmarshal(a.Data, &d) != nil {
			t.Fatal(a.raw)
		}
		for _, e := range d.Search.Edges {
			got = append(got, e.Node.USCC)
		}
		if after = d.Search.PageInfo.EndCursor; !d.Search.PageInfo.HasNextPage {
			break
		}
	}
	if !slices.Equal(got, []string{twin, clearCode, listedCode}) {
		t.Errorf("pages: %v", got)
	}
}

func TestListEntries(t *testing.T) {
	h := newHub(t)
	s := h.server()
	h.list(clearCode, 9, "MOF", "E-3", "x")
	h.entries(clearCode)[0].State = list.Exited
	f := func(token, args, want string) {
		t.Helper()
		a := ask(t, s, token, `{listEntries(`+args+`first:50){totalCount edges{node{id}}}}`, nil)
		wantData(t, a, `{"listEntries":`+want+`}`)
	}
	f("", "", `{"totalCount":2,"edges":[{"node":{"id":"E-1"}},{"node":{"id":"E-2"}}]}`)
	f("officer:TAX", "", `{"totalCount":3,"edges":[{"node":{"id":"E-1"}},{"node":{"id":"E-2"}},{"node":{"id":"E-3"}}]}`)
	f("", `list:"L09",`, `{"totalCount":1,"edges":[{"node":{"id":"E-1"}}]}`)
	f("", `uscc:"`+clearCode+`",`, `{"totalCount":0,"edges":[]}`)
	f("officer:TAX", `state:EXITED,`, `{"totalCount":1,"edges":[{"node":{"id":"E-3"}}]}`)
	f("", `state:EXITED,`, `{"totalCount":0,"edges":[]}`)
	for _, args := range []string{`list:"L99"`, `uscc:"9142"`, `first:0`, `first:101`, `after:"nonsense"`} {
		if a := ask(t, s, "", `{listEntries(`+args+`){totalCount}}`, nil); a.code() != "BAD_INPUT" {
			t.Errorf("%s: %s", args, a.raw)
		}
	}
}

func TestCataloguesAndSources(t *testing.T) {
	h := newHub(t)
	s := h.server()
	wantData(t, ask(t, s, "", `{matters(text:"government_proc"){code nameZh}}`, nil), `{"matters":[{"code":"GOVERNMENT_PROCUREMENT","nameZh":"`+h.policy.Matter("GOVERNMENT_PROCUREMENT").NameZh+`"}]}`)
	var d struct {
		Lists, Measures, Matters []struct{ Code string }
		Sources                  []struct {
			Unit               struct{ Code string }
			Domain             string
			Accepted, Rejected int
		}
	}
	a := ask(t, s, "", `{lists{code serious}measures{code citation}matters{code}sources{unit{code}domain accepted rejected fresh lastReceivedAt}}`, nil)
	if err := json.Unmarshal(a.Data, &d); err != nil || len(a.Errors) > 0 {
		t.Fatal(a.raw)
	}
	if len(d.Lists) != len(h.policy.Lists) || len(d.Measures) != len(h.policy.Measures) || len(d.Matters) != len(h.policy.Matters) {
		t.Error("catalogues are not whole")
	}
	if s := d.Sources[0]; s.Unit.Code != "SAMR" || s.Accepted != 2 || s.Rejected != 1 || len(d.Sources) < len(h.policy.Units) {
		t.Errorf("%+v of %d", s, len(d.Sources))
	}
	if n := slices.Index(h.reads, "sources"); n < 0 || slices.Contains(h.reads[n+1:], "sources") {
		t.Errorf("reads %v: want the counts once", h.reads)
	}
}

// A page of many reads as often as a page of one.
func TestReadsAreBatched(t *testing.T) {
	h := newHub(t)
	s := h.server()
	for i := range 20 {
		h.register(fmt.Sprintf("91420100MA%08d", i), "武汉示例批量有限公司")
	}
	h.reads = nil
	a := ask(t, s, "officer", `{search(text:"武汉示例批量",first:15){edges{node{uscc blacklisted abnormal grade entries{id}records(first:2){edges{node{data}}}}}}}`, nil)
	if len(a.Errors) > 0 || strings.Count(a.raw, `"uscc"`) != 15 {
		t.Fatal(a.raw)
	}
	count := map[string]int{}
	for _, r := range h.reads {
		count[strings.Fields(r)[0]]++
	}
	for what, n := range count {
		if what != "contents" && n > 2 {
			t.Errorf("%d reads of %s: %v", n, what, h.reads)
		}
	}
}

// Whoever is signed in and asks about an enterprise, or is shown something of it, is
// in the audit log with its code; the public is not, nor are catalogues.
func TestReadsAreRecorded(t *testing.T) {
	h := newHub(t)
	s := h.server()
	f := func(token, query string, subjects ...string) {
		t.Helper()
		h.audit = nil
		ask(t, s, token, query, nil)
		var got []string
		for _, r := range h.audit {
			got = append(got, r.Subject)
			if r.Action != "graphql" || r.Outcome != "OK" || r.Digest == "" {
				t.Errorf("%+v", r)
			}
		}
		if !slices.Equal(got, subjects) {
			t.Errorf("%s %s: %q", token, query, got)
		}
	}
	entity := `{entity(uscc:"` + clearCode + `"){name}}`
	f("officer", entity, clearCode)
	f("", entity)
	f("officer", `{entity(uscc:"`+unknownCode+`"){name}}`, unknownCode)
	f("officer", `{listEntries(uscc:"`+unknownCode+`",state:PRE_NOTICE){totalCount}}`, unknownCode)
	f("officer", `{lists{code}measures{code}matters{code}purposes{code}sources{fresh}}`)
	f("supervisor", `{search(text:"武汉"){edges{node{name}}}}`, listedCode+","+clearCode)
	f("agency:MOF", `{listEntries{edges{node{id}}}}`, listedCode)
	f("officer", `{__schema{types{name}}}`)
}

func TestPastIsNotForEverybody(t *testing.T) {
	h := newHub(t)
	s := h.server()
	f := func(token, at, code string) {
		t.Helper()
		if a := ask(t, s, token, `{entity(uscc:"`+clearCode+`",asOf:"`+at+`"){name}}`, nil); a.code() != code {
			t.Errorf("%s: %s", token, a.raw)
		}
	}
	f("", "2026-11-01T00:00:00Z", "UNAUTHENTICATED")
	f("agency:MOF", "2026-11-01T00:00:00Z", "FORBIDDEN")
	f("officer", "2026-11-01T00:00:00+08:00", "")
	f("officer", "2027-11-01T00:00:00Z", "BAD_INPUT")
	f("officer", "yesterday", "BAD_INPUT")
}

// Errors have a code and say nothing of the inside.
func TestErrorsSayNothingInside(t *testing.T) {
	h := newHub(t)
	s := h.server(func(c *Config) { c.Limits.Deadline = 100 * time.Millisecond })
	f := func(query, code string) {
		t.Helper()
		a := ask(t, s, "officer", query, nil)
		if a.code() != code || strings.Contains(a.raw, "SELECT") || strings.Contains(a.raw, "/") {
			t.Errorf("%s: %s", query, a.raw)
		}
	}
	q := `{entity(uscc:"` + clearCode + `"){name}}`
	h.away = fmt.Errorf("SELECT secret FROM /etc/passwd")
	f(q, "INTERNAL")
	h.away = nil
	start := time.Now()
	slow := newHub(t) // its last resolver goes on for a while
	slow.sleep = 5 * time.Second
	fast := s
	s = slow.server(func(c *Config) { c.Limits.Deadline = 100 * time.Millisecond })
	f(q, "TIMEOUT")
	s = fast
	if time.Since(start) > 3*time.Second {
		t.Error("the deadline did not end it")
	}
	f("{nothing}", "BAD_INPUT")
	f("{", "BAD_INPUT")
	a := ask(t, s, "", `query($a:Int){search(text:"a",first:$a){totalCount}}`, map[string]any{"a": "11010519491231002X"})
	if a.code() != "BAD_INPUT" || strings.Contains(a.raw, "11010519491231002X") || string(a.Data) != "" {
		t.Errorf("%s", a.raw)
	}
	if a := ask(t, s, "", `{entity(uscc:"11010519491231002X"){name}}`, nil); strings.Contains(a.raw, "11010519491231002X") {
		t.Errorf("%s", a.raw)
	}
	if a := ask(t, s, "", `{search(text:"a",first:"11010519491231002X"){totalCount}}`, nil); strings.Contains(a.raw, "11010519491231002X") {
		t.Errorf("%s", a.raw)
	}
}
