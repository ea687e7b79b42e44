package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ErrLocked is a directory that another process holds.
var ErrLocked = errors.New("another credithub is at work in this directory")

const (
	lockFile  = "lock"
	lockEvery = 10 * time.Millisecond
)

// Lock takes dir for this process until release; the system releases it when the
// process ends in any way, so that a kill leaves no stale lock. It makes dir (0700)
// when it is not there. It tries until wait has passed, as a killed predecessor may
// take a moment to vanish, and then fails with ErrLocked, naming the holder.
func Lock(dir string, wait time.Duration) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := take(f, wait); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return func() { f.Close() }, nil
}

// take locks an open file, or names its holder.
func take(f *os.File, wait time.Duration) error {
	for deadline := time.Now().Add(wait); ; time.Sleep(lockEvery) {
		held, err := tryLock(f)
		if err != nil {
			return err
		}
		if !held {
			return nil
		}
		if !time.Now().Before(deadline) {
			holder, _ := os.ReadFile(f.Name()) // for the message only
			return fmt.Errorf("%w (process %s)", ErrLocked, strings.TrimSpace(string(holder)))
		}
	}
}
