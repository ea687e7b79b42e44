// Package supervise keeps the child processes of the hub running.
//
// It promises: a child that ends by itself is started again, at once the first
// time and with growing pauses after that; it comes back at the same address,
// because the supervisor holds the listening socket, so that clients in
// between wait instead of failing; it ends with the supervisor, however that
// ends; its log is bounded. It never restarts a child that could not start
// even once: that is a fault of the configuration, and is reported.
package supervise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"credithub/deploy/platform/child"
	"credithub/deploy/platform/process"
	"credithub/deploy/platform/sleep"
)

// Child describes one child process. The zero value of an optional field means
// its default.
type Child struct {
	Name string   // for logs and metrics, required
	Path string   // default: this very program
	Args []string // without the program's name
	Env  []string // beside the supervisor's own

	// Listen is the loopback address (host:port) whose socket the child
	// inherits; "" for a child that serves nobody. Port 0 takes a free one and
	// keeps it.
	Listen string

	// Ready asks the child whether it serves; addr is its address. It is
	// called until it returns nil. Without it a child is ready when started.
	Ready func(ctx context.Context, addr string) error

	ReadyTimeout time.Duration // for the first start, default 60 s
	StopTimeout  time.Duration // between SIGTERM and SIGKILL, default 3 s
	FirstPause   time.Duration // before the second restart in a row, default 100 ms; the first comes at once
	MaxPause     time.Duration // default 3 s
	Settled      time.Duration // a life this long makes the next restart a first one, default 20 s

	Log     io.Writer    // all that the child writes; default none
	Logger  *slog.Logger // the supervisor's own, and the child's warnings; default slog.Default()
	Metrics *Metrics     // default none
}

func (c *Child) setDefaults() error {
	if c.Name == "" {
		return errors.New("supervise: child has no name")
	}
	c.ReadyTimeout = cmp.Or(c.ReadyTimeout, 60*time.Second)
	c.StopTimeout = cmp.Or(c.StopTimeout, 3*time.Second)
	c.FirstPause = cmp.Or(c.FirstPause, 100*time.Millisecond)
	c.MaxPause = cmp.Or(c.MaxPause, 3*time.Second)
	c.Settled = cmp.Or(c.Settled, 20*time.Second)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	c.Log = cmp.Or(c.Log, io.Discard)
	return nil
}

// Process is a supervised child.
type Process struct {
	c    Child
	addr string
	ln   *net.TCPListener

	stop context.CancelFunc
	done chan struct{}

	mu       sync.Mutex
	pid      int
	ready    bool
	restarts int
	last     error // how the last life ended
}

// Start starts the child and returns when it is ready for the first time. From
// then on it is kept running until ctx ends or Stop is called.
func Start(ctx context.Context, c Child) (*Process, error) {
	if err := c.setDefaults(); err != nil {
		return nil, err
	}
	p := &Process{c: c, done: make(chan struct{})}
	if c.Listen != "" {
		if err := child.Loopback(c.Listen); err != nil {
			return nil, fmt.Errorf("supervise: %s: %w", c.Name, err)
		}
		ln, err := net.Listen("tcp", c.Listen)
		if err != nil {
			return nil, fmt.Errorf("supervise: %s: %w", c.Name, err)
		}
		p.ln, p.addr = ln.(*net.TCPListener), ln.Addr().String()
	}
	ctx, p.stop = context.WithCancel(ctx)
	first := make(chan error, 1)
	go p.keep(ctx, first)
	if err := <-first; err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

// Addr is the child's address, host:port; it never changes.
func (p *Process) Addr() string { return p.addr }

// PID of the current life, 0 between two.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid
}

// Restarts since the start.
func (p *Process) Restarts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.restarts
}

// Ready tells whether the child serves now, and if not, why.
func (p *Process) Ready() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ready:
		return nil
	case p.last != nil:
		return fmt.Errorf("%s is starting again after it ended", p.c.Name) // why is in the log
	}
	return fmt.Errorf("%s is starting", p.c.Name)
}

// Stop ends the child cleanly, or by force after Child.StopTimeout, and waits
// for that. It may be called many times.
func (p *Process) Stop() {
	p.stop()
	<-p.done
}

// keep runs one life after the other.
func (p *Process) keep(ctx context.Context, first chan<- error) {
	defer close(p.done)
	if p.ln != nil {
		defer p.ln.Close()
	}
	defer p.stop()
	pause := time.Duration(0)
	for n := 0; ; n++ {
		start := time.Now()
		wasReady, err := p.live(ctx, first)
		if n == 0 && !wasReady {
			return // live has told first
		}
		if ctx.Err() != nil {
			return
		}
		if time.Since(start) > p.c.Settled {
			pause = 0
		}
		p.mu.Lock()
		p.restarts++
		p.last = err
		p.mu.Unlock()
		p.c.Metrics.restarted(p.c.Name)
		p.c.Logger.Warn("child ended and is started again", "child", p.c.Name, "reason", err.Error(), "pause", pause)
		if !sleep.For(ctx, pause) {
			return
		}
		pause = min(max(2*pause, p.c.FirstPause), p.c.MaxPause)
	}
}

// live is one life: start, wait until ready, wait for the end. first is told
// once, about the first life.
func (p *Process) live(ctx context.Context, first chan<- error) (ready bool, err error) {
	tell := func(err error) {
		select {
		case first <- err:
		default:
		}
	}
	log := &lines{c: &p.c}
	defer log.close()
	life, err := process.Start(process.Spec{Path: p.c.Path, Args: p.c.Args, Env: p.c.Env, Listener: p.ln, Stdout: log, Stderr: log})
	if err != nil {
		err = fmt.Errorf("supervise: start %s: %w", p.c.Name, err)
		tell(err)
		return false, err
	}
	p.set(life.PID(), false)
	defer p.set(0, false)
	if err = p.await(ctx, life, log); err != nil {
		tell(err)
		return false, err
	}
	p.set(life.PID(), true)
	tell(nil)
	select {
	case <-life.Done():
		return true, p.ended(life, log)
	case <-ctx.Done():
		p.end(life)
		return true, ctx.Err()
	}
}

// await waits until a life is ready, and ends one that doesn't become so.
func (p *Process) await(ctx context.Context, life *process.Process, log *lines) error {
	if p.c.Ready == nil {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, p.c.ReadyTimeout)
	defer cancel()
	err := life.Await(limited, func(ctx context.Context) error { return p.c.Ready(ctx, p.addr) })
	switch {
	case err == nil:
		return nil
	case errors.Is(err, process.ErrEnded):
		return p.ended(life, log)
	case ctx.Err() == nil:
		err = fmt.Errorf("supervise: %s did not become ready in %s: %w%s", p.c.Name, p.c.ReadyTimeout, err, log.text())
	}
	p.end(life)
	return err
}

// ended says how a life ended by itself.
func (p *Process) ended(life *process.Process, log *lines) error {
	err := life.Err()
	if err == nil {
		err = errors.New("exit status 0")
	}
	return fmt.Errorf("supervise: %s ended: %w%s", p.c.Name, err, log.text())
}

func (p *Process) set(pid int, ready bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pid, p.ready = pid, ready
	p.c.Metrics.up(p.c.Name, ready)
}

// end stops a life: SIGTERM, then SIGKILL.
func (p *Process) end(life *process.Process) {
	if !life.End(syscall.SIGTERM, p.c.StopTimeout) {
		p.c.Logger.Warn("child was killed because it did not stop", "child", p.c.Name, "waited", p.c.StopTimeout)
	}
	p.c.Logger.Debug("child ended", "child", p.c.Name, "status", life.Err())
}
