// Package node is the hub's place on a machine: its data directory, the secrets
// and the lock in it, and the file that tells others where its parts listen.
//
// It promises that a secret is made of random bytes on first use, that nobody
// but its owner can read it, and that two hubs never share a data directory.
package node

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// SecretBytes is the length of every secret.
const SecretBytes = 32

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

// ErrLost is a secret that is missing beside data that were written under it.
var ErrLost = errors.New("the secret is missing beside data that were written under it: put it back from a backup")

// OldSecret is Secret for one under which data are written: beside any of the
// folders of dir that hold something it is never made anew, since what was
// written under the lost one would count no more. It tells whether the secret was
// made now.
func OldSecret(dir, name string, folders ...string) (secret []byte, made bool, err error) {
	path := filepath.Join(dir, "secrets", name)
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

// Secret reads the secret of a name below dir/secrets, or makes it.
func Secret(dir, name string) ([]byte, error) {
	return SecretFile(dir, name, func() ([]byte, error) {
		b := make([]byte, SecretBytes)
		_, err := rand.Read(b)
		return b, err
	})
}

// ErrExposed is a secret that others than its owner can read.
var ErrExposed = errors.New("secret can be read by others: chmod 600 it, and replace it if it may have been seen")

// SecretFile is Secret with content of the caller's making. Two processes that
// start together get the same secret.
func SecretFile(dir, name string, create func() ([]byte, error)) ([]byte, error) {
	folder := filepath.Join(dir, "secrets")
	path := filepath.Join(folder, name)
	if b, err := readSecret(path); !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("secret %s: %w", name, err)
	}
	b, err := create()
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", name, err)
	}
	tmp, err := os.CreateTemp(folder, "."+name+"-")
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", name, err)
	}
	defer os.Remove(tmp.Name())
	if err := writeClose(tmp, b); err != nil {
		return nil, fmt.Errorf("secret %s: %w", name, err)
	}
	// A link never replaces a file, so the first of two makers wins.
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("secret %s: %w", name, err)
	}
	return readSecret(path)
}

func writeClose(f *os.File, b []byte) error {
	_, err := f.Write(b)
	return errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
}

// ReplaceFile writes a file that only its owner can read, in one step: whoever
// reads it, also after a loss of power, finds the old content or the new.
func ReplaceFile(path string, b []byte) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".new-")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if err := writeClose(tmp, b); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return SyncDir(dir)
}

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

// Endpoints tells where the parts of a running hub listen.
type Endpoints struct {
	HTTP       string `json:"http"`
	Kafka      string `json:"kafka"`
	ClickHouse string `json:"clickhouse"`

	KafkaAccess *KafkaAccess `json:"kafkaAccess,omitempty"` // of the embedded broker
}

// KafkaAccess is how the owner of the data directory enters the embedded broker.
type KafkaAccess struct {
	Mechanism    string `json:"mechanism"`
	User         string `json:"user"`
	PasswordFile string `json:"passwordFile"` // readable by the owner only
	KcatConfig   string `json:"kcatConfig"`   // for kcat -F, with address and password
}

const endpointsFile = "endpoints.json"

// WriteEndpoints replaces endpoints.json in one step.
func WriteEndpoints(dir string, e Endpoints) error {
	b, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	if err := ReplaceFile(filepath.Join(dir, endpointsFile), append(b, '\n')); err != nil {
		return fmt.Errorf("endpoints: %w", err)
	}
	return nil
}

// ReadEndpoints reads what a running hub wrote.
func ReadEndpoints(dir string) (Endpoints, error) {
	var e Endpoints
	b, err := os.ReadFile(filepath.Join(dir, endpointsFile))
	if err != nil {
		return e, fmt.Errorf("endpoints: %w", err)
	}
	if err := json.Unmarshal(b, &e); err != nil {
		return e, fmt.Errorf("endpoints: %w", err)
	}
	return e, nil
}

// RemoveEndpoints is called when the hub stops.
func RemoveEndpoints(dir string) { _ = os.Remove(filepath.Join(dir, endpointsFile)) }
