package gateway

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/text/encoding/traditionalchinese"

	"credithub/schema/fault"
)

const registrationTable = "/v1/records?domain=registration&kind=registration"

func TestCase_A2_AColumnThatMattersRefusesTheFile(t *testing.T) {
	h := newHub(t)
	head := "企业名称,统一社会信用代码,登记状态,成立日期,"
	table := func(heading, value string) string {
		return head + heading + "\n甲有限公司," + code() + ",1,2020-01-02," + value + "\n"
	}
	csv := with("Content-Type", "text/csv")
	r := h.pushTo(registrationTable, "SAMR", table("分管领导", "李某"), csv)
	if r.status != 202 || r.Accepted != 1 || len(r.Warnings) != 1 || r.Warnings[0].Code != fault.W13Column || r.Warnings[0].Field != "分管领导" || r.Warnings[0].Line != 2 {
		t.Errorf("an unknown column: %d %s", r.status, r.body)
	}
	r = h.pushTo(registrationTable, "SAMR", table("变更日期", "2026-01-02"), csv)
	isProblem(t, r, 400, fault.BadInput)
	for _, want := range []string{"变更日期", "核准日期 (approvedOn)", "ignore=变更日期"} {
		if !strings.Contains(string(r.body), want) {
			t.Errorf("%s lacks %s", r.body, want)
		}
	}
	for _, q := range []string{"&ignore=" + url.QueryEscape("变更日期"), "&ignore=x," + url.QueryEscape("变更日期"), "&ignore=x&ignore=" + url.QueryEscape("变更日期")} {
		if r := h.pushTo(registrationTable+q, "SAMR", table("变更日期", "2026-01-02"), csv); r.status != 202 || r.Accepted != 1 || len(r.Warnings) != 0 {
			t.Errorf("%s: %d %s", q, r.status, r.body)
		}
	}
	isProblem(t, h.pushTo(registrationTable, "SAMR", table("经营状态", "4"), csv), 400, fault.BadInput)
}

func TestCase_A6_CharsetsOverHTTP(t *testing.T) {
	h := newHub(t)
	text := "統一社會信用代碼,企業名稱,登記狀態,成立日期\n" + code() + ",武漢長江電信示例有限公司,1,2020-05-06\n"
	big5, err := traditionalchinese.Big5.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	if r := h.pushTo(registrationTable, "SAMR", big5, with("Content-Type", "text/csv; charset=Big5")); r.status != 202 || r.Accepted != 1 || len(r.Warnings) != 0 {
		t.Errorf("%d %s", r.status, r.body)
	}
	isProblem(t, h.pushTo(registrationTable, "SAMR", text, with("Content-Type", "text/csv; charset=klingon")), 415, fault.MediaType)
	isProblem(t, h.pushTo(registrationTable, "SAMR", text, with("Content-Type", "text/csv; charset=big5")), 400, fault.BadInput)
	row := registration("R-1", code(), "甲公司")
	for charset, status := range map[string]int{"utf8": 202, "UTF-8": 202, "us-ascii": 202, "gbk": 415, "klingon": 415} {
		if r := h.pushTo("/v1/records", "SAMR", row, with("Content-Type", "application/json; charset="+charset)); r.status != status {
			t.Errorf("JSON in %s: %d %s", charset, r.status, r.body)
		}
	}
}

func TestCase_A14_NoWarningIsCut(t *testing.T) {
	h := newHub(t)
	var b strings.Builder
	b.WriteString("企业名称,统一社会信用代码,登记状态,成立日期\n")
	for i := range 1200 {
		fmt.Fprintf(&b, "甲%d有限公司,%s,1,2020年1月%d日\n", i, code(), i%28+1)
	}
	r := h.pushTo(registrationTable, "SAMR", b.String(), with("Content-Type", "text/csv"))
	if r.status != 202 || r.Truncated || r.Warned != 1200 || len(r.Warnings) != 1 || r.Warnings[0].Count != 1200 || r.Warnings[0].Line != 2 ||
		!strings.Contains(r.Warnings[0].Message, "“2020年1月1日” → “2020-01-01”") {
		t.Errorf("%d %.600s", r.status, r.body)
	}
	var rows strings.Builder
	for i := range 1200 {
		rows.WriteString(strings.Replace(registration(fmt.Sprint("R-", i), code(), " 甲公司"), `"data":{`, `"data":{"more":1,`, 1) + "\n")
	}
	r = h.push("SAMR", rows.String())
	if r.status != 202 || len(r.Warnings) != 2 || r.Warnings[0].Count != 1200 || r.Warnings[1].Count != 1200 || r.Warned != 1200 {
		t.Errorf("%d %.600s", r.status, r.body)
	}
	rows.Reset()
	for i := range 1200 {
		rows.WriteString(registration(fmt.Sprint("R-", i), code(), "12345") + "\n")
	}
	if r = h.push("SAMR", rows.String()); len(r.Rejections) != r.Listed || !r.Truncated || r.Rejected != 1200 {
		t.Errorf("%d of %d are listed, %d said", len(r.Rejections), r.Rejected, r.Listed)
	}
}
