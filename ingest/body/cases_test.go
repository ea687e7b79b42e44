package body

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/traditionalchinese"

	"credithub/schema/civil"
	"credithub/schema/fault"
	"credithub/schema/record"
)

// judged is what became of a body: faults by line as "line code field", notes with
// line 0, or the error.
func judged(t testing.TB, s Source, err error) (string, []Told) {
	t.Helper()
	if err != nil {
		return messageOf(err), nil
	}
	var out []string
	tally := NewTally(1000)
	var it Item
	var row record.Row
	dec := record.NewDecoder()
	for s.Next(&it) {
		row = record.Row{}
		if it.Raw != nil {
			dec.Decode(it.Raw, civil.MakeDate(2026, 3, 10), &row)
		}
		row.Faults = append(row.Faults, it.Faults...)
		for _, f := range row.Faults {
			if f.Code.Rejects() {
				out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s %s", it.Line, f.Code, f.Field)))
			} else {
				tally.Add(it.Line, string(row.RecordID), f)
			}
		}
	}
	for _, n := range Notes(s) {
		tally.Note(n)
	}
	return strings.Join(out, "; "), tally.All()
}

func codes(all []Told) string {
	var out []string
	for _, w := range all {
		if w.Code != fault.W05Normalised {
			out = append(out, fmt.Sprintf("%s %s ×%d", w.Code, w.Field, w.Count))
		}
	}
	return strings.Join(out, "; ")
}

func csvOf(rows [][]any) string {
	var b strings.Builder
	for _, r := range rows {
		for i, c := range r {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprint(&b, c)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// both reads rows as CSV and as XLSX, which must agree.
func both(t *testing.T, kind *record.KindSpec, opt Options, rows [][]any) (string, []Told) {
	t.Helper()
	s, err := CSV([]byte(csvOf(rows)), kind, opt, DefaultLimits())
	text, told := judged(t, s, err)
	b, err := XLSX(book(t, rows), kind, opt, DefaultLimits(), t.TempDir())
	var bookText string
	var bookTold []Told
	if err != nil {
		bookText = messageOf(err)
	} else {
		bookText, bookTold = judged(t, b, nil)
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	if text != bookText || codes(told) != codes(bookTold) {
		t.Errorf("CSV: %s %s\nXLSX: %s %s", text, codes(told), bookText, codes(bookTold))
	}
	return text, told
}

func TestCase_A2_NoColumnIsLostInSilence(t *testing.T) {
	reg := kindOf(t, record.Registration, "registration")
	head := []any{"企业名称", "统一社会信用代码", "登记状态", "成立日期"}
	rows := func(heading string, values ...any) [][]any {
		out := [][]any{append(slices.Clone(head), heading)}
		for _, v := range values {
			out = append(out, []any{"武汉示例有限公司", codeB, "存续", "2020-05-06", v})
		}
		return out
	}
	warned := func(rows [][]any, want string) {
		t.Helper()
		if text, told := both(t, reg, Options{}, rows); text != "" || codes(told) != want {
			t.Errorf("%v: %s %s, want %s", rows[0], text, codes(told), want)
		}
	}
	warned(rows("分管领导", "李某", "", "王某"), "W13 分管领导 ×2")
	warned(rows("法定代表入", "张某"), "W13 法定代表入 ×1")
	warned(rows("分管领导", ""), "W13 分管领导 ×0")
	warned(rows("序号", "1", "2"), "W13 序号 ×2")
	warned(rows("编号", "1", "2"), "W13 编号 ×2")
	warned(rows("更新时间", "2026-01-02"), "W13 更新时间 ×1")
	warned(rows("错误原因", "成立日期晚于今天"), "")

	refused := func(opt Options, rows [][]any, want ...string) {
		t.Helper()
		text, _ := both(t, reg, opt, rows)
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%v: %s, want %s in it", rows[0], text, w)
			}
		}
	}
	refused(Options{}, rows("变更日期", "x"), `"变更日期" looks like a date`, "核准日期 (approvedOn)", "ignore=变更日期")
	refused(Options{}, rows("注册资本到位时间", "x"), "looks like a date")
	refused(Options{}, rows("主管部门代码", "x"), "looks like a code")
	refused(Options{}, rows("营业期限", "x"), "looks like a term")
	refused(Options{}, rows("经营期限自", "x"), "looks like a term")
	refused(Options{}, rows("编号", "A-1", "A-2"), "looks like a code")
	refused(Options{}, rows("备查", "2026-01-02", "2026年3月2日", "", "其他"), `"备查" looks like a date`)
	refused(Options{}, rows("备查", "长期"), "looks like a date")
	refused(Options{}, rows("备查", codeA), "looks like a code")
	refused(Options{}, rows("备查", "3年", "六个月"), "looks like a term")

	for _, opt := range []Options{{Ignore: []string{"变更日期"}}, {Ignore: []string{"x", " 变更 日期 "}}} {
		if text, told := both(t, reg, opt, rows("变更日期", "2026-01-02")); text != "" || codes(told) != "" {
			t.Errorf("an ignored column: %s %s", text, codes(told))
		}
	}
	refused(Options{Ignore: []string{"成立日期"}}, rows("备查", "x"), "has no column 成立日期")

	// The usual headings of a term are known.
	entry := kindOf(t, record.Decision, "entry")
	for _, w := range []string{"期满日期", "终止日期", "有效期止", "截止日期", "到期日期", "届满日期", "期限届满日期", "有效期至", "termUntil"} {
		rows := [][]any{{"名单编号", "统一社会信用代码", "名单代码", "事件", "列入事由", "决定书文号", "决定日期", "送达日期", w},
			{"E-1", codeB, "L09", "DECIDED", "1", "示例决〔2026〕9号", "2026-03-02", "", "2027-03-02"}}
		s, err := CSV([]byte(csvOf(rows)), entry, Options{}, DefaultLimits())
		if got := read(t, s, err, "termUntil"); !strings.Contains(got, "2027-03-02") {
			t.Errorf("%s: %s", w, got)
		}
	}
}

func TestCase_A3_TwoColumnsOfOneFieldAreRefused(t *testing.T) {
	reg := kindOf(t, record.Registration, "registration")
	f := func(opt Options, head []any, want ...string) {
		t.Helper()
		text, told := both(t, reg, opt, [][]any{head, {"武汉示例二有限公司", codeB, "1", "4", "2020-05-06"}})
		for _, w := range want {
			if !strings.Contains(text, w) || w == "" && (text != "" || codes(told) != "") {
				t.Errorf("%v: %s", head, text)
			}
		}
	}
	f(Options{}, []any{"企业名称", "统一社会信用代码", "登记状态", "经营状态", "成立日期"}, `"登记状态"`, `"经营状态"`, "status")
	f(Options{}, []any{"企业名称", "统一社会信用代码", "登记状态", "登记状态", "成立日期"}, `"登记状态"`)
	f(Options{}, []any{"企业名称", "统一社会信用代码", "status", "登记状态", "成立日期"}, `"status"`, `"登记状态"`)
	f(Options{Ignore: []string{"经营状态"}}, []any{"企业名称", "统一社会信用代码", "登记状态", "经营状态", "成立日期"}, "")
	// What is never kept may come twice.
	penalty := kindOf(t, record.Penalty, "penalty")
	if c := match(penalty, &Options{}, []string{"法定代表人身份证号", "法定代表人证件号码"}); c.twice("") != nil {
		t.Error(c.twice(""))
	}
}

func TestCase_A5_ATotalIsNoRecord(t *testing.T) {
	reg := kindOf(t, record.Registration, "registration")
	f := func(row ...any) {
		t.Helper()
		s, err := CSV([]byte(csvOf([][]any{{"序号", "企业名称", "统一社会信用代码", "登记状态", "成立日期"}, row})), reg, Options{}, DefaultLimits())
		if got, _ := judged(t, s, err); got != "2 E05 uscc" {
			t.Errorf("%v: %s", row, got)
		}
	}
	f("合计", "2", "", "", "")
	f("总计", "", "", "", "")
	f("", "小计", "", "", "")
	f("", "", "合计", "", "")
	s, err := CSV([]byte("企业名称,统一社会信用代码,登记状态,成立日期\n科学计数示例有限公司,9.14E+17,存续,2020-05-06\n公式示例有限公司,\"=\"\"91420100MAHF67628W\"\"\",存续,2020-05-06\n合计,,,\n"), reg, Options{}, DefaultLimits())
	if got, _ := judged(t, s, err); got != "2 E01 uscc; 3 E01 uscc; 4 E05 uscc" {
		t.Errorf("%s", got)
	}
}

func TestCase_A6_ADeclaredCharsetIsUsedOrRefused(t *testing.T) {
	reg := kindOf(t, record.Registration, "registration")
	const text = "統一社會信用代碼,企業名稱,登記狀態,成立日期\n91420100MA4N0A2B5Y,武漢長江電信示例有限公司,1,2020-05-06\n"
	big5, err := traditionalchinese.Big5.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	f := func(name, charset, body, want string) {
		t.Helper()
		s, err := CSV([]byte(body), reg, Options{Charset: charset}, DefaultLimits())
		if got := read(t, s, err, "name"); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q in it", name, got, want)
		}
	}
	simple := strings.NewReplacer("統一社會信用代碼", "统一社会信用代码", "企業名稱", "企业名称", "登記狀態", "登记状态", "武漢長江電信", "武汉长江电信").Replace(text)
	f("Big5", "big5", big5, "武漢長江電信示例有限公司")
	f("Big5 by another name", "Big5-HKSCS", big5, "武漢長江電信示例有限公司")
	f("UTF-8", "UTF8", text, "武漢長江電信示例有限公司")
	f("GBK", "GB2312", gb(simple), "武汉长江电信示例有限公司")
	f("GB18030", "gb18030", gb(simple), "武汉长江电信示例有限公司")
	f("UTF-16 with a mark", "utf-16", toUTF16(simple), "武汉长江电信示例有限公司")
	f("UTF-16 without", "utf-16le", toUTF16(simple)[2:], "武汉长江电信示例有限公司")
	f("a mark counts more", "big5", "\xef\xbb\xbf"+text, "武漢長江電信示例有限公司")
	f("an unknown name", "klingon", text, "UNSUPPORTED_MEDIA_TYPE: the charset is not known")
	f("a name without text", "replacement", text, "UNSUPPORTED_MEDIA_TYPE: the charset is not known")
	f("UTF-8 under another name", "big5", text, "BAD_INPUT: the body is written in UTF-8 and not in big5")
	f("a byte that fits nothing", "big5", strings.Replace(big5, "\n91420100", "\n91420100MA4N0A2B5Y,\xff\xff,1,2020-05-06\n91420100", 1), "2!E13 row is not valid text of the declared charset")
}

func TestCase_A7_HeadersOfTwoRowsAreRead(t *testing.T) {
	f := func(d record.Domain, kind string, rows [][]any, want string) {
		t.Helper()
		k := kindOf(t, d, kind)
		s, err := CSV([]byte(csvOf(rows)), k, Options{}, DefaultLimits())
		text, told := judged(t, s, err)
		if text+"|"+codes(told) != want {
			t.Errorf("%v: %s|%s, want %s", rows, text, codes(told), want)
		}
		both(t, k, Options{}, rows)
	}
	row := []any{codeB, "武汉示例有限公司", "存续", "2020-05-06"}
	f(record.Registration, "registration", [][]any{{"统一社会信用代码", "企业名称", "登记信息", ""}, {"", "", "登记状态", "成立日期"}, row}, "|")
	f(record.Registration, "registration", [][]any{{"企业登记信息表", "", "", ""}, {"统一社会信用代码", "企业名称", "登记", ""}, {"", "", "状态", "成立日期"}, row}, "|")
	f(record.Registration, "registration", [][]any{{"统一社会信用代码", "企业名称", "登记状态", "成立日期", "法定代表人", ""}, {"", "", "", "", "姓名", "籍贯"}, append(slices.Clone(row), "张三", "湖北")}, "|W13 法定代表人籍贯 ×1")
	permit := []any{codeB, "武汉示例有限公司", "示例许〔2026〕1号", "2026-01-02", "2026-01-02", "2027-01-01"}
	f(record.Permit, "permit", [][]any{{"行政相对人", "", "行政许可决定", "", "有效期", ""}, {"统一社会信用代码", "名称", "文书号", "许可决定日期", "自", "至"}, permit}, "|")
	// A single header is not joined with the row below it.
	f(record.Registration, "registration", [][]any{{"统一社会信用代码", "企业名称", "登记状态", "成立日期"}, row}, "|")
	// Parts of such a file have the whole header.
	text := csvOf([][]any{{"统一社会信用代码", "企业名称", "登记信息", ""}, {"", "", "登记状态", "成立日期"}, row, row, row})
	n := 0
	err := CSVParts([]byte(text), kindOf(t, record.Registration, "registration"), Options{}, DefaultLimits(), 1<<20, 1, func(p Part) error {
		s, err := CSV(p.Body, kindOf(t, record.Registration, "registration"), Options{}, DefaultLimits())
		if got := read(t, s, err, "status"); !strings.HasPrefix(got, "3 1") {
			t.Errorf("%q: %s", p.Body, got)
		}
		n++
		return nil
	})
	if err != nil || n != 3 {
		t.Errorf("%d parts, %v", n, err)
	}
}

func TestCase_A14_WarningsAreToldOnceAColumn(t *testing.T) {
	var b strings.Builder
	b.WriteString("企业名称,统一社会信用代码,登记状态,成立日期\n")
	for i := range 1500 {
		fmt.Fprintf(&b, "武汉示例%d有限公司,%s,1,2020年5月%d日\n", i, codeB, i%28+1)
	}
	s, err := CSV([]byte(b.String()), kindOf(t, record.Registration, "registration"), Options{}, DefaultLimits())
	_, told := judged(t, s, err)
	if len(told) != 1 || told[0].Count != 1500 || told[0].Line != 2 || told[0].Field != "establishedOn" ||
		told[0].Message != "brought into the form of the hub: 1500 rows, such as “2020年5月1日” → “2020-05-01”; “2020年5月2日” → “2020-05-02”; “2020年5月3日” → “2020-05-03”" {
		t.Errorf("%+v", told)
	}

	// Warnings of rows are told one by one, and none vanishes beyond the limit.
	tally := NewTally(10)
	for i := range 25 {
		tally.Add(uint32(i+1), "", fault.Fault{Code: fault.W01Inner, Field: "uscc", Message: "the check fails"})
		tally.Add(uint32(i+1), "", fault.Fault{Code: fault.W13Column, Field: fmt.Sprint("x", i), Message: "not kept"})
	}
	rows, columns := 0, 0
	for _, w := range tally.All() {
		if w.Code == fault.W01Inner {
			rows += w.Count
		} else {
			columns += w.Count
		}
	}
	if rows != 25 || columns != 25 || len(tally.All()) > 10+10+2 {
		t.Errorf("%d rows, %d columns, %d findings", rows, columns, len(tally.All()))
	}
}

// The same fault has the same code and field in every form, and one judge finds it.
func TestTheSameFaultHasTheSameCodeInEveryForm(t *testing.T) {
	type values map[string]string
	base := values{"name": "武汉示例有限公司", "uscc": codeB, "status": "1", "establishedOn": "2020-05-06", "legalRepresentative": "张三", "division": "420100", "registeredCapital": "5000000"}
	order := []string{"name", "uscc", "status", "establishedOn", "legalRepresentative", "division", "registeredCapital", "domicile", "分管领导"}
	for _, change := range []values{
		{}, {"name": "12345"}, {"legalRepresentative": "13800138000"}, {"legalRepresentative": "362322198709086409"}, {"uscc": "9.14E+17"}, {"uscc": "91420100MA4N0A2B55"},
		{"uscc": ""}, {"name": "合计", "uscc": ""}, {"status": "某"}, {"status": ""}, {"establishedOn": "2026-02-30"}, {"establishedOn": "2030-01-01"}, {"establishedOn": "长期"},
		{"registeredCapital": "-5"}, {"registeredCapital": "若干"}, {"division": "990000"}, {"division": "4201"}, {"name": "武汉\uFFFD示例"}, {"name": "武汉\uE001示例"}, {"name": "=A1"}, {"name": "#REF!"},
		{"domicile": "电话13812345678"}, {"domicile": "36232219870908640X 362322198709086409"}, {"分管领导": "李某"}, {"name": strings.Repeat("武", 201)},
		{"domicile": "武汉\u200b市"}, {"uscc": "362322198709086409"},
	} {
		row := values{}
		for _, m := range []values{base, change} {
			for k, v := range m {
				row[k] = v
			}
		}
		var data []string
		var head, cells []any
		for _, name := range order {
			v, ok := row[name]
			if name != "uscc" && v != "" {
				data = append(data, fmt.Sprintf("%q:%s", name, jsonText(v)))
			}
			if ok {
				head, cells = append(head, name), append(cells, v)
			}
		}
		envelope := fmt.Sprintf(`{"domain":"registration","kind":"registration","recordId":"R-1","version":1,"op":"upsert","uscc":%s,"data":{%s}}`, jsonText(row["uscc"]), strings.Join(data, ","))
		want := ""
		check := func(form string, s Source, err error, dec *record.Decoder) {
			t.Helper()
			got := faultsOf(t, s, err, dec)
			if form == "NDJSON" {
				want = got
			} else if got != want {
				t.Errorf("%v as %s: %s, as NDJSON: %s", change, form, got, want)
			}
		}
		reg := kindOf(t, record.Registration, "registration")
		s, err := NDJSON([]byte(envelope), DefaultLimits())
		check("NDJSON", s, err, record.NewDecoder())
		s, err = JSON([]byte("["+envelope+"]"), DefaultLimits())
		check("JSON", s, err, record.NewDecoder())
		s, err = NDJSON([]byte(strings.Replace(envelope, "{", `{"unit":"SAMR",`, 1)), DefaultLimits())
		check("Kafka", s, err, record.NewDecoder(record.Kafka()))
		s, err = CSV([]byte(csvOf([][]any{head, cells})), reg, Options{}, DefaultLimits())
		check("CSV", s, err, record.NewDecoder())
		b, err := XLSX(book(t, [][]any{head, cells}), reg, Options{}, DefaultLimits(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		check("XLSX", b, nil, record.NewDecoder())
		_ = b.Close()
		if len(change) > 0 && want == "" {
			t.Errorf("%v has no fault", change)
		}
	}
}

func jsonText(s string) string {
	var b bytes.Buffer
	b.WriteByte('"')
	b.WriteString(strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(s))
	b.WriteByte('"')
	return b.String()
}

// faultsOf is the sorted set of codes and fields of a body of one row.
func faultsOf(t *testing.T, s Source, err error, dec *record.Decoder) string {
	t.Helper()
	if err != nil {
		return messageOf(err)
	}
	var all []string
	add := func(f fault.Fault) { all = append(all, string(f.Code)+" "+f.Field) }
	var it Item
	for s.Next(&it) {
		row := record.Row{}
		if it.Raw != nil {
			dec.Decode(it.Raw, civil.MakeDate(2026, 3, 10), &row)
		}
		for _, f := range append(row.Faults, it.Faults...) {
			add(f)
		}
	}
	for _, n := range Notes(s) {
		add(n.Fault)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}
