package gateway

import (
	"encoding/json"
	"strings"
	"testing"

	"credithub/schema/record"
)

// kept gives the data of the last record in the topic of a domain.
func (h *hub) kept(d record.Domain) map[string]any {
	h.t.Helper()
	all := h.log(d.Topic())
	var row struct{ Data map[string]any }
	if len(all) == 0 || json.Unmarshal(all[len(all)-1].Value, &row) != nil {
		h.t.Fatalf("%d records", len(all))
	}
	return row.Data
}

// Lists come back as they were, whatever stands in their parts.
func TestCase_A12_ListsOfARefusedRowStayLists(t *testing.T) {
	for _, want := range []string{
		`{"formerNames":["旧名甲","旧名乙"],"officers":["王五"],"shareholders":["张三","李四"]}`,
		`{"formerNames":["甲、乙联营","丙"],"officers":["无","王五"],"shareholders":[{"name":"张三","share":"50%"},"李四"]}`,
	} {
		for _, form := range []string{"csv", "xlsx"} {
			h := newHub(t)
			row := strings.Replace(registration("R-1", code(), "甲公司"), `"status":"1"`, `"status":"休眠",`+want[1:len(want)-1], 1)
			if r := h.push("SAMR", row); r.Rejected != 1 {
				t.Fatalf("%s", r.body)
			}
			h.shelve()
			for i := range h.shelf.rejected {
				h.shelf.rejected[i].Row = json.RawMessage(strings.Replace(string(h.shelf.rejected[i].Row), "休眠", "1", 1))
			}
			media := map[string]string{"csv": "text/csv", "xlsx": xlsxType}[form]
			text := h.file("?format="+form, "SAMR")
			if form == "csv" && strings.HasPrefix(want, `{"formerNames":["旧`) && !strings.Contains(text, "张三；李四") {
				t.Errorf("%s", text)
			}
			if r := h.pushTo("/v1/records?domain=registration", "SAMR", text, with("Content-Type", media)); r.Accepted != 1 {
				t.Fatalf("%s\n%s", r.body, text)
			}
			got := h.kept(record.Registration)
			for _, name := range []string{"name", "status", "establishedOn"} {
				delete(got, name)
			}
			if b, _ := json.Marshal(got); string(b) != want {
				t.Errorf("%s: %s, want %s", form, b, want)
			}
		}
	}
}

// Rows of several shapes make one file that can be pushed, mended or not.
func TestCase_A12_RowsOfSeveralShapesComeBackUnderOneHeader(t *testing.T) {
	const at = "/v1/records?domain=registration"
	csvType := with("Content-Type", "text/csv")
	h := newHub(t)
	push := func(query, table string, rejected int) {
		t.Helper()
		if r := h.pushTo(at+query, "SAMR", table, csvType); r.Rejected != rejected || r.status != 202 {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	// Under Chinese headings, one row short, one without code and name, a column left out, one unknown.
	push("&ignore=变更日期", "企业名称,统一社会信用代码,登记状态,注册资本(万元),变更日期,备注,成立日期\n"+
		",,存续,5,2020-01-01,一,2020-01-02\n甲公司,"+code()+",存续,12.5,2020-01-01,二,2099-01-02\n丙公司,"+code()+",存续,1\n", 3)
	// Under names of fields, in yuan.
	push("", "uscc,name,status,registeredCapital,establishedOn\n"+code()+",乙公司,休眠,3000,2020-01-02\n", 1)
	// As JSON, with a field that nobody knows and that looks like a day.
	if r := h.push("SAMR", strings.Replace(registration("R-9", code(), "丁公司"), `"status":"1"`, `"status":"休眠","checkedDate":"2020-01-01"`, 1)); r.Rejected != 1 {
		t.Fatalf("%s", r.body)
	}
	h.shelve()
	for _, form := range []string{"csv", "xlsx"} {
		media := map[string]string{"csv": "text/csv", "xlsx": xlsxType}[form]
		text := h.file("?format="+form, "SAMR")
		if r := h.pushTo(at, "SAMR", text, with("Content-Type", media)); r.status != 202 || r.Rejected < 4 || r.Rejected+r.Accepted != 5 {
			t.Errorf("%s as it is: %d %s\n%s", form, r.status, r.body, text)
		}
	}
	text := h.file("?format=csv", "SAMR")
	for _, gone := range []string{"变更日期", "2099-01-02,2099"} {
		if strings.Contains(text, gone) {
			t.Errorf("%s stands in\n%s", gone, text)
		}
	}
	mended := strings.NewReplacer("2099-01-02", "2019-01-02", "休眠", "存续").Replace(text)
	r := h.pushTo(at, "SAMR", mended, csvType)
	if r.Accepted != 3 && r.Accepted != 4 {
		t.Errorf("%s\n%s", r.body, mended)
	}
	sums := map[string]bool{}
	for _, m := range h.log(record.Registration.Topic()) {
		var row struct {
			Data struct{ Name, RegisteredCapital string }
		}
		_ = json.Unmarshal(m.Value, &row)
		sums[row.Data.Name+row.Data.RegisteredCapital] = true
	}
	if !sums["甲公司125000"] || !sums["乙公司3000"] {
		t.Errorf("%v", sums)
	}
}

// Nothing of the hub's own columns is a heading, and a short row has all columns.
func TestCase_A12_AFileOfOneShortRowWithoutACode(t *testing.T) {
	for _, row := range []string{",,,2020-01-02", "甲公司,,1"} {
		h := newHub(t)
		if r := h.pushTo("/v1/records?domain=registration", "SAMR", "企业名称,统一社会信用代码,登记状态,成立日期\n"+row+"\n", with("Content-Type", "text/csv")); r.Rejected != 1 {
			t.Fatalf("%s", r.body)
		}
		h.shelve()
		h.shelf.rejected[0].Findings = h.shelf.rejected[0].Findings[:1]
		h.shelf.rejected[0].Findings[0].Field = "uscc" // alone in its cell it reads as a heading
		text := h.file("?format=csv", "SAMR")
		if !strings.HasPrefix(text, "\ufeff企业名称,统一社会信用代码,登记状态,成立日期,错误代码") {
			t.Errorf("%s", text)
		}
		if r := h.pushTo("/v1/records?domain=registration", "SAMR", text, with("Content-Type", "text/csv")); r.status != 202 || r.Rejected != 1 {
			t.Errorf("%d %s\n%s", r.status, r.body, text)
		}
		mended := strings.NewReplacer(row, "甲公司,"+code()+",1,2020-01-02", ",,,2020", "甲公司,"+code()+",1,2020", "甲公司,,1,", "甲公司,"+code()+",1,2020-01-02").Replace(text)
		if r := h.pushTo("/v1/records?domain=registration", "SAMR", mended, with("Content-Type", "text/csv")); r.Accepted != 1 {
			t.Errorf("%d %s\n%s", r.status, r.body, mended)
		}
	}
}
