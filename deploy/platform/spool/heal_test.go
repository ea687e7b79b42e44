package spool

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"credithub/schema/audit"
)

// shippedTo gives a place that took all records of a spool.
func shippedTo(t *testing.T, s *Spool, n int) Lost {
	t.Helper()
	var all []audit.Record
	ship(t, s, n, func(r audit.Record) { all = append(all, r) })
	return func(writer string, after uint64) (out []audit.Record, err error) {
		for _, r := range all {
			if r.Writer == writer && r.Seq > after {
				out = append(out, r)
			}
		}
		return out, nil
	}
}

func cutLines(t *testing.T, path string, keep int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(b, []byte("\n"))
	if err := os.WriteFile(path, bytes.Join(lines[:keep], nil), 0o600); err != nil {
		t.Fatal(err)
	}
}

// After a loss of power the files may end before what was shipped, and progress
// files may be empty. The chain comes back whole, and goes on.
func TestCase_T3_LostEndsAndTornProgressComeBack(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, func(o *Options) { o.Boot = "one" })
	fill(t, s, 9)
	lost := shippedTo(t, s, 9)
	name := s.Writer()
	s.Close()
	f := func(what string, tear func()) {
		t.Helper()
		tear()
		s := open(t, dir, func(o *Options) { o.Boot, o.Lost = what, lost })
		if s.Writer() != name {
			t.Errorf("%s: the chain goes on as %s", what, s.Writer())
		}
		last := fill(t, s, 1)
		s.Close()
		head, err := Verify(dir)
		if err != nil || head.Seq != last.Seq || head.Records != last.Seq {
			t.Errorf("%s: %+v %v", what, head, err)
		}
	}
	file := filepath.Join(dir, fileName(1))
	f("the end is lost", func() { cutLines(t, file, 6) })
	f("the end is torn", func() {
		b, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, b[:len(b)-20], 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	for _, n := range []string{shippedFile, writerFile, bootFile} {
		f(n+" is empty", func() {
			if err := os.WriteFile(filepath.Join(dir, n), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
	// What was shipped after the last note of it is known elsewhere only: the
	// chain must not fork from it.
	f("the end is lost that nobody here remembers", func() {
		cutLines(t, file, 4)
		if err := os.WriteFile(filepath.Join(dir, shippedFile), []byte("4"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
}

// A process that is killed lost nothing, so nobody is asked.
func TestAKillAsksNobody(t *testing.T) {
	dir := t.TempDir()
	asked := false
	ask := func(o *Options) {
		o.Boot, o.Lost = "one", func(string, uint64) ([]audit.Record, error) { asked = true; return nil, nil }
	}
	s := open(t, dir, ask)
	fill(t, s, 3)
	s.Close()
	open(t, dir, ask).Close()
	if asked {
		t.Error("the places it was shipped to were asked")
	}
}

// A line that was damaged inside a file is put back where it is known and fits.
func TestCase_T3_DamagedLinesArePutBack(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, small)
	fill(t, s, 12)
	lost := shippedTo(t, s, 12)
	s.Close()
	damage := func(seq byte) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(dir, filePrefix+"*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if i := bytes.Index(b, []byte{'"', 'S', '0' + seq - 1, '"'}); i >= 0 {
				b[i+1] ^= 1
				if err := os.WriteFile(f, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	damage(3)
	damage(7)
	if _, err := Verify(dir); err == nil {
		t.Fatal("nothing is damaged")
	}
	healed, left, err := Heal(dir, func(w string, after uint64) ([]audit.Record, error) {
		all, err := lost(w, after)
		return slices.DeleteFunc(all, func(r audit.Record) bool { return r.Seq == 7 }), err
	})
	if err != nil || !slices.Equal(healed, []uint64{3}) || !slices.Equal(left, []uint64{7}) {
		t.Fatalf("healed %v, left %v, %v", healed, left, err)
	}
	if healed, left, err = Heal(dir, lost); err != nil || !slices.Equal(healed, []uint64{7}) || len(left) > 0 {
		t.Fatalf("healed %v, left %v, %v", healed, left, err)
	}
	if head, err := Verify(dir); err != nil || head.Seq != 12 {
		t.Errorf("%+v %v", head, err)
	}
}
