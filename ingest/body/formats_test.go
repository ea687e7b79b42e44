package body

import "testing"

func TestCase_A4_UnitsOfNumberFormatsCount(t *testing.T) {
	for code, want := range map[string]string{`0"万元"`: "5万元", `0.00"亿元"`: "5亿元", `#,##0\元`: "5元", `[$USD] #,##0`: "5USD", `[$€-2] 0`: "5外币", `[$$-409]#,##0.00`: "5外币",
		`General`: "5", `0.00`: "5", `0!.0,"万"`: "5", `"¥"#,##0.00`: "5", `_(* #,##0_)`: "5", `0"人"`: "5人"} {
		style := styleOf(code)
		if got := string(style.shown([]byte("5"))); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
}
