package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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
	"credithub/schema/access"
	"credithub/schema/audit"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/fold"
	"credithub/schema/list"
	"credithub/schema/policy"
	"credithub/schema/receipt"
	"credithub/schema/record"
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
	entries  map[string][]list.Entry
	records  []store.Record
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
	h := &hub{t: t, policy: p, table: a, entries: map[string][]list.Entry{}, ready: true, subject: map[string]restrict.SubjectState{}}
	h.register(clearCode, "武汉示例科技有限公司", "武汉示例网络有限公司")
	h.register(listedCode, "武汉示例贸易有限公司")
	h.list(listedCode, list.Code(9), "MOF", "E-1", "示例决字〔2026〕1号")
	h.list(listedCode, list.L01, "SAMR", "E-2", "示例\"决字\\〔2026〕2号")
	return h
}

func (h *hub) register(code, name string, former ...string) {
	h.subject[code] = restrict.Known
	data, _ := json.Marshal(map[string]any{"name": name, "status": "1", "establishedOn": "2020-05-06", "division": "420100", "formerNames": former, "shareholders": []string{"张示例"}})
	h.records = append(h.records, store.Record{
		USCC: code, Domain: "registration", Kind: "registration", Unit: "SAMR", RecordID: "R-" + code, Version: 1, Op: record.Upsert,
		OccurredOn: civil.MakeDate(2024, 1, 2), RecordedAt: testNow.Add(-time.Hour), Data: data,
	})
}

// sayFacts registers factCode with records that bear on matters.
func (h *hub) sayFacts() {
	h.register(factCode, "福州示例商贸有限公司")
	h.say(factCode, "TAX", "tax", "grade", "G-1", `{"year":2025,"grade":"D","score":30}`)
	h.say(factCode, "TAX", "tax", "arrears", "Q-1", `{"taxType":"增值税","amount":"100.00","asOf":"2026-10-31"}`)
	h.say(factCode, "COURT", "judgment", "defaulter", "J-1", `{"court":"某院","caseNo":"1","publishedOn":"2026-03-04"}`)
}

func (h *hub) say(code, unit, domain, kind, id, data string) {
	h.records = append(h.records, store.Record{USCC: code, Domain: domain, Kind: kind, Unit: unit, RecordID: id, Version: 2, Op: record.Upsert,
		OccurredOn: civil.MakeDate(2026, 4, 1), RecordedAt: testNow.Add(-time.Hour), Data: []byte(data)})
}

func (h *hub) list(code string, l list.Code, unit, id, doc string) {
	day := civil.MakeDate(2026, 3, 4)
	h.entries[code] = append(h.entries[code], list.Entry{
		ID: id, List: l, USCC: code, State: list.InForce, Cause: "1", DocumentNo: doc, DecidedBy: unit,
		DecidedOn: day - 2, ServedOn: day, Since: day, Until: civil.NoDate, ExitedOn: civil.NoDate,
	})
}

func (h *hub) Ready() (bool, []string) { return h.ready, nil }
func (h *hub) Receipt() string {
	return receipt.Encode([]receipt.Position{{Domain: record.Decision, Offset: 7}})
}

func (h *hub) CheckInto(dst *restrict.Decision, code string, m *policy.Matter, at time.Time, most int) bool {
	h.checked.Add(1)
	d := restrict.Decide(h.entries[code], m, h.policy, h.subject[code], h.stale, at, h.facts(code)...)
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
	for _, es := range h.entries {
		bound = append(bound, es...)
	}
	if dst.About(bound, code, person, m, h.policy); len(dst.Hits) > most {
		*dst = restrict.Decision{}
		return false
	}
	return true
}

func (h *hub) Named(ctx context.Context, q *store.Named) (codes []string, err error) {
	for code, es := range h.entries {
		if slices.ContainsFunc(es, func(e list.Entry) bool { return e.Binds(q.Person) != list.NoPerson }) {
			codes = append(codes, code)
		}
	}
	return codes, h.read(ctx, "named")
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
	for _, r := range h.records {
		if r.USCC == code {
			x := restrict.FactRecord{Unit: r.Unit, RecordID: r.RecordID, Version: r.Version}
			h.policy.Read(&x.Reading, record.ParseDomain(r.Domain), r.Kind, policy.StoredValues(r.Data, r.OccurredOn))
			said = append(said, x)
		}
	}
	return restrict.Standing(said)
}

func (h *hub) Facts(ctx context.Context, q *store.Facts) ([]store.Record, error) {
	return h.current([]string{q.Code}, slices.Collect(maps.Keys(q.Sieves)), q.AsOf)[q.Code], h.read(ctx, "facts")
}

func (h *hub) RecordVersions(ctx context.Context, q *store.RecordVersions) (map[store.RecordKey]store.Record, error) {
	out := map[store.RecordKey]store.Record{}
	for _, r := range h.records {
		if slices.Contains(q.Keys, r.Key()) {
			out[r.Key()] = r
		}
	}
	return out, h.read(ctx, "versions")
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

func (h *hub) current(codes, domains []string, asOf time.Time) map[string][]store.Record {
	out := map[string][]store.Record{}
	for _, r := range h.records {
		if slices.Contains(codes, r.USCC) && (len(domains) == 0 || slices.Contains(domains, r.Domain)) && (asOf.IsZero() || !r.RecordedAt.After(asOf)) {
			out[r.USCC] = append(out[r.USCC], r)
		}
	}
	return out
}

// over takes out of what is read what is more than may be.
func over[T any](all map[string][]T, most store.Most) (map[string][]T, store.Over) {
	out := store.Over{}
	for code, rows := range all {
		if len(rows) > most.Each {
			delete(all, code)
			out[code] = fault.New(fault.TooComplex, "the enterprise has more than %d of them", most.Each)
		}
	}
	return all, out
}

func (h *hub) Registrations(ctx context.Context, q *store.Registrations) (map[string][]store.Record, store.Over, error) {
	return h.current(q.Codes, []string{"registration"}, q.AsOf), nil, h.read(ctx, fmt.Sprintf("registrations %d", len(q.Codes)))
}

func (h *hub) Identities(ctx context.Context, q *store.Identities) (map[string][]store.Record, store.Over, error) {
	out, more := over(h.current(q.Codes, q.Domains, q.AsOf), q.Most)
	for _, rs := range out {
		for i := range rs {
			if slices.Contains(q.Plain, rs[i].Domain+"/"+rs[i].Kind) {
				rs[i].Data = nil
			}
		}
	}
	return out, more, h.read(ctx, fmt.Sprintf("identities %d", len(q.Codes)))
}

func (h *hub) EachIdentity(ctx context.Context, q *store.Identities, each func(*store.Record)) (store.Over, error) {
	out, more := over(h.current(q.Codes, q.Domains, q.AsOf), q.Most)
	for _, rs := range out {
		for i := range rs {
			if q.Kinds == nil || slices.Contains(q.Kinds, rs[i].Domain+"/"+rs[i].Kind) {
				each(&rs[i])
			}
		}
	}
	return more, h.read(ctx, fmt.Sprintf("evidence %d", len(q.Codes)))
}

func shows(v *store.Sight, r *store.Record) bool {
	kind := r.Domain + "/" + r.Kind
	return slices.Contains(v.Kinds, kind) || v.Unit != "" && v.Unit == r.Unit && slices.Contains(v.OwnKinds, kind)
}

func (h *hub) RecordPage(ctx context.Context, q *store.RecordPage) ([]store.Record, error) {
	var out []store.Record
	before := func(a, b *store.RecordCursor) bool {
		if !a.RecordedAt.Equal(b.RecordedAt) {
			return a.RecordedAt.After(b.RecordedAt)
		}
		return a.Domain+a.Unit+a.RecordID < b.Domain+b.Unit+b.RecordID
	}
	for _, r := range h.current([]string{q.Code}, nil, q.AsOf)[q.Code] {
		if (q.Domain == "" || q.Domain == r.Domain) && shows(&q.Sight, &r) && (q.After == nil || before(q.After, store.CursorOf(&r))) {
			r.Data = nil
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b store.Record) int {
		if before(store.CursorOf(&a), store.CursorOf(&b)) {
			return -1
		}
		return 1
	})
	return out[:min(len(out), q.Limit)], h.read(ctx, "record page")
}

func (h *hub) CountRecords(ctx context.Context, q *store.CountRecords) (int, error) {
	all, err := h.RecordPage(ctx, &store.RecordPage{Code: q.Code, Domain: q.Domain, AsOf: q.AsOf, Sight: q.Sight, Limit: 1 << 30})
	return len(all), err
}

func (h *hub) Contents(ctx context.Context, q *store.Contents) (map[store.RecordKey][]byte, error) {
	out := map[store.RecordKey][]byte{}
	for _, r := range h.records {
		if slices.Contains(q.Keys, r.Key()) {
			out[r.Key()] = r.Data
		}
	}
	return out, h.read(ctx, "contents")
}

func (h *hub) Entries(ctx context.Context, q *store.Entries) (map[string][]list.Entry, store.Over, error) {
	out := map[string][]list.Entry{}
	for _, c := range q.Codes {
		out[c] = h.entries[c]
	}
	out, more := over(out, q.Most)
	return out, more, h.read(ctx, fmt.Sprintf("entries %d", len(q.Codes)))
}

func (h *hub) ListEntries(ctx context.Context, q *store.ListEntries) ([]list.Entry, error) {
	all := h.filtered(&q.EntryFilter)
	var out []list.Entry
	for _, e := range all {
		if e.USCC+"\x00"+e.ID > q.AfterUSCC+"\x00"+q.AfterID && len(out) < q.Limit {
			out = append(out, e)
		}
	}
	return out, h.read(ctx, "list entries")
}

func (h *hub) filtered(f *store.EntryFilter) (out []list.Entry) {
	for _, es := range h.entries {
		for _, e := range es {
			s, _ := e.At(f.Day)
			shown := (f.Lists == nil || slices.Contains(f.Lists, e.List.String())) && (f.States == nil || slices.Contains(f.States, s.String()))
			if (shown || f.Unit != "" && f.Unit == e.DecidedBy) && (f.List == "" || f.List == e.List.String()) &&
				(f.USCC == "" || f.USCC == e.USCC) && (f.State == "" || f.State == s.String()) {
				out = append(out, e)
			}
		}
	}
	slices.SortFunc(out, func(a, b list.Entry) int { return strings.Compare(a.USCC+a.ID, b.USCC+b.ID) })
	return out
}

func (h *hub) CountEntries(ctx context.Context, q *store.CountEntries) (int, error) {
	return len(h.filtered(&q.EntryFilter)), h.read(ctx, "count entries")
}

func (h *hub) LooksPersonal(ctx context.Context, q *store.LooksPersonal) (map[string]int, error) {
	out := map[string]int{}
	for _, e := range h.filtered(&q.EntryFilter) {
		out[e.USCC]++
	}
	return out, h.read(ctx, "looks personal")
}

func (h *hub) Names(ctx context.Context, q *store.Names) ([]store.Candidate, error) {
	best := map[string]string{}
	for _, r := range h.records {
		var d struct {
			Name        string
			FormerNames []string
		}
		if r.Domain != "registration" || json.Unmarshal(r.Data, &d) != nil {
			continue
		}
		for _, n := range append(d.FormerNames, d.Name) {
			n = fold.Name(n)
			if ok := strings.HasPrefix(n, q.Text) || q.Match == store.Contains && strings.Contains(n, q.Text); ok && (best[r.USCC] == "" || n < best[r.USCC]) {
				best[r.USCC] = n
			}
		}
	}
	var out []store.Candidate
	for c, n := range best {
		if n+"\x00"+c > q.AfterName+"\x00"+q.AfterUSCC {
			out = append(out, store.Candidate{Name: n, USCC: c})
		}
	}
	slices.SortFunc(out, func(a, b store.Candidate) int { return strings.Compare(a.Name+a.USCC, b.Name+b.USCC) })
	return out[:min(len(out), q.Limit)], h.read(ctx, "names")
}

func (h *hub) CountNames(ctx context.Context, q *store.CountNames) (int, error) {
	got, err := h.Names(ctx, &store.Names{Text: q.Text, Match: q.Match, Limit: 1 << 30})
	return len(got), err
}

func (h *hub) HeardBy(ctx context.Context, q *store.HeardBy) (map[policy.Source]time.Time, error) {
	out := map[policy.Source]time.Time{}
	for _, s := range h.Sources(testNow) {
		if s.Fresh {
			out[s.Source] = q.At.Add(-time.Minute)
		}
	}
	return out, h.read(ctx, "heard by")
}

func (h *hub) WaitStored(ctx context.Context, _ []receipt.Position) error {
	if h.unstored {
		return fault.New(fault.NotCaughtUp, "not yet stored")
	}
	return h.read(ctx, "stored")
}

// stores is the hub as a Store: Sources means something else there.
type stores struct{ *hub }

func (s stores) Sources(ctx context.Context) (map[policy.Source]store.Counts, error) {
	return map[policy.Source]store.Counts{{Unit: "SAMR", Domain: record.Registration}: {Accepted: 2, Rejected: 1}}, s.read(ctx, "sources")
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
		Index: h, Store: stores{h}, Policy: h.policy, Access: h.table, Verifier: h, Auditor: h,
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
