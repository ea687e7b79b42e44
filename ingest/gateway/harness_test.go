package gateway

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"credithub/deploy/platform/kafka"
	"credithub/ingest/stamp"
	"credithub/schema/access"
	"credithub/schema/audit"
	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/policy"
	"credithub/schema/record"
	"credithub/schema/uscc"
)

// now is the time of every test: 2026-03-02 in China.
var now = time.Date(2026, 3, 2, 4, 5, 6, 789e6, time.UTC)

// tokens are "role:UNIT".
type tokens struct{}

func (tokens) Verify(_ context.Context, token string) (access.Principal, error) {
	role, unit, ok := strings.Cut(token, ":")
	r, known := access.ParseRole(role)
	if !ok || !known {
		return access.Principal{}, fmt.Errorf("no token: %s", token)
	}
	return access.Principal{Subject: "s-" + role, Unit: unit, Role: r}, nil
}

// journal is an audit log in memory.
type journal struct {
	mu   sync.Mutex
	all  []audit.Record
	fail bool
}

func (j *journal) Append(_ context.Context, r audit.Record) (audit.Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.fail {
		return r, fmt.Errorf("disk is full")
	}
	j.all = append(j.all, r)
	return r, nil
}

func (j *journal) last() audit.Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.all) == 0 {
		return audit.Record{}
	}
	return j.all[len(j.all)-1]
}

// shelf is a history in memory.
type shelf struct {
	heads    map[string]feed.Batch
	refused  map[string][]Finding
	settled  map[string]Settled
	rejected []Refused
	fail     bool
}

func (s *shelf) err() error {
	if s.fail {
		return fmt.Errorf("no connection to secret-host:9000")
	}
	return nil
}

func (s *shelf) Head(_ context.Context, id string) (feed.Batch, bool, error) {
	h, ok := s.heads[id]
	return h, ok, s.err()
}

func (s *shelf) Refused(_ context.Context, _, id string, limit int) ([]Finding, bool, error) {
	all := s.refused[id]
	return all[:min(limit, len(all))], len(all) > limit, s.err()
}

func (s *shelf) Settled(_ context.Context, h feed.Batch, _ int) (Settled, error) {
	return s.settled[h.ID], s.err()
}

func (s *shelf) Rejections(_ context.Context, q *RejectsQuery) (all []Refused, err error) {
	for _, r := range s.rejected {
		if q.Nobody != (r.Unit == "") || q.Unit != "" && r.Unit != q.Unit || q.After != nil && r.At.Line <= q.After.Line {
			continue
		}
		if len(all) < q.Limit {
			r.Findings = slices.Clone(r.Findings)
			all = append(all, r)
		}
	}
	return all, s.err()
}

// hub is a gateway on a broker in this process.
type hub struct {
	t testing.TB
	*Gateway
	server  *httptest.Server
	cluster *kfake.Cluster
	client  *kafka.Client
	journal *journal
	shelf   *shelf
	stamper *stamp.Stamper
}

func topics() []kafka.Topic {
	var all []kafka.Topic
	for _, d := range record.Domains() {
		n := 4
		if d == record.Decision {
			n = 1
		}
		all = append(all, kafka.Topic{Name: d.Topic(), Partitions: n})
	}
	for _, name := range []string{feed.RejectsTopic, feed.BatchesTopic} {
		all = append(all, kafka.Topic{Name: name, Partitions: 1})
	}
	return all
}

func newHub(t testing.TB, mend ...func(*Config)) *hub {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kafka.New(kafka.Config{Brokers: cluster.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if err := client.EnsureTopics(context.Background(), topics()); err != nil {
		t.Fatal(err)
	}
	h := &hub{t: t, cluster: cluster, client: client, journal: &journal{}, shelf: &shelf{
		heads: map[string]feed.Batch{}, refused: map[string][]Finding{}, settled: map[string]Settled{},
	}}
	if h.stamper, err = stamp.New(bytes.Repeat([]byte{1}, 32)); err != nil {
		t.Fatal(err)
	}
	law, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		Producer: kafka.NewProducer(client, kafka.ProducerConfig{}), Verifier: tokens{}, Auditor: h.journal,
		Rights: law, Stamper: h.stamper, History: h.shelf, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return now },
	}
	for _, f := range mend {
		f(&c)
	}
	c.Limits.Spill = t.TempDir()
	if h.Gateway, err = New(c); err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewServer(h.Gateway)
	t.Cleanup(h.server.Close)
	return h
}

// reply is an answer of the hub.
type reply struct {
	status int
	header http.Header
	body   []byte
	Response
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

type opt func(*http.Request)

func with(name, value string) opt { return func(r *http.Request) { r.Header.Set(name, value) } }

func as(token string) opt { return with("Authorization", "Bearer "+token) }

func (h *hub) do(method, path string, body io.Reader, opts ...opt) reply {
	h.t.Helper()
	r, err := http.NewRequest(method, h.server.URL+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, o := range opts {
		o(r)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	out := reply{status: res.StatusCode, header: res.Header}
	if out.body, err = io.ReadAll(res.Body); err != nil {
		h.t.Fatal(err)
	}
	if err := json.Unmarshal(out.body, &out); err != nil && len(out.body) > 0 {
		h.t.Fatalf("%d %s: %v", res.StatusCode, out.body, err)
	}
	return out
}

// push sends NDJSON of a unit, unless options say otherwise.
func (h *hub) push(unit, body string, opts ...opt) reply {
	h.t.Helper()
	return h.pushTo("/v1/records", unit, body, opts...)
}

func (h *hub) pushTo(path, unit, body string, opts ...opt) reply {
	h.t.Helper()
	all := append([]opt{as("agency:" + unit), with("Content-Type", "application/x-ndjson")}, opts...)
	return h.do("POST", path, strings.NewReader(body), all...)
}

// log reads a topic from its start.
func (h *hub) log(topic string) (all []kafka.Message) {
	h.t.Helper()
	n, err := h.client.Partitions(context.Background(), topic)
	if err != nil {
		h.t.Fatal(err)
	}
	ends, err := h.client.EndOffsets(context.Background(), topic)
	if err != nil {
		h.t.Fatal(err)
	}
	for p := range n {
		if ends[p] == 0 {
			continue
		}
		f := kafka.NewFetcher(h.client, topic, p, kafka.First, 1<<20)
		for f.Offset() < ends[p] {
			b, err := f.Fetch(context.Background())
			if err != nil {
				h.t.Fatal(err)
			}
			for _, m := range b.Messages {
				m.Key, m.Value = bytes.Clone(m.Key), bytes.Clone(m.Value)
				for i := range m.Headers {
					m.Headers[i].Value = bytes.Clone(m.Headers[i].Value)
				}
				m.Partition = p
				all = append(all, m)
			}
			if b.Next >= ends[p] {
				break
			}
		}
	}
	return all
}

// total counts the messages of all topics.
func (h *hub) total() int {
	n := 0
	for _, t := range topics() {
		n += len(h.log(t.Name))
	}
	return n
}

var chance = rand.New(rand.NewPCG(1, 2))

// code makes a valid code.
func code() string { return uscc.Random(chance, "420100", "91") }

func registration(id, code, name string) string {
	return fmt.Sprintf(`{"domain":"registration","kind":"registration","recordId":%q,"version":1,"op":"upsert","uscc":%q,`+
		`"occurredOn":"2024-01-02","data":{"name":%q,"status":"1","establishedOn":"2020-01-02"}}`, id, code, name)
}

func decision(id, code, list string) string {
	return fmt.Sprintf(`{"domain":"decision","kind":"entry","recordId":%q,"version":1,"op":"upsert","uscc":%q,"occurredOn":"2026-03-01",`+
		`"data":{"entryId":%q,"list":%q,"event":"IN_FORCE","cause":"1","documentNo":"决字1号","decidedOn":"2026-02-02","servedOn":"2026-02-04","effectiveFrom":"2026-02-04"}}`,
		id, code, id, list)
}

func packed(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(s))
	_ = z.Close()
	return b.String()
}

// findings writes findings as line:code:field.
func findings(all []Finding) string {
	var out []string
	for _, f := range all {
		out = append(out, fmt.Sprintf("%d:%s:%s", f.Line, f.Code, f.Field))
	}
	return strings.Join(out, " ")
}

func isProblem(t testing.TB, r reply, status int, code fault.Kind) {
	t.Helper()
	if r.status != status || r.Code != string(code) || r.header.Get("Content-Type") != "application/problem+json" || r.Detail == "" {
		t.Errorf("answered %d %s %s, want %d %s", r.status, r.header.Get("Content-Type"), r.body, status, code)
	}
}

// refused is a rejected row of a unit.
func refused(unit string, f Finding) Refused {
	return Refused{Rejection: Rejection{Unit: unit}, Findings: []Finding{f}, At: Cursor{Line: f.Line}}
}

// raw is the body of an answer that is no JSON.
func (h *hub) raw(method, path string, opts ...opt) string {
	h.t.Helper()
	r, err := http.NewRequest(method, h.server.URL+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, o := range opts {
		o(r)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}
