package node

import (
	"errors"
	"os"
	"path/filepath"
)

// ReplaceFile writes a file that only its owner can read, in one step: whoever
// reads it, also after a loss of power, finds the old content or the new.
func ReplaceFile(path string, b []byte) error { return put(path, b, os.Rename) }

// CreateFile is ReplaceFile for a file that must not be there: of two makers the
// first wins, and the other gets fs.ErrExist.
func CreateFile(path string, b []byte) error { return put(path, b, os.Link) }

// put writes a file beside path and gives it its name.
func put(path string, b []byte, name func(from, to string) error) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".new-") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(b)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := name(tmp.Name(), path); err != nil {
		return err
	}
	return SyncDir(dir)
}
