//go:build suite

// Package hub gives suites a built program and running hubs.
package hub

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"credithub/deploy/testing/probe"
)

var exe = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "credithub-suite-")
	if err != nil {
		return "", err
	}
	return probe.Build(dir)
})

// Exe is the program, built once a test process.
func Exe(t testing.TB) string {
	t.Helper()
	path, err := exe()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Start runs a whole hub for the length of the test.
func Start(t testing.TB, args ...string) *probe.Hub {
	t.Helper()
	h, err := probe.Start(context.Background(), Exe(t), t.TempDir(), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Stop)
	return h
}

// StartAt is Start at an address of the caller's.
func StartAt(t testing.TB, addr string, args ...string) *probe.Hub {
	t.Helper()
	h, err := probe.StartAt(context.Background(), Exe(t), t.TempDir(), addr, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Stop)
	return h
}

// Root is the root of the module.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the test")
	return ""
}

// StartCluster runs a hub of many processes for the length of the test. Exe, Dir
// and Logs are filled in. The end of each log is shown when the test fails.
func StartCluster(t testing.TB, c probe.ClusterConfig) *probe.Cluster {
	t.Helper()
	c.Exe, c.Dir, c.Logs = Exe(t), t.TempDir(), t.TempDir()
	h, err := probe.StartCluster(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.Stop()
		if t.Failed() {
			for _, p := range h.Parts() {
				t.Logf("--- %s\n%s", p.Name, p.Tail(40))
			}
		}
	})
	return h
}
