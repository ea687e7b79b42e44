package keys

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"credithub/deploy/platform/node"
)

// revokedFile lists the revocations beside the keys' own files: a key whose file is
// lost stays revoked when it is registered again. A line has id and time.
const revokedFile = "revoked"

// revocations are those of the list, as far as known.
func (r *Registry) revocations() map[string]time.Time {
	if m := r.ended.Load(); m != nil {
		return *m
	}
	return nil
}

// keepRevoked writes the list when it lacks a revocation that is known otherwise,
// as of keys given.
func (r *Registry) keepRevoked(more ...Key) error {
	all := map[string]time.Time{}
	maps.Copy(all, r.revocations())
	held := len(all)
	for _, k := range slices.AppendSeq(more, maps.Values(*r.byID.Load())) {
		if _, ok := all[k.ID]; !ok && k.Revoked != nil {
			all[k.ID] = *k.Revoked
		}
	}
	if len(all) == held {
		return nil
	}
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s %s\n", id, all[id].Format(time.RFC3339Nano))
	}
	if err := node.ReplaceFile(filepath.Join(r.dir, revokedFile), []byte(b.String())); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return r.reload(true)
}

// readRevoked reads the list. With an error it gives what it could read.
func readRevoked(path string) (map[string]time.Time, error) {
	all := map[string]time.Time{}
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return all, fmt.Errorf("keys: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		id, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		at, bad := time.Parse(time.RFC3339Nano, text)
		if id == "" || bad != nil {
			err = fmt.Errorf("keys: %s holds a line that is no revocation: put the file back from a backup, or remove it: "+
				"it is made again of what the keys' own files say", path)
			continue
		}
		all[id] = at
	}
	return all, err
}
