package spool

import (
	"os"

	"golang.org/x/sys/unix"
)

// datasync makes a file's content durable, and its size.
func datasync(f *os.File) error { return unix.Fdatasync(int(f.Fd())) }

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
