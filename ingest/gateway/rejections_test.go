package gateway

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"credithub/schema/fault"
	"credithub/schema/feed"
)

// shelve brings what the gateway told of rejected rows into the history.
func (h *hub) shelve() {
	h.t.Helper()
	h.shelf.rejected = nil
	for i, m := range h.log(feed.RejectsTopic) {
		var r feed.Reject
		if err := json.Unmarshal(m.Value, &r); err != nil {
			h.t.Fatal(err)
		}
		x := Refused{Rejection: Rejection{Unit: r.Unit, Domain: r.Domain, Kind: r.Kind, BatchID: r.BatchID, At: stamped(r.At), Row: r.Row}, At: Cursor{Line: uint32(i + 1)}}
		x.Line, x.RecordID = r.Line, r.RecordID
		for _, f := range r.Faults {
			x.Findings = append(x.Findings, finding(r.Line, r.RecordID, f))
		}
		h.shelf.rejected = append(h.shelf.rejected, x)
	}
}

// file asks for rejections as a file.
func (h *hub) file(query, unit string, opts ...opt) string {
	h.t.Helper()
	r := h.raw("GET", "/v1/rejections"+query, append([]opt{as("agency:" + unit)}, opts...)...)
	return r
}

// What was refused comes back as a file with the reasons in columns, and goes
// through when it is mended, in every form.
func TestCase_A12_RefusedRowsComeBackAndGoThroughWhenMended(t *testing.T) {
	a, b := code(), code()
	const at = "/v1/records?domain=registration"
	table := "企业名称,统一社会信用代码,登记状态,成立日期\n甲公司," + a + ",存续,2099-01-02\n乙公司," + b + ",休眠,2020-01-02\n丙公司," + code() + ",存续,2020-01-02\n"
	row := func(name, c, day, status string) string {
		return fmt.Sprintf(`{"domain":"registration","kind":"registration","recordId":"R-%s","version":1,"op":"upsert","uscc":%q,"data":{"name":%q,"status":%q,"establishedOn":%q}}`, c, c, name, status, day)
	}
	csvType, xlsxForm := with("Content-Type", "text/csv"), with("Content-Type", xlsxType)
	for name, push := range map[string]func(h *hub) reply{
		"CSV":  func(h *hub) reply { return h.pushTo(at, "SAMR", table, csvType) },
		"XLSX": func(h *hub) reply { return h.pushTo(at, "SAMR", workbook(t, table), xlsxForm) },
		"NDJSON": func(h *hub) reply {
			return h.push("SAMR", row("甲公司", a, "2099-01-02", "1")+"\n"+row("乙公司", b, "2020-01-02", "休眠"))
		},
	} {
		h := newHub(t)
		if r := push(h); r.Rejected != 2 {
			t.Fatalf("%s: %s", name, r.body)
		}
		h.shelve()
		text := h.file("?format=csv", "SAMR", with("Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8"))
		if !strings.HasPrefix(text, "\ufeff") || !strings.Contains(text, "错误代码,错误字段,错误原因,错误值\r\n") ||
			!strings.Contains(text, "E08,establishedOn,晚于今天（2026-03-02）,2099-01-02") || !strings.Contains(text, "E06,status,") || !strings.Contains(text, ",休眠\r\n") {
			t.Errorf("%s: %s", name, text)
		}
		if english := h.file("?format=csv", "SAMR"); !strings.Contains(english, "lies after today, 2026-03-02") {
			t.Errorf("%s: %s", name, english)
		}
		if r := h.pushTo(at, "SAMR", text, csvType); r.Accepted != 0 || r.Rejected != 2 {
			t.Errorf("%s: as it is: %s", name, r.body)
		}
		status := map[bool]string{true: "1", false: "存续"}[name == "NDJSON"]
		mended := strings.NewReplacer("2099-01-02", "2019-01-02", "休眠", status).Replace(text)
		r := h.pushTo(at, "SAMR", mended, csvType)
		if r.Accepted != 2 || r.Rejected != 0 || strings.Contains(findings(r.Warnings), "W13") {
			t.Errorf("%s: mended: %s\n%s", name, r.body, mended)
		}
		h.shelve()
		book := h.file("?format=xlsx", "SAMR")
		if r := h.pushTo(at, "SAMR", book, xlsxForm); r.Accepted != 0 || r.Rejected == 0 || r.status != 202 {
			t.Errorf("%s: a workbook of rejections: %d %s", name, r.status, r.body)
		}
		var page RejectionsResponse
		h.see("/v1/rejections?limit=1", "agency:SAMR", &page)
		if len(page.Rejections) != 1 || page.Next == "" || page.Rejections[0].Value != "2099-01-02" || !strings.Contains(string(page.Rejections[0].Row), a) ||
			page.Rejections[0].Kind != "registration" {
			t.Errorf("%s: %+v", name, page)
		}
	}
}

// Messages are in the language of the caller; who names none gets English.
func TestCase_A12_MessagesByLanguage(t *testing.T) {
	h := newHub(t)
	for lang, want := range map[string]string{"": "missing", "en": "missing", "zh": "缺失", "zh-CN,zh;q=0.9,en;q=0.8": "缺失", "en-US,zh;q=0.5": "missing", "fr": "missing"} {
		r := h.push("SAMR", strings.Replace(registration("R-1", code(), "甲公司"), `"name":"甲公司",`, "", 1), with("Accept-Language", lang))
		if len(r.Rejections) != 1 || r.Rejections[0].Message != want || r.Rejections[0].Code != fault.E05Required {
			t.Errorf("%q: %s", lang, r.body)
		}
		var b BatchResponse
		h.shelf.settled[r.BatchID] = Settled{}
		if err := json.Unmarshal(h.do("GET", "/v1/batches/"+r.BatchID, nil, as("agency:SAMR"), with("Accept-Language", lang)).body, &b); err != nil ||
			len(b.Rejections) != 1 || b.Rejections[0].Message != want {
			t.Errorf("%q: %+v %v", lang, b, err)
		}
	}
}

// Neither value nor row shows what names, reaches or pays a person.
func TestCase_A12_PersonalNumbersAreMasked(t *testing.T) {
	h := newHub(t)
	const id, phone = "11010519491231002X", "13812345678"
	row := strings.Replace(registration("R-1", code(), "甲公司"), `"name":"甲公司"`, `"name":"甲公司","legalRepresentative":"张三 `+id+`","domicile":"电话`+phone+`","phone":`+phone, 1)
	r := h.push("SAMR", row)
	if r.Rejected != 1 || strings.Contains(string(r.body), id) {
		t.Errorf("%s", r.body)
	}
	h.shelve()
	for _, q := range []string{"", "?format=csv"} {
		if text := h.file(q, "SAMR"); strings.Contains(text, id) || strings.Contains(text, phone) || !strings.Contains(text, "***") {
			t.Errorf("%s", text)
		}
	}
}

// A file has the columns of one kind; a limit is an error with its number.
func TestRejectionsAsAFileAreOfOneKind(t *testing.T) {
	h := newHub(t)
	h.shelf.rejected = []Refused{refused("TAX", Finding{Line: 1}), refused("TAX", Finding{Line: 2})}
	h.shelf.rejected[0].Domain, h.shelf.rejected[0].Kind = "tax", "grade"
	h.shelf.rejected[1].Domain, h.shelf.rejected[1].Kind = "tax", "arrears"
	f := func(query string, status int, kind fault.Kind) {
		t.Helper()
		isProblem(t, h.do("GET", "/v1/rejections"+query, nil, as("agency:TAX")), status, kind)
	}
	f("?format=csv", 400, fault.BadInput)
	f("?format=pdf", 400, fault.BadInput)
	f("?limit=0", 400, fault.BadInput)
	f("?limit=501", 400, fault.BadInput)
	f("?domain=weather", 400, fault.BadInput)
}
