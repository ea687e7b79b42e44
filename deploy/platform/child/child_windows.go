package child

import "errors"

// Nice is not supported here.
func Nice(n int) error {
	if n == 0 {
		return nil
	}
	return errors.ErrUnsupported
}
