package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Part is one process of a hub of many machines. It can be killed and started
// again at the same address, and its log lives through that.
type Part struct {
	Name string
	Addr string // host:port where it listens
	Log  string // file with everything that it ever wrote
	Bin  string // program
	Args []string
	Env  []string // beside this process's own

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

// Start starts the process. It doesn't wait until the part answers.
func (p *Part) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		return fmt.Errorf("probe: %s is running", p.Name)
	}
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	// Parts of the hub end with this process, told by a pipe that is never
	// written to.
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := exec.Command(p.Bin, p.Args...)
	cmd.ExtraFiles = []*os.File{r}
	cmd.Env = append(append(os.Environ(), "CREDITHUB_RATE_LIMIT=off", "CREDITHUB_PARENT_FD=3"), p.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		w.Close()
		return fmt.Errorf("probe: %s: %w", p.Name, err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); w.Close(); close(done) }()
	p.cmd, p.done = cmd, done
	return nil
}

func (p *Part) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Running tells whether the process lives.
func (p *Part) Running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running()
}

// Kill ends the process by SIGKILL, at whatever it is doing.
func (p *Part) Kill() { p.end(syscall.SIGKILL) }

// Stop asks the process to end and kills it when it takes longer than 15 s.
func (p *Part) Stop() { p.end(syscall.SIGTERM) }

func (p *Part) end(sig os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return
	}
	_ = p.cmd.Process.Signal(sig)
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// Tail gives the last lines of the log.
func (p *Part) Tail(lines int) string {
	f, err := os.Open(p.Log)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.Size() > 64<<10 {
		_, _ = f.Seek(-64<<10, io.SeekEnd)
	}
	b, _ := io.ReadAll(f)
	all := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Cluster is a hub whose parts are processes of their own: what stands on many
// machines, here on one.
type Cluster struct {
	Dir        string // data directory that all parts share
	Kafka      string // broker addresses, with commas between
	ClickHouse string // http://host:port, without user
	Broker     *Part  // nil with a Kafka of the caller's
	Engine     *Part
	Ingest     *Part
	Query      []*Part

	exe  string
	toks tokens
}

// ClusterConfig says what StartCluster starts.
type ClusterConfig struct {
	Exe     string
	Dir     string // data directory, made by the caller
	Logs    string // directory for logs
	Kafka   string // brokers of the caller's; "" starts the embedded one
	Queries int    // query nodes; 0 means 1
}

// StartCluster starts broker, engine, ingest and query nodes, migrates, and
// waits until all are ready. On error everything it started has ended.
func StartCluster(ctx context.Context, c ClusterConfig) (_ *Cluster, err error) {
	h := &Cluster{Dir: c.Dir, Kafka: c.Kafka, exe: c.Exe}
	defer func() {
		if err != nil {
			h.Stop()
		}
	}()
	part := func(name string, args ...string) (*Part, error) {
		addr, err := stableAddr()
		if err != nil {
			return nil, err
		}
		p := &Part{Name: name, Addr: addr, Bin: c.Exe, Log: filepath.Join(c.Logs, name+".log")}
		p.Args = append([]string{strings.TrimRight(name, "0123456789"), "--data", c.Dir, "--listen", addr}, args...)
		return p, p.Start()
	}
	if c.Kafka == "" {
		if h.Broker, err = part("broker"); err != nil {
			return nil, err
		}
		h.Kafka = h.Broker.Addr
	}
	if h.Engine, err = part("engine"); err != nil {
		return nil, err
	}
	h.ClickHouse = "http://" + h.Engine.Addr
	for _, addr := range append(strings.Split(h.Kafka, ","), h.Engine.Addr) {
		if err = waitListen(ctx, addr, 2*time.Minute); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, h.Engine.Tail(20))
		}
	}
	at := []string{"--kafka", h.Kafka, "--clickhouse", h.ClickHouse}
	migrate := exec.CommandContext(ctx, c.Exe, append([]string{"migrate", "--data", c.Dir}, at...)...)
	if out, err := migrate.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("probe: migrate: %w: %s", err, out)
	}
	if h.Ingest, err = part("ingest", at...); err != nil {
		return nil, err
	}
	for i := range max(1, c.Queries) {
		name := fmt.Sprintf("query%d", i+1)
		q, err := part(name, append(at, "--node", name)...)
		if err != nil {
			return nil, err
		}
		h.Query = append(h.Query, q)
	}
	return h, h.WaitReady(ctx, 2*time.Minute)
}

// WaitReady waits until ingest and all query nodes say that they are ready.
func (h *Cluster) WaitReady(ctx context.Context, limit time.Duration) error {
	for _, p := range append([]*Part{h.Ingest}, h.Query...) {
		if err := WaitReady(ctx, "http://"+p.Addr, limit); err != nil {
			return fmt.Errorf("%s: %w\n%s", p.Name, err, p.Tail(20))
		}
	}
	return nil
}

// Parts lists what was started.
func (h *Cluster) Parts() []*Part {
	var all []*Part
	for _, p := range append([]*Part{h.Broker, h.Engine, h.Ingest}, h.Query...) {
		if p != nil {
			all = append(all, p)
		}
	}
	return all
}

// Stop ends all parts, readers first.
func (h *Cluster) Stop() {
	all := h.Parts()
	for i := len(all) - 1; i >= 0; i-- {
		all[i].Stop()
	}
}

// Token asks the development issuer of the data directory.
func (h *Cluster) Token(role, unit string) (string, error) {
	return h.toks.get(h.exe, h.Dir, role, unit)
}

// tokens remembers what the development issuer gave.
type tokens struct {
	mu  sync.Mutex
	got map[string]string
}

func (t *tokens) get(exe, dir, role, unit string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s, ok := t.got[role+"/"+unit]; ok {
		return s, nil
	}
	out, err := exec.Command(exe, "token", "--role", role, "--unit", unit, "--data", dir).Output()
	if err != nil {
		return "", fmt.Errorf("probe: token: %w", err)
	}
	if t.got == nil {
		t.got = map[string]string{}
	}
	s := strings.TrimSpace(string(out))
	t.got[role+"/"+unit] = s
	return s, nil
}

// stableAddr is a free loopback address outside the range from which the system
// takes ports for outgoing connections, so that nobody takes it while the part
// is down.
func stableAddr() (string, error) {
	for range 200 {
		addr := fmt.Sprintf("127.0.0.1:%d", 14_000+rand.IntN(16_000))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		return addr, l.Close()
	}
	return "", errors.New("probe: no free port")
}

func waitListen(ctx context.Context, addr string, limit time.Duration) error {
	end := time.Now().Add(limit)
	for {
		err := WaitTCP(ctx, addr)
		if err == nil || ctx.Err() != nil || time.Now().After(end) {
			return err
		}
	}
}
