//go:build suite

package crash

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/client"
	"credithub/deploy/platform/spool"
	"credithub/deploy/testing/probe"
	"credithub/deploy/testing/suite/hub"
	"credithub/schema/audit"
)

// trail is a hub with an audit trail of some checks, all of it stored.
type trail struct {
	t      *testing.T
	exe    string
	dir    string
	h      *probe.Hub
	writer string
}

func newTrail(t *testing.T) *trail {
	t.Helper()
	x := &trail{t: t, exe: hub.Exe(t), dir: t.TempDir()}
	x.start()
	t.Cleanup(func() { x.h.Stop() })
	x.check(5)
	return x
}

func (x *trail) start() {
	x.t.Helper()
	var err error
	if x.h, err = probe.Start(x.t.Context(), x.exe, x.dir); err != nil {
		x.t.Fatal(err)
	}
}

// check asks some checks and waits until they are stored.
func (x *trail) check(n int) {
	x.t.Helper()
	token, err := x.h.Token("officer", "SAMR")
	if err != nil {
		x.t.Fatal(err)
	}
	for range n {
		if _, err := client.At("http://"+x.h.Addr, token).Ask(x.t.Context(), `{check(uscc:"91420100MA4N0A2B5Y",matter:"TENDER"){outcome}}`, nil); err != nil {
			x.t.Fatal(err)
		}
	}
	last := x.last()
	x.writer = last.Writer
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		rows, err := x.h.Select(x.t.Context(), "SELECT toString(max(seq)) FROM audit WHERE hash = '"+last.Hash+"'")
		if err == nil && len(rows) == 1 && rows[0][0] != "0" {
			break
		}
		if time.Now().After(deadline) {
			x.t.Fatalf("the audit trail is not stored: %v %v", rows, err)
		}
	}
	time.Sleep(1500 * time.Millisecond) // until it is remembered
}

func (x *trail) folder() string { return filepath.Join(x.dir, "audit", "up") }

func (x *trail) last() (last audit.Record) {
	x.t.Helper()
	for r, err := range spool.Records(x.folder()) {
		if err != nil {
			x.t.Fatal(err)
		}
		last = r
	}
	return last
}

func (x *trail) run(arg ...string) (string, error) {
	b, err := exec.CommandContext(x.t.Context(), x.exe, append(arg, "--data", x.dir)...).CombinedOutput()
	return string(b), err
}

func (x *trail) verify(want string, more ...string) {
	x.t.Helper()
	out, err := x.run(append([]string{"audit", "verify"}, more...)...)
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(out, want)) {
		x.t.Errorf("audit verify: %v, want %q\n%s", err, want, out)
	}
}

// forge stops the hub, writes its chain anew with another officer in it, and has
// it shipped anew.
func (x *trail) forge() {
	x.t.Helper()
	if _, err := x.h.Select(x.t.Context(), "TRUNCATE TABLE audit"); err != nil {
		x.t.Fatal(err)
	}
	x.h.Stop()
	var out []byte
	prev := audit.Genesis
	for r, err := range spool.Records(x.folder()) {
		if err != nil {
			x.t.Fatal(err)
		}
		r.Actor = "somebody-else"
		r.Seal(prev)
		prev = r.Hash
		out = append(r.AppendJSON(out), '\n')
	}
	files, err := filepath.Glob(filepath.Join(x.folder(), "audit-*.log"))
	if err != nil || len(files) != 1 {
		x.t.Fatalf("%v %v", files, err)
	}
	for name, b := range map[string][]byte{files[0]: out, filepath.Join(x.folder(), "shipped"): []byte("0")} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			x.t.Fatal(err)
		}
	}
	x.start()
	x.check(1)
}

// A trail whose folder is gone together with the stored tail, and one that is
// written anew in every place, are both missed.
func TestCase_T10_ARemovedOrRewrittenTrailIsMissed(t *testing.T) {
	x := newTrail(t)
	x.verify("")
	kept := filepath.Join(t.TempDir(), "heads")
	out, err := x.run("audit", "head")
	if err != nil || !strings.HasPrefix(out, x.writer+" ") {
		t.Fatalf("audit head: %v\n%s", err, out)
	}
	if err := os.WriteFile(kept, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	x.verify("", "--heads", kept)

	x.forge()
	x.verify("written anew")
	x.verify("written anew", "--heads", kept)
	// Even where nothing here remembers, what was kept elsewhere does.
	if err := os.RemoveAll(filepath.Join(x.dir, "heads")); err != nil {
		t.Fatal(err)
	}
	x.verify("")
	x.verify("written anew", "--heads", kept)
	if err := os.WriteFile(kept, bytes.Replace([]byte(out), []byte(x.writer), []byte(x.writer+"0"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	x.verify("not written by this hub", "--heads", kept)

	y := newTrail(t)
	if _, err := y.h.Select(t.Context(), "ALTER TABLE audit DELETE WHERE seq > 3 SETTINGS mutations_sync = 2"); err != nil {
		t.Fatal(err)
	}
	y.h.Stop()
	if err := os.RemoveAll(filepath.Join(y.dir, "audit")); err != nil {
		t.Fatal(err)
	}
	gone := y.writer
	y.start()
	y.check(2)
	if y.writer == gone {
		t.Error("the new chain has the name of the old one")
	}
	y.verify(gone)
}

// After a loss of power the end of the files may be gone that is stored: it comes
// back, the hub starts, and the trail is whole.
func TestCase_T3_TheTrailComesBackFromWhereItIsStored(t *testing.T) {
	x := newTrail(t)
	x.h.Stop()
	files, err := filepath.Glob(filepath.Join(x.folder(), "audit-*.log"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, torn := range map[string][]byte{
		files[0]: b[:len(b)*2/3], filepath.Join(x.folder(), "shipped"): nil,
		filepath.Join(x.folder(), "writer"): nil, filepath.Join(x.folder(), "boot"): []byte("another\n"),
	} {
		if err := os.WriteFile(name, torn, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	was := x.writer
	x.start()
	if now := x.last(); now.Writer != was || now.Seq < 5 {
		t.Errorf("the trail ends at %d of %s, before it was 5 of %s", now.Seq, now.Writer, was)
	}
	x.check(2)
	x.verify("")
}
