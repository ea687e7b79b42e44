//go:build unix

package child

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Nice lowers the priority of this process (0 leaves it, 19 is the lowest).
// Raising it again would need rights that a hub doesn't have. Linux keeps the
// value per thread and hands it on to new ones, so each thread is told; call it
// before much has been started.
func Nice(n int) error {
	if n == 0 {
		return nil
	}
	if n < 0 || n > 19 {
		return fmt.Errorf("child: niceness %d is not within 0…19", n)
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, n); err != nil {
		return fmt.Errorf("child: nice: %w", err)
	}
	for range 3 { // a thread not yet told may have made another one meanwhile
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return nil // no Linux: the call above was for the whole process
		}
		for _, t := range tasks {
			if tid, err := strconv.Atoi(t.Name()); err == nil {
				_ = unix.Setpriority(unix.PRIO_PROCESS, tid, n) // the thread may be gone
			}
		}
	}
	return nil
}
