package engine

import "testing"

func TestParseMapping(t *testing.T) {
	m, ok := parseMapping("7fddce56e000-7fdde6348000 r-xp 0916d000 fe:00 10208437                   /a b/libchdb.so")
	if !ok || m.start != 0x7fddce56e000 || m.end != 0x7fdde6348000 || m.perms != "r-xp" || m.path != "/a b/libchdb.so" {
		t.Errorf("%+v %v", m, ok)
	}
	if m, ok := parseMapping("7fddc4200000-7fddc5400000 rw-p 00000000 00:00 0 "); !ok || m.path != "" {
		t.Errorf("%+v %v", m, ok)
	}
	for _, l := range []string{"Rss:                 112 kB", "VmFlags: rd ex mr mw me", "", "x-y r-xp 0 0 0"} {
		if m, ok := parseMapping(l); ok {
			t.Errorf("%q: %+v", l, m)
		}
	}
}
