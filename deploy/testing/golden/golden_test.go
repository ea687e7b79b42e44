package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// seen is a test that fails without ending.
type seen struct {
	testing.TB
	failed bool
}

func (s *seen) Helper()               {}
func (s *seen) Errorf(string, ...any) { s.failed = true }

func TestCompare(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a", "text.golden")
	*update = true
	Compare(t, file, "one\ntwo\n")
	*update = false
	Compare(t, file, []byte("one\ntwo\n"))
	s := &seen{TB: t}
	Compare(s, file, "one\nthree\n")
	if b, err := os.ReadFile(file); err != nil || !s.failed || string(b) != "one\ntwo\n" {
		t.Errorf("%v, failed %t: %q", err, s.failed, b)
	}
}

func TestDiffer(t *testing.T) {
	f := func(got, want string, n int) {
		t.Helper()
		if at, g, w := differ(got, want); at != n {
			t.Errorf("line %d (%q, %q), want %d", at, g, w, n)
		}
	}
	f("a\nb\n", "a\nc\n", 2)
	f("a\n", "a", 1)
	f("a\nb", "a\n", 2)
	f("", "a", 1)
}
