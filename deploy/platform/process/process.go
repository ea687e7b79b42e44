// Package process runs one child process: by hand, as tests and measurements want
// it, or for supervise, which keeps one running.
//
// It promises that the child dies with this process, however that ends: by the
// kernel's death signal, where there is one, and by a pipe that children of this
// program watch (see child.FollowParent); and that a Ctrl-C of the terminal reaches
// this process alone, which knows the order in which children end.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"credithub/deploy/platform/child"
	"credithub/deploy/platform/sleep"
)

// Spec describes a process.
type Spec struct {
	Path     string           // default: this very program
	Args     []string         // without the program's name
	Env      []string         // beside this process's own
	Listener *net.TCPListener // whose socket it inherits, for child.Listen; nil: none
	Stdout   io.Writer        // nil: nowhere
	Stderr   io.Writer        // nil: nowhere
}

// Process is a child that was started.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended, once done is closed
}

// Start starts a process, and doesn't wait until it serves.
func Start(s Spec) (*Process, error) {
	cmd, ours, err := s.command()
	if err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel's death signal is bound to the thread that starts the child,
		// which so has to live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		for _, f := range cmd.ExtraFiles {
			f.Close() // the child has its own
		}
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
		ours.Close()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// command is what is to be started. It inherits the read end of a pipe whose other
// end, ours, nobody writes to, and the socket.
func (s *Spec) command() (_ *exec.Cmd, ours *os.File, err error) {
	path := s.Path
	if path == "" {
		if path, err = os.Executable(); err != nil {
			return nil, nil, fmt.Errorf("own program: %w", err)
		}
	}
	cmd := exec.Command(path, s.Args...)
	cmd.SysProcAttr = sysProcAttr()
	cmd.Stdout, cmd.Stderr = s.Stdout, s.Stderr
	// Descriptors that this process itself inherited are not the child's.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(e string) bool {
		return strings.HasPrefix(e, child.EnvListener+"=") || strings.HasPrefix(e, child.EnvParent+"=")
	})
	cmd.Env = append(append(cmd.Env, s.Env...), child.EnvParent+"=3")
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	cmd.ExtraFiles = []*os.File{theirs}
	if s.Listener != nil {
		socket, err := s.Listener.File()
		if err != nil {
			theirs.Close()
			ours.Close()
			return nil, nil, err
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, socket)
		cmd.Env = append(cmd.Env, child.EnvListener+"=4")
	}
	return cmd, ours, nil
}

// PID of the process, also after its end.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended and all that it wrote is passed on.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the process ended; it waits for that.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Running tells whether the process lives. A nil *Process doesn't.
func (p *Process) Running() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// End sends a signal and waits until the process has ended. It kills one that takes
// longer than patience, and tells false then. A nil *Process has ended.
func (p *Process) End(sig os.Signal, patience time.Duration) (willing bool) {
	if !p.Running() {
		return true
	}
	_ = p.cmd.Process.Signal(sig) // it may have ended
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-p.done:
		return true
	case <-late.C:
		_ = p.cmd.Process.Kill()
		<-p.done
		return false
	}
}

// ErrEnded is a process that ended while it was waited for.
var ErrEnded = errors.New("process ended")

const (
	askEvery = 20 * time.Millisecond
	askFor   = 5 * time.Second // at most, each time
)

// Await asks whether the process serves until ready gives nil. It fails with the
// last error of ready when ctx ends, and with ErrEnded when the process does.
func (p *Process) Await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answer := make(chan error, 1)
	go func() { answer <- await(ctx, ready) }()
	select {
	case err := <-answer:
		if err == nil || p.Running() {
			return err
		}
	case <-p.done: // nobody waits for an answer any more
	}
	return fmt.Errorf("%w: %v", ErrEnded, p.cmd.ProcessState)
}

func await(ctx context.Context, ready func(context.Context) error) error {
	for {
		try, done := context.WithTimeout(ctx, askFor)
		err := ready(try)
		done()
		if err == nil || !sleep.For(ctx, askEvery) {
			return err
		}
	}
}
