//go:build unix

package fastpath

import (
	"net"
	"syscall"
)

// gone tells whether the peer has closed or broken off its side. It takes nothing
// from the connection.
func gone(n net.Conn) (yes bool) {
	s, ok := n.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return true
	}
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		k, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		yes = k == 0 && err == nil || err == syscall.ECONNRESET || err == syscall.EPIPE //nolint:errorlint // a number
	})
	return yes || err != nil
}
