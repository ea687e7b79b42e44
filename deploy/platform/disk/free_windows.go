package disk

import (
	"os"

	"golang.org/x/sys/windows"
)

var errQuota error = windows.ERROR_DISK_FULL

// free asks the file system for what is left to this user.
func free(dir string) (uint64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var n uint64
	if err := windows.GetDiskFreeSpaceEx(name, &n, nil, nil); err != nil {
		return 0, &os.PathError{Op: "free space", Path: dir, Err: err}
	}
	return n, nil
}
