package uscc

import (
	"math/rand/v2"
	"strings"
	"testing"

	"credithub/schema/fault"

	"pgregory.net/rapid"
)

// valid are the verified codes of published entities and synthetic fixtures:
// all three checks hold.
var valid = []string{
	"914403001922038216", "9144030071526726XG", "91330100799655058B", "91110108551385082Q",
	"91420100663491955X", "91420100568359390C", "91440300192317458F", "9152000071430580XT",
	"911100001000044477", "91110000710925462X", "91420100616400352X", "12100000400000624D",
	"12100000707137123P", "11100000MB0143028R",
	"91420100MA4N0A2B5Y", "92420100MA4N0A1X95", "93220400MA17Q9RW58", "51220400MJY00001XA",
	"91420100MA44P7CC80", "91420100MA4FJRE200", "91350100M000100Y43", "12440600MB2C07549J",
	"92141127MA0KD1Y64A",
}

func TestVerifiedCodesAreClean(t *testing.T) {
	for _, c := range valid {
		if v := Check([]byte(c)); v.Code != "" || v.Personal {
			t.Errorf("%s: %+v", c, v)
		}
	}
}

func TestVerdicts(t *testing.T) {
	f := func(code string, want fault.Code, personal bool) {
		t.Helper()
		v := Check([]byte(code))
		if v.Code != want || v.Personal != personal {
			t.Errorf("%q: %+v, want %q personal %v", code, v, want, personal)
		}
		if v.Code != "" && v.Message == "" {
			t.Errorf("%q: no message", code)
		}
		if len(code) > 8 && strings.Contains(v.Message, code) {
			t.Errorf("%q: the message shows the code", code)
		}
	}
	// pilot codes of Fujian
	f("91350100M0001TGQXM", fault.W04Pilot, false)
	f("91350211M0000XUF46", fault.W04Pilot, false)
	f("91350203M0001FUE2P", fault.W04Pilot, false)
	f("91350100M0001XU43T", fault.E02Check, false) // neither check, fails GB 11714
	f("91420100M0001TGQXM", fault.E02Check, false) // pilot only in 35….
	f("91350100M0001TGQXN", fault.E02Check, false) // wrong pilot check
	// wrong check, wrong shape
	f("111111111111111111", fault.E02Check, false)
	f("914403001922038215", fault.E02Check, false)
	f("362322198709086409", fault.E01Format, true) // an identity number
	f("91420100ma4n0a2b5y", fault.E01Format, false)
	f("９１４２０１００ＭＡ４Ｎ０Ａ２Ｂ５Ｙ", fault.E01Format, false)
	f("91420100MA4N0A2\u200bB5Y", fault.E01Format, false)
	f("91420100MA4N0A2B5Y*", fault.E01Format, false)
	f("91420100MA4N0A2B5*", fault.E01Format, false)
	f("91420100MA4N0A2B5", fault.E01Format, false)
	f("91420100MA4N0A2B5YY", fault.E01Format, false)
	f("91420100MA4N0A2B5YYY", fault.E01Format, false)
	for _, c := range "IOSVZ" {
		f("91420100MA4N0A2"+string(c)+"5Y", fault.E01Format, false)
	}
	f("110108012660422", fault.E01Format, false)
	f("192203821", fault.E01Format, false)
	f("19220382-1", fault.E01Format, false)
	f("G11420100MA4N0A2B5", fault.E01Format, false)
	f("914301007853601000", fault.E02Check, false) // a spreadsheet's precision loss
	f("", fault.E01Format, false)
	f(placeholder, fault.E01Format, false)
}

func TestWrongCategoryIsRefusedThoughTheCheckHolds(t *testing.T) {
	var b [Length]byte
	copy(b[:], "95420100MA4N0A2B")
	seal(&b)
	if v := Check(b[:]); v.Code != fault.E01Format {
		t.Errorf("%s: %+v", b, v)
	}
}

func TestInnerCheckOnlyWarns(t *testing.T) {
	var b [Length]byte
	copy(b[:], "91420100MA4N0A2B")
	seal(&b)
	for _, c := range Alphabet {
		if byte(c) == orgCheck(b[8:16]) {
			continue
		}
		b[16] = byte(c)
		var sum uint32
		for i, w := range weights {
			sum += uint32(value31[b[i]]) * w
		}
		b[17] = Alphabet[(31-sum%31)%31]
		if v := Check(b[:]); v.Code != fault.W01Inner || !v.Valid() {
			t.Errorf("%s: %+v", b, v)
		}
		if _, ok := Pack(b[:]); ok {
			t.Errorf("%s packs", b)
		}
	}
}

func TestContractMessage(t *testing.T) {
	v := Check([]byte("91420100MA4N0A2B55"))
	if v.Message != "check character is 5, expected Y" {
		t.Error(v.Message)
	}
	v = Check([]byte("914301007853601000"))
	if !strings.HasSuffix(v.Message, "cut the number to 15 digits") {
		t.Error(v.Message)
	}
}

func TestPlaceholder(t *testing.T) {
	if !Placeholder("00000000000000000X") || Placeholder("000000000000000000") || Placeholder("") {
		t.Error("placeholder")
	}
}

func TestEverySingleSubstitutionIsCaught(t *testing.T) {
	for _, code := range valid {
		for i := range Length {
			for _, c := range Alphabet {
				b := []byte(code)
				if b[i] == byte(c) {
					continue
				}
				b[i] = byte(c)
				// A Fujian code with M0 may land on a pilot's code: the pilot's
				// check is another one, and such a code carries a warning.
				v := Check(b)
				if v.Valid() && !(v.Code == fault.W04Pilot && code[8:10] == "M0") {
					t.Errorf("%s from %s: %+v", b, code, v)
				}
			}
		}
	}
}

func TestAdjacentTranspositionsAreCaught(t *testing.T) {
	for _, code := range valid {
		for i := range Length - 1 {
			b := []byte(code)
			if b[i] == b[i+1] {
				continue
			}
			b[i], b[i+1] = b[i+1], b[i]
			if v := Check(b); v.Valid() {
				t.Errorf("%s from %s: %+v", b, code, v)
			}
		}
	}
}

func TestOrgCode(t *testing.T) {
	f := func(s string, want bool) {
		t.Helper()
		if CheckOrgCode(s) != want {
			t.Errorf("%q: want %v", s, want)
		}
	}
	f("192203821", true)
	f("19220382-1", true)
	f("MA4N0A2B5", true)
	f("71526726X", true)
	f("71526726-X", true)
	f("715267261", false)
	f("19220382", false)
	f("1922038--1", false)
	f("", false)
}

func TestRegNo(t *testing.T) {
	f := func(s string, want RegNo) {
		t.Helper()
		if got := CheckRegNo(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
	for _, s := range []string{"110108012660422", "310230001716146", "610133100126482", "330100400013364", "440301103097413"} {
		f(s, RegNoValid)
	}
	f("110108012660423", RegNoWrong)
	f("1101080126604", RegNoLegacy)
	f("11010801266042", RegNoWrong)
	f("11010801266042X", RegNoWrong)
}

// idNumber makes an identity number that is valid by construction.
func idNumber(first17 string) string {
	var sum uint32
	for i, w := range idWeights {
		sum += uint32(first17[i]-'0') * w
	}
	return first17 + string("10X98765432"[sum%11])
}

func TestID(t *testing.T) {
	f := func(s string, want bool) {
		t.Helper()
		if CheckID(s) != want {
			t.Errorf("%q: want %v", s, want)
		}
	}
	good := idNumber("11010519491231002")
	f(good, true)
	f(strings.ToLower(good), true)
	f("362322198709086409", true)
	f(idNumber("11010519490231002"), false) // 31 February
	f(idNumber("99010519491231002"), false) // no such province
	f(idNumber("11010518491231002"), false) // born 1849
	f("362322198709086408", false)
	f("91420100MA4N0A2B5Y", false)
}

func TestFold(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := Fold(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	f("91420100MA4N0A2B5Y", "91420100MA4N0A2B5Y")
	f(" ９１４２０１００－ma4n0a2b5y\u3000\n", "91420100MA4N0A2B5Y")
	f("91420100 MA4N0A2B-5\u200bY\u00a0", "91420100MA4N0A2B5Y")
	f("9142****MA4N0A2B5Y", "9142****MA4N0A2B5Y")
}

func TestMakeRefuses(t *testing.T) {
	for _, in := range [][3]string{{"95", "420100", "MA4N0A2B"}, {"91", "42010A", "MA4N0A2B"}, {"91", "420100", "MA4N0A2O"}, {"91", "420100", "MA4"}} {
		if s, err := Make(in[0], in[1], in[2]); err == nil {
			t.Errorf("%v: %s", in, s)
		}
	}
}

func anyKey(t *rapid.T) Key {
	limit := uint64(len(pairs)) * provinceSpace * restSpace * bodySpace
	return Key(rapid.Uint64Range(1, limit).Draw(t, "key"))
}

func TestKeyIsABijection(t *testing.T) {
	if Key(0).Valid() || Key(0).String() != "" {
		t.Error("key 0 is a code")
	}
	limit := uint64(len(pairs)) * provinceSpace * restSpace * bodySpace
	for _, k := range []Key{1, Key(limit)} {
		if got, ok := Pack(k.String()); !ok || got != k {
			t.Errorf("%d: %s: %d", k, k, got)
		}
	}
	if Key(limit + 1).Valid() {
		t.Error("key past the end is valid")
	}
	rapid.Check(t, func(t *rapid.T) {
		k := anyKey(t)
		s := k.String()
		if v := Check([]byte(s)); v.Code != "" {
			t.Fatalf("%s: %+v", s, v)
		}
		if got, ok := Pack(s); !ok || got != k {
			t.Fatalf("%d → %s → %d", k, s, got)
		}
	})
	for _, c := range valid {
		if k, ok := Pack(c); !ok || k.String() != c {
			t.Errorf("%s: %d %s", c, k, k)
		}
	}
}

func TestRandomCodesAreClean(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	for _, p := range pairs {
		if s := Random(r, "420100", p); Check([]byte(s)).Code != "" {
			t.Error(s)
		}
	}
}

func TestUnknownProvinceIsCleanButHasNoKey(t *testing.T) {
	s := Random(rand.New(rand.NewPCG(1, 0)), "990100", "91")
	if v := Check([]byte(s)); v.Code != "" {
		t.Errorf("%+v", v)
	}
	if _, ok := Pack(s); ok || KnownProvince(s[2:8]) {
		t.Error("packs")
	}
}

func TestCheckAllocatesNothing(t *testing.T) {
	for _, c := range []string{"91420100MA4N0A2B5Y", "91350100M0001TGQXM"} {
		b := []byte(c)
		if n := testing.AllocsPerRun(100, func() { Check(b); Pack(b) }); n != 0 {
			t.Errorf("%s: %v allocations", c, n)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, c := range valid {
		f.Add([]byte(c))
	}
	f.Add([]byte("91350100M0001TGQXM"))
	f.Add([]byte(placeholder))
	f.Add([]byte("362322198709086409"))
	f.Fuzz(func(t *testing.T, b []byte) {
		v := Check(b)
		if k, ok := Pack(b); ok {
			if v.Code != "" || k.String() != string(b) {
				t.Fatalf("%q: %d %+v", b, k, v)
			}
		}
		if v.Valid() && len(b) != Length {
			t.Fatalf("%q", b)
		}
		if s := Fold(string(b)); Fold(s) != s {
			t.Fatalf("%q folds twice", b)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	c := []byte("91420100MA4N0A2B5Y")
	b.ReportAllocs()
	for b.Loop() {
		Check(c)
	}
}

func BenchmarkPack(b *testing.B) {
	c := []byte("91420100MA4N0A2B5Y")
	b.ReportAllocs()
	for b.Loop() {
		Pack(c)
	}
}
