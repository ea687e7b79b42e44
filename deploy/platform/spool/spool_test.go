package spool

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"credithub/schema/audit"
	"credithub/schema/fault"
)

func open(t testing.TB, dir string, mend ...func(*Options)) *Spool {
	t.Helper()
	var o Options
	for _, f := range mend {
		f(&o)
	}
	s, err := Open(dir, "node", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func fill(t testing.TB, s *Spool, n int) (last audit.Record) {
	t.Helper()
	for i := range n {
		r, err := s.Append(context.Background(), audit.Record{Actor: "officer-1", Unit: "SAMR", Role: "officer", Action: "check",
			Subject: fmt.Sprint("S", i), CaseNo: "鄂\n\"", Outcome: "CLEAR"})
		if err != nil {
			t.Fatal(err)
		}
		last = r
	}
	return last
}

func small(o *Options) { o.SegmentBytes = 2000 }

func TestOneChainAcrossFilesAndRestarts(t *testing.T) {
	dir := t.TempDir()
	for range 4 {
		s := open(t, dir, small)
		fill(t, s, 13)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	head, err := Verify(dir)
	if err != nil || head.Seq != 52 || head.Records != 52 || !strings.HasPrefix(head.Writer, "node-") {
		t.Fatalf("%+v, %v", head, err)
	}
	if segs, _ := list(dir); len(segs) < 5 {
		t.Fatalf("%d files", len(segs))
	}
}

func TestManyAppendAtOnceAndEachHasItsPlace(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, small)
	var mu sync.Mutex
	got := map[uint64]string{}
	var wg sync.WaitGroup
	for g := range 32 {
		wg.Go(func() {
			for i := range 60 {
				subject := fmt.Sprint(g, "/", i)
				r, err := s.Append(context.Background(), audit.Record{Action: "check", Subject: subject})
				if err != nil || r.Subject != subject || !r.Intact() {
					t.Errorf("%+v, %v", r, err)
					return
				}
				mu.Lock()
				if got[r.Seq] != "" {
					t.Errorf("number %d twice", r.Seq)
				}
				got[r.Seq] = subject
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	n := 0
	for r, err := range Records(dir) {
		if err != nil || got[r.Seq] != r.Subject {
			t.Fatalf("%+v, %v", r, err)
		}
		n++
	}
	if head, err := Verify(dir); err != nil || n != 32*60 || head.Seq != 32*60 {
		t.Fatalf("%d records, %+v, %v", n, head, err)
	}
}

func TestATornLineIsCutAndTheChainGoesOn(t *testing.T) {
	for _, torn := range []string{`{"writer":"no`, "\x00\x00\x00", strings.Repeat("\x00", 3*maxLine), `{}`} {
		dir := t.TempDir()
		s := open(t, dir)
		fill(t, s, 5)
		s.Close()
		path := filepath.Join(dir, fileName(1))
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(torn); err != nil {
			t.Fatal(err)
		}
		f.Close()
		s = open(t, dir)
		fill(t, s, 2)
		if head, err := Verify(dir); err != nil || head.Seq != 7 {
			t.Fatalf("%.10q: %+v, %v", torn, head, err)
		}
	}
}

func TestADamagedLineStaysAndIsNamed(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	fill(t, s, 5)
	s.Close()
	path := filepath.Join(dir, fileName(1))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(b, []byte("\n"))
	lines[4][len(lines[4])-2] ^= 1 // of the last record
	if err := os.WriteFile(path, bytes.Join(lines, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if last := fill(t, s, 1); last.Seq != 6 {
		t.Fatalf("number %d was given, though 5 had been", last.Seq)
	}
	if _, err := Verify(dir); err == nil {
		t.Fatal("damage was not seen")
	}
	var seqs []uint64
	ship(t, s, 5, func(r audit.Record) { seqs = append(seqs, r.Seq) })
	if fmt.Sprint(seqs) != "[1 2 3 4 6]" {
		t.Fatalf("shipped %v", seqs)
	}
}

func parsed(t *testing.T, lines [][]byte) []audit.Record {
	t.Helper()
	var rs []audit.Record
	for _, line := range lines {
		r, err := audit.Parse(line)
		if err != nil {
			t.Errorf("%q was shipped", line)
		}
		rs = append(rs, r)
	}
	return rs
}

func TestLinesThatAreNoRecordsHoldNothingBack(t *testing.T) {
	for _, junk := range []string{"junk", strings.Repeat("x", 3*maxLine), `{"writer":"another","seq":6}`} {
		dir := t.TempDir()
		s := open(t, dir)
		fill(t, s, 5)
		s.Close()
		f, err := os.OpenFile(filepath.Join(dir, fileName(1)), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(junk + "\n"); err != nil {
			t.Fatal(err)
		}
		f.Close()
		s = open(t, dir)
		fill(t, s, 2)
		var seqs []uint64
		ship(t, s, 7, func(r audit.Record) { seqs = append(seqs, r.Seq) })
		if fmt.Sprint(seqs) != "[1 2 3 4 5 7 8]" { // the line had number 6
			t.Errorf("%.10q: shipped %v", junk, seqs)
		}
		s.Close()
	}
}

// ship hands on until n records came.
func ship(t *testing.T, s *Spool, n int, f func(audit.Record)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	got := 0
	err := s.Ship(ctx, func(_ context.Context, lines [][]byte) error {
		for _, r := range parsed(t, lines) {
			f(r)
			got++
		}
		if got >= n {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || got != n {
		t.Fatalf("%d records, %v", got, err)
	}
}

func TestEveryRecordIsShippedInOrderAcrossFailuresAndRestarts(t *testing.T) {
	dir := t.TempDir()
	var got []uint64
	for round := range 3 {
		s := open(t, dir, small, func(o *Options) { o.ShipBatch = 7 })
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() {
			fails := 0
			done <- s.Ship(ctx, func(_ context.Context, lines [][]byte) error {
				if fails++; fails%3 == 1 {
					return errors.New("away")
				}
				for _, r := range parsed(t, lines) {
					got = append(got, r.Seq)
				}
				if uint64(len(got)) == uint64(40*(round+1)) {
					cancel()
				}
				return nil
			})
		}()
		fill(t, s, 40)
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		s.Close()
	}
	for i, seq := range got {
		if seq != uint64(i+1) {
			t.Fatalf("place %d has record %d", i, seq)
		}
	}
	if _, err := Verify(dir); err != nil {
		t.Fatal(err)
	}
}

// What was read before a file could not be is shipped all the same, and the rest
// as soon as the file can be read again.
func TestAFileThatCannotBeReadHoldsBackOnlyItsOwn(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, small)
	fill(t, s, 30)
	if len(s.segments) < 3 {
		t.Fatalf("%d files", len(s.segments))
	}
	second := s.segments[1]
	away := second.path + ".away"
	if err := os.Rename(second.path, away); err != nil {
		t.Fatal(err)
	}
	var seqs []uint64
	ship(t, s, 30, func(r audit.Record) {
		if seqs = append(seqs, r.Seq); r.Seq == second.first-1 {
			if err := os.Rename(away, second.path); err != nil {
				t.Error(err)
			}
		}
	})
	for i, seq := range seqs {
		if seq != uint64(i+1) {
			t.Fatalf("place %d has record %d", i, seq)
		}
	}
}

func TestWhatIsThereLeavesAtOnceAndFewRecordsGather(t *testing.T) {
	dir := t.TempDir()
	slow := func(o *Options) { o.ShipBatch, o.Gather = 10, time.Hour }
	s := open(t, dir, slow)
	fill(t, s, 25)
	ctx, cancel := context.WithCancel(context.Background())
	var sizes []int
	shipped, filled := make(chan struct{}), make(chan struct{})
	go func() {
		<-shipped
		fill(t, s, 1) // waits for others of its kind
		cancel()
		close(filled)
	}()
	err := s.Ship(ctx, func(_ context.Context, lines [][]byte) error {
		if sizes = append(sizes, len(lines)); len(sizes) == 3 {
			close(shipped)
		}
		return nil
	})
	<-filled
	if !errors.Is(err, context.Canceled) || fmt.Sprint(sizes) != "[10 10 5]" {
		t.Fatalf("calls of %v records, %v", sizes, err)
	}
	s.Close()
	s = open(t, dir, slow)
	ship(t, s, 1, func(r audit.Record) {
		if r.Seq != 26 {
			t.Errorf("record %d was shipped after the restart, want 26", r.Seq)
		}
	})
}

func TestFilesGoOnlyWhenShippedAndOld(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	s := open(t, dir, small, func(o *Options) { o.Now = func() time.Time { return now }; o.Retain = time.Hour })
	fill(t, s, 60)
	count := func() int {
		segs, err := list(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(segs)
	}
	all := count()
	now = now.Add(2 * time.Hour)
	s.prune()
	if count() != all {
		t.Fatal("files went before they were shipped")
	}
	ship(t, s, 60, func(audit.Record) {})
	now = now.Add(-2 * time.Hour)
	s.prune()
	if count() != all {
		t.Fatal("files went before their time")
	}
	now = now.Add(2 * time.Hour)
	s.prune()
	if count() != 2 {
		t.Fatalf("%d files are left", count())
	}
	fill(t, s, 5)
	if head, err := Verify(dir); err != nil || head.Seq != 65 {
		t.Fatalf("%+v, %v", head, err)
	}
	s.Close()
	segs, _ := list(dir)
	if err := os.Remove(segs[0].path); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(dir); err == nil {
		t.Fatal("a removed file was not missed")
	}
}

func TestNothingIsAcknowledgedThatCouldNotBeWritten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	fill(t, s, 3)
	good := s.file
	ro, err := os.Open(filepath.Join(dir, fileName(1))) // writes to it fail
	if err != nil {
		t.Fatal(err)
	}
	defer ro.Close()
	s.file = ro
	_, err = s.Append(context.Background(), audit.Record{Action: "check"})
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Unavailable {
		t.Fatalf("got %v", err)
	}
	failing := func(after time.Duration) bool {
		s.opts.Now = func() time.Time { return time.Unix(0, s.failed.Load()).Add(after) }
		return s.Failing()
	}
	if !failing(time.Second) || failing(failingFor) {
		t.Error("a failure is told for some time, so that a node without callers gets one again")
	}
	s.file = good
	if last := fill(t, s, 1); last.Seq != 4 {
		t.Fatalf("went on at %d", last.Seq)
	}
	if failing(0) {
		t.Error("still failing after a success")
	}
	if head, err := Verify(dir); err != nil || head.Seq != 4 {
		t.Fatalf("%+v, %v", head, err)
	}
}

func TestADirectoryHasOneWriter(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := Open(dir, "node", Options{}); err == nil {
		t.Fatal("two spools on one directory")
	}
	id := s.Writer()
	s.Close()
	if _, err := s.Append(context.Background(), audit.Record{}); !errors.Is(err, ErrClosed) {
		t.Fatalf("append after close: %v", err)
	}
	if again := open(t, dir); again.Writer() != id {
		t.Fatal("the writer's name changed")
	}
	if other := open(t, t.TempDir()); other.Writer() == id {
		t.Fatal("two directories share a chain")
	}
}

func TestMissingEndIsNoticed(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	fill(t, s, 5)
	ship(t, s, 5, func(audit.Record) {})
	s.Close()
	path := filepath.Join(dir, fileName(1))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(b, []byte("\n"))
	if err := os.WriteFile(path, bytes.Join(lines[:3], nil), 0o600); err != nil {
		t.Fatal(err)
	}
	var broken *audit.BrokenLink
	if _, err := Verify(dir); !errors.As(err, &broken) || broken.Seq != 4 {
		t.Fatalf("got %v", err)
	}
	// Without anybody to ask, the hub goes on behind the numbers that were given,
	// and says itself what is lost.
	again := open(t, dir)
	if r := fill(t, again, 1); r.Seq != 7 {
		t.Fatalf("the next record is %d", r.Seq)
	}
	again.Close()
	if _, err := Verify(dir); !errors.As(err, &broken) || broken.Seq != 4 || !strings.Contains(err.Error(), "records 4-5 were lost by damage") {
		t.Fatalf("got %v", err)
	}
}

func TestAnyChangeToAFileIsFound(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, small)
	fill(t, s, 20)
	ship(t, s, 20, func(audit.Record) {})
	s.Close()
	segs, err := list(dir)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		g := rapid.SampledFrom(segs).Draw(t, "file")
		whole, err := os.ReadFile(g.path)
		if err != nil {
			t.Fatal(err)
		}
		defer os.WriteFile(g.path, whole, 0o600)
		b := bytes.Clone(whole)
		if len(b) == 0 {
			t.Skip()
		}
		if rapid.Bool().Draw(t, "flip") {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		} else {
			lines := bytes.SplitAfter(b, []byte("\n"))
			i := rapid.IntRange(0, len(lines)-2).Draw(t, "line")
			b = bytes.Join(append(lines[:i:i], lines[i+1:]...), nil)
		}
		if err := os.WriteFile(g.path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(dir); err == nil {
			t.Fatal("not found")
		}
	})
}

// Whoever removes the end of the files, and the number of what was shipped with it,
// is given away by what is stored; and so he is when the hub has gone on.
func TestRemovedFromTheFilesIsMissed(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	fill(t, s, 20)
	var stored []audit.Record
	ship(t, s, 20, func(r audit.Record) { stored = append(stored, r) })
	s.Close()
	path := filepath.Join(dir, fileName(1))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(b, []byte("\n"))
	for name, content := range map[string][]byte{path: bytes.Join(lines[:16], nil), filepath.Join(dir, shippedFile): []byte("16")} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verify := func(want string) {
		t.Helper()
		slices.SortStableFunc(stored, func(a, b audit.Record) int { return cmp.Compare(a.Seq, b.Seq) })
		heads, err := audit.Verify(func(yield func(audit.Record, error) bool) {
			for _, r := range stored {
				if !yield(r, nil) {
					return
				}
			}
		}, false)
		if err == nil {
			err = Against(dir, heads, time.Time{}, time.Now())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	verify("record 17: it is missing on disk, where records up to 20 have been")
	s = open(t, dir)
	fill(t, s, 5)
	ship(t, s, 5, func(r audit.Record) { stored = append(stored, r) })
	s.Close()
	verify("record 17: there are two of it")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	stored = stored[:16]
	verify("record 1: it is missing on disk")
}

// What was shipped must have arrived where it is stored, and be the same.
func TestStoredChainAgainstTheFiles(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, small)
	fill(t, s, 20)
	var all []audit.Record
	ship(t, s, 20, func(r audit.Record) { all = append(all, r) })
	fill(t, s, 5) // not shipped
	s.Close()
	later := time.Now().Add(time.Minute)
	f := func(name string, keep int, from, before time.Time, want string) {
		t.Helper()
		var heads []audit.Head
		if keep > 0 {
			var err error
			if heads, err = audit.Verify(func(yield func(audit.Record, error) bool) {
				for _, r := range all[:keep] {
					if !yield(r, nil) {
						return
					}
				}
			}, false); err != nil {
				t.Fatal(err)
			}
		}
		switch err := Against(dir, heads, from, before); {
		case want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	f("whole", 20, time.Time{}, later, "")
	f("cut at the end", 12, time.Time{}, later, "record 13: it is missing")
	f("all gone", 0, time.Time{}, later, "record 1: it is missing")
	f("on their way", 12, time.Time{}, all[12].At, "")
	f("before the first day", 0, later, later.Add(time.Hour), "")
	all[19].Hash = all[18].Hash
	heads := []audit.Head{{Writer: all[19].Writer, From: 1, Seq: 20, Hash: all[18].Hash, Records: 20}}
	if err := Against(dir, heads, time.Time{}, later); err == nil || !strings.Contains(err.Error(), "written anew") {
		t.Errorf("forged: %v", err)
	}
}
