package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, dir string, now *time.Time) *Registry {
	t.Helper()
	r, err := Open(dir, func() time.Time { return *now })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLifeOfAKey(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	path := filepath.Join(dir, "tax")
	pub, err := Generate(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Generate(path); err == nil {
		t.Error("a private key was overwritten")
	}
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o600 {
		t.Errorf("private key has mode %v", st.Mode())
	}
	read, err := ReadPublic(path + ".pub")
	if err != nil || !bytes.Equal(read, pub) {
		t.Fatalf("public key: %v", err)
	}
	priv, err := ReadPrivate(path)
	if err != nil || !ed25519.Verify(pub, []byte("m"), ed25519.Sign(priv, []byte("m"))) {
		t.Fatalf("private key: %v", err)
	}

	hub, tool := open(t, dir, &now), open(t, dir, &now) // two processes
	k, err := tool.Add("TAX", pub)
	if err != nil || len(k.ID) != 16 {
		t.Fatalf("%+v %v", k, err)
	}
	if _, err := tool.Add("MOF", pub); !errors.Is(err, ErrTaken) {
		t.Errorf("a key of two units: %v", err)
	}
	now = now.Add(2 * reloadEvery)
	if got, ok := hub.Lookup("TAX", k.ID, now); !ok || !bytes.Equal(got, pub) {
		t.Fatal("the other process does not see the key")
	}
	if _, ok := hub.Lookup("MOF", k.ID, now); ok {
		t.Error("a key serves another unit")
	}
	if _, ok := hub.Lookup("TAX", "0000000000000000", now); ok {
		t.Error("an unknown key was found")
	}
	if err := tool.Revoke(k.ID); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * reloadEvery)
	if _, ok := hub.Lookup("TAX", k.ID, now); ok {
		t.Error("a revoked key still serves")
	}
	if _, ok := hub.Lookup("TAX", k.ID, now.Add(-3*reloadEvery)); !ok {
		t.Error("what was signed before the revocation lost its key")
	}
	if err := tool.Revoke("ffffffffffffffff"); err == nil {
		t.Error("revoked a key that is not there")
	}
	all, err := hub.List()
	if err != nil || len(all) != 1 || all[0].Revoked == nil {
		t.Errorf("%+v %v", all, err)
	}
}

func TestForgedKeyFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	now := time.Unix(0, 0)
	r := open(t, dir, &now)
	pub, _, _ := ed25519.GenerateKey(nil)
	k, err := r.Add("TAX", pub)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "keys", k.ID+".json")
	b, _ := os.ReadFile(path)
	if err := os.WriteFile(path, bytes.Replace(b, []byte(k.ID), []byte("aaaaaaaaaaaaaaaa"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, func() time.Time { return now }); err == nil {
		t.Error("a key under an id that is not its own was taken")
	}
}

func TestReadPublicRefusesOtherFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	for _, s := range []string{"", "abc", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"} {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadPublic(path); err == nil {
			t.Errorf("%q was taken for a key", s)
		}
	}
}

func TestAFileThatCannotBeReadHidesNoRevocation(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	r, err := Open(dir, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := r.Add("SAMR", pub)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "keys", "0.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if _, ok := r.Lookup("SAMR", k.ID, now); !ok {
		t.Error("a broken file took another unit's key away")
	}
	path := filepath.Join(dir, "keys", k.ID+".json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(b, []byte(`"unit"`), []byte(`"revoked": "2026-03-01T00:00:00Z", "unit"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if _, ok := r.Lookup("SAMR", k.ID, now); ok {
		t.Error("a revoked key was taken")
	}
}

// A file that a loss of power tore takes no key from a hub that knows it, names the
// way forward to one that starts, and is mended by registering the key again.
func TestATornFileNamesTheWayForward(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	r := open(t, dir, &now)
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := r.Add("SAMR", pub)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "keys", k.ID+".json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if _, ok := r.Lookup("SAMR", k.ID, now); !ok {
		t.Error("a torn file took a known key away")
	}
	_, err = Open(dir, func() time.Time { return now })
	if err == nil || !strings.Contains(err.Error(), "credithub key add") {
		t.Fatalf("%v", err)
	}
	fresh := &Registry{dir: filepath.Join(dir, "keys"), now: func() time.Time { return now }}
	fresh.byID.Store(&map[string]Key{})
	if _, err := fresh.Add("SAMR", pub); err != nil {
		t.Fatal(err)
	}
	if _, ok := open(t, dir, &now).Lookup("SAMR", k.ID, now); !ok {
		t.Error("registering the key again did not mend its file")
	}
}

// A key that was revoked stays so when its file is lost and the key is registered
// again; what it signed before stays valid.
func TestCase_T5_ARevokedKeyStaysRevoked(t *testing.T) {
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for name, lose := range map[string]func(path string) error{
		"torn":    func(path string) error { return os.WriteFile(path, []byte("{"), 0o600) },
		"removed": os.Remove,
		"another list": func(path string) error { // one that an older version revoked
			return errors.Join(os.Remove(filepath.Join(filepath.Dir(path), revokedFile)), reopened(filepath.Dir(filepath.Dir(path)), now), os.Remove(path))
		},
	} {
		dir, at := t.TempDir(), now
		r := open(t, dir, &at)
		pub, _, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		k, err := r.Add("SAMR", pub)
		if err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Hour)
		if err := r.Revoke(k.ID); err != nil {
			t.Fatal(err)
		}
		revoked := at
		if err := lose(filepath.Join(dir, "keys", k.ID+".json")); err != nil {
			t.Fatal(name, err)
		}
		at = at.Add(time.Hour)
		tool, err := Open(dir, func() time.Time { return at })
		if tool == nil {
			t.Fatal(name, err)
		}
		again, err := tool.Add("SAMR", pub)
		if err != nil || again.Revoked == nil || !again.Revoked.Equal(revoked) {
			t.Errorf("%s: registered again as %+v %v", name, again, err)
		}
		for _, r := range []*Registry{tool, open(t, dir, &at)} {
			if _, ok := r.Lookup("SAMR", k.ID, at); ok {
				t.Errorf("%s: the key is active again", name)
			}
			if _, ok := r.Lookup("SAMR", k.ID, revoked.Add(-time.Minute)); !ok {
				t.Errorf("%s: what was signed before the revocation lost its key", name)
			}
		}
	}
}

// reopened lets a register look after its list.
func reopened(dir string, now time.Time) error {
	_, err := Open(dir, func() time.Time { return now })
	return err
}

func TestATornListOfRevocationsIsNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "keys", revokedFile), []byte("00ff"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, time.Now); err == nil || !strings.Contains(err.Error(), "no revocation") {
		t.Errorf("%v", err)
	}
}
