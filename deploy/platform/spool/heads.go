package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"credithub/deploy/platform/node"
	"credithub/schema/audit"
)

// Heads remembers every writer that ever wrote on this machine and the last record
// it shipped, apart from the files and under a secret, so that a folder that is
// removed, or a chain that is written anew in every place, is missed.
type Heads struct {
	dir    string
	secret []byte
}

// NewHeads keeps heads in a directory, which need not exist.
func NewHeads(dir string, secret []byte) *Heads { return &Heads{dir: dir, secret: secret} }

const headSuffix = ".head"

func (h *Heads) path(writer string) string { return filepath.Join(h.dir, writer+headSuffix) }

// remember replaces the head of a writer.
func (h *Heads) remember(head *audit.Head) error {
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return err
	}
	return node.ReplaceFile(h.path(head.Writer), []byte(head.Line(h.secret)+"\n"))
}

// of is the head of a writer, the zero value when none is remembered.
func (h *Heads) of(writer string) (audit.Head, error) {
	b, err := os.ReadFile(h.path(writer))
	if errors.Is(err, fs.ErrNotExist) {
		return audit.Head{}, nil
	}
	if err != nil {
		return audit.Head{}, err
	}
	head, err := audit.ParseHead(string(bytes.TrimSpace(b)), h.secret)
	if err == nil && head.Writer != writer {
		err = fmt.Errorf("%w: file %s speaks of %s", audit.ErrForged, filepath.Base(h.path(writer)), head.Writer)
	}
	return head, err
}

// All gives the remembered heads by writer. A file that doesn't hold a head of
// this hub is an error.
func (h *Heads) All() ([]audit.Head, error) {
	names, err := filepath.Glob(filepath.Join(h.dir, "*"+headSuffix))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var out []audit.Head
	for _, name := range names {
		head, err := h.of(strings.TrimSuffix(filepath.Base(name), headSuffix))
		if err != nil {
			return out, fmt.Errorf("spool: %w", err)
		}
		out = append(out, head)
	}
	return out, nil
}

// Hash is the hash of one record of the chain in a directory, "" when it is not
// there. It reads one file.
func Hash(dir string, seq uint64) (string, error) {
	segs, err := list(dir)
	if err != nil {
		return "", fmt.Errorf("spool: %w", err)
	}
	hash := ""
	for i, g := range segs {
		newest := i == len(segs)-1
		if seq < g.first || !newest && seq > g.last {
			continue
		}
		readFile(g, newest, func(r audit.Record, rerr error) bool {
			if rerr == nil && r.Seq == seq {
				hash = r.Hash
			}
			err = rerr
			return rerr == nil && hash == ""
		})
	}
	return hash, err
}

// WriterOf is the name in the records of a directory.
func WriterOf(dir string) (string, error) { return readWriter(dir) }

// keepHead remembers where the chain of this spool stands.
func (s *Spool) keepHead(head audit.Head) {
	if s.opts.Heads == nil || head.Seq == 0 || s.forged {
		return
	}
	head.Writer = s.writer
	if err := s.opts.Heads.remember(&head); err != nil {
		s.opts.Log.Warn("the end of the audit chain can't be remembered", "error", err)
	}
}
