//go:build linux

package spool

import (
	"context"
	"errors"
	"os"
	"testing"

	"credithub/deploy/platform/disk"
	"credithub/schema/audit"
	"credithub/schema/fault"
)

func TestCase_T12_AFullDiskIsToldAsSuch(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	fill(t, s, 3)
	var told error
	s.opts.Failed = func(err error) { told = err }
	good := s.file
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	s.file = full
	_, err = s.Append(context.Background(), audit.Record{Action: "check"})
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Unavailable || !disk.Full(told) {
		t.Fatalf("%v, told %v", err, told)
	}
	s.file = good
	if last := fill(t, s, 1); last.Seq != 4 {
		t.Fatalf("went on at %d", last.Seq)
	}
	if head, err := Verify(dir); err != nil || head.Seq != 4 {
		t.Fatalf("%+v, %v", head, err)
	}
}
