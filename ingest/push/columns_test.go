package push

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/traditionalchinese"

	"credithub/schema/fault"
)

// told answers each part with findings about columns.
type told struct {
	parts
	n int
}

func (k *told) Send(ctx context.Context, p Part) (Outcome, error) {
	o, err := k.parts.Send(ctx, p)
	k.n++
	day := fmt.Sprintf("brought into the form of the hub: “2020年1月%d日” → “2020-01-%02d”", k.n, k.n)
	o.Findings = []Finding{
		{Line: 2, Count: 1, Fault: fault.Fault{Code: fault.W05Normalised, Field: "establishedOn", Message: day}},
		{Line: 2, Count: 2, Fault: fault.Fault{Code: fault.W13Column, Field: "分管领导", Message: "no field of this kind, not kept: 2 rows"}},
	}
	return o, err
}

func TestCase_A2_PartsOfAFileTellOfAColumnOnce(t *testing.T) {
	k := &told{}
	table := "统一社会信用代码,企业名称,登记状态,成立日期,分管领导,变更日期\n" + strings.Repeat(subject+",甲,1,2020年1月1日,李某,2026-01-02\n", 6)
	c := Config{To: k, Domain: "registration", Limits: Limits{PartRows: 2}, Ignore: []string{"变更日期"}}
	s, err := Files(t.Context(), c, []string{file(t, "a.csv", table)})
	if err != nil || len(k.all) != 3 || len(k.all[0].Ignore) != 1 || k.all[0].query() != "?domain=registration&ignore=%E5%8F%98%E6%9B%B4%E6%97%A5%E6%9C%9F&kind=registration" {
		t.Fatalf("%v, %d parts, %s", err, len(k.all), k.all[0].query())
	}
	want := []string{"2 W05 establishedOn 3 brought into the form of the hub: 3 rows, such as “2020年1月1日” → “2020-01-01”", "2 W13 分管领导 6 no field of this kind, not kept: 6 rows"}
	for i, f := range s.Findings {
		if got := fmt.Sprint(f.Line, " ", f.Code, " ", f.Field, " ", f.Count, " ", f.Message); i >= len(want) || got != want[i] {
			t.Errorf("%s", got)
		}
	}
	c.Ignore = nil
	if _, err := Files(t.Context(), c, []string{file(t, "a.csv", table)}); err == nil || !strings.Contains(err.Error(), "变更日期") || len(k.all) != 3 {
		t.Errorf("a column that matters: %v, %d parts", err, len(k.all))
	}
}

func TestCase_A6_APushDeclaresItsCharset(t *testing.T) {
	big5, err := traditionalchinese.Big5.NewEncoder().String("統一社會信用代碼,企業名稱,登記狀態,成立日期\n" + subject + ",武漢長江電信示例有限公司,1,2020-05-06\n")
	if err != nil {
		t.Fatal(err)
	}
	k := &parts{}
	if _, err := Files(t.Context(), Config{To: k, Domain: "registration", Charset: "big5"}, []string{file(t, "a.csv", big5)}); err != nil || !strings.Contains(string(k.all[0].Body), "武漢長江電信示例有限公司") {
		t.Fatalf("%v", err)
	}
}
