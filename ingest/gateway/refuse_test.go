package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"credithub/deploy/platform/kafka"
	"credithub/deploy/testing/golden"
	"credithub/schema/fault"
)

// never stands for a Kafka that takes nothing.
type never struct{}

func (never) Produce(context.Context, string, []kafka.Message) ([]kafka.Placed, error) {
	return nil, fmt.Errorf("dial tcp 10.1.2.3:9092: %w", kafka.ErrUnavailable)
}

// denied says no to every unit.
type denied struct{}

func (denied) Allow(string) (time.Duration, bool) { return 1500 * time.Millisecond, false }

const problems = "testdata/problems.golden"

// Every refusal of the contract is a problem document, has no effect, and is in
// the audit log. The documents are golden.
func TestRefusalsAreProblemDocumentsWithoutEffect(t *testing.T) {
	var written bytes.Buffer
	h := newHub(t)
	row := registration("R-1", code(), "甲公司")
	f := func(name string, status int, kind fault.Kind, path, body string, opts ...opt) {
		t.Helper()
		r := h.pushTo(path, "SAMR", body, opts...)
		isProblem(t, r, status, kind)
		fmt.Fprintf(&written, "%s: %s\n", name, r.body)
		if l := h.journal.last(); l.Action != "push" || l.Outcome != string(kind) {
			t.Errorf("%s: audit %+v", name, l)
		}
	}
	const at = "/v1/records"
	jsonType, csv := with("Content-Type", "application/json"), with("Content-Type", "text/csv; charset=utf8")
	xlsx := with("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	gz := with("Content-Encoding", "gzip")
	f("no token", 401, fault.Unauthenticated, at, row, func(r *http.Request) { r.Header.Del("Authorization") })
	f("another scheme", 401, fault.Unauthenticated, at, row, with("Authorization", "Basic YTpi"))
	f("a bad token", 401, fault.Unauthenticated, at, row, as("nonsense"))
	f("not an agency", 403, fault.Forbidden, at, row, as("officer:SAMR"))
	f("a unit that nobody knows", 403, fault.Forbidden, at, row, as("agency:NOBODY"))
	f("a table of a domain of others", 403, fault.Forbidden, at+"?domain=tax&kind=grade", "", csv)
	f("no content type", 415, fault.MediaType, at, row, func(r *http.Request) { r.Header.Del("Content-Type") })
	f("another content type", 415, fault.MediaType, at, row, with("Content-Type", "text/plain"))
	f("JSON in GBK", 415, fault.MediaType, at, row, with("Content-Type", "application/json; charset=gbk"))
	f("another content encoding", 415, fault.MediaType, at, row, with("Content-Encoding", "br"))
	f("truncated gzip", 400, fault.BadInput, at, packed(strings.Repeat(row+"\n", 50))[:60], gz)
	f("damaged gzip", 400, fault.BadInput, at, packed(row)[:60]+"xxxxxxxxxx", gz)
	f("no gzip", 400, fault.BadInput, at, row, gz)
	f("JSON that breaks off", 400, fault.BadInput, at, "["+row+",", jsonType)
	f("JSON that is no record", 400, fault.BadInput, at, "17", jsonType)
	f("an unknown domain", 400, fault.BadInput, at+"?domain=weather", "")
	f("a table without a domain", 400, fault.BadInput, at, "a,b\n", csv)
	f("a table without a kind", 400, fault.BadInput, at+"?domain=tax", "a,b\n", csv, as("agency:TAX"))
	f("a table with an unknown kind", 400, fault.BadInput, at+"?domain=registration&kind=x", "a,b\n", csv)
	f("a table without a column", 400, fault.BadInput, at+"?domain=registration", "统一社会信用代码,企业名称\n1,2\n", csv)
	f("a table with a merged header", 400, fault.BadInput, at+"?domain=registration", "统一社会信用代码 企业名称,登记状态,成立日期\n1,2,3\n", csv)
	f("XLSX that is no XLSX", 415, fault.MediaType, at+"?domain=registration", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", xlsx)
	f("XLSX that is HTML", 415, fault.MediaType, at+"?domain=registration", "<html><table>", xlsx)
	f("XLSX cut off", 400, fault.BadInput, at+"?domain=registration", "PK\x03\x04abc", xlsx)
	large := strings.Repeat(" ", 32<<20+1)
	f("a body above 32 MiB", 413, fault.TooLarge, at, large)
	f("a body above 32 MiB without a length", 413, fault.TooLarge, at, large, func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(large)), -1
	})
	f("a body above 32 MiB unpacked", 413, fault.TooLarge, at, packed(large), gz)
	if n := h.total(); n != 0 {
		t.Errorf("%d messages were produced", n)
	}
	if used := h.memory.budget.used; used != 0 {
		t.Errorf("%d bytes are still held", used)
	}
	golden.Compare(t, problems, written.Bytes())
}

func TestABodyOfExactly32MiBIsRead(t *testing.T) {
	h := newHub(t)
	row := registration("R-1", code(), "甲公司")
	body := row + "\n" + strings.Repeat(" ", 32<<20-len(row)-1)
	for _, o := range []opt{with("X", "y"), func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), -1
	}} {
		if r := h.push("SAMR", body, o); r.status != 202 || r.Accepted != 1 {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	if r := h.push("SAMR", packed(body), with("Content-Encoding", "gzip")); r.Accepted != 1 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestAFullHubSaysWhenToComeAgain(t *testing.T) {
	h := newHub(t)
	h.memory.budget.used = h.Limits.InFlight - 100
	r := h.push("SAMR", registration("R-1", code(), "甲公司"))
	isProblem(t, r, 429, fault.TooMany)
	if r.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
	}
	h.memory.budget.used = 0
	if r := h.push("SAMR", registration("R-1", code(), "甲公司")); r.status != 202 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// stalled is a body of which a part comes, and no more until ctx ends.
type stalled struct {
	part []byte
	ctx  context.Context
}

func (s *stalled) Read(p []byte) (int, error) {
	if len(s.part) == 0 {
		<-s.ctx.Done()
		return 0, s.ctx.Err()
	}
	n := copy(p, s.part)
	s.part = s.part[n:]
	return n, nil
}

// A declared length takes no memory, and what a unit really sends slowly leaves
// room for the others.
func TestSlowPushesOfAUnitLeaveRoomForOthers(t *testing.T) {
	held := func(b *budget) int64 {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.used
	}
	for _, c := range []struct {
		name        string
		part, calls int
		lease       int64 // of each
		more        int   // status of one more push of the same unit
	}{
		{"little is sent", 100, 200, 128 << 10, 202},
		{"much is sent", 13 << 20, 3, 32<<20 + 1, 429},
	} {
		h := newHub(t)
		ctx, cancel := context.WithCancel(t.Context())
		var calls sync.WaitGroup
		for range c.calls {
			r, err := http.NewRequestWithContext(ctx, "POST", h.server.URL+"/v1/records", &stalled{make([]byte, c.part), ctx})
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = 32 << 20
			as("agency:SAMR")(r)
			with("Content-Type", "application/x-ndjson")(r)
			calls.Go(func() {
				if res, err := http.DefaultClient.Do(r); err == nil {
					t.Errorf("%s: answered %d", c.name, res.StatusCode)
					_ = res.Body.Close()
				}
			})
		}
		until(t, func() bool { return held(h.memory.budget) == int64(c.calls)*c.lease })
		big := registration("R-1", code(), "甲公司") + "\n" + strings.Repeat(" ", 25<<20)
		if r := h.push("SAMR", big); r.status != c.more {
			t.Errorf("%s: one more of the unit: %d, want %d", c.name, r.status, c.more)
		}
		if r := h.pushTo("/v1/records?domain=tax", "TAX", " \n"); r.status != 202 {
			t.Errorf("%s: another unit: %d %s", c.name, r.status, r.body)
		}
		cancel()
		calls.Wait()
		until(t, func() bool { return held(h.memory.budget) == 0 })
		if len(h.memory.budget.units) != 0 {
			t.Errorf("%s: still known: %v", c.name, h.memory.budget.units)
		}
	}
}

// until waits for a state that comes soon.
func until(t *testing.T, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never came")
		}
	}
}

func TestAUnitThatPushesTooOftenIsHeld(t *testing.T) {
	h := newHub(t, func(c *Config) { c.Rate = denied{} })
	r := h.push("SAMR", "")
	isProblem(t, r, 429, fault.TooMany)
	if r.header.Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
	}
}

// Who has no valid token may not fill the audit log: beyond the limit of an address
// the refusals are counted only. Units are never held for what strangers do.
func TestStrangersAreHeldAndNotRecordedBeyondTheirRate(t *testing.T) {
	h := newHub(t)
	isProblem(t, h.push("SAMR", "", as("nonsense")), 401, fault.Unauthenticated)
	if n := len(h.journal.all); n != 1 {
		t.Errorf("%d records of one refusal, want 1", n)
	}
	h = newHub(t, func(c *Config) { c.Strangers = denied{} })
	r := h.push("SAMR", "", as("nonsense"))
	isProblem(t, r, 429, fault.TooMany)
	if r.header.Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q, want 2", r.header.Get("Retry-After"))
	}
	if n := len(h.journal.all); n != 0 {
		t.Errorf("%d records beyond the rate, want none", n)
	}
	if r := h.push("SAMR", registration("R-1", code(), "甲公司")); r.status != 202 {
		t.Errorf("a unit with a token: %d %s", r.status, r.body)
	}
	isProblem(t, h.push("SAMR", "", as("officer:SAMR")), 403, fault.Forbidden)
}

func TestKafkaAwayIs503AndNever202(t *testing.T) {
	h := newHub(t, func(c *Config) { c.Producer = never{} })
	for _, body := range []string{registration("R-1", code(), "甲公司"), "{}", ""} {
		r := h.pushTo("/v1/records?domain=registration", "SAMR", body)
		isProblem(t, r, 503, fault.Unavailable)
		if r.header.Get("Retry-After") == "" || strings.Contains(string(r.body), "10.1.2.3") {
			t.Errorf("%v %s", r.header, r.body)
		}
	}
}

func TestARealBrokerThatGoesAwayIs503WithinTheWait(t *testing.T) {
	h := newHub(t, func(c *Config) { c.Limits.ProduceWait = 300 * time.Millisecond })
	if r := h.push("SAMR", registration("R-1", code(), "甲公司")); r.status != 202 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	h.cluster.Close()
	isProblem(t, h.push("SAMR", registration("R-2", code(), "甲公司")), 503, fault.Unavailable)
}

// heads refuses the topics that close a push.
type heads struct {
	Producer
	topic string
}

func (p heads) Produce(ctx context.Context, topic string, m []kafka.Message) ([]kafka.Placed, error) {
	if topic == p.topic {
		return nil, kafka.ErrUnavailable
	}
	return p.Producer.Produce(ctx, topic, m)
}

func TestAPushIsAcceptedOnlyWithItsRejectionsAndItsHead(t *testing.T) {
	for _, topic := range []string{"credit.rejects", "credit.batches"} {
		h := newHub(t, func(c *Config) { c.Producer = heads{c.Producer, topic} })
		isProblem(t, h.push("SAMR", registration("R-1", code(), "甲公司")+"\n{}"), 503, fault.Unavailable)
	}
}

func TestNoAnswerLeavesBeforeItIsInTheAuditLog(t *testing.T) {
	h := newHub(t)
	h.journal.fail = true
	isProblem(t, h.push("SAMR", registration("R-1", code(), "甲公司")), 503, fault.Unavailable)
	isProblem(t, h.push("SAMR", "", as("officer:SAMR")), 403, fault.Forbidden)
}

func TestOtherMethodsAreTold(t *testing.T) {
	h := newHub(t)
	for path, allow := range map[string]string{"/v1/records": "POST", "/v1/batches/x": "GET", "/v1/rejections": "GET"} {
		r := h.do("DELETE", path, nil)
		if r.status != 405 || r.header.Get("Allow") != allow || r.Code != "METHOD_NOT_ALLOWED" {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
}

// Kafka may have taken what it gave no answer for: the 503 says so, and the batch
// tells later what became of it.
func TestCase_T13_A503SaysWhatMayHaveHappened(t *testing.T) {
	f := func(name string, mend func(*Config)) {
		t.Helper()
		h := newHub(t, mend)
		r := h.push("SAMR", registration("R-1", code(), "甲公司"))
		isProblem(t, r, 503, fault.Unavailable)
		var d struct {
			MaybeAccepted bool
			BatchID       string
		}
		if err := json.Unmarshal(r.body, &d); err != nil || !d.MaybeAccepted || d.BatchID == "" {
			t.Errorf("%s: %s %v", name, r.body, err)
		}
		h.journal.fail = false
		if l := h.journal.last(); l.Action == "push" && l.Subject != d.BatchID {
			t.Errorf("%s: audit %+v", name, l)
		}
		h.shelf.settled[d.BatchID] = Settled{Standing: 1}
		var b BatchResponse
		a := h.see("/v1/batches/"+d.BatchID, "agency:SAMR", &b)
		if a.status != 200 || b.State == Stored || b.Accepted != 1 || b.Stored != 1 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		isProblem(t, h.do("GET", "/v1/batches/"+d.BatchID, nil, as("agency:TAX")), 404, fault.NotFound)
	}
	f("no answer for the rows", func(c *Config) { c.Producer = lost{c.Producer, "credit.registration"} })
	f("no answer for the head", func(c *Config) { c.Producer = lost{c.Producer, "credit.batches"} })
	f("no audit log", func(c *Config) { c.Auditor.(*journal).fail = true })

	h := newHub(t) // before anything was sent there is no doubt
	h.memory.budget.used = h.Limits.InFlight
	if r := h.push("SAMR", registration("R-1", code(), "甲公司")); strings.Contains(string(r.body), "maybeAccepted") {
		t.Errorf("%s", r.body)
	}
}

// lost writes to a topic and gets no answer.
type lost struct {
	Producer
	topic string
}

func (p lost) Produce(ctx context.Context, topic string, m []kafka.Message) ([]kafka.Placed, error) {
	at, err := p.Producer.Produce(ctx, topic, m)
	if topic == p.topic {
		return nil, kafka.ErrUnavailable
	}
	return at, err
}
