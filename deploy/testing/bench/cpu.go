package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of CPU times in /proc, which Linux fixes for programs at 100
// a second whatever the kernel's own clock.
const tick = 10 * time.Millisecond

// cpuTime is the processor time that a process has taken; 0 where there is no
// /proc to ask.
func cpuTime(pid int) time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	return parseStat(b)
}

// parseStat reads utime and stime, the 14th and 15th field, of a line of
// /proc/PID/stat. The second field is a name in parentheses that may hold
// anything.
func parseStat(b []byte) time.Duration {
	b = b[bytes.LastIndexByte(b, ')')+1:]
	fields := bytes.Fields(b)
	if len(fields) < 13 {
		return 0
	}
	var sum time.Duration
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0
		}
		sum += time.Duration(n) * tick
	}
	return sum
}

// micros is a time for each of n things, in µs with two decimals.
func micros(d time.Duration, n uint64) float64 {
	if n == 0 {
		return 0
	}
	return round(float64(d.Nanoseconds()) / 1e3 / float64(n))
}

func round(v float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 2, 64), 64)
	return r
}
