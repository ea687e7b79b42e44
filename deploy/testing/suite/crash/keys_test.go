//go:build suite

package crash

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credithub/deploy/platform/client"
	"credithub/deploy/testing/probe"
	"credithub/deploy/testing/suite/hub"
)

// A hub whose stamps would make what it holds count for nobody doesn't start, and
// no key is made beside data.
func TestCase_T2_AnotherOrALostKeyEndsTheStart(t *testing.T) {
	ctx, dir, exe := t.Context(), t.TempDir(), hub.Exe(t)
	h, err := probe.Start(ctx, exe, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { h.Stop() }()
	const code = "91420100MA4N0A2B5Y"
	p, err := h.Push(ctx, "SAMR", "", []byte(`{"domain":"registration","kind":"registration","recordId":"R","version":1,"op":"upsert","uscc":"`+code+`","data":{"name":"示例公司","status":"1","establishedOn":"2020-01-02"}}`+"\n"))
	if err != nil || p.Accepted != 1 {
		t.Fatalf("%+v %v", p, err)
	}
	token, err := h.Token("agency", "SAMR")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.At("http://"+h.Addr, token).WaitStored(ctx, p.BatchID, time.Minute); err != nil {
		t.Fatal(err)
	}
	h.Stop()
	addr, err := probe.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "secrets", "stamp.key")
	key, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string) {
		t.Helper()
		out, err := exec.CommandContext(ctx, exe, "up", "--data", dir, "--listen", addr).CombinedOutput()
		if err == nil || !strings.Contains(string(out), what) || !strings.Contains(string(out), "stamp.key") {
			t.Errorf("up: %v\n%s", err, out)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	refused("missing beside data")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key was made beside data: %v", err)
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte{7}, len(key)), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("fingerprint")
	// Also where only ClickHouse knows that there are data.
	for _, name := range []string{"broker", "audit"} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, "away-"+name)); err != nil {
			t.Fatal(err)
		}
	}
	refused("fingerprint")
	for _, name := range []string{"broker", "audit"} {
		if err := errors.Join(os.RemoveAll(filepath.Join(dir, name)), os.Rename(filepath.Join(dir, "away-"+name), filepath.Join(dir, name))); err != nil {
			t.Fatal(err)
		}
	}
	// Nor is what the log holds forgotten with the tables.
	engine := filepath.Join(dir, "engine")
	if err := os.Rename(engine, engine+"-away"); err != nil {
		t.Fatal(err)
	}
	refused("the log of the broker was written under")
	if _, err := os.Stat(engine); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("parts were started under another key: %v", err)
	}
	if err := os.Rename(engine+"-away", engine); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, key, 0o600); err != nil {
		t.Fatal(err)
	}
	if h, err = probe.Start(ctx, exe, dir); err != nil {
		t.Fatal(err)
	}
	rows, err := h.Select(ctx, "SELECT count() FROM records WHERE status = 'ACCEPTED'")
	if err != nil || len(rows) != 1 || rows[0][0] != "1" {
		t.Errorf("records: %v %v", rows, err)
	}
}
