package spool

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"credithub/deploy/platform/node"
	"credithub/deploy/platform/sleep"
	"credithub/schema/audit"
)

// Ship hands records to f in order, in batches, from the first that was not
// handed on, and waits for more until ctx ends. They are lines as they stand in
// the files, for audit.Parse, and f may keep none of them. A batch of which f
// fails is repeated with pauses. A batch may come again after a crash: records
// are known by writer and number. Only one Ship runs at a time.
func (s *Spool) Ship(ctx context.Context, f func(context.Context, [][]byte) error) error {
	if !s.shipping.TryLock() {
		return errors.New("spool: ship runs already")
	}
	defer s.shipping.Unlock()
	r := &reader{s: s, known: audit.LinesOf(s.writer)}
	defer r.close()
	defer func() {
		s.segMu.Lock()
		last := s.shipped
		s.segMu.Unlock()
		s.note(last, nil, r.file)
	}()
	s.segMu.Lock()
	r.next = s.shipped + 1
	s.segMu.Unlock()
	for {
		lines, err := r.batch(s.opts.ShipBatch)
		if len(lines) > 0 {
			if err := s.hand(ctx, f, lines, r); err != nil {
				return err
			}
		}
		switch {
		case err != nil:
			s.opts.Log.Error("audit records can't be read", "error", err)
			s.count.retries.Inc()
			if !sleep.For(ctx, time.Second) {
				return context.Cause(ctx)
			}
		case len(lines) < s.opts.ShipBatch:
			if !s.gather(ctx) {
				return context.Cause(ctx)
			}
		}
	}
}

// gather waits until there is more to ship, and then a little: nobody waits for
// what is shipped, and one call for many records spares the log, and those whose
// decisions pass through it, one call for each.
func (s *Spool) gather(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-s.grown:
		return sleep.For(ctx, s.opts.Gather)
	}
}

func (s *Spool) hand(ctx context.Context, f func(context.Context, [][]byte) error, lines [][]byte, r *reader) error {
	last := r.next - 1
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := f(ctx, lines)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s.count.retries.Inc()
		s.opts.Log.Warn("audit records can't be shipped yet", "records", len(lines), "error", err)
		if !sleep.For(ctx, wait) {
			return context.Cause(ctx)
		}
	}
	s.segMu.Lock()
	s.shipped = last
	s.segMu.Unlock()
	s.count.shipped.Add(float64(len(lines)))
	if now := time.Now(); now.Sub(s.noted) >= noteEvery {
		s.noted = now
		s.note(last, lines[len(lines)-1], r.file)
	}
	return nil
}

// noteEvery bounds how many records are shipped again after a kill. A new file
// for each batch would cost more than all else that is shipped.
const noteEvery = time.Second

// note writes down how far records were shipped, after those records themselves:
// a number that a loss of power left ahead of its file would read as records
// removed. file is the one last read; those before it were made durable when it
// was begun. line is the last record, to be remembered, if any.
func (s *Spool) note(last uint64, line []byte, file *os.File) {
	if file != nil {
		if err := datasync(file); err != nil {
			s.opts.Log.Warn("audit file can't be made durable; records will be shipped again", "error", err)
			return
		}
	}
	if err := node.ReplaceFile(filepath.Join(s.dir, shippedFile), strconv.AppendUint(nil, last, 10)); err != nil {
		s.opts.Log.Warn("audit position can't be written; records will be shipped again", "error", err)
	}
	if r, err := audit.Parse(line); err == nil {
		s.keepHead(audit.Head{Seq: r.Seq, Hash: r.Hash})
	}
}

// reader follows the files.
type reader struct {
	s     *Spool
	next  uint64 // record that comes next
	known audit.Lines
	text  []byte   // of the batch
	ends  []int    // of its lines in text
	lines [][]byte // pieces of text
	seg   segment
	file  *os.File
	tail  *tail
	buf   *bufio.Reader
	at    int64 // bytes taken of the file
}

// tail reads a file only as far as it is written for good.
type tail struct {
	f       *os.File
	at, end int64
}

func (t *tail) Read(p []byte) (int, error) {
	if t.at >= t.end {
		return 0, io.EOF
	}
	n, err := t.f.ReadAt(p[:min(int64(len(p)), t.end-t.at)], t.at)
	t.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

func (r *reader) close() {
	if r.file != nil {
		r.file.Close()
		r.file = nil
	}
}

// batch reads up to n lines that are written; none when there are no more. They
// stay as they are until the next call.
func (r *reader) batch(n int) ([][]byte, error) {
	r.text, r.ends = r.text[:0], r.ends[:0]
	err := r.read(n)
	r.lines = r.lines[:0]
	from := 0
	for _, end := range r.ends {
		r.lines = append(r.lines, r.text[from:end:end])
		from = end
	}
	return r.lines, err
}

func (r *reader) read(n int) error {
	for len(r.ends) < n {
		size, ok, err := r.place()
		if err != nil || !ok {
			return err
		}
		if r.at >= size {
			r.next = r.seg.last + 1 // what is missing of this file is damaged
			continue
		}
		line, err := r.buf.ReadSlice('\n')
		r.at += int64(len(line))
		if errors.Is(err, bufio.ErrBufferFull) {
			continue // longer than any record: its end is met as a damaged line
		}
		if err != nil {
			r.close()
			return fmt.Errorf("%s at %d: %w", filepath.Base(r.seg.path), r.at, err)
		}
		line = line[:len(line)-1]
		seq, ok := r.known.Seq(line)
		if !ok {
			// A damaged line is for Verify to name; the others go on.
			r.s.count.damaged.Inc()
			r.s.opts.Log.Error("audit record is damaged", "file", filepath.Base(r.seg.path), "at", r.at)
			continue
		}
		if seq >= r.next {
			r.text = append(r.text, line...)
			r.ends = append(r.ends, len(r.text))
			r.next = seq + 1
		}
	}
	return nil
}

// place makes sure that the file of the next record is open and gives how much
// of it is written; false when no file has more.
func (r *reader) place() (size int64, ok bool, err error) {
	r.s.segMu.Lock()
	var want segment
	for _, g := range r.s.segments {
		if g.last < g.first || g.last < r.next {
			continue
		}
		want = g
		break
	}
	r.s.segMu.Unlock()
	if want.path == "" {
		return 0, false, nil
	}
	if r.file != nil && r.seg.path == want.path {
		r.seg = want
		r.tail.end = r.end(want)
		return r.tail.end, true, nil
	}
	r.close()
	f, err := os.Open(want.path)
	if err != nil {
		return 0, false, err
	}
	r.file, r.seg, r.at = f, want, 0
	r.tail = &tail{f: f, end: r.end(want)}
	r.buf = bufio.NewReaderSize(r.tail, maxLine)
	return r.tail.end, true, nil
}

// end is how far a file may be read: the one written to has a size that is kept
// up, the others are whole.
func (r *reader) end(g segment) int64 {
	if g.size > 0 {
		return g.size
	}
	st, err := r.file.Stat()
	if err != nil {
		return 0
	}
	return st.Size()
}

// Records reads all records of a directory in order, whether a process writes
// to it or not. A last line without its end is not yet a record.
func Records(dir string) iter.Seq2[audit.Record, error] {
	return func(yield func(audit.Record, error) bool) {
		segs, err := list(dir)
		if err != nil {
			yield(audit.Record{}, fmt.Errorf("spool: %w", err))
			return
		}
		for i, g := range segs {
			if !readFile(g, i == len(segs)-1, yield) {
				return
			}
		}
	}
}

func readFile(g segment, newest bool, yield func(audit.Record, error) bool) bool {
	f, err := os.Open(g.path)
	if err != nil {
		return yield(audit.Record{}, fmt.Errorf("spool: %w", err))
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, maxLine)
	for n := 1; ; n++ {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) && (len(line) == 0 || newest) {
			return true
		}
		var rec audit.Record
		if err == nil {
			rec, err = audit.Parse(line[:len(line)-1])
		}
		if err != nil {
			return yield(audit.Record{}, fmt.Errorf("spool: %s, line %d: %w", filepath.Base(g.path), n, err)) && false
		}
		if !yield(rec, nil) {
			return false
		}
	}
}

// Against holds the heads of chains stored elsewhere, which are intact in
// themselves and were read before, against the files of a directory: the last
// stored record must be one on disk, and what was shipped must have arrived.
// Records before from are not looked for, nor those after before, which may be on
// their way.
func Against(dir string, heads []audit.Head, from, before time.Time) error {
	shipped, err := readNumber(dir, shippedFile)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	writer, err := readWriter(dir)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	var stored audit.Head
	for _, h := range heads {
		if h.Writer == writer {
			stored = h
		}
	}
	last := uint64(0)
	for r, err := range Records(dir) {
		if err != nil {
			return err
		}
		last = r.Seq
		switch {
		case r.Seq == stored.Seq && r.Hash != stored.Hash:
			return &audit.BrokenLink{Writer: writer, Seq: r.Seq, Reason: "it is not the one on disk: the chain was written anew"}
		case r.Seq > stored.Seq && r.Seq <= shipped && !r.At.Before(from) && r.At.Before(before):
			return &audit.BrokenLink{Writer: writer, Seq: r.Seq, Reason: "it is missing, though it was shipped"}
		}
	}
	if stored.Seq > last {
		return &audit.BrokenLink{Writer: writer, Seq: last + 1, Reason: fmt.Sprintf("it is missing on disk, where records up to %d have been", stored.Seq)}
	}
	return nil
}

// Verify checks the chain in a directory and names the first broken link. The
// oldest files may have been removed after their time; then the chain begins
// later. What was shipped must still be there.
func Verify(dir string) (audit.Head, error) {
	segs, err := list(dir)
	if err != nil {
		return audit.Head{}, fmt.Errorf("spool: %w", err)
	}
	pruned, err := readNumber(dir, prunedFile)
	if err != nil {
		return audit.Head{}, fmt.Errorf("spool: %w", err)
	}
	if len(segs) > 0 && segs[0].first > pruned+1 {
		return audit.Head{}, &audit.BrokenLink{Seq: pruned + 1, Reason: fmt.Sprintf("it is missing; the oldest file begins with record %d", segs[0].first)}
	}
	heads, err := audit.Verify(Records(dir), pruned > 0)
	var head audit.Head
	if len(heads) > 0 {
		head = heads[len(heads)-1]
	}
	if err != nil {
		return head, err
	}
	if len(heads) > 1 {
		return head, &audit.BrokenLink{Writer: head.Writer, Seq: head.From, Reason: "the files hold records of several writers"}
	}
	if head.Records > 0 && head.From != segs[0].first {
		return head, &audit.BrokenLink{Writer: head.Writer, Seq: head.From, Reason: fmt.Sprintf("record %d is missing before it", segs[0].first)}
	}
	shipped, err := readNumber(dir, shippedFile)
	if err != nil {
		return head, fmt.Errorf("spool: %w", err)
	}
	if shipped > head.Seq {
		return head, &audit.BrokenLink{Writer: head.Writer, Seq: head.Seq + 1, Reason: fmt.Sprintf("it is missing, though records up to %d were shipped", shipped)}
	}
	if len(head.Breaks) > 0 {
		return head, head.Breaks[0]
	}
	return head, nil
}
