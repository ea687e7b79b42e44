package engine

import (
	"bufio"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// trim gives the pages of the library's code and constants back to the page
// cache; those in use come again by themselves, at a microsecond for sixteen.
// A start touches a hundred megabytes of them that are not needed later, and
// they count as this process's memory. Only mappings that can't be written and
// have no page of their own are touched, so nothing can be lost. It returns
// the number of bytes given back.
func trim(library string) (freed int64, err error) {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var cur mapping
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		if m, ok := parseMapping(sc.Text()); ok {
			cur = m
			continue
		}
		name, rest, _ := strings.Cut(sc.Text(), ":")
		kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
		switch name {
		case "Rss":
			cur.rss = kb << 10
		case "Private_Dirty", "Shared_Dirty", "Anonymous", "Swap":
			cur.own = cur.own || kb != 0
		case "VmFlags": // the last line of a mapping
			if cur.own || cur.path != library || !strings.HasPrefix(cur.perms, "r-") || cur.rss == 0 {
				continue
			}
			if _, _, no := unix.Syscall(unix.SYS_MADVISE, cur.start, cur.end-cur.start, unix.MADV_DONTNEED); no != 0 {
				return freed, no
			}
			freed += cur.rss
		}
	}
	return freed, sc.Err()
}

type mapping struct {
	start, end  uintptr
	perms, path string
	rss         int64
	own         bool // has pages that differ from the file
}

// parseMapping reads the first line of a mapping:
// "7f00-7f10 r-xp 00000000 fe:00 123   /path".
func parseMapping(line string) (mapping, bool) {
	f := strings.Fields(line)
	if len(f) < 5 || strings.HasSuffix(f[0], ":") {
		return mapping{}, false
	}
	lo, hi, ok := strings.Cut(f[0], "-")
	if !ok {
		return mapping{}, false
	}
	start, err1 := strconv.ParseUint(lo, 16, 64)
	end, err2 := strconv.ParseUint(hi, 16, 64)
	if err1 != nil || err2 != nil {
		return mapping{}, false
	}
	m := mapping{start: uintptr(start), end: uintptr(end), perms: f[1]}
	if i := strings.Index(line, "/"); len(f) > 5 && i >= 0 {
		m.path = line[i:]
	}
	return m, true
}
