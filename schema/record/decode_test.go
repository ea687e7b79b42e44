package record

import (
	"credithub/schema/civil"
	"fmt"
	"strings"
	"testing"
)

var today = civil.MakeDate(2026, 3, 10)

const clean = `{"domain":"registration","kind":"registration","recordId":"R-0001","version":1,"op":"upsert",
 "uscc":"91420100MA4N0A2B5Y","occurredOn":"2026-03-02","data":{"name":"武汉示例科技有限公司","establishedOn":"2020-05-06","status":"1"}}`

// decode gives the faults of a row as "CODE field" words, for comparing.
func decode(raw string, opts ...Option) (*Row, string) {
	var row Row
	NewDecoder(opts...).Decode([]byte(raw), today, &row)
	words := make([]string, len(row.Faults))
	for i, f := range row.Faults {
		words[i] = fmt.Sprintf("%s %s", f.Code, f.Field)
	}
	return &row, strings.Join(words, ", ")
}

func TestContractExampleIsClean(t *testing.T) {
	row, faults := decode(clean)
	if faults != "" {
		t.Fatal(faults)
	}
	if row.Domain != Registration || row.Kind != "registration" || row.Op != Upsert || row.Version != 1 ||
		string(row.RecordID) != "R-0001" || string(row.USCC) != "91420100MA4N0A2B5Y" || row.OccurredOn.String() != "2026-03-02" {
		t.Errorf("%+v", row)
	}
	if want := `{"name":"武汉示例科技有限公司","status":"1","establishedOn":"2020-05-06"}`; string(row.Data) != want {
		t.Errorf("%s", row.Data)
	}
	if string(row.Get("name")) != "武汉示例科技有限公司" || row.Day("establishedOn") != civil.MakeDate(2020, 5, 6) || row.Get("domicile") != nil {
		t.Error("get")
	}
}

// fullRow is a row of about 500 bytes, for the benchmark and the allocation test.
const fullRow = `{"domain":"registration","kind":"registration","recordId":"R-91420100MA4N0A2B5Y","version":3,"op":"upsert","uscc":"91420100MA4N0A2B5Y","occurredOn":"2026-03-02","data":{"name":"武汉示例科技有限公司","status":"1","establishedOn":"2020-05-06","entityType":"1130","legalRepresentative":"张三","registeredCapital":"1000000.00","currency":"156","registrationAuthority":"武汉东湖新技术开发区市场监督管理局","division":"420100","domicile":"武汉市东湖新技术开发区高新大道示例路1号","businessScope":"软件开发;信息系统集成服务","industry":"I6510","regNo":"420100000000001"}}`

func TestCleanRowAllocatesNothing(t *testing.T) {
	d, raw := NewDecoder(), []byte(fullRow)
	var row Row
	d.Decode(raw, today, &row)
	if len(row.Faults) != 0 {
		t.Fatal(row.Faults)
	}
	buf := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(200, func() {
		d.Decode(raw, today, &row)
		buf = AppendEnvelope(buf[:0], &row, "SAMR")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDecode(b *testing.B) {
	d, raw := NewDecoder(), []byte(fullRow)
	var row Row
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		d.Decode(raw, today, &row)
	}
}
