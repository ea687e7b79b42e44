package record

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestContactsAreLeftOutOfFreeText(t *testing.T) {
	for text, want := range map[string]string{
		"联系电话13812345678,李某":                  "联系电话***,李某",
		"13812345678":                         "***",
		"138 1234 5678":                       "***",
		"电话:138-1234-5678。":                   "电话:***。",
		"手机１３８１２３４５６７８":                       "手机***",
		"手机1３8１2３4５6７8转":                      "手机***转",
		"+86 13812345678":                     "+86 ***",
		"8613812345678":                       "***",
		"13812345678 13912345678、15012345678": "*** ***、***",
		"座机027-87654321":                      "座机***",
		"座机0713－8765432":                      "座机***",
		"邮箱 li.si+x@example.com.cn,":          "邮箱 ***,",
		"邮箱zhang＠qq.com":                      "邮箱***",
		"13812345678@139.com":                 "***",
		"a@b.cn和13812345678":                  "***和***",
		"卡号6222021234567890128":               "卡号***",
		"卡号6222 0212 3456 7890 128,开户行":       "卡号***,开户行",
		"武汉市洪山区珞喻路129号3栋2单元1502室":             "",
		"罚款13800000000元":                      "",
		"注册资本13800000000.00万":                 "",
		"3.13812345678":                       "",
		"武市监罚〔2024〕13812345678号":              "",
		"91420100MA4N0A2B5Y":                  "",
		"914201007145667890":                  "",
		"注册号420100000012345":                  "",
		"许可证JY14201110012345":                 "",
		"6222021234567890123":                 "", // no check digit
		"12812345678":                         "",
		"2026-03-02至2027-03-01":               "",
		"2026-0302-0401":                      "",
		"价格@每件":                               "",
		"@":                                   "",
		"a@b":                                 "",
		"〇〇0138123456780":                     "",
		"100-1234567 (no trunk prefix)":       "",
		"000-12345678":                        "",
		"1":                                   "",
		"":                                    "",
		"批发20240101-20251231期间产品13812345678,另有说明": "批发20240101-20251231期间产品***,另有说明",
	} {
		got, found := appendWithoutContacts([]byte("x"), []byte(text))
		if !found {
			got = append(got, text...)
		}
		if want == "" {
			want = text
		}
		if string(got) != "x"+want || found != (want != text) {
			t.Errorf("%q: %q, want %q", text, got[1:], want)
		}
	}
}

// FuzzContacts: a contact is found at every place, whatever stands around it,
// what is left has none, and the rest stays as it is.
func FuzzContacts(f *testing.F) {
	f.Add("电话", "。", uint64(13812345678))
	f.Add("a@b.c ", "@x.yz", uint64(19999999999))
	f.Add("２", "12 ", uint64(13000000000))
	f.Fuzz(func(t *testing.T, before, after string, n uint64) {
		if !utf8.ValidString(before) || !utf8.ValidString(after) || len(before)+len(after) > 500 {
			return
		}
		number := "1" + string(rune('3'+n%7)) + strings.Repeat(string(rune('0'+n/7%10)), 9)
		in := before + "(" + number + ")" + after
		out, found := appendWithoutContacts(nil, []byte(in))
		if !found || strings.Contains(string(out), "("+number+")") {
			t.Fatalf("%q: %q", in, out)
		}
		if !utf8.Valid(out) {
			t.Fatalf("%q: %q is no UTF-8", in, out)
		}
		if again, more := appendWithoutContacts(nil, out); more {
			t.Fatalf("%q: %q: %q", in, out, again)
		}
		alone, was := appendWithoutContacts(nil, []byte(before))
		if !was {
			alone = []byte(before)
		}
		if !strings.HasPrefix(string(out), string(alone)+"(") {
			t.Fatalf("%q alone %q, in front %q", before, alone, out)
		}
	})
}

func BenchmarkContacts(b *testing.B) {
	text := []byte(strings.Repeat("一般项目:技术服务、技术开发、技术咨询;软件开发;信息系统集成服务(除依法须经批准的项目外,凭营业执照依法自主开展经营活动)", 4) + "洪山区珞喻路129号3栋2单元1502室")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, found := appendWithoutContacts(nil, text); found {
			b.Fatal("found")
		}
	}
}
