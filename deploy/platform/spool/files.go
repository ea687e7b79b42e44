package spool

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"credithub/deploy/platform/node"
	"credithub/schema/audit"
)

const (
	filePrefix = "audit-"
	fileSuffix = ".log"
	maxLine    = 256 << 10 // of one record: 10 fields of audit.MaxField, escaped, and more
)

// segment is one file, known by its first record.
type segment struct {
	path        string
	first, last uint64 // last is first−1 while it is empty
	size        int64
}

func fileName(first uint64) string { return fmt.Sprintf("%s%020d%s", filePrefix, first, fileSuffix) }

// list finds the files in order.
func list(dir string) ([]segment, error) {
	all, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []segment
	for _, e := range all {
		digits, ok := strings.CutPrefix(e.Name(), filePrefix)
		digits, ok2 := strings.CutSuffix(digits, fileSuffix)
		first, err := strconv.ParseUint(digits, 10, 64)
		if !ok || !ok2 || err != nil || fileName(first) != e.Name() || first == 0 {
			continue
		}
		out = append(out, segment{path: filepath.Join(dir, e.Name()), first: first, last: first - 1})
	}
	slices.SortFunc(out, func(a, b segment) int { return strings.Compare(a.path, b.path) })
	for i := range out[:max(0, len(out)-1)] {
		out[i].last = out[i+1].first - 1
	}
	return out, nil
}

// recover finds the end of the chain, cuts an unfinished line, and opens the
// last file for writing. Whole lines are never removed, damaged ones neither:
// the chain goes on behind them, their numbers are not used again, and Verify
// names them.
func (s *Spool) recover() error {
	segs, err := list(s.dir)
	if err != nil {
		return err
	}
	s.segments = segs
	s.head = audit.Head{Hash: audit.Genesis}
	if len(segs) == 0 {
		return s.create(1)
	}
	newest := &segs[len(segs)-1]
	seq, hash, err := s.readEnd(newest)
	if err != nil {
		return err
	}
	for i := len(segs) - 2; i >= 0 && hash == ""; i-- {
		older := segs[i]
		if _, hash, err = s.readEnd(&older); err != nil {
			return err
		}
	}
	if hash != "" {
		s.head.Hash = hash
	}
	s.head.Seq = seq
	return s.reopen(newest)
}

// readEnd gives the number of a file's last line, and the hash of its last
// record that can be read, "" without any. It sets the file's last record and
// its size without an unfinished line.
func (s *Spool) readEnd(g *segment) (seq uint64, hash string, err error) {
	f, err := os.Open(g.path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	seq = g.first - 1
	var at int64
	r := bufio.NewReaderSize(f, maxLine)
	for whole := true; ; {
		line, err := r.ReadSlice('\n')
		at += int64(len(line))
		switch {
		case errors.Is(err, io.EOF):
			if at > g.size {
				s.count.cut.Inc()
				s.opts.Log.Warn("an unfinished audit line was cut off", "file", filepath.Base(g.path), "bytes", at-g.size)
			}
			g.last = seq
			return seq, hash, nil
		case errors.Is(err, bufio.ErrBufferFull):
			whole = false
			continue
		case err != nil:
			return 0, "", err
		}
		seq++
		rec, perr := audit.Parse(line[:len(line)-1])
		if whole && perr == nil && rec.Seq >= seq {
			seq, hash = rec.Seq, rec.Hash
		} else {
			s.opts.Log.Error("audit file is damaged; audit verify names the place", "file", filepath.Base(g.path), "record", seq)
		}
		g.size, whole = at, true
	}
}

func (s *Spool) reopen(g *segment) error {
	f, err := os.OpenFile(g.path, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Truncate(g.size), f.Sync()); err != nil {
		f.Close()
		return err
	}
	s.file, s.size = f, g.size
	return nil
}

// create begins a file whose first record will be seq.
func (s *Spool) create(seq uint64) error {
	path := filepath.Join(s.dir, fileName(seq))
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	st, err := f.Stat()
	if err == nil && st.Size() > 0 {
		err = fmt.Errorf("%s has content", filepath.Base(path))
	}
	if err = errors.Join(err, node.SyncDir(s.dir)); err != nil {
		f.Close()
		return err
	}
	s.file, s.size = f, 0
	s.segMu.Lock()
	s.segments = append(s.segments, segment{path: path, first: seq, last: seq - 1})
	s.segMu.Unlock()
	return nil
}

// rotate goes on in a new file and removes old ones.
func (s *Spool) rotate() error {
	old := s.file
	if err := s.create(s.head.Seq + 1); err != nil {
		return err
	}
	if err := errors.Join(old.Sync(), old.Close()); err != nil {
		s.opts.Log.Warn("audit file", "error", err)
	}
	s.prune()
	return nil
}

// prune removes files whose records were all shipped and that are old. The one
// written to and the one before it stay: they hold the chain's end.
func (s *Spool) prune() {
	s.segMu.Lock()
	defer s.segMu.Unlock()
	for len(s.segments) > 2 {
		g := s.segments[0]
		st, err := os.Stat(g.path)
		if err == nil && (g.last > s.shipped || s.opts.Now().Sub(st.ModTime()) < s.opts.Retain) {
			return
		}
		if err == nil {
			err = node.ReplaceFile(filepath.Join(s.dir, prunedFile), strconv.AppendUint(nil, g.last, 10))
		}
		if err == nil {
			err = os.Remove(g.path)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			s.opts.Log.Warn("audit file can't be removed", "file", filepath.Base(g.path), "error", err)
			return
		}
		s.count.removed.Inc()
		s.segments = s.segments[1:]
	}
}

// Files that hold one number.
const (
	shippedFile = "shipped" // the last record shipped
	writerFile  = "writer"  // the name in the records
	prunedFile  = "pruned"  // the last record removed after its time
)

func readNumber(dir, name string) (uint64, error) {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(string(bytes.TrimSpace(b)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("file %s holds no number", name)
	}
	return n, nil
}

// ShipAgain has all records of a directory nobody writes to shipped once more.
func ShipAgain(dir string) error {
	if err := node.ReplaceFile(filepath.Join(dir, shippedFile), []byte("0")); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	return nil
}
