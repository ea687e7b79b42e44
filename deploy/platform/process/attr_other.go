//go:build unix && !linux

package process

import "syscall"

// sysProcAttr gives a child a process group of its own, so that a Ctrl-C of
// the terminal reaches the supervisor alone, which knows the order.
func sysProcAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
