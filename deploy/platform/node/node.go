// Package node is the hub's place on a machine: its data directory, the secrets
// and the lock in it, and the file that tells others where its parts listen.
//
// It promises that a secret is made of random bytes on first use, that nobody
// but its owner can read it, and that two hubs never share a data directory.
package node

import (
	"os"
	"path/filepath"
	"runtime"
)

// DefaultDataDir is where the hub keeps its data when it is not told: below the
// user's data directory, or the working directory for a user without a home.
func DefaultDataDir() string {
	if d := os.Getenv("XDG_DATA_HOME"); d != "" {
		return filepath.Join(d, "credithub")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "credithub-data"
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "credithub")
	case "windows":
		if d := os.Getenv("LOCALAPPDATA"); d != "" {
			return filepath.Join(d, "credithub")
		}
	}
	return filepath.Join(home, ".local", "share", "credithub")
}
