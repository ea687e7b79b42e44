package probe

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"credithub/deploy/platform/client"
	"credithub/deploy/platform/process"
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
	life *process.Process // nil before the first
}

// patience is how long a part may take to end as asked.
const patience = 15 * time.Second

// Start starts the process. It doesn't wait until the part answers.
func (p *Part) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.life.Running() {
		return fmt.Errorf("probe: %s is running", p.Name)
	}
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	life, err := process.Start(process.Spec{Path: p.Bin, Args: p.Args, Env: append([]string{unlimited}, p.Env...), Stdout: log, Stderr: log})
	if err != nil {
		return fmt.Errorf("probe: %s: %w", p.Name, err)
	}
	p.life = life
	return nil
}

// Running tells whether the process lives.
func (p *Part) Running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.life.Running()
}

// Kill ends the process by SIGKILL, at whatever it is doing.
func (p *Part) Kill() { p.end(syscall.SIGKILL) }

// Stop asks the process to end and kills it when it takes longer than 15 s.
func (p *Part) Stop() { p.end(syscall.SIGTERM) }

func (p *Part) end(sig os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.life.End(sig, patience)
}

// Tail gives the last lines of the log.
func (p *Part) Tail(lines int) string { return process.Tail(p.Log, lines) }

// Await waits until the part does at its address what ready asks for, or has ended.
func (p *Part) Await(ctx context.Context, limit time.Duration, ready func(ctx context.Context, addr string) error) error {
	p.mu.Lock()
	life := p.life
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := life.Await(ctx, func(ctx context.Context) error { return ready(ctx, p.Addr) }); err != nil {
		return fmt.Errorf("probe: %s: %w\n%s", p.Name, err, p.Tail(20))
	}
	return nil
}

// Listens asks whether something listens on addr.
func Listens(ctx context.Context, addr string) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return c.Close()
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
		addr, err := FreeAddr()
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
	for _, p := range h.Parts() {
		if err = p.Await(ctx, 2*time.Minute, Listens); err != nil {
			return nil, err
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
		if err := p.Await(ctx, limit, client.Serves); err != nil {
			return err
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
