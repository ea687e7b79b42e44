//go:build suite

package realdata

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestFilesAsPublished(t *testing.T) {
	dir := folder(t)
	if dir == "" {
		return
	}
	dir = filepath.Join(dir, "shuanggongshi")
	read := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := start(t)
	b.taxpayers(read("a_taxpayer_heilongjiang.csv"))
	b.workbooks(dir, read)
	b.notices(read)
	b.abnormal(read("abnormal_list_api_samples.jsonl"))
}

// taxpayers: the header names six columns, one of them by a TAB for a comma, and
// the rows have five. No cell may be taken for another, so no row is accepted.
// With the column put in, what is left are the oddities of the codes.
func (b *bench) taxpayers(raw []byte) {
	b.t.Helper()
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil {
		b.t.Fatal(err)
	}
	var data []string
	for i, line := range strings.Split(strings.ReplaceAll(string(text), "\r", ""), "\n") {
		if i > 0 && strings.TrimSpace(line) != "" {
			data = append(data, line)
		}
	}
	s := b.push("TAX", "?domain=tax&kind=grade", csvType, raw)
	counts := map[string]int{}
	tally(s, counts)
	show(b.t, "A-grade taxpayers as published", len(data), counts)
	if s.batch.Accepted != 0 {
		b.t.Errorf("%d rows whose cells stand under other columns were accepted", s.batch.Accepted)
	}
	for key, set := range s.rejected {
		if c := codes(set); !strings.Contains(c, "E13") && !strings.Contains(c, "E06") && !strings.Contains(c, "E05") {
			b.t.Errorf("line %d rejected with %s", key, c)
		}
	}

	var mended strings.Builder
	mended.WriteString("编号,纳税人识别号,纳税人名称,信用级别,评价年度,税务机关\n")
	wantBad := 0
	for _, line := range data {
		cells, err := csv.NewReader(strings.NewReader(line)).Read()
		if err != nil || len(cells) != 5 {
			b.t.Fatalf("line %q: %v", line, err)
		}
		if !checks31(strings.ToUpper(strings.TrimSpace(cells[1]))) {
			wantBad++
		}
		fmt.Fprintf(&mended, "%s,%s,%s,A,%s,%s\n", cells[0], cells[1], cells[2], cells[3], cells[4])
	}
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String(mended.String())
	if err != nil {
		b.t.Fatal(err)
	}
	s = b.push("TAX", "?domain=tax&kind=grade", csvType, []byte(gbk))
	counts = map[string]int{}
	tally(s, counts)
	show(b.t, "A-grade taxpayers with their column", len(data), counts)
	if s.batch.Rejected != wantBad {
		b.t.Errorf("%d rows rejected, %d codes fail GB 32100", s.batch.Rejected, wantBad)
	}
	for key, set := range s.rejected {
		if c := codes(set); c != "E01" && c != "E02" && c != "E01 E11" {
			b.t.Errorf("line %d rejected with %s", key, c)
		}
	}
}

// workbooks: what is no XLSX is named for what it is, and one that lacks columns
// is told which.
func (b *bench) workbooks(dir string, read func(string) []byte) {
	b.t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*.xls*"))
	if err != nil || len(all) == 0 {
		b.t.Fatalf("no workbooks in %s: %v", dir, err)
	}
	for _, path := range all {
		name := filepath.Base(path)
		raw := read(name)
		query, kind := "?domain=penalty&kind=penalty", xlsx
		if strings.HasSuffix(name, ".xls") {
			kind = xls
		}
		if strings.Contains(name, "licence") || strings.Contains(name, "xzxk") {
			query = "?domain=permit&kind=permit"
		}
		switch {
		case bytes.HasPrefix(raw, []byte("<?xml")): // XML Spreadsheet 2003 under another name: read, and it lacks columns
			p := b.refused("MEE", query, kind, raw, http.StatusBadRequest)
			b.t.Logf("%s: %s", name, p.Detail)
		case strings.Contains(name, "pubotherpunish"): // a header and no row
			if p := b.refused("MEE", query, kind, raw, http.StatusBadRequest); !strings.Contains(p.Detail, "no rows") {
				b.t.Errorf("%s: %s", name, p.Detail)
			}
		case strings.HasPrefix(name, "mep_"): // a column that matters and that nobody knows
			if p := b.refused("MEE", query, kind, raw, http.StatusBadRequest); !strings.Contains(p.Detail, "时间") || !strings.Contains(p.Detail, "decidedOn") {
				b.t.Errorf("%s: %s", name, p.Detail)
			}
		case strings.Contains(name, "xzcf"): // one row as a sample, with no code
			if s := b.push("MEE", query, kind, raw); s.Accepted != 0 || s.Rejected != 1 {
				b.t.Errorf("%s: %d accepted, %d rejected", name, s.Accepted, s.Rejected)
			}
		default: // the published ones have neither codes nor days of decision
			p := b.refused("MEE", query, kind, raw, http.StatusBadRequest)
			if !strings.Contains(p.Detail, "日期") || !strings.Contains(p.Detail, "header") {
				b.t.Errorf("%s: the problem names no missing column: %s", name, p.Detail)
			}
			b.t.Logf("%s: %s", name, p.Detail)
		}
	}
}

// notices: rows of 双公示 with their column codes, as a table.
func (b *bench) notices(read func(string) []byte) {
	b.t.Helper()
	for _, c := range []struct{ file, unit, query, name string }{
		{"shuangyashan_cf_api.json", "MPS", "?domain=penalty&kind=penalty", "CF_XDR_MC"},
		{"shuangyashan_xk_api.json", "MOHURD", "?domain=permit&kind=permit", "XK_XDR_MC"},
	} {
		var all struct{ Rows []map[string]any }
		if err := json.Unmarshal(read(c.file), &all); err != nil {
			b.t.Fatal(err)
		}
		for _, row := range all.Rows {
			if row[c.name] == nil {
				row[c.name] = row["COMP_NAME"] // the portal's own word for the party
			}
		}
		s := b.push(c.unit, c.query, csvType, table(all.Rows))
		counts := map[string]int{}
		tally(s, counts)
		show(b.t, c.file, len(all.Rows), counts)
		if s.batch.Accepted != len(all.Rows) {
			b.t.Errorf("%s: %+v", c.file, s.batch)
		}
	}
	fine := b.sql("SELECT JSONExtractRaw(data, 'fineAmount') FROM records WHERE domain = 'penalty' AND unit = 'MPS'")
	if len(fine) != 1 || strings.Trim(fine[0][0], `"`) != "2000" && strings.Trim(fine[0][0], `"`) != "2000.00" {
		b.t.Errorf("a fine of 0.2 (万元) is stored as %v yuan", fine)
	}
	var portal struct {
		Data struct{ Items []map[string]any }
	}
	if err := json.Unmarshal(read("xzcf_creditchina_baidu_2018.json"), &portal); err != nil {
		b.t.Fatal(err)
	}
	words := map[string]string{"punishNumber": "CF_WSH", "punishName": "CF_XDR_MC", "decisionDate": "CF_JDRQ", "departmentName": "CF_CFJG",
		"reason": "CF_SY", "evidence": "CF_YJ", "type": "CF_CFLB", "result": "CF_NR"}
	var rows []map[string]any
	for _, item := range portal.Data.Items {
		row := map[string]any{"CF_XDR_SHXYM": ""}
		for from, to := range words {
			row[to] = item[from]
		}
		rows = append(rows, row)
	}
	s := b.push("MIIT", "?domain=penalty&kind=penalty", csvType, table(rows))
	counts := map[string]int{}
	tally(s, counts)
	show(b.t, "xzcf_creditchina_baidu_2018.json", len(rows), counts)
	for key, set := range s.rejected { // nobody's code is in the file, and a fine without its amount is at odds with 罚款
		if c := codes(set); c != "E05" && c != "E05 E09" {
			b.t.Errorf("line %d rejected with %s", key, c)
		}
	}
	if s.batch.Rejected != len(rows) {
		b.t.Errorf("rows without a code were accepted: %+v", s.batch)
	}
}

// abnormal: rows of a portal's list have no code, document or service.
func (b *bench) abnormal(raw []byte) {
	b.t.Helper()
	var body bytes.Buffer
	n := 0
	for line := range bytes.Lines(raw) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		type items struct{ Items []map[string]string }
		var page struct{ Data, Result items }
		if err := json.Unmarshal(line, &page); err != nil {
			b.t.Fatal(err)
		}
		for _, item := range append(page.Data.Items, page.Result.Items...) {
			n++
			row := map[string]any{"domain": "decision", "kind": "entry", "recordId": fmt.Sprintf("AB-%d", n), "version": 1, "op": "upsert",
				"data": map[string]any{"entryId": fmt.Sprintf("AB-%d", n), "list": "L01", "event": "IN_FORCE", "cause": item["putReason"], "decidedOn": item["putDate"]}}
			line, err := json.Marshal(row)
			if err != nil {
				b.t.Fatal(err)
			}
			body.Write(append(line, '\n'))
		}
	}
	s := b.push("SAMR", "", ndjson, body.Bytes())
	counts := map[string]int{}
	tally(s, counts)
	show(b.t, "abnormal_list_api_samples.jsonl", n, counts)
	if counts["rejected E05"] != n {
		b.t.Errorf("want all %d rejected with E05", n)
	}
}

// table writes rows as CSV under their own column names.
func table(rows []map[string]any) []byte {
	seen := map[string]bool{}
	var header []string
	for _, row := range rows {
		for k := range row {
			if !seen[k] {
				seen[k] = true
				header = append(header, k)
			}
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write(header); err != nil {
		panic(err)
	}
	for _, row := range rows {
		cells := make([]string, len(header))
		for i, k := range header {
			if v := row[k]; v != nil {
				cells[i] = fmt.Sprint(v)
			}
		}
		if err := w.Write(cells); err != nil {
			panic(err)
		}
	}
	w.Flush()
	return b.Bytes()
}
