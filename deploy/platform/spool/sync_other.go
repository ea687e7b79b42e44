//go:build !linux

package spool

import "os"

// datasync makes a file's content durable, and its size.
func datasync(f *os.File) error { return f.Sync() }
