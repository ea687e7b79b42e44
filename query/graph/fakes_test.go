package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"credithub/query/restrict"
	"credithub/query/store"
	"credithub/query/store/storetest"
	"credithub/schema/access"
	"credithub/schema/audit"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/fold"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
	"credithub/schema/stored"
)

// Codes of the tests: synthetic, with both check characters right.
const (
	clearCode   = "91420100MA4N0A2B5Y"
	listedCode  = "91420100MA0000007L"
	unknownCode = "91310000MA0000015F"
	factCode    = "91350100M0001TGQXM" // no entry, but records that bear on matters
)

var testNow = time.Date(2026, 11, 21, 9, 40, 0, 0, time.UTC)

// hub is everything behind the endpoint, in memory.
type hub struct {
	t        testing.TB
	policy   *policy.Policy
	table    *access.Table
	mu       sync.Mutex
	kept     *storetest.Memory
	stale    []policy.Source
	subject  map[string]restrict.SubjectState
	ready    bool
	behind   bool
	unstored bool  // the store is behind the index
	away     error // of every read of the store
	sleep    time.Duration
	audit    []audit.Record
	noAudit  error
	sameSeq  bool // all audit records get the number 1
	reads    []string
	checked  atomic.Int64 // codes looked up in the index
}

func newHub(t testing.TB) *hub {
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	a, err := access.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := &hub{t: t, policy: p, table: a, ready: true, subject: map[string]restrict.SubjectState{}}
	h.kept = &storetest.Memory{Now: func() time.Time { return testNow }, Reading: h.read}
	h.kept.Rows.Rejects = []stored.Reject{{Unit: "SAMR", Domain: record.Registration.String()}}
	h.register(clearCode, "武汉示例科技有限公司", "武汉示例网络有限公司")
	h.register(listedCode, "武汉示例贸易有限公司")
	h.list(listedCode, list.Code(9), "MOF", "E-1", "示例决字〔2026〕1号")
	h.list(listedCode, list.L01, "SAMR", "E-2", "示例\"决字\\〔2026〕2号")
	return h
}

func (h *hub) register(code, name string, former ...string) {
	h.subject[code] = restrict.Known
	data, _ := json.Marshal(map[string]any{"name": name, "status": "1", "establishedOn": "2020-05-06", "division": "420100", "formerNames": former, "shareholders": []string{"张示例"}})
	for i, n := range append(former, name) {
		h.kept.Rows.Names = append(h.kept.Rows.Names, stored.Name{Name: fold.Name(n), USCC: code, Current: i == len(former)})
	}
	h.keep(store.Record{
		USCC: code, Domain: "registration", Kind: "registration", Unit: "SAMR", RecordID: "R-" + code, Version: 1, Op: record.Upsert,
		OccurredOn: civil.MakeDate(2024, 1, 2), RecordedAt: testNow.Add(-time.Hour), Data: data,
	})
}

// keep keeps a version of a record.
func (h *hub) keep(r store.Record) {
	h.kept.Rows.Records = append(h.kept.Rows.Records, storetest.Accepted(r, 0))
}

// sayFacts registers factCode with records that bear on matters.
func (h *hub) sayFacts() {
	h.register(factCode, "福州示例商贸有限公司")
	h.say(factCode, "TAX", "tax", "grade", "G-1", `{"year":2025,"grade":"D","score":30}`)
	h.say(factCode, "TAX", "tax", "arrears", "Q-1", `{"taxType":"增值税","amount":"100.00","asOf":"2026-10-31"}`)
	h.say(factCode, "COURT", "judgment", "defaulter", "J-1", `{"court":"某院","caseNo":"1","publishedOn":"2026-03-04"}`)
}

func (h *hub) say(code, unit, domain, kind, id, data string) {
	h.keep(store.Record{USCC: code, Domain: domain, Kind: kind, Unit: unit, RecordID: id, Version: 2, Op: record.Upsert,
		OccurredOn: civil.MakeDate(2026, 4, 1), RecordedAt: testNow.Add(-time.Hour), Data: []byte(data)})
}

func (h *hub) list(code string, l list.Code, unit, id, doc string) {
	day := civil.MakeDate(2026, 3, 4)
	h.enter(list.Entry{
		ID: id, List: l, USCC: code, State: list.InForce, Cause: "1", DocumentNo: doc, DecidedBy: unit,
		DecidedOn: day - 2, ServedOn: day, Since: day, Until: civil.NoDate, ExitedOn: civil.NoDate,
	})
}

// enter keeps a state of an entry.
func (h *hub) enter(e list.Entry) {
	h.kept.Rows.Entries = append(h.kept.Rows.Entries, stored.Entry{Entry: e})
}

// entries are those of a code, in the order in which they came.
func (h *hub) entries(code string) (out []*list.Entry) {
	for i := range h.kept.Rows.Entries {
		if e := &h.kept.Rows.Entries[i].Entry; e.USCC == code {
			out = append(out, e)
		}
	}
	return out
}

func (h *hub) Ready() (bool, []string) { return h.ready, nil }
func (h *hub) Receipt() string {
	return receipt.Encode([]receipt.Position{{Domain: record.Decision, Offset: 7}})
}

func (h *hub) CheckInto(dst *restrict.Decision, code string, m *policy.Matter, at time.Time, most int) bool {
	h.checked.Add(1)
	var entries []list.Entry
	for _, e := range h.entries(code) {
		entries = append(entries, *e)
	}
	d := restrict.Decide(entries, m, h.policy, h.subject[code], h.stale, at, h.facts(code)...)
	d.Receipt = h.Receipt()
	hits, stale := append(dst.Hits[:0], d.Hits...), append(dst.Stale[:0], d.Stale...)
	*dst = d
	dst.Hits, dst.Stale = hits, stale
	if len(hits) > most {
		*dst = restrict.Decision{Hits: hits[:0], Stale: stale[:0]}
		return false
	}
	return true
}

func (h *hub) CheckPersonInto(dst *restrict.Decision, code, person string, m *policy.Matter, at time.Time, most int) bool {
	if !h.CheckInto(dst, code, m, at, most) {
		return false
	}
	var bound []list.Entry
	for _, e := range h.kept.Rows.Entries {
		bound = append(bound, e.Entry)
	}
	if dst.About(bound, code, person, m, h.policy); len(dst.Hits) > most {
		*dst = restrict.Decision{}
		return false
	}
	return true
}

func (h *hub) Still(f func()) ([]receipt.Position, uint64) {
	f()
	var through []receipt.Position
	for _, d := range record.Domains() {
		through = append(through, receipt.Position{Domain: d, Offset: 7})
	}
	return through, 32
}

// facts are what the records of a code say.
func (h *hub) facts(code string) []restrict.Evidence {
	if code != factCode {
		return nil
	}
	var said []restrict.FactRecord
	for _, r := range h.kept.Rows.Records {
		if r.USCC == code {
			x := restrict.FactRecord{Unit: r.Unit, RecordID: r.RecordID, Version: r.Version}
			h.policy.Read(&x.Reading, record.ParseDomain(r.Domain), r.Kind, policy.StoredValues(r.Data, r.OccurredOn))
			said = append(said, x)
		}
	}
	return restrict.Standing(said)
}

func (h *hub) WaitFor(context.Context, []receipt.Position) error {
	if h.behind {
		return fault.New(fault.NotCaughtUp, "the node has not yet applied the push that the receipt names")
	}
	return nil
}

func (h *hub) Sources(at time.Time) (out []restrict.SourceState) {
	for _, u := range h.policy.Units {
		for _, d := range record.Domains() {
			if src := (policy.Source{Unit: u.Code, Domain: d}); h.policy.MayPush(u.Code, d) {
				s := restrict.SourceState{Source: src, Fresh: !slices.Contains(h.stale, src)}
				if s.Fresh {
					s.LastReceivedAt = testNow.Add(-time.Minute)
				}
				out = append(out, s)
			}
		}
	}
	return out
}

// read notes a read of the store.
func (h *hub) read(ctx context.Context, what string) error {
	h.mu.Lock()
	h.reads = append(h.reads, what)
	h.mu.Unlock()
	if h.sleep > 0 {
		select {
		case <-ctx.Done():
			return fault.Wrap(fault.Timeout, ctx.Err(), "the answer took too long")
		case <-time.After(h.sleep):
		}
	}
	return h.away
}

// stores is the store behind the endpoint: what is kept, as far as the index heard
// of its sources and it is stored.
type stores struct {
	*storetest.Memory
	h *hub
}

func (s stores) HeardBy(ctx context.Context, q *store.HeardBy) (map[policy.Source]time.Time, error) {
	out := map[policy.Source]time.Time{}
	for _, x := range s.h.Sources(testNow) {
		if x.Fresh {
			out[x.Source] = q.At.Add(-time.Minute)
		}
	}
	return out, s.h.read(ctx, "heard by")
}

func (s stores) WaitStored(ctx context.Context, _ []receipt.Position) error {
	if s.h.unstored {
		return fault.New(fault.NotCaughtUp, "not yet stored")
	}
	return s.h.read(ctx, "stored")
}

func (h *hub) Append(_ context.Context, r audit.Record) (audit.Record, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.noAudit != nil {
		return r, h.noAudit
	}
	r.Writer, r.Seq = "n1", uint64(len(h.audit)+1)
	h.audit = append(h.audit, r)
	if h.sameSeq {
		r.Seq = 1
	}
	return r, nil
}

// Verify knows tokens of the form role or role:unit.
func (h *hub) Verify(_ context.Context, token string) (access.Principal, error) {
	role, unit, _ := strings.Cut(token, ":")
	r, ok := access.ParseRole(role)
	if !ok {
		return access.Principal{}, errors.New("unknown token " + token)
	}
	return access.Principal{Subject: "u-" + role, Unit: unit, Role: r}, nil
}

func (h *hub) config() Config {
	return Config{
		Index: h, Store: stores{h.kept, h}, Policy: h.policy, Access: h.table, Verifier: h, Auditor: h,
		Now: func() time.Time { return testNow },
	}
}

func (h *hub) server(change ...func(*Config)) *Server { return h.wired(true, change...) }

// wired is an endpoint with plans or without.
func (h *hub) wired(plans bool, change ...func(*Config)) *Server {
	c := h.config()
	for _, f := range change {
		f(&c)
	}
	s, err := wire(c, plans)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// answer is a GraphQL answer.
type answer struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Path       []any
		Extensions struct{ Code string }
	}
	status int
	raw    string
}

// ask posts a query as a role; "" is the public.
func ask(t testing.TB, s http.Handler, token, query string, vars map[string]any) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		t.Fatal(err)
	}
	return post(t, s, token, body)
}

func post(t testing.TB, s http.Handler, token string, body []byte) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	a := answer{status: w.Code, raw: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("answer is no JSON: %v: %s", err, w.Body)
	}
	return a
}

// code is the code of the first error, "" without one.
func (a answer) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Extensions.Code
}

// discard is an Auditor that keeps nothing.
type discard struct{}

func (discard) Append(_ context.Context, r audit.Record) (audit.Record, error) {
	r.Writer, r.Seq = "n1", 1
	return r, nil
}
