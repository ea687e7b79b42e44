package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"credithub/deploy/platform/node"
	"credithub/schema/audit"
)

// Lost gives the records of a chain behind a number, in order, from the places to
// which they were shipped. It is asked only where something is missing, or may be.
type Lost func(writer string, after uint64) ([]audit.Record, error)

// bootFile tells which boot of the machine wrote last: what the dead process of
// another boot had written may be lost.
const bootFile = "boot"

// bootID is that of this boot, "" where the system tells none.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// heal brings back what the end of the files lost: records that were shipped and
// are not there. What is nowhere to be found is marked as a break of the chain, so
// that the hub goes on and nobody takes the gap for a removal.
func (s *Spool) heal() error {
	remembered := audit.Head{}
	if s.opts.Heads != nil {
		var err error
		if remembered, err = s.opts.Heads.of(s.writer); err != nil {
			s.opts.Log.Error("what is remembered of the audit chain can't be read; audit verify names it", "error", err)
		}
	}
	if remembered.Seq > 0 && remembered.Seq <= s.head.Seq {
		hash, err := Hash(s.dir, remembered.Seq)
		if s.forged = err == nil && hash != "" && hash != remembered.Hash; s.forged {
			s.opts.Log.Error("the audit chain was written anew; what was remembered of it is kept", "record", remembered.Seq)
		}
	}
	want := max(s.shipped, remembered.Seq)
	boot, path := s.opts.Boot, filepath.Join(s.dir, bootFile)
	was, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	same := boot != "" && string(bytes.TrimSpace(was)) == boot
	began := s.head.Seq == 0 && len(was) == 0 // nothing was ever written here
	if s.head.Seq < want || !same && !began && remembered.Seq != s.head.Seq {
		if err := s.restore(want); err != nil {
			return err
		}
	}
	if same {
		return nil
	}
	return node.ReplaceFile(path, []byte(boot+"\n"))
}

// restore appends the records that follow the last one on disk, and marks those up
// to want that can't be had.
func (s *Spool) restore(want uint64) error {
	var found []audit.Record
	if s.opts.Lost != nil {
		var err error
		if found, err = s.opts.Lost(s.writer, s.head.Seq); err != nil {
			return fmt.Errorf("records behind %d are missing on disk and can't be asked for: %w", s.head.Seq, err)
		}
	}
	before := s.head.Seq
	for i := range found {
		r := &found[i]
		if r.Writer != s.writer || r.Prev != s.head.Hash || !r.Intact() || r.Seq <= s.head.Seq ||
			r.Seq != s.head.Seq+1 && r.Action != audit.BreakAction {
			continue
		}
		if err := s.again(r); err != nil {
			return err
		}
	}
	if s.head.Seq > before {
		s.opts.Log.Warn("audit records that the files had lost came back from where they were shipped to",
			"from", before+1, "to", s.head.Seq)
	}
	if s.head.Seq >= want {
		return nil
	}
	s.head.Writer = s.writer
	r := s.head.Break(want)
	r.At = s.opts.Now()
	r.Clean()
	r.Seal(s.head.Hash)
	s.opts.Log.Error("audit records are lost and nowhere to be found; the break is marked", "records", r.Subject)
	return s.again(&r)
}

// again writes a record that is sealed already.
func (s *Spool) again(r *audit.Record) error {
	s.buf = append(r.AppendJSON(s.buf[:0]), '\n')
	if err := s.put(); err != nil {
		return err
	}
	if err := datasync(s.file); err != nil {
		return err
	}
	s.head.Seq, s.head.Hash = r.Seq, r.Hash
	s.size += int64(len(s.buf))
	last := &s.segments[len(s.segments)-1]
	last.last, last.size = r.Seq, s.size
	return nil
}

// Heal puts back whole lines that were damaged inside the files of a directory
// nobody writes to, as far as lost has them and they fit the chain. It gives the
// numbers that it put back, and those that stay damaged.
func Heal(dir string, lost Lost) (healed, left []uint64, err error) {
	unlock, err := node.Lock(dir, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("spool: %w", err)
	}
	defer unlock()
	segs, err := list(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("spool: %w", err)
	}
	writer, err := readWriter(dir)
	if err != nil {
		if writer = writerIn(segs); writer == "" {
			return nil, nil, fmt.Errorf("spool: %w", err)
		}
	}
	for i := range segs {
		h, l, err := healFile(&segs[i], writer, lost)
		healed, left = append(healed, h...), append(left, l...)
		if err != nil {
			return healed, left, fmt.Errorf("spool: %s: %w", filepath.Base(segs[i].path), err)
		}
	}
	return healed, left, nil
}

func healFile(g *segment, writer string, lost Lost) (healed, left []uint64, err error) {
	b, err := os.ReadFile(g.path)
	if err != nil {
		return nil, nil, err
	}
	var stored map[uint64]audit.Record
	seq, prev := g.first-1, ""
	var out []byte
	for _, line := range bytes.SplitAfter(b, []byte("\n")) {
		whole := bytes.TrimSuffix(line, []byte("\n"))
		rec, perr := audit.Parse(whole)
		if len(line) == 0 || len(whole) == len(line) || perr == nil && rec.Intact() && rec.Seq > seq {
			if perr == nil && len(line) > 0 {
				seq, prev = rec.Seq, rec.Hash
			}
			out = append(out, line...)
			continue
		}
		seq++
		if stored == nil {
			if stored, err = byNumber(writer, seq-1, lost); err != nil {
				return healed, left, err
			}
		}
		r, ok := stored[seq]
		if !ok || !r.Intact() || prev != "" && r.Prev != prev {
			left, prev = append(left, seq), ""
			out = append(out, line...)
			continue
		}
		healed, prev = append(healed, seq), r.Hash
		out = append(r.AppendJSON(out), '\n')
	}
	if len(healed) == 0 {
		return nil, left, nil
	}
	return healed, left, node.ReplaceFile(g.path, out)
}

func byNumber(writer string, after uint64, lost Lost) (map[uint64]audit.Record, error) {
	all, err := lost(writer, after)
	out := make(map[uint64]audit.Record, len(all))
	for _, r := range all {
		out[r.Seq] = r
	}
	return out, err
}

// writerIn is the writer that the records of the files name, "" when none can be
// read.
func writerIn(segs []segment) string {
	for i := len(segs) - 1; i >= 0; i-- {
		name := ""
		readFile(segs[i], true, func(r audit.Record, err error) bool {
			if err == nil {
				name = r.Writer
			}
			return err == nil && name == ""
		})
		if name != "" {
			return name
		}
	}
	return ""
}
