package fold

import (
	"strings"
	"testing"
)

func TestName(t *testing.T) {
	f := func(a, b string) {
		t.Helper()
		if Name(a) != Name(b) {
			t.Errorf("%q %q: %q %q", a, b, Name(a), Name(b))
		}
	}
	f("武汉示例（集团）有限公司", " 武汉示例(集团) 有限公司\u3000")
	f("武汉示例【集团】有限公司", "武汉示例〔集团〕有限\t公司")
	f("ＡＢＣ１２３有限公司", "abc123有限公司")
	f("“示例”公司", "\"示例\"公司")
	f("示例·公司", "示例•公司")
	if strings.ContainsAny(Name("a b\u00a0c"), " \u00a0") {
		t.Error("blanks")
	}
}
