//go:build suite

package crash

import (
	"context"
	"fmt"
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

// TestADamagedLogIsNamedAndRepaired: tables that are lost are filled again from the
// log. After a loss of power the embedded broker's log may end before what is stored. The hub then says so and starts not, and goes
// on behind what is stored when it was repaired.
func TestADamagedLogIsNamedAndRepaired(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	exe := hub.Exe(t)
	const code = "91420100MA4N0A2B5Y"
	entry := func(id, list, event, more string) string {
		return fmt.Sprintf(`{"domain":"decision","kind":"entry","recordId":%q,"version":1,"op":"upsert","uscc":%q,"occurredOn":"2026-03-02","data":{"entryId":"E-%s","list":%q,"event":%q,"cause":"1","documentNo":"示例〔2026〕1号","decidedOn":"2026-03-02","servedOn":"2026-03-04"%s}}`+"\n", id, code, list, list, event, more)
	}
	push := func(h *probe.Hub, unit, body string) string {
		t.Helper()
		p, err := h.Push(ctx, unit, "", []byte(body))
		if err != nil || p.Accepted != 1 {
			t.Fatalf("%+v %v", p, err)
		}
		token, err := h.Token("agency", unit)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.At("http://"+h.Addr, token).WaitStored(ctx, p.BatchID, time.Minute); err != nil {
			t.Fatal(err)
		}
		return p.Receipt
	}
	obligation := func(h *probe.Hub, after string) string {
		t.Helper()
		token, err := h.Token("officer", "SAMR")
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			var a struct{ Check struct{ Obligation string } }
			err = client.At("http://"+h.Addr, token).Query(ctx, `query($u:ID!,$a:String){check(uscc:$u,matter:"GOVERNMENT_PROCUREMENT",after:$a){obligation}}`, map[string]any{"u": code, "a": after}, &a)
			if err == nil {
				return a.Check.Obligation
			}
			if client.Code(err) != "NOT_CAUGHT_UP" {
				break
			}
		}
		t.Fatal(err)
		return ""
	}
	run := func(arg ...string) (string, error) {
		b, err := exec.CommandContext(ctx, exe, arg...).CombinedOutput()
		return string(b), err
	}

	h, err := probe.Start(ctx, exe, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { h.Stop() }()
	push(h, "SAMR", fmt.Sprintf(`{"domain":"registration","kind":"registration","recordId":"R","version":1,"op":"upsert","uscc":%q,"data":{"name":"示例公司","status":"1","establishedOn":"2020-01-02"}}`+"\n", code))
	receipt := push(h, "MOF", entry("D-1", "L09", "IN_FORCE", ""))
	before := obligation(h, receipt)
	if before == "NONE" {
		t.Fatal("the enterprise is not restricted")
	}
	h.Stop()

	// Tables that are gone come back from the log.
	if err := os.RemoveAll(filepath.Join(dir, "engine")); err != nil {
		t.Fatal(err)
	}
	if h, err = probe.Start(ctx, exe, dir); err != nil {
		t.Fatal(err)
	}
	if got := obligation(h, receipt); got != before {
		t.Errorf("without the tables %s, before %s", got, before)
	}
	push(h, "TAX", fmt.Sprintf(`{"domain":"tax","kind":"grade","recordId":"T","version":1,"op":"upsert","uscc":%q,"data":{"year":"2025","grade":"A"}}`+"\n", code)) // all is stored again
	h.Stop()

	logs, err := filepath.Glob(filepath.Join(dir, "broker", "data", "partitions", "*", "*.dat"))
	if err != nil || len(logs) < 5 {
		t.Fatalf("logs of the broker: %v %v", logs, err)
	}
	for _, name := range logs { // half of each, as a torn write leaves it
		st, err := os.Stat(name)
		if err == nil {
			err = os.Truncate(name, st.Size()/2)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	addr, err := probe.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := run("up", "--data", dir, "--listen", addr); err == nil || !strings.Contains(out, "credithub repair") || !strings.Contains(out, " are stored, and so for ") {
		t.Fatalf("up on a damaged log: %v\n%s", err, out)
	}
	out, err := run("repair", "--data", dir)
	if err != nil || !strings.Contains(out, "credit.decision/0") || !strings.Contains(out, "let the units push it again") {
		t.Fatalf("repair: %v\n%s", err, out)
	}
	t.Logf("%s", out)
	if out, err := run("repair", "--data", dir); err != nil || !strings.Contains(out, "nothing to repair") {
		t.Fatalf("repair of what is repaired: %v\n%s", err, out)
	}

	if h, err = probe.Start(ctx, exe, dir); err != nil {
		t.Fatal(err)
	}
	if got := obligation(h, ""); got != before {
		t.Errorf("after the repair %s, before %s", got, before)
	}
	if got := obligation(h, push(h, "MOF", entry("D-2", "L09", "EXITED", `,"exitType":"REPAIRED","exitDocumentNo":"示例〔2026〕2号"`))); got != "NONE" {
		t.Errorf("an exit after the repair leaves %s", got)
	}
}

// Flipped bytes in a table: the hub says what is wrong and what to do, repair puts
// the tables aside and the next start fills them again from the log.
func TestCase_T3_DamagedTablesAreNamedAndFilledAgain(t *testing.T) {
	ctx, dir, exe := t.Context(), t.TempDir(), hub.Exe(t)
	h, err := probe.Start(ctx, exe, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { h.Stop() }()
	const rows = 400
	var body strings.Builder
	for i := range rows {
		fmt.Fprintf(&body, `{"domain":"tax","kind":"grade","recordId":"T%d","version":1,"op":"upsert","uscc":"91420100MA4N0A2B5Y","data":{"year":"2025","grade":"A","reason":"依据第%d号"}}`+"\n", i, i*i)
	}
	p, err := h.Push(ctx, "TAX", "", []byte(body.String()))
	if err != nil || p.Accepted != rows {
		t.Fatalf("%+v %v", p, err)
	}
	token, err := h.Token("agency", "TAX")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.At("http://"+h.Addr, token).WaitStored(ctx, p.BatchID, time.Minute); err != nil {
		t.Fatal(err)
	}
	h.Stop()
	flipLargest(t, filepath.Join(dir, "engine"))
	addr, err := probe.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(soon, exe, "up", "--data", dir, "--listen", addr).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "credithub repair") {
		t.Errorf("up on damaged tables: %v\n%s", err, out)
	}
	if out, err = exec.CommandContext(ctx, exe, "repair", "--data", dir).CombinedOutput(); err != nil || !strings.Contains(string(out), "is damaged") {
		t.Fatalf("repair: %v\n%s", err, out)
	}
	if h, err = probe.Start(ctx, exe, dir); err != nil {
		t.Fatal(err)
	}
	got, err := h.Select(ctx, "SELECT toString(count()) FROM records WHERE status = 'ACCEPTED'")
	if err != nil || len(got) != 1 || got[0][0] != fmt.Sprint(rows) {
		t.Errorf("records after repair: %v %v, want %d", got, err, rows)
	}
	h.Stop()
	if out, err = exec.CommandContext(ctx, exe, "repair", "--data", dir).CombinedOutput(); err != nil || !strings.Contains(string(out), "nothing to repair") {
		t.Errorf("repair of what is whole: %v\n%s", err, out)
	}
}

// flipLargest flips bytes all over the largest column file below a folder, so that
// every column is hit.
func flipLargest(t *testing.T, dir string) {
	t.Helper()
	largest, size := "", int64(0)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".bin" {
			return err
		}
		if st, err := d.Info(); err == nil && st.Size() > size {
			largest, size = path, st.Size()
		}
		return nil
	})
	if err != nil || size == 0 {
		t.Fatalf("no column file: %v", err)
	}
	b, err := os.ReadFile(largest)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(b) / 61 {
		b[61*i+30] ^= 0x55
	}
	if err := os.WriteFile(largest, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
