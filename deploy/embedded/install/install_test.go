package install

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const fakeLibrary = "not a library, but as good as one"

// fake is an installer whose npm is a script: it writes what npm would, counts
// its runs, and can be told to fail.
func fake(t *testing.T, script string) *Installer {
	t.Helper()
	dir := t.TempDir()
	npm := filepath.Join(dir, "npm")
	body := "#!/bin/sh\necho run >> " + dir + "/runs\n" + script
	if err := os.WriteFile(npm, []byte(body), 0o700); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(fakeLibrary))
	return &Installer{
		Dir: filepath.Join(dir, "cache"), Npm: npm, size: 10,
		Package: Package{Name: "@x/lib", Library: "lib.so", Integrity: "sha512-abc", SHA256: hex.EncodeToString(sum[:])},
	}
}

func good(integrity, content string) string {
	return fmt.Sprintf(`
[ "$1" = install ] && [ "$2" = --ignore-scripts ] || exit 9
mkdir -p node_modules/@x/lib
printf '%%s' '%s' > node_modules/@x/lib/lib.so
echo '{"packages":{"node_modules/@x/lib":{"version":"%s","integrity":"%s"}}}' > node_modules/.package-lock.json
`, content, Version, integrity)
}

func runs(t *testing.T, in *Installer) int {
	b, err := os.ReadFile(filepath.Join(filepath.Dir(in.Npm), "runs"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Count(string(b), "run")
}

func TestInstallsOnce(t *testing.T) {
	in := fake(t, good("sha512-abc", fakeLibrary)+"sleep 0.3\n")
	var steps []string
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 4 {
		wg.Go(func() {
			lib, err := in.Ensure(context.Background(), func(step string, done float64) {
				mu.Lock()
				defer mu.Unlock()
				steps = append(steps, fmt.Sprintf("%s %.2f", step, done))
			})
			if err != nil || !filepath.IsAbs(lib) {
				t.Errorf("got %q, error %v", lib, err)
			}
			if b, err := os.ReadFile(lib); err != nil || string(b) != fakeLibrary {
				t.Errorf("library holds %q, error %v", b, err)
			}
		})
	}
	wg.Wait()
	if n := runs(t, in); n != 1 {
		t.Errorf("npm ran %d times", n)
	}
	all := strings.Join(steps, "\n")
	if !strings.Contains(all, "installing the engine (@x/lib") || !strings.Contains(all, "engine is ready 1.00") {
		t.Errorf("progress:\n%s", all)
	}
	if left, _ := filepath.Glob(filepath.Join(in.Dir, ".new-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestChangedLibraryIsInstalledAgain(t *testing.T) {
	in := fake(t, good("sha512-abc", fakeLibrary))
	lib, err := in.Ensure(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lib, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Ensure(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(lib); string(b) != fakeLibrary || runs(t, in) != 2 {
		t.Errorf("library holds %q after %d runs", b, runs(t, in))
	}
}

func TestWrongPackage(t *testing.T) {
	f := func(script string, want error, text string) {
		t.Helper()
		in := fake(t, script)
		lib, err := in.Ensure(context.Background(), nil)
		if err == nil || want != nil && !errors.Is(err, want) || !strings.Contains(err.Error(), text) {
			t.Errorf("got %q, error %v", lib, err)
		}
		if left, _ := filepath.Glob(filepath.Join(in.Dir, "*", "node_modules")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		if left, _ := filepath.Glob(filepath.Join(in.Dir, ".new-*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	f(good("sha512-other", fakeLibrary), ErrChecksum, "integrity")
	f(good("sha512-abc", "another library"), ErrChecksum, "SHA-256")
	f(strings.Replace(good("sha512-abc", fakeLibrary), Version, "1.0.0", 1), ErrChecksum, "version")
	f("mkdir node_modules", nil, "lock file")
	f("echo 'npm error network is down' >&2; exit 1", ErrNpm, "network is down")
}

func TestNoNpm(t *testing.T) {
	in := fake(t, "")
	in.Npm = "no-such-npm"
	if _, err := in.Ensure(context.Background(), nil); !errors.Is(err, ErrNoNpm) || !strings.Contains(err.Error(), EnvLibrary) {
		t.Errorf("got %v", err)
	}
}

func TestInterrupted(t *testing.T) {
	in := fake(t, "exec sleep 60")
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := in.Ensure(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(in.Dir, ".new-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestNamedLibrary(t *testing.T) {
	lib := filepath.Join(t.TempDir(), "libchdb.so")
	t.Setenv(EnvLibrary, lib)
	if _, err := Ensure(context.Background(), nil); err == nil || !strings.Contains(err.Error(), EnvLibrary) {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(lib, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Ensure(context.Background(), nil); err != nil || got != lib {
		t.Errorf("got %q, error %v", got, err)
	}
}

// Every platform that has a package pins its name; this one pins its sums.
func TestPackages(t *testing.T) {
	for platform, p := range packages {
		if !strings.HasPrefix(p.Name, "@chdb/lib-") || p.Library == "" {
			t.Errorf("%s: %+v", platform, p)
		}
		if (p.Integrity == "") != (p.SHA256 == "") || p.SHA256 != "" && len(p.SHA256) != 64 {
			t.Errorf("%s: sums %q %q", platform, p.Integrity, p.SHA256)
		}
	}
	if packages["linux/amd64"].SHA256 == "" {
		t.Error("linux/amd64 has no recorded sum")
	}
}
