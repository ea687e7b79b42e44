package node

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"credithub/deploy/platform/random"
)

// SecretBytes is the length of every secret.
const SecretBytes = 32

// ErrLost is a secret that is missing beside data that were written under it.
var ErrLost = errors.New("the secret is missing beside data that were written under it: put it back from a backup")

// OldSecret is Secret for one under which data are written: beside any of the
// folders of dir that hold something it is never made anew, since what was
// written under the lost one would count no more. It tells whether the secret was
// made now.
func OldSecret(dir, name string, folders ...string) (secret []byte, made bool, err error) {
	path := secretPath(dir, name)
	_, err = os.Stat(path)
	if made = errors.Is(err, fs.ErrNotExist); made {
		for _, f := range folders {
			if held, _ := os.ReadDir(filepath.Join(dir, f)); len(held) > 0 {
				return nil, false, fmt.Errorf("%s: %w", path, ErrLost)
			}
		}
	}
	secret, err = Secret(dir, name)
	return secret, made, err
}

// Fingerprint names a secret without telling it: 16 hex digits.
func Fingerprint(name string, secret []byte) string {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte("credithub fingerprint of " + name))
	return hex.EncodeToString(m.Sum(nil))[:16]
}

// ErrExposed is a secret that others than its owner can read.
var ErrExposed = errors.New("secret can be read by others: chmod 600 it, and replace it if it may have been seen")

// Secret reads the secret of a name below dir/secrets, or makes it. Two processes
// that start together get the same secret.
func Secret(dir, name string) ([]byte, error) {
	path := secretPath(dir, name)
	if b, err := readSecret(path); !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("secret %s: %w", name, err)
	}
	if err := CreateFile(path, random.Bytes(SecretBytes)); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("secret %s: %w", name, err)
	}
	return readSecret(path)
}

func secretPath(dir, name string) string { return filepath.Join(dir, "secrets", name) }

func readSecret(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && st.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("secret %s: %w", filepath.Base(path), ErrExposed)
	}
	return os.ReadFile(path)
}
