// Package golden holds what a test made against a file in the tree, so that a
// change of one shows as a change of the other. Every package's tests have it
// and its one switch:
//
//	go test ./schema/ddl -update
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Compare demands that the file is got, or makes it so when the switch is set. It
// shows the first line that differs.
func Compare[T string | []byte](t testing.TB, file string, got T) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run with -update", err)
	}
	if want := string(b); want != string(got) {
		n, g, w := differ(string(got), want)
		t.Errorf("%s differs from line %d on; run with -update and read the difference\n got %s\nwant %s", file, n, g, w)
	}
}

// differ finds the first line, counted from 1, in which two texts differ.
func differ(got, want string) (n int, g, w string) {
	for n = 1; ; n++ {
		var moreGot, moreWant bool
		g, got, moreGot = strings.Cut(got, "\n")
		w, want, moreWant = strings.Cut(want, "\n")
		if g != w || moreGot != moreWant {
			return n, g, w
		}
	}
}
