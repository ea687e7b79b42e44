package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLockHoldsAndReleases(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	release, err := Lock(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	holder := fmt.Sprintf("process %d", os.Getpid())
	if _, err := Lock(dir, 20*time.Millisecond); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), holder) {
		t.Fatalf("second lock: %v", err)
	}
	time.AfterFunc(50*time.Millisecond, release)
	again, err := Lock(dir, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	again()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(file, 0); err == nil {
		t.Error("a file was locked as a directory")
	}
}
