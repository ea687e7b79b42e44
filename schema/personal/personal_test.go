package personal

import (
	"strings"
	"testing"
	"unicode/utf8"

	"credithub/schema/uscc"
)

// id is an identity number of the standard's own example (GB 11643-1999).
const id = "11010519491231002X"

func TestIdentityNumbersAreFound(t *testing.T) {
	var finder Finder
	f := func(s string, want bool) {
		t.Helper()
		if finder.FindID([]byte(s)) != want {
			t.Errorf("%q: want %v", s, want)
		}
		if _, got := finder.Look(nil, []byte(s), Free); got != want {
			t.Errorf("%q: Look says %v", s, got)
		}
	}
	shift := func(digit, x rune) string {
		return strings.Map(func(r rune) rune {
			if r == 'X' {
				return x
			}
			return r - '0' + digit
		}, id)
	}
	f(id, true)
	f(strings.ToLower(id), true)
	f("法定代表人身份证号："+id+"，住武汉市", true)
	f("张三（"+shift('０', 'Ｘ')+"）", true)
	f("张三１１0105１９４９１２３１００２x", true)
	f(shift('٠', 'X'), true)
	f(shift('𝟎', 'x'), true)
	f(strings.NewReplacer("0", "⓪", "1", "①", "2", "②", "3", "③", "4", "④", "5", "⑤", "9", "⑨").Replace(id), true)
	for _, gap := range []string{" ", "-", "\u3000", "\u00a0", "–", "—", "\u2009", ".", "/", "·", ":", "_", "\t", "\n", "  ", " - "} {
		f("110105"+gap+"19491231"+gap+"002X", len([]rune(gap)) < 3)
		f("证号110105"+gap+"19491231"+gap+"002X。", len([]rune(gap)) < 3)
		f("1110105"+gap+"19491231"+gap+"002X", false)
		f("110105"+gap+"19491231"+gap+"002X1", false)
		f("110105"+gap+"19491231"+gap+"0021", false)
	}
	f("110105 19491231-002X", true)
	f("110105194912 31002X", true)
	f("1101 0519 4912 3100 2X", true)
	f("1101 0519 4912 3100 2 X", true)
	f("1-1-0-1-0-5-1-9-4-9-1-2-3-1-0-0-2-X", true)
	f("1101 0519-4912/3100 2X", false) // no one writes one number so
	for _, unseen := range []string{"\u200b", "\u200d", "\ufe0f", "\u034f", "\u00ad", "\u2060", "\ufeff"} {
		f("1101"+unseen+"0519491231"+unseen+"002X", true)
	}
	f("110105 19491231 002", false)
	f("电话 027-12345678 2026，邮编 430000", false)
	f("武汉示例科技有限公司（光谷）１２３４５６号", false)
	f(id[:17]+"X01", true) // an old taxpayer number
	f("362322198709086409"+"01", true)
	f("01"+id, true)
	f("2026〕第123号，金额12345678901234567890", false)
	f("914403001922038216", false)
	f("362322198709086408", false)
	f(strings.Repeat("无", 40)+"3623221987090864", false)
	for pad := range 40 {
		f(strings.Repeat("a", pad)+"362322198709086409", true)
		f(strings.Repeat("a", pad)+"362322198709086409"+strings.Repeat("b", pad), true)
	}
	f(strings.Repeat("1", 2000), false)
	f("2024-01-01 2025-01-01 2026-01-01", false)

	// A word says what no check digit can.
	f("身份证号110105491231002", true)
	f("身份证:110105194912310021", true)
	f("居民身份证号码为 110105194912310021", true)
	f("护照号E12345678", true)
	f("港澳通行证（H1234567890）", true)
	f("身份证读卡器,型号CR1234567", false)
	f("护照办理咨询,2026-03-02起", false)
	f("注册号420100000012345", false)
}

func TestContactsAreCut(t *testing.T) {
	var finder Finder
	for text, want := range map[string]string{
		"联系电话13812345678,李某":                    "联系电话***,李某",
		"13812345678":                           "***",
		"138 1234 5678":                         "***",
		"电话:138-1234-5678。":                     "电话:***。",
		"手机１３８１２３４５６７８":                         "手机***",
		"手机1３8１2３4５6７8转":                        "手机***转",
		"+86 13812345678":                       "+86 ***",
		"8613812345678":                         "***",
		"13812345678 13912345678、15012345678":   "*** ***、***",
		"座机027-87654321":                        "座机***",
		"座机0713－8765432":                        "座机***",
		"邮箱 li.si+x@example.com.cn,":            "邮箱 ***,",
		"邮箱zhang＠qq.com":                        "邮箱***",
		"13812345678@139.com":                   "***",
		"a@b.cn和13812345678":                    "***和***",
		"卡号6222021234567890128":                 "卡号***",
		"6222021234567890128":                   "***",
		"6222 0212 3456 7890 128,开户行":           "***,开户行",
		"账号42001234567890123456":                "账号***",
		"账号:4200 1234 5678 9012":                "账号:***",
		"Tel13912345678":                        "Tel***",
		"手机13912345678号":                        "手机***号",
		"电话为(027)87654321":                      "电话为(***",
		"139.1234.5678":                         "***",
		"(139)12345678":                         "(***",
		"139_1234_5678":                         "***",
		"1391 234 5678":                         "***",
		"联系电话号码：87654321":                       "联系电话号码：***",
		"138\u200b1234\u200b5678":               "***",
		"批发20240101-20251231期间13812345678,另有说明": "批发20240101-20251231期间***,另有说明",
		"电话\n13912345678":                       "电话\n***",

		"武汉市洪山区珞喻路129号3栋2单元1502室":       "",
		"罚款13800000000元":                "",
		"注册资本13800000000.00万":           "",
		"3.13812345678":                 "",
		"武市监罚〔2024〕13812345678号":        "",
		"91420100MA4N0A2B5Y":            "",
		"914201007145667890":            "",
		"注册号420100000012345":            "",
		"许可证JY14201110012345":           "",
		"6222021234567890123":           "", // no check digit
		"12812345678":                   "",
		"2026-03-02至2027-03-01":         "",
		"账户2026-03-02":                  "",
		"热线12315":                       "",
		"规格1500-1200-300":               "",
		"价格@每件":                         "",
		"@":                             "",
		"a@b":                           "",
		"0138123456780":                 "",
		"100-1234567":                   "",
		"000-12345678":                  "",
		"〔2026〕1号,2026-03-02,0.1234567": "",
		"":                              "",
	} {
		spans, _ := finder.Look(nil, []byte(text), Free)
		if want == "" {
			want = text
		}
		if got := string(Cut([]byte("x"), []byte(text), spans)); got != "x"+want || (len(spans) > 0) != (want != text) {
			t.Errorf("%q: %q, want %q", text, got[1:], want)
		}
	}
}

// TestNumbersOfDocumentsAreNone: but what a word calls a telephone is one, and
// an address is one everywhere.
func TestNumbersOfDocumentsAreNone(t *testing.T) {
	var finder Finder
	for text, want := range map[string]bool{
		"13812345678": false, "027-87654321": false, "6222021234567890128": false, "鄂食药13812345678": false,
		"联系电话13812345678": true, "a@b.cn": true, "卡号6222021234567890128": true, "（2026）鄂01执13812345678号": false,
	} {
		if spans, _ := finder.Look(nil, []byte(text), Number); (len(spans) > 0) != want {
			t.Errorf("%s: %v", text, spans)
		}
	}
}

// FuzzLook: a number is found at every place, whatever stands around it; what is
// left has none, and everything else stays as it is.
func FuzzLook(f *testing.F) {
	f.Add("电话", "。", uint64(13812345678))
	f.Add("a@b.c ", "@x.yz", uint64(19999999999))
	f.Add("２", "12 ", uint64(13000000000))
	f.Add("身份证", "\u200b1", uint64(0))
	f.Fuzz(func(t *testing.T, before, after string, n uint64) {
		var finder Finder
		if !utf8.ValidString(before) || !utf8.ValidString(after) || len(before)+len(after) > 500 {
			return
		}
		number := "1" + string(rune('3'+n%7)) + strings.Repeat(string(rune('0'+n/7%10)), 9)
		in := []byte(before + "[" + number + "]" + after)
		spans, was := finder.Look(nil, in, Free)
		if was != finder.FindID(in) {
			t.Fatalf("%q: Look says %v", in, was)
		}
		out := Cut(nil, in, spans)
		if strings.Count(string(out), "["+Mask+"]") == 0 || !utf8.Valid(out) {
			t.Fatalf("%q: %q", in, out)
		}
		if again, _ := finder.Look(nil, out, Free); len(again) > 0 {
			t.Fatalf("%q: %q: %v", in, out, again)
		}
		alone, _ := finder.Look(nil, []byte(before), Free)
		if !strings.HasPrefix(string(out), string(Cut(nil, []byte(before), alone))+"[") {
			t.Fatalf("%q alone %v, in front %q", before, alone, out)
		}
		if !finder.FindID([]byte(before + "[" + id + "]" + after)) {
			t.Fatalf("%q %q hide an identity number", before, after)
		}
		if uscc.CheckID(number) {
			t.Fatal("a mobile number of 18 digits")
		}
	})
}

func BenchmarkLook(b *testing.B) {
	text := []byte(strings.Repeat("一般项目:技术服务、技术开发、技术咨询;软件开发;信息系统集成服务(除依法须经批准的项目外,凭营业执照依法自主开展经营活动)", 4) + "洪山区珞喻路129号3栋2单元1502室")
	var finder Finder
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if s, found := finder.Look(nil, text, Free); found || s != nil {
			b.Fatal("found")
		}
	}
}
