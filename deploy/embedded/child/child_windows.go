package child

import (
	"errors"
	"os"
)

func tryLock(*os.File) error { return errors.ErrUnsupported }

// Nice is not supported here.
func Nice(n int) error {
	if n == 0 {
		return nil
	}
	return errors.ErrUnsupported
}
