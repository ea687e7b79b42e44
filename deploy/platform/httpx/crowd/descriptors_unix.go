//go:build unix

package crowd

import (
	"math"
	"syscall"
)

// descriptors is how many files and connections the process may have open.
func descriptors() int {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 1024
	}
	return int(min(uint64(r.Cur), math.MaxInt32)) //nolint:unconvert // not the same type everywhere
}
