// Package random makes what nobody can guess: secrets, and names that never meet
// again. Its source is the system's, which never fails.
package random

import (
	"crypto/rand"
	"encoding/hex"
)

// Bytes gives n random bytes.
func Bytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // ends the program rather than fail
	return b
}

// most bounds Hex, so that it needs no memory beside its answer.
const most = 32

// Hex gives n random bytes, at most 32, as 2n hex digits.
func Hex(n int) string {
	var b [most]byte
	var text [2 * most]byte
	_, _ = rand.Read(b[:n]) // ends the program rather than fail
	return string(text[:hex.Encode(text[:], b[:n])])
}
