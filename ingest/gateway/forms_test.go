package gateway

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"credithub/deploy/platform/kafka"
	"credithub/schema/access"
	"credithub/schema/fault"
	"credithub/schema/feed"
	"credithub/schema/receipt"
	"credithub/schema/record"
)

func TestEveryFormOfABody(t *testing.T) {
	h := newHub(t)
	a, b := registration("R-1", code(), "甲公司"), registration("R-2", code(), "乙公司")
	table := "企业名称,统一社会信用代码,登记状态,成立日期\n甲公司," + code() + ",存续,2020年1月2日\n乙公司," + code() + ",注销,20200102\n"
	gbk, _ := simplifiedchinese.GB18030.NewEncoder().String(table)
	f := func(name, media, query, body string, warnings int, opts ...opt) {
		t.Helper()
		r := h.pushTo("/v1/records"+query, "SAMR", body, append(opts, with("Content-Type", media))...)
		if r.status != 202 || r.Accepted != 2 || r.Rejected != 0 || len(r.Warnings) != warnings {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	f("NDJSON", "application/x-ndjson", "", a+"\n"+b, 0)
	f("NDJSON with a BOM", "application/x-ndjson; charset=utf-8", "", "\xef\xbb\xbf"+a+"\r\n"+b+"\r\n", 0)
	f("NDJSON under an alias of UTF-8", "application/x-ndjson; charset=utf8", "", a+"\n"+b, 0)
	f("NDJSON in gzip", "application/x-ndjson", "", packed(a+"\n"+b), 0, with("Content-Encoding", "gzip"))
	f("NDJSON in two members of gzip", "application/x-ndjson", "", packed(a+"\n")+packed(b), 0, with("Content-Encoding", "GZIP"))
	f("JSON array", "application/json", "", "["+a+","+b+"]", 0)
	f("CSV", "text/csv", "?domain=registration&kind=registration", table, 2)
	f("CSV in GB18030", "text/csv", "?domain=registration", gbk, 2)
	f("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "?domain=registration", workbook(t, table), 2)
	f("XLSX under the type of .xls", "application/vnd.ms-excel", "?domain=registration", workbook(t, table), 2)
	if r := h.pushTo("/v1/records", "SAMR", a, with("Content-Type", "application/json")); r.Accepted != 1 {
		t.Errorf("JSON object: %s", r.body)
	}
}

func workbook(t testing.TB, csv string) string {
	t.Helper()
	f := excelize.NewFile()
	for i, line := range strings.Split(strings.TrimSpace(csv), "\n") {
		cells := strings.Split(line, ",")
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheSameTablePushedAgainIsTheSameRecords(t *testing.T) {
	h := newHub(t)
	table := "企业名称,统一社会信用代码,登记状态,成立日期\n甲公司," + code() + ",存续,2020年1月2日\n"
	for range 2 {
		h.pushTo("/v1/records?domain=registration", "SAMR", table, with("Content-Type", "text/csv"))
	}
	msgs := h.log("credit.registration")
	if len(msgs) != 2 || !bytes.Equal(msgs[0].Value, msgs[1].Value) {
		t.Errorf("%+v", msgs)
	}
}

func TestAnEmptyPushIsAHeartbeat(t *testing.T) {
	f := func(name, unit, query, media, body string, want ...record.Domain) {
		t.Helper()
		h := newHub(t)
		r := h.pushTo("/v1/records"+query, unit, body, with("Content-Type", media))
		if r.status != 202 || r.Accepted != 0 || r.Rejected != 0 || r.Receipt == "" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
		ps, err := receipt.Parse(r.Receipt)
		if err != nil || len(ps) != len(want) {
			t.Errorf("%s: receipt %v %v", name, ps, err)
		}
		for _, d := range want {
			msgs := h.log(d.Topic())
			value := fmt.Sprintf(`{"unit":%q,"domain":%q,"op":"heartbeat"}`, unit, d)
			if len(msgs) != 1 || string(msgs[0].Key) != unit || string(msgs[0].Value) != value {
				t.Errorf("%s: %s has %+v", name, d, msgs)
				continue
			}
			st, err := h.stamper.Verify(d.Topic(), msgs[0].Key, msgs[0].Value, msgs[0].Header(feed.HeaderStamp))
			if err != nil || st.Line != 0 || string(st.BatchID) != r.BatchID {
				t.Errorf("%s: %+v %v", name, st, err)
			}
		}
		if n := h.total(); n != len(want)+1 {
			t.Errorf("%s: %d messages", name, n)
		}
	}
	f("nothing", "TAX", "?domain=tax", "application/x-ndjson", "", record.Tax)
	f("blank lines", "TAX", "?domain=tax", "application/x-ndjson", "\n\r\n", record.Tax)
	f("an empty array", "TAX", "?domain=tax", "application/json", "[]", record.Tax)
	f("an empty array as NDJSON", "TAX", "?domain=tax", "application/x-ndjson", " []\n", record.Tax)
	f("neither type nor byte", "TAX", "?domain=tax", "", "", record.Tax)
}

// A broken export sends nothing at all: only a push that names its domain says
// that there is nothing new there.
func TestCase_A11_AHeartbeatNamesItsDomain(t *testing.T) {
	h := newHub(t)
	f := func(query, media, body string, status int, kind fault.Kind) {
		t.Helper()
		isProblem(t, h.pushTo("/v1/records"+query, "TAX", body, with("Content-Type", media)), status, kind)
	}
	const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	for media, bodies := range map[string][]string{
		"":                     {""},
		"application/x-ndjson": {"", "\n\r\n", "[]", " [ ]\n", "\xef\xbb\xbf"},
		"application/json":     {"", "[]", " [ ] ", "\xef\xbb\xbf[]"},
		"text/csv":             {"", "纳税人识别号,评价年度,信用级别\n"},
		xlsx:                   {"", workbook(t, "纳税人识别号,评价年度,信用级别")},
	} {
		for _, b := range bodies {
			f("", media, b, 400, fault.BadInput)
			f("?kind=grade", media, b, 400, fault.BadInput)
			f("?domain=weather&kind=grade", media, b, 400, fault.BadInput)
			if !strings.HasPrefix(b, "纳税人") && !strings.HasPrefix(b, "PK") { // these have other columns
				f("?domain=registration&kind=registration", media, b, 403, fault.Forbidden)
				f("?domain=bank&kind=loan", media, b, 403, fault.Forbidden)
			}
		}
	}
	if n := h.total(); n != 0 {
		t.Errorf("%d messages were produced", n)
	}
}

func TestAPushOfManyDomainsHasOneReceipt(t *testing.T) {
	h := newHub(t)
	r := h.push("SAMR", registration("R-1", code(), "甲公司")+"\n"+decision("E-1", code(), "L03")+"\n{}")
	ps, err := receipt.Parse(r.Receipt)
	if r.Accepted != 2 || r.Rejected != 1 || err != nil || len(ps) != 2 || ps[0].Domain != record.Registration || ps[1].Domain != record.Decision {
		t.Errorf("%s: %v %v", r.body, ps, err)
	}
}

func TestALongPushKeepsItsOrderOverManyChunks(t *testing.T) {
	h := newHub(t, func(c *Config) { c.Limits.Chunk = 4000 })
	var body strings.Builder
	const n = 500
	c := code()
	for i := range n {
		body.WriteString(decision(fmt.Sprintf("E-%d", i), c, "L03") + "\n")
		if i%100 == 50 {
			body.WriteString("{}\n")
		}
	}
	r := h.push("SAMR", body.String())
	if r.Accepted != n || r.Rejected != 5 {
		t.Fatalf("%s", r.body)
	}
	msgs := h.log("credit.decision")
	if len(msgs) != n || len(h.log(feed.RejectsTopic)) != 5 {
		t.Fatalf("%d messages", len(msgs))
	}
	last := uint32(0)
	for _, m := range msgs {
		st, err := h.stamper.Verify("credit.decision", m.Key, m.Value, m.Header(feed.HeaderStamp))
		if err != nil || st.Line <= last {
			t.Fatalf("line %d after %d: %v", st.Line, last, err)
		}
		last = st.Line
	}
	ps, _ := receipt.Parse(r.Receipt)
	if len(ps) != 1 || ps[0].Offset != n-1 {
		t.Errorf("receipt %v", ps)
	}
}

func TestManyPushersAtOnce(t *testing.T) {
	h := newHub(t, func(c *Config) { c.Limits.Chunk = 2000 })
	var wg sync.WaitGroup
	for g := range 8 {
		row := registration(fmt.Sprint("R-", g), code(), "甲公司") + "\n"
		wg.Go(func() {
			for range 5 {
				if r := h.push("SAMR", strings.Repeat(row, 20)+"{}\n"); r.Accepted != 20 || r.Rejected != 1 {
					t.Errorf("%d %s", r.status, r.body)
				}
			}
		})
	}
	wg.Wait()
	if n := len(h.log("credit.registration")); n != 8*5*20 {
		t.Errorf("%d messages", n)
	}
	if used := h.memory.budget.used; used != 0 {
		t.Errorf("%d bytes are still held", used)
	}
}

// sink takes everything at once and keeps nothing.
type sink struct{ n int64 }

func (s *sink) Produce(_ context.Context, _ string, m []kafka.Message) ([]kafka.Placed, error) {
	s.n += int64(len(m))
	return make([]kafka.Placed, len(m)), nil
}

// A body never stands in memory as objects: what a push allocates is the body
// and a few chunks, however many rows it has.
func TestTheMemoryOfAPushIsItsBodyAndAFewChunks(t *testing.T) {
	if raced {
		t.Skip("pools forget at random under the race detector")
	}
	law := newHub(t, func(c *Config) { c.Producer = &sink{} })
	row := registration("R-1", code(), "甲公司") + "\n"
	f := func(name, media, body string, limit uint64) {
		t.Helper()
		r := httptest.NewRequest("POST", "/v1/records", strings.NewReader(body))
		r.Header.Set("Content-Type", media)
		who := access.Principal{Unit: "SAMR", Role: access.Agency}
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a, err := law.take(httptest.NewRecorder(), r, who)
		runtime.ReadMemStats(&after)
		if err != nil || a.Accepted < 100_000 {
			t.Fatalf("%s: %v %+v", name, err, a)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > limit {
			t.Errorf("%s: %d bytes allocated for a body of %d", name, got, len(body))
		} else {
			t.Logf("%s: %d MiB allocated for a body of %d MiB, %d rows", name, got>>20, len(body)>>20, a.Accepted)
		}
	}
	rows := strings.Repeat(row, (32<<20-2)/len(row))
	f("NDJSON", "application/x-ndjson", rows, 48<<20)
	f("a JSON array", "application/json", "["+strings.ReplaceAll(strings.TrimSpace(rows), "\n", ",")+"]", 48<<20)
}

func BenchmarkOneRecord(b *testing.B) {
	h := newHub(b, func(c *Config) { c.Producer = &sink{} })
	row := registration("R-1", code(), "甲公司")
	who := access.Principal{Unit: "SAMR", Role: access.Agency}
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", "/v1/records", io.NopCloser(strings.NewReader(row)))
		r.Header.Set("Content-Type", "application/x-ndjson")
		if _, err := h.take(w, r, who); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkManyRecords(b *testing.B) {
	h := newHub(b, func(c *Config) { c.Producer = &sink{} })
	rows := strings.Repeat(registration("R-1", code(), "甲公司")+"\n", 10_000)
	who := access.Principal{Unit: "SAMR", Role: access.Agency}
	w := httptest.NewRecorder()
	b.ReportAllocs()
	b.SetBytes(int64(len(rows)))
	for b.Loop() {
		r := httptest.NewRequest("POST", "/v1/records", io.NopCloser(strings.NewReader(rows)))
		r.Header.Set("Content-Type", "application/x-ndjson")
		if _, err := h.take(w, r, who); err != nil {
			b.Fatal(err)
		}
	}
}

// Rows of a domain that the unit doesn't report are rejected one by one, and only
// a sign of life for it is forbidden.
func TestRowsOutsideTheRightsAreRejectedEach(t *testing.T) {
	h := newHub(t)
	r := h.pushTo("/v1/records?domain=tax&kind=grade", "SAMR", "recordId,version,op,uscc,year,grade\nT-1,1,upsert,"+code()+",2025,A\nT-2,1,upsert,"+code()+",2025,B\n", with("Content-Type", "text/csv"))
	if r.status != 202 || r.Rejected != 2 || r.Rejections[0].Code != "E12" || r.Rejections[1].Code != "E12" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := h.pushTo("/v1/records?domain=tax", "SAMR", "[]"); r.status != 403 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := h.do("GET", "/v1/nothing", nil, as("agency:SAMR")); r.status != 404 || r.Code != "NOT_FOUND" || r.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s %v", r.status, r.body, r.header)
	}
}

// A row without a version is taken: which version it is, intake knows.
func TestCase_A1_RowsWithoutVersionAreTaken(t *testing.T) {
	h := newHub(t)
	c := code()
	row := strings.Replace(registration("R-1", c, "甲公司"), `"version":1,`, "", 1)
	table := "企业名称,统一社会信用代码,登记状态,成立日期,版本\n甲公司," + c + ",存续,2020年1月2日,\n"
	for _, r := range []reply{
		h.push("SAMR", row),
		h.push("SAMR", strings.Replace(row, `"op":"upsert"`, `"op":"retract"`, 1)),
		h.push("SAMR", strings.Replace(row, `"op"`, `"version":null,"op"`, 1)),
		h.pushTo("/v1/records", "SAMR", "["+row+"]", with("Content-Type", "application/json")),
		h.pushTo("/v1/records?domain=registration", "SAMR", table, with("Content-Type", "text/csv")),
		h.pushTo("/v1/records?domain=registration", "SAMR", workbook(t, table), with("Content-Type", "application/vnd.ms-excel")),
	} {
		if r.Accepted != 1 || r.Rejected != 0 {
			t.Errorf("%s", r.body)
		}
	}
	for _, m := range h.log("credit.registration") {
		if strings.Contains(string(m.Value), `"version"`) {
			t.Errorf("%s", m.Value)
		}
	}
}

// A table without rows is what a broken export writes, whatever domain is named.
func TestCase_A11_ATableWithoutRowsIsNoHeartbeat(t *testing.T) {
	h := newHub(t)
	for media, bodies := range map[string][]string{
		"text/csv": {"", "\r\n", "\xef\xbb\xbf", "纳税人识别号,评价年度,信用级别\n"},
		xlsxType:   {"", workbook(t, ""), workbook(t, "纳税人识别号,评价年度,信用级别")},
	} {
		for _, b := range bodies {
			isProblem(t, h.pushTo("/v1/records?domain=tax&kind=grade", "TAX", b, with("Content-Type", media)), 400, fault.BadInput)
		}
	}
	if n := h.total(); n != 0 {
		t.Errorf("%d messages", n)
	}
}
