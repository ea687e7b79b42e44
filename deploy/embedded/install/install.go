// Package install brings the engine's library onto this machine: it lets the
// ordinary npm client put one pinned package into the user's cache, checks it,
// and remembers that.
//
// It promises that a library is only used when it is the one this version of
// the hub was made with, that two installers never meet in one directory, and
// that an interrupted one leaves nothing that looks finished. It never runs a
// script of the package and never changes anything outside the cache.
package install

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"credithub/deploy/platform/node"
)

// Version of the library this hub was made and tested with.
const Version = "26.7.3-stable.1"

// EnvLibrary names a libchdb that is already on the machine; then nothing is
// installed and its checksum is the operator's business.
const EnvLibrary = "CREDITHUB_CHDB_LIB"

// EnvCache names the directory to install into, instead of the user's cache.
const EnvCache = "CREDITHUB_CACHE"

// Errors that a caller may want to explain in its own way.
var (
	ErrUnsupported = errors.New("the embedded engine does not exist for this platform; use a ClickHouse server (--clickhouse URL)")
	ErrNoNpm       = errors.New("npm was not found; install Node.js with npm, name an existing library with " + EnvLibrary + ", or use a ClickHouse server (--clickhouse URL)")
	ErrNpm         = errors.New("npm could not install the engine; check the network and npm's own configuration, name an existing library with " + EnvLibrary + ", or use a ClickHouse server (--clickhouse URL)")
	ErrChecksum    = errors.New("the installed engine is not the expected one")
)

// Package is the pinned package of one platform.
type Package struct {
	Name      string // of the npm package
	Library   string // file inside it
	Integrity string // SHA-512 of the package as npm knows it; empty: not recorded
	SHA256    string // of the library, hex; empty: not recorded
}

// packages by GOOS/GOARCH. Where no sums are recorded, npm's own check of the
// package stands alone.
var packages = map[string]Package{
	"linux/amd64": {
		Name: "@chdb/lib-linux-x64-gnu", Library: "libchdb.so",
		Integrity: "sha512-XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
		SHA256:    "36ad4e999882821ef13cf2d0f52c93f48e6ee1b4498b35a201c23ce4b8d15bf5",
	},
	"linux/arm64":  {Name: "@chdb/lib-linux-arm64-gnu", Library: "libchdb.so"},
	"darwin/amd64": {Name: "@chdb/lib-darwin-x64", Library: "libchdb.so"},
	"darwin/arm64": {Name: "@chdb/lib-darwin-arm64", Library: "libchdb.so"},
}

// Progress is told what is going on: Done is 0…1, 1 at the end. It is called
// several times a second while something takes long.
type Progress func(step string, done float64)

// Installer installs one package into one cache. Use Default.
type Installer struct {
	Dir     string        // the cache
	Package Package       // what to install
	Npm     string        // the npm client: a name or a path
	Wait    time.Duration // for another installer to finish, default 10 min
	size    int64         // expected bytes on disk, for the progress alone
}

// Default is the installer of this machine.
func Default() (*Installer, error) {
	p, ok := packages[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return nil, fmt.Errorf("install: %s/%s: %w", runtime.GOOS, runtime.GOARCH, ErrUnsupported)
	}
	dir := os.Getenv(EnvCache)
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("install: user cache: %w (name one with %s)", err, EnvCache)
		}
		dir = filepath.Join(base, "credithub")
	}
	return &Installer{Dir: filepath.Join(dir, "engine"), Package: p, Npm: "npm", size: 569 << 20}, nil
}

// Ensure returns the absolute path of a checked library, installing it first
// if need be. progress may be nil.
func Ensure(ctx context.Context, progress Progress) (string, error) {
	if lib := os.Getenv(EnvLibrary); lib != "" {
		abs, err := filepath.Abs(lib)
		if err == nil {
			_, err = os.Stat(abs)
		}
		if err != nil {
			return "", fmt.Errorf("install: %s: %w", EnvLibrary, err)
		}
		return abs, nil
	}
	in, err := Default()
	if err != nil {
		return "", err
	}
	return in.Ensure(ctx, progress)
}

// mark is what is remembered of a checked library, so that a start needn't
// read half a gigabyte again.
type mark struct {
	Package, Version, SHA256 string
	Size                     int64
	ModTime                  time.Time
}

// Ensure returns the path of the checked library.
func (in *Installer) Ensure(ctx context.Context, progress Progress) (string, error) {
	if progress == nil {
		progress = func(string, float64) {}
	}
	home := filepath.Join(in.Dir, strings.NewReplacer("/", "-", "@", "").Replace(in.Package.Name)+"-"+Version)
	lib := filepath.Join(home, "node_modules", filepath.FromSlash(in.Package.Name), in.Package.Library)
	if in.marked(home, lib) {
		return lib, nil
	}
	release, err := node.Lock(in.Dir, 0)
	if errors.Is(err, node.ErrLocked) {
		progress("waiting for another installation", 0)
		release, err = node.Lock(in.Dir, cmp.Or(in.Wait, 10*time.Minute))
	}
	if err != nil {
		return "", fmt.Errorf("install: %w", err)
	}
	defer release()
	if in.marked(home, lib) {
		return lib, nil
	}
	if err := in.install(ctx, home, progress); err != nil {
		return "", err
	}
	progress("engine is ready", 1)
	return lib, nil
}

func (in *Installer) marked(home, lib string) bool {
	b, err := os.ReadFile(filepath.Join(home, "checked.json"))
	if err != nil {
		return false
	}
	var m mark
	if json.Unmarshal(b, &m) != nil || m.Package != in.Package.Name || m.Version != Version {
		return false
	}
	if in.Package.SHA256 != "" && m.SHA256 != in.Package.SHA256 {
		return false
	}
	st, err := os.Stat(lib)
	return err == nil && st.Size() == m.Size && st.ModTime().Equal(m.ModTime)
}

// install works in a directory of its own and renames it when all is checked.
func (in *Installer) install(ctx context.Context, home string, progress Progress) (err error) {
	npm, err := exec.LookPath(in.Npm)
	if err != nil {
		return fmt.Errorf("install: %w", ErrNoNpm)
	}
	in.sweep()
	tmp, err := os.MkdirTemp(in.Dir, ".new-")
	if err != nil {
		return fmt.Errorf("install: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := in.run(ctx, npm, tmp, progress); err != nil {
		return err
	}
	if err := in.checkIntegrity(tmp); err != nil {
		return err
	}
	lib := filepath.Join(tmp, "node_modules", filepath.FromSlash(in.Package.Name), in.Package.Library)
	m, err := in.checkLibrary(lib, progress)
	if err != nil {
		return err
	}
	b, err := json.Marshal(m)
	if err == nil {
		err = os.WriteFile(filepath.Join(tmp, "checked.json"), b, 0o600)
	}
	if err == nil {
		err = os.RemoveAll(home)
	}
	if err == nil {
		err = os.Rename(tmp, home)
	}
	if err != nil {
		return fmt.Errorf("install: %w", err)
	}
	return nil
}

// sweep removes what an interrupted installation left; the lock is held.
func (in *Installer) sweep() {
	old, _ := filepath.Glob(filepath.Join(in.Dir, ".new-*"))
	for _, d := range old {
		_ = os.RemoveAll(d) // the next one will try again
	}
}

func (in *Installer) run(ctx context.Context, npm, dir string, progress Progress) error {
	var log tail
	cmd := exec.CommandContext(ctx, npm, "install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund",
		"--prefix", dir, in.Package.Name+"@"+Version)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = 2 * time.Second
	stop := make(chan struct{})
	defer close(stop)
	go in.watch(dir, progress, stop)
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("install: %w", ctx.Err())
		}
		return fmt.Errorf("install: %w\nnpm said:\n%s", ErrNpm, log.String())
	}
	return nil
}

// watch guesses the progress from the bytes on disk.
func (in *Installer) watch(dir string, progress Progress, stop <-chan struct{}) {
	step := "installing the engine (" + in.Package.Name + " " + Version + ")"
	progress(step, 0)
	t := time.NewTicker(250 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-stop:
			return
		case <-t.C:
			progress(step, min(0.95, 0.95*float64(diskBytes(dir))/float64(max(in.size, 1))))
		}
	}
}

func diskBytes(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if i, err := d.Info(); err == nil {
				n += i.Size()
			}
		}
		return nil
	})
	return n
}

// checkIntegrity compares what npm says it installed with the pinned sum.
func (in *Installer) checkIntegrity(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, "node_modules", ".package-lock.json"))
	if err != nil {
		return fmt.Errorf("install: npm left no lock file: %w", err)
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity string } `json:"packages"`
	}
	if err := json.Unmarshal(b, &lock); err != nil {
		return fmt.Errorf("install: npm's lock file: %w", err)
	}
	got := lock.Packages["node_modules/"+in.Package.Name]
	if got.Version != Version {
		return fmt.Errorf("install: %w: version %q instead of %q", ErrChecksum, got.Version, Version)
	}
	if in.Package.Integrity != "" && got.Integrity != in.Package.Integrity {
		return fmt.Errorf("install: %w: integrity %q instead of %q", ErrChecksum, got.Integrity, in.Package.Integrity)
	}
	return nil
}

func (in *Installer) checkLibrary(path string, progress Progress) (mark, error) {
	progress("checking the engine", 0.96)
	f, err := os.Open(path)
	if err != nil {
		return mark{}, fmt.Errorf("install: package lacks its library: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return mark{}, fmt.Errorf("install: %w", err)
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return mark{}, fmt.Errorf("install: read library: %w", err)
	}
	sum := hex.EncodeToString(h.Sum(nil))
	if in.Package.SHA256 != "" && sum != in.Package.SHA256 {
		return mark{}, fmt.Errorf("install: %w: SHA-256 %s instead of %s", ErrChecksum, sum, in.Package.SHA256)
	}
	return mark{in.Package.Name, Version, sum, st.Size(), st.ModTime()}, nil
}

// tail keeps the last bytes of a log.
type tail struct{ b []byte }

const tailBytes = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if n := len(t.b) - tailBytes; n > 0 {
		t.b = append(t.b[:0], t.b[n:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.TrimSpace(string(t.b)) }
