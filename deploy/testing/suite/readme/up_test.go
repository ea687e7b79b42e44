//go:build suite

package readme

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"credithub/deploy/platform/clickhouse"
	"credithub/deploy/platform/client"
	"credithub/deploy/platform/process"
	"credithub/deploy/testing/probe"
	"credithub/deploy/testing/suite/hub"
)

// terminal is what a command wrote, while it runs.
type terminal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *terminal) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *terminal) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// first is `up --demo` in a terminal of its own.
type first struct {
	t    *testing.T
	dir  string
	addr string
	life *process.Process
	out  terminal
}

func startFirst(t *testing.T, dir string) *first {
	t.Helper()
	addr, err := probe.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	f := &first{t: t, dir: dir, addr: addr}
	f.life, err = process.Start(process.Spec{Path: hub.Exe(t), Args: []string{"up", "--demo", "--data", dir, "--listen", addr}, Stdout: &f.out, Stderr: &f.out})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.life.End(syscall.SIGKILL, 0) })
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	if err := f.life.Await(ctx, func(ctx context.Context) error { return client.Serves(ctx, addr) }); err != nil {
		t.Fatalf("%v\n%s", err, &f.out)
	}
	for end := time.Now().Add(10 * time.Second); !strings.Contains(f.out.String(), "what the public sees"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it is ready and does not say how to go on:\n%s", &f.out)
		}
	}
	return f
}

// interrupt presses Ctrl-C, and demands that the command ends well and soon.
func (f *first) interrupt() {
	f.t.Helper()
	pids := family(f.life.PID())
	if len(pids) < 4 {
		f.t.Errorf("%d processes, want up and three children", len(pids))
	}
	began := time.Now()
	if err := syscall.Kill(-f.life.PID(), syscall.SIGINT); err != nil {
		f.t.Fatal(err)
	}
	select {
	case <-f.life.Done():
		if err := f.life.Err(); err != nil {
			f.t.Errorf("%v\n%s", err, &f.out)
		}
	case <-time.After(5 * time.Second):
		f.t.Fatalf("still there after 5 s\n%s", &f.out)
	}
	f.t.Logf("ended in %s", time.Since(began).Round(time.Millisecond))
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); err == nil {
			f.t.Errorf("process %d is still there", pid)
		}
	}
	if _, err := os.Stat(filepath.Join(f.dir, "endpoints.json")); !errors.Is(err, os.ErrNotExist) {
		f.t.Errorf("endpoints.json names a hub that has ended: %v", err)
	}
	for _, word := range []string{"panic", "goroutine ", "level=ERROR"} {
		if strings.Contains(f.out.String(), word) {
			f.t.Errorf("the terminal shows %q:\n%s", word, &f.out)
		}
	}
}

// family is a process and all below it.
func family(pid int) []int {
	all := []int{pid}
	out, _ := exec.Command("ps", "-eo", "pid=,ppid=").Output()
	for i := 0; i < len(all); i++ {
		for line := range strings.Lines(string(out)) {
			var p, parent int
			if n, _ := fmt.Sscan(line, &p, &parent); n == 2 && parent == all[i] {
				all = append(all, p)
			}
		}
	}
	return all
}

// stored is what the demonstration set holds, as its store tells.
func (f *first) stored() string {
	f.t.Helper()
	b, err := os.ReadFile(filepath.Join(f.dir, "endpoints.json"))
	if err != nil {
		f.t.Fatal(err)
	}
	var e struct{ HTTP, Kafka, ClickHouse string }
	if err := json.Unmarshal(b, &e); err != nil || e.HTTP != "http://"+f.addr || e.Kafka == "" || e.ClickHouse == "" {
		f.t.Fatalf("endpoints.json: %v %s", err, b)
	}
	db, err := clickhouse.Open(clickhouse.Config{URL: e.ClickHouse})
	if err != nil {
		f.t.Fatal(err)
	}
	defer db.Close()
	var s string
	if err := db.Conn().QueryRow(f.t.Context(), "SELECT concat(toString(count()), ' rows of ', toString(uniqExact(uscc)), ' codes, ', "+
		"toString(sum(cityHash64(record_id, version, toString(op))))) FROM records WHERE status = 'ACCEPTED'").Scan(&s); err != nil {
		f.t.Fatal(err)
	}
	return s
}

// settled is stored when no more rows come: what is durable in the log when the hub
// is ready may be on its way to the store.
func (f *first) settled() string {
	f.t.Helper()
	last, since := f.stored(), time.Now()
	for end := since.Add(20 * time.Second); time.Since(since) < time.Second && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if now := f.stored(); now != last {
			last, since = now, time.Now()
		}
	}
	return last
}

var shownLine = regexp.MustCompile(`(?m)^(export officer_SAMR=\S+)$|^  (\S.* check --url .*)  # (may not take part|may)$`)

// try runs what the command says one should try.
func (f *first) try() {
	f.t.Helper()
	script, tries := "", 0
	for _, m := range shownLine.FindAllStringSubmatch(f.out.String(), -1) {
		if m[1] != "" {
			script += m[1] + "\n"
			continue
		}
		tries++
		want := map[string]int{"may not take part": 3, "may": 0}[m[3]]
		script += fmt.Sprintf("%s\ns=$?; [ $s -eq %d ] || { echo \"exit $s, want %d\"; exit 99; }\n", m[2], want, want)
	}
	out, err := exec.Command("bash", "-c", script).CombinedOutput()
	if err != nil || tries != 2 {
		f.t.Errorf("%d checks to try, want 2: %v\n%s\n%s", tries, err, out, &f.out)
	}
}

// The first command from its start to Ctrl-C: it shows what to try, and that is
// true; a second one on the same data fails at once and disturbs nothing; it ends
// within 5 s and leaves nothing running; and started again it has what it had,
// once.
func TestTheFirstCommandFromStartToEnd(t *testing.T) {
	dir := t.TempDir()
	f := startFirst(t, dir)
	f.try()
	held := f.settled()

	began := time.Now()
	second := exec.Command(hub.Exe(t), "up", "--demo", "--data", dir, "--listen", "127.0.0.1:0")
	out, err := second.CombinedOutput()
	if err == nil || time.Since(began) > 5*time.Second || second.ProcessState.ExitCode() != 1 {
		t.Errorf("a second hub on the same data: %v after %s: %s", err, time.Since(began), out)
	}
	if err := client.Serves(t.Context(), f.addr); err != nil {
		t.Errorf("the first one: %v", err)
	}
	f.interrupt()

	again := startFirst(t, dir)
	if got := again.settled(); got != held {
		t.Errorf("after a second start %s is stored, before it was %s", got, held)
	}
	again.interrupt()
}
