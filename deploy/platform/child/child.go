// Package child holds what every child process of the hub owes its parent:
// it dies with it, however the parent ends, it takes its listener from it, so
// that a restarted child is found at the same address, and it holds the lock
// of its data directory while it lives.
//
// It is called by the child. The parent's half is process, which starts children, and
// supervise, which keeps them running.
package child

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"credithub/deploy/platform/node"
)

// Environment of a supervised child. The numbers are file descriptors.
const (
	EnvListener = "CREDITHUB_LISTEN_FD" // a listening TCP socket
	EnvParent   = "CREDITHUB_PARENT_FD" // read end of a pipe that the parent never writes to
)

// ErrNotLoopback means that an address outside this machine was asked for.
var ErrNotLoopback = errors.New("address is not on the loopback interface")

// FollowParent makes this process end at once when its parent does, told by
// the pipe that the supervisor left (where the kernel has a death signal, the
// supervisor asked for that too). Without a supervisor it does nothing. It must
// be called once, early.
func FollowParent() error {
	f, err := inherited(EnvParent)
	if err != nil || f == nil {
		return err
	}
	go func() {
		var b [1]byte
		_, _ = f.Read(b[:])
		os.Exit(3)
	}()
	return nil
}

// Listen returns the listener that the supervisor left or, without one, opens
// addr ("127.0.0.1:0" takes a free port). Only loopback addresses are served.
func Listen(addr string) (net.Listener, error) {
	if os.Getenv(EnvListener) == "" {
		if err := Loopback(addr); err != nil {
			return nil, err
		}
	}
	return ListenAnywhere(addr)
}

// ListenAnywhere is Listen for services that other machines ask.
func ListenAnywhere(addr string) (net.Listener, error) {
	f, err := inherited(EnvListener)
	if err != nil {
		return nil, err
	}
	if f != nil {
		defer f.Close()
		ln, err := net.FileListener(f)
		if err != nil {
			return nil, fmt.Errorf("child: inherited listener: %w", err)
		}
		return ln, nil
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("child: listen: %w", err)
	}
	return ln, nil
}

// Loopback refuses an address (host:port) that is not on this machine.
func Loopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("child: address %q: %w", addr, err)
	}
	ip := net.ParseIP(host)
	if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("child: address %q: %w", addr, ErrNotLoopback)
	}
	return nil
}

func inherited(env string) (*os.File, error) {
	v := os.Getenv(env)
	if v == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 3 {
		return nil, fmt.Errorf("child: %s=%q is no file descriptor", env, v)
	}
	return os.NewFile(uintptr(n), env), nil
}

// Config says where a service runs and how.
type Config struct {
	DataDir  string
	LockWait time.Duration // for a killed predecessor to vanish
	Nice     int           // 0…19, lowered priority of the whole process
	Listen   string        // host:port on loopback
	Listener net.Listener  // instead of Listen
}

// Take locks the data directory, lowers the priority of this process and opens
// the listener. leave gives the directory free; the listener is the caller's.
func (c Config) Take() (ln net.Listener, leave func(), err error) {
	leave, err = node.Lock(c.DataDir, c.LockWait)
	if err != nil {
		return nil, nil, err
	}
	if err = Nice(c.Nice); err == nil {
		if ln = c.Listener; ln == nil {
			ln, err = Listen(c.Listen)
		}
	}
	if err != nil {
		leave()
		return nil, nil, err
	}
	return ln, leave, nil
}
