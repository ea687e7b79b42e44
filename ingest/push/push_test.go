package push

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"credithub/deploy/platform/client"
	"credithub/deploy/platform/kafka"
	"credithub/deploy/platform/keys"
	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/record"
)

const subject = "91350100MAK8PBRN7T"

// parts keeps what it is sent; every third line of a part has a fault.
type parts struct {
	all []Part
}

func (k *parts) Send(_ context.Context, p Part) (Outcome, error) {
	p.Body = bytes.Clone(p.Body)
	k.all = append(k.all, p)
	o := Outcome{Receipt: fmt.Sprint("r", len(k.all)), Accepted: 1}
	n := bytes.Count(p.Body, []byte("\n")) + 1
	for l := 3; l <= n; l += 3 {
		o.Findings = append(o.Findings, Finding{Line: l, Fault: fault.Fault{Code: "E05"}})
	}
	return o, nil
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNDJSONIsSentInPartsAndFaultsKeepTheirLines(t *testing.T) {
	var in strings.Builder
	for i := range 20 {
		fmt.Fprintf(&in, "{\"n\":%d}\n", i)
		if i%5 == 0 {
			in.WriteString("\n")
		}
	}
	k := &parts{}
	var seen []int
	s, err := Files(t.Context(), Config{To: k, Limits: Limits{PartRows: 6},
		Finding: func(f Finding) { seen = append(seen, f.Line) }}, []string{file(t, "a.ndjson", in.String())})
	if err != nil {
		t.Fatal(err)
	}
	var whole []byte
	for _, p := range k.all {
		whole = append(whole, p.Body...)
	}
	if string(whole) != in.String() || len(k.all) != 4 || s.Parts != 4 || s.Accepted != 4 || len(s.Receipts) != 1 || s.Receipts[0] != "r4" {
		t.Errorf("%d parts, %+v", len(k.all), s)
	}
	lines := strings.Split(in.String(), "\n")
	base := 0
	i := 0
	for _, p := range k.all {
		n := strings.Count(string(p.Body), "\n")
		for l := 3; l <= n+1; l += 3 {
			if seen[i] != base+l || seen[i] > len(lines) {
				t.Errorf("finding %d at line %d, want %d", i, seen[i], base+l)
			}
			i++
		}
		base += n
	}
}

func TestPartsAreBoundedInBytes(t *testing.T) {
	k := &parts{}
	row := `{"x":"` + strings.Repeat("y", 90) + "\"}\n"
	for name, content := range map[string]string{
		"a.ndjson": strings.Repeat(row, 10), "b.json": "[" + strings.TrimSuffix(strings.Repeat(strings.TrimSpace(row)+",", 10), ",") + "]",
	} {
		k.all = nil
		if _, err := Files(t.Context(), Config{To: k, Limits: Limits{PartBytes: 250}}, []string{file(t, name, content)}); err != nil {
			t.Fatal(err)
		}
		if len(k.all) != 5 {
			t.Errorf("%s: %d parts", name, len(k.all))
		}
	}
}

func TestALineThatCannotBeSentIsReportedAndCounted(t *testing.T) {
	k := &parts{}
	in := "{}\n" + strings.Repeat("x", 5000) + "\n{}\n" + strings.Repeat("y", 1<<21)
	s, err := Files(t.Context(), Config{To: k, Limits: Limits{LineBytes: 1000}}, []string{file(t, "a.jsonl", in)})
	if err != nil || s.Rejected != 2 || len(k.all) != 1 || string(k.all[0].Body) != "{}\n\n{}\n\n" {
		t.Fatalf("%+v %v %+v", s, err, k.all)
	}
	if s.Findings[0].Line != 2 || s.Findings[1].Line != 4 {
		t.Errorf("%+v", s.Findings)
	}
}

func TestTablesAreSentInPartsWithTheirHeader(t *testing.T) {
	head := "纳税人识别号,评价年度,信用级别\n"
	in, _ := simplifiedchinese.GB18030.NewEncoder().String("名单\n" + head + strings.Repeat(subject+",2018,A\n", 10))
	k := &parts{}
	s, err := Files(t.Context(), Config{To: k, Domain: "tax", Kind: "grade", Limits: Limits{PartRows: 4}}, []string{file(t, "a.csv", in)})
	if err != nil || len(k.all) != 3 {
		t.Fatalf("%v %d parts", err, len(k.all))
	}
	if k.all[0].query() != "?domain=tax&kind=grade" || k.all[0].Form != CSV {
		t.Errorf("%+v", k.all[0])
	}
	if s.Findings[0].Line != 4 { // third line of the part: its second row, line 4 of the file
		t.Errorf("%+v", s.Findings)
	}
	for _, c := range []Config{{To: k}, {To: k, Domain: "tax"}} {
		if _, err := Files(t.Context(), c, []string{file(t, "a.csv", in)}); err == nil {
			t.Errorf("%+v: a table needs domain and kind", c)
		}
	}
	for _, c := range []Config{{}, {To: k, Domain: "weather"}, {To: k, Domain: "tax", Kind: "x"}} {
		if _, err := Files(t.Context(), c, nil); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

func TestFormsAreToldByNameOrContent(t *testing.T) {
	f := func(name, content string, want Form) {
		t.Helper()
		in, err := os.Open(file(t, name, content))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = in.Close() }()
		if got, _ := formOf(name, in); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	f("a.ndjson", "[", NDJSON)
	f("a.JSONL", "", NDJSON)
	f("a.json", "\xef\xbb\xbf [{}]", JSON)
	f("a.json", "{}\n{}", NDJSON)
	f("a.csv", "", CSV)
	f("a.xls", "", XLSX)
	f("a", "PK\x03\x04", XLSX)
	f("a", "hello", "")
}

func TestAFileWithoutRecordsIsAHeartbeatOfItsDomain(t *testing.T) {
	for name, content := range map[string]string{
		"a.ndjson": "\n\n", "b.ndjson": "", "c.json": "[]",
	} {
		k := &parts{}
		if _, err := Files(t.Context(), Config{To: k, Domain: "tax", Kind: "grade"}, []string{file(t, name, content)}); err != nil {
			t.Fatal(err)
		}
		if len(k.all) != 1 || len(k.all[0].Body) != 0 || k.all[0].query() != "?domain=tax" {
			t.Errorf("%s: %+v", name, k.all)
		}
	}
	if _, err := Files(t.Context(), Config{To: &parts{}}, []string{file(t, "a.ndjson", "")}); err == nil {
		t.Error("a heartbeat of no domain was sent")
	}
}

// hub answers one status after the other, then 202.
func hub(t *testing.T, answers ...func(http.ResponseWriter)) (*HTTP, *[]time.Duration, *atomic.Int64) {
	t.Helper()
	calls := new(atomic.Int64) // a cut connection orders nothing between two handlers
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || r.URL.Path != "/v1/records" || r.Header.Get("Authorization") != "Bearer T" ||
			r.Header.Get("Content-Type") != "application/x-ndjson" || string(b) != "{}\n" {
			t.Errorf("%s %s %v %q", r.Method, r.URL, r.Header, b)
		}
		if n := int(calls.Add(1)); n <= len(answers) {
			answers[n-1](w)
			return
		}
		w.WriteHeader(202)
		_, _ = io.WriteString(w, `{"batchId":"b","accepted":3,"rejected":1,"receipt":"r1.x","rejections":[{"line":1,"code":"E05","field":"name","message":"missing"}],
			"warnings":[{"line":2,"code":"W01"},{"line":2,"code":"W02"}]}`)
	}))
	t.Cleanup(s.Close)
	h, err := NewHTTP(s.URL+"/", "T", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var waits []time.Duration
	h.sleep = func(_ context.Context, d time.Duration) bool { waits = append(waits, d); return true }
	return h, &waits, calls
}

func status(code int, retryAfter string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"code":"X","detail":"because"}`)
	}
}

func TestWhatPassesIsTriedAgainAsTheHubAsks(t *testing.T) {
	cut := func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	h, waits, calls := hub(t, status(429, "7"), status(503, ""), cut, status(502, ""), status(504, time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)))
	h.limits.Patience = 2 * time.Hour
	o, err := h.Send(t.Context(), Part{Form: NDJSON, Body: []byte("{}\n")})
	if err != nil || calls.Load() != 6 || o.Accepted != 3 || o.Rejected != 1 || o.Warned != 1 || len(o.Findings) != 3 || o.Receipt != "r1.x" {
		t.Fatalf("%+v %v after %d calls", o, err, calls.Load())
	}
	if w := *waits; len(w) != 5 || w[0] != 7*time.Second || w[1] < 500*time.Millisecond || w[1] > time.Second || w[3] > 4*time.Second || w[4] < 59*time.Minute {
		t.Errorf("waits %v", w)
	}
}

func TestWhatStaysIsNotTriedAgain(t *testing.T) {
	for _, code := range []int{400, 401, 403, 413, 415, 500} {
		h, _, calls := hub(t, status(code, "1"))
		_, err := h.Send(t.Context(), Part{Form: NDJSON, Body: []byte("{}\n")})
		var r *client.Refusal
		if !errors.As(err, &r) || r.Status != code || r.Detail != "because" || calls.Load() != 1 {
			t.Errorf("%d: %v after %d calls", code, err, calls.Load())
		}
	}
}

func TestPatienceEnds(t *testing.T) {
	h, _, calls := hub(t, status(503, "60"), status(503, "60"))
	h.limits.Patience = 90 * time.Second
	start := time.Now()
	h.now = func() time.Time { return start.Add(time.Duration(calls.Load()) * time.Minute) }
	if _, err := h.Send(t.Context(), Part{Form: NDJSON, Body: []byte("{}\n")}); err == nil || !strings.Contains(err.Error(), "given up") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Send(ctx, Part{Form: NDJSON, Body: []byte("{}\n")}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestAnAddressAndATokenAreNeeded(t *testing.T) {
	for _, u := range []string{"", "localhost:8080", "ftp://x"} {
		if _, err := NewHTTP(u, "T", Limits{}); err == nil {
			t.Errorf("%q is taken", u)
		}
	}
	if _, err := NewHTTP("http://x", "", Limits{}); err == nil {
		t.Error("no token is taken")
	}
}

// kept keeps messages.
type kept struct {
	all  map[string][]kafka.Message
	fail int
}

func (k *kept) Produce(_ context.Context, topic string, m []kafka.Message) ([]kafka.Placed, error) {
	if k.fail--; k.fail >= 0 {
		return nil, fmt.Errorf("x: %w", kafka.ErrUnavailable)
	}
	k.all[topic] = append(k.all[topic], m...)
	return make([]kafka.Placed, len(m)), nil
}

func TestSignedMessagesVerifyUnderTheUnitsKey(t *testing.T) {
	pub, priv, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	out := &kept{all: map[string][]kafka.Message{}, fail: 2}
	k, err := NewKafka(out, "TAX", priv, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	k.sleep = func(context.Context, time.Duration) bool { return true }
	row := `{"domain":"tax","kind":"grade","recordId":"G-1","version":1,"op":"upsert","uscc":"` + subject + `","data":{"year":"2018","grade":"A"}}`
	table := file(t, "a.csv", "纳税人识别号,评价年度,信用级别\n"+subject+",2019年,A\n"+subject+",2019,Q\n")
	s, err := Files(t.Context(), Config{To: k, Domain: "tax", Kind: "grade"}, []string{file(t, "a.ndjson", row+"\n{}\n"), table, file(t, "b.json", "[]")})
	if err != nil || s.Accepted != 2 || s.Rejected != 2 || s.Warned != 1 || len(s.Receipts) != 3 {
		t.Fatalf("%+v %v", s, err)
	}
	// Each part ends with a heartbeat, as what was sent before proves no life.
	if out.fail >= 0 || len(out.all["credit.tax"]) != 5 {
		t.Fatalf("%d messages", len(out.all["credit.tax"]))
	}
	for i, m := range out.all["credit.tax"] {
		sig, err := base64.StdEncoding.DecodeString(string(m.Header(feed.HeaderSignature)))
		if err != nil || !ed25519.Verify(pub, []byte("credit.tax\n"+string(m.Key)+"\n"+string(m.Value)), sig) {
			t.Errorf("message %d: signature does not verify", i)
		}
		if string(m.Header(feed.HeaderUnit)) != "TAX" || string(m.Header(feed.HeaderKey)) != keys.ID(pub) {
			t.Errorf("message %d: %v", i, m.Headers)
		}
		var r record.Row
		record.NewDecoder(record.Kafka()).Decode(m.Value, civil.MakeDate(2026, 3, 2), &r)
		if r.Rejected() || r.Unit != "TAX" {
			t.Errorf("message %d: %v", i, r.Faults)
		}
	}
}

func TestCase_A11_ATableWithoutRowsIsAnError(t *testing.T) {
	for _, content := range []string{"", "\n", "纳税人识别号,评价年度,信用级别\n"} {
		k := &parts{}
		if _, err := Files(t.Context(), Config{To: k, Domain: "tax", Kind: "grade"}, []string{file(t, "a.csv", content)}); err == nil || len(k.all) != 0 {
			t.Errorf("%q: %v, %d parts", content, err, len(k.all))
		}
	}
}
