//go:build suite

package realdata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

func fixture(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The oddities of published rows, in rows made here: every one has its end.
func TestFixturesOfTheSameOddities(t *testing.T) {
	b := start(t)
	b.oddRegistrations()
	b.oddTables()
	if p := b.refused("MEE", "?domain=penalty", xlsx, fixture(t, "spreadsheetml.xlsx"), http.StatusBadRequest); !strings.Contains(p.Detail, "行政处罚决定书文号") {
		t.Errorf("a workbook of XML Spreadsheet 2003 that lacks columns: %s", p.Detail)
	}
	for name, words := range map[string]string{"page.xls": "HTML", "biff8.xls": "XLSX"} {
		kind := xlsx
		if strings.HasSuffix(name, ".xls") {
			kind = xls
		}
		if p := b.refused("MEE", "?domain=penalty", kind, fixture(t, name), http.StatusUnsupportedMediaType); !strings.Contains(p.Detail, words) {
			t.Errorf("%s: %s, want it named %s", name, p.Detail, words)
		}
	}
}

func (b *bench) oddRegistrations() {
	b.t.Helper()
	var body bytes.Buffer
	var want, warn []string
	for line := range bytes.Lines(fixture(b.t, "registrations.jsonl")) {
		var f struct {
			Want, Warn string
			Row        map[string]any
		}
		if err := json.Unmarshal(line, &f); err != nil {
			b.t.Fatal(err)
		}
		f.Row["recordId"] = fmt.Sprintf("O-%d", len(want))
		row, err := json.Marshal(f.Row)
		if err != nil {
			b.t.Fatal(err)
		}
		body.Write(append(row, '\n'))
		want, warn = append(want, f.Want), append(warn, f.Warn)
	}
	s := b.push("SAMR", "", ndjson, body.Bytes())
	counts := map[string]int{}
	tally(s, counts)
	show(b.t, "odd registrations", len(want), counts)
	lines := bytes.Split(body.Bytes(), []byte("\n"))
	for i := range want {
		if got := codes(s.rejected[i+1]); got != want[i] || warn[i] != "" && !s.warned[i+1][warn[i]] {
			b.t.Errorf("%s: rejected %q, warned %q; want %q and %q", lines[i], got, codes(s.warned[i+1]), want[i], warn[i])
		}
	}
}

func (b *bench) oddTables() {
	b.t.Helper()
	s := b.push("TAX", "?domain=tax&kind=grade", csvType, fixture(b.t, "taxpayers_disagree.gbk.csv"))
	if s.batch.Accepted != 0 || s.batch.Rejected != 2 {
		b.t.Errorf("header and rows disagree, and %d rows of 2 were accepted", s.batch.Accepted)
	}
	s = b.push("TAX", "?domain=tax&kind=grade", csvType, fixture(b.t, "taxpayers.gbk.csv"))
	b.lines(s, "taxpayers", map[int]string{3: "", 4: "", 5: "E01", 6: "E02", 7: "E05", 8: "E06"})
	penalties := fixture(b.t, "penalties.csv")
	s = b.push("MEE", "?domain=penalty&kind=penalty", csvType, penalties)
	// 〔2019〕第444号 and 【2019】第444号 are one document: its second row is the
	// same record with another spelling, which in a table without versions
	// corrects the first.
	b.lines(s, "penalties", map[int]string{2: "", 3: "", 4: "", 5: "E09", 6: "", 7: "E05"})
	fines := b.sql("SELECT DISTINCT trim(BOTH '\"' FROM JSONExtractRaw(data, 'fineAmount')) FROM records WHERE domain = 'penalty' AND status = 'ACCEPTED' AND JSONExtractRaw(data, 'fineAmount') != ''")
	if len(fines) != 1 || !strings.HasPrefix(fines[0][0], "2000") {
		b.t.Errorf("fines of 0.2 万元 are stored as %v yuan", fines)
	}
	fines = b.penalties()
	// The same rows as a workbook are the same records, and end as they were: only
	// the document that stands in two spellings is corrected there and back.
	again := b.push("MEE", "?domain=penalty&kind=penalty", xlsx, workbook(b.t, penalties))
	if again.batch.Accepted+again.batch.Rejected != 6 || again.batch.Accepted != s.batch.Accepted {
		b.t.Errorf("as a workbook: %d accepted, %d rejected; as CSV %d and %d", again.batch.Accepted, again.batch.Rejected, s.batch.Accepted, s.batch.Rejected)
	}
	if n := b.sql("SELECT countIf(status = 'ACCEPTED') FROM records WHERE batch_id = '" + again.BatchID + "'")[0][0]; n != "2" {
		b.t.Errorf("%s rows of the workbook count as corrections, want 2", n)
	}
	if now := b.penalties(); !reflect.DeepEqual(now, fines) {
		b.t.Errorf("after the workbook the penalties are %v, before %v", now, fines)
	}
}

// penalties are the penalties as they stand.
func (b *bench) penalties() [][]string {
	b.t.Helper()
	return b.sql("SELECT unit, record_id, argMax(data, version) FROM records WHERE domain = 'penalty' AND status = 'ACCEPTED' GROUP BY unit, record_id ORDER BY record_id")
}

// lines holds the rejection codes of lines; those of an accepted line are "".
func (b *bench) lines(s settled, what string, want map[int]string) {
	b.t.Helper()
	got := map[int]string{}
	for _, f := range s.batch.Rejections {
		if code := string(f.Code); !strings.Contains(got[f.Line], code) {
			got[f.Line] = strings.TrimSpace(got[f.Line] + " " + code)
		}
	}
	for line, code := range want {
		if got[line] != code {
			b.t.Errorf("%s, line %d: rejected %q, want %q: %+v", what, line, got[line], code, s.batch.Rejections)
		}
	}
	if n := s.batch.Accepted + s.batch.Rejected; n != len(want) {
		b.t.Errorf("%s: %d rows have an end, want %d", what, n, len(want))
	}
}

// workbook writes CSV cells into an XLSX with a row of instructions on top and
// the header in the second column.
func workbook(t *testing.T, raw []byte) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	set := func(col, row int, v any) {
		cell, err := excelize.CoordinatesToCellName(col, row)
		if err == nil {
			err = x.SetCellValue("Sheet1", cell, v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	set(1, 1, "注意：保证数据的准确性")
	for i, line := range strings.Split(strings.TrimSpace(strings.TrimPrefix(string(raw), "\ufeff")), "\r\n") {
		for j, cell := range strings.Split(line, ",") {
			set(j+2, i+2, cell)
		}
	}
	var out bytes.Buffer
	if err := x.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
