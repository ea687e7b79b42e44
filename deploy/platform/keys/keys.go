// Package keys is the register of Ed25519 keys by which units sign Kafka
// messages: one file a key below <data>/keys, so that an operator can see,
// carry and remove them by hand.
//
// It promises that a revoked key is refused from the moment its file says so for
// what the hub learned since, while what it signed before stays valid, and that a
// key belongs to one unit only. It holds no private key.
package keys

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"credithub/deploy/platform/node"
)

// Key is a registered public key.
type Key struct {
	ID      string            `json:"id"` // first 16 hex digits of SHA-256 of the public key
	Unit    string            `json:"unit"`
	Public  ed25519.PublicKey `json:"public"`
	Added   time.Time         `json:"added"`
	Revoked *time.Time        `json:"revoked,omitempty"`
}

// ID names a public key.
func ID(pub ed25519.PublicKey) string {
	sum := sha256.Sum256(pub)
	return hex.EncodeToString(sum[:])[:16]
}

// Registry reads and writes keys of one data directory.
type Registry struct {
	dir   string
	now   func() time.Time
	every time.Duration // between looks at the directory

	mu     sync.Mutex // of loading and writing
	looked time.Time
	mark   string
	byID   atomic.Pointer[map[string]Key]
	ended  atomic.Pointer[map[string]time.Time] // revocations, also of keys whose file is lost
}

// reloadEvery bounds how long a change by another process stays unseen.
const reloadEvery = time.Second

// Open opens the register below dataDir. With a *TornError the register is there
// all the same, without the keys of such files: for tools that mend them.
func Open(dataDir string, now func() time.Time) (*Registry, error) {
	if now == nil {
		return nil, errors.New("keys: nil clock")
	}
	r := &Registry{dir: filepath.Join(dataDir, "keys"), now: now, every: reloadEvery}
	r.byID.Store(&map[string]Key{})
	err := r.reload(true)
	if err == nil {
		err = r.keepRevoked()
	}
	var torn *TornError
	if err != nil && !errors.As(err, &torn) {
		return nil, err
	}
	return r, err
}

// Lookup gives the key of an id if it belongs to the unit and was not revoked at
// the time when the hub learned what it signed: a log that is read again from its
// beginning must mean what it meant.
func (r *Registry) Lookup(unit, id string, at time.Time) (ed25519.PublicKey, bool) {
	// A directory that can't be read keeps the keys that are known.
	_ = r.reload(false)
	k, ok := (*r.byID.Load())[id]
	if !ok || k.Unit != unit || k.Revoked != nil && !at.Before(*k.Revoked) {
		return nil, false
	}
	return k.Public, true
}

// List gives all keys, by unit and id; with an error those that can be read.
func (r *Registry) List() ([]Key, error) {
	err := r.reload(true)
	var all []Key
	for _, k := range *r.byID.Load() {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b Key) int {
		return strings.Compare(a.Unit+" "+a.ID, b.Unit+" "+b.ID)
	})
	return all, err
}

// ErrTaken is a key that is registered already.
var ErrTaken = errors.New("the key is registered already")

// Add registers a public key for a unit.
func (r *Registry) Add(unit string, pub ed25519.PublicKey) (Key, error) {
	if unit == "" || len(pub) != ed25519.PublicKeySize {
		return Key{}, errors.New("keys: a unit and an Ed25519 public key are needed")
	}
	k := Key{ID: ID(pub), Unit: unit, Public: pub, Added: r.now().UTC()}
	var torn *TornError
	err := r.reload(true)
	if at, ok := r.revocations()[k.ID]; ok {
		k.Revoked = &at // for good
	}
	if errors.As(err, &torn) && torn.ID == k.ID {
		return k, r.write(k) // registering the key again mends its file
	} else if err != nil {
		return Key{}, err
	}
	if old, ok := (*r.byID.Load())[k.ID]; ok {
		return old, fmt.Errorf("keys: %w for %s", ErrTaken, old.Unit)
	}
	return k, r.write(k)
}

// Revoke ends a key for good.
func (r *Registry) Revoke(id string) error {
	if err := r.reload(true); err != nil {
		return err
	}
	k, ok := (*r.byID.Load())[id]
	if !ok {
		return fmt.Errorf("keys: no key %s", id)
	}
	if k.Revoked == nil {
		now := r.now().UTC()
		k.Revoked = &now
	}
	if err := r.keepRevoked(k); err != nil {
		return err
	}
	return r.write(k)
}

func (r *Registry) write(k Key) error {
	b, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	if err := node.ReplaceFile(filepath.Join(r.dir, k.ID+".json"), append(b, '\n')); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return r.reload(true)
}

// reload reads the directory when it has changed; unless now, at most once in a
// while.
func (r *Registry) reload(now bool) error {
	if !r.mu.TryLock() {
		if !now {
			return nil // another goroutine is looking
		}
		r.mu.Lock()
	}
	defer r.mu.Unlock()
	at := r.now()
	if !now && at.Sub(r.looked) < r.every && at.Sub(r.looked) >= 0 {
		return nil
	}
	r.looked = at
	entries, err := os.ReadDir(r.dir)
	if errors.Is(err, os.ErrNotExist) {
		r.mark = ""
		r.byID.Store(&map[string]Key{})
		r.ended.Store(&map[string]time.Time{})
		return nil
	}
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	mark := markOf(entries)
	if mark == r.mark {
		return nil
	}
	if err := r.take(entries); err != nil {
		r.mark = "" // look again next time
		return err
	}
	r.mark = mark
	return nil
}

// markOf is a text that changes whenever a file of the directory does.
func markOf(entries []os.DirEntry) string {
	var mark strings.Builder
	for _, e := range entries {
		if st, err := e.Info(); err == nil {
			fmt.Fprintf(&mark, "%s %d %d\n", e.Name(), st.Size(), st.ModTime().UnixNano())
		}
	}
	return mark.String()
}

// take reads the files of the directory, with an error for those that hold nothing
// readable. Such a file says nothing new about its own key, and takes no other away:
// a revocation beside it must still be seen.
func (r *Registry) take(entries []os.DirEntry) error {
	ended, err := readRevoked(filepath.Join(r.dir, revokedFile))
	bad := []error{err}
	if err != nil {
		for id, at := range r.revocations() {
			if _, ok := ended[id]; !ok {
				ended[id] = at
			}
		}
	}
	known, all := *r.byID.Load(), map[string]Key{}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || filepath.Ext(e.Name()) != ".json" {
			continue
		}
		k, err := readKey(filepath.Join(r.dir, e.Name()))
		if err != nil {
			bad = append(bad, err)
			var ok bool
			if k, ok = known[strings.TrimSuffix(e.Name(), ".json")]; !ok {
				continue
			}
		}
		all[k.ID] = k
	}
	for id, k := range all {
		if at, ok := ended[id]; ok && (k.Revoked == nil || at.Before(*k.Revoked)) {
			k.Revoked = &at
			all[id] = k
		}
	}
	r.ended.Store(&ended)
	r.byID.Store(&all)
	return errors.Join(bad...)
}

func readKey(path string) (Key, error) {
	var k Key
	b, err := os.ReadFile(path)
	if err != nil {
		return k, fmt.Errorf("keys: %w", err)
	}
	if err := json.Unmarshal(b, &k); err != nil {
		return k, &TornError{ID: strings.TrimSuffix(filepath.Base(path), ".json"), Path: path, Reason: err.Error()}
	}
	if len(k.Public) != ed25519.PublicKeySize || k.ID != ID(k.Public) || k.Unit == "" {
		return k, &TornError{ID: strings.TrimSuffix(filepath.Base(path), ".json"), Path: path, Reason: "key, id and unit do not fit"}
	}
	return k, nil
}

// TornError is a file of the register that holds no key.
type TornError struct{ ID, Path, Reason string }

func (e *TornError) Error() string {
	return fmt.Sprintf("keys: %s holds no key (%s): without it what the unit signed would be refused. "+
		"Put the file back from a backup, or register the unit's public key again: credithub key add --unit CODE FILE.pub", e.Path, e.Reason)
}

// Generate writes a new private key to path (PKCS #8 PEM, 0600) and its public
// half, which is what gets registered, to path.pub.
func Generate(path string) (ed25519.PublicKey, error) {
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(priv)
	if err != nil {
		return nil, err
	}
	if err := node.CreateFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	text := base64.StdEncoding.EncodeToString(pub) + "\n"
	return pub, os.WriteFile(path+".pub", []byte(text), 0o644)
}

// ReadPrivate reads what Generate wrote.
func ReadPrivate(path string) (ed25519.PrivateKey, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("keys: %s is no PEM file", filepath.Base(path))
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("keys: %s: %w", filepath.Base(path), err)
	}
	priv, ok := k.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("keys: %s is no Ed25519 key", filepath.Base(path))
	}
	return priv, nil
}

// ReadPublic reads a public key file: base64 of the 32 bytes, or PEM of SPKI.
func ReadPublic(path string) (ed25519.PublicKey, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	if block, _ := pem.Decode(b); block != nil {
		k, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("keys: %s: %w", filepath.Base(path), err)
		}
		if pub, ok := k.(ed25519.PublicKey); ok {
			return pub, nil
		}
		return nil, fmt.Errorf("keys: %s is no Ed25519 key", filepath.Base(path))
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("keys: %s is neither base64 of 32 bytes nor PEM", filepath.Base(path))
	}
	return raw, nil
}
