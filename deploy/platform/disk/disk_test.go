package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"

	"credithub/deploy/platform/metrics"
)

func TestCase_T12_AFullDiskIsNamed(t *testing.T) {
	var log bytes.Buffer
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	room := map[string]uint64{"/data": 10 << 30, "/data/engine": 5 << 30}
	reg := metrics.New()
	w := New(Config{Dirs: []string{"/data", "/data/absent", "/data/engine"}, Floor: 100 << 20, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Metrics: reg, Now: func() time.Time { return now },
		Free: func(dir string) (uint64, error) {
			n, ok := room[dir]
			if !ok {
				return 0, fs.ErrNotExist
			}
			return n, nil
		}})
	look := func(want string) {
		t.Helper()
		w.Look()
		err := w.Err()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	look("")
	room["/data/engine"] = 99 << 20
	look("no space left on the disk of /data/engine: 99 MiB are free, 100 MiB are kept free")
	if n := strings.Count(log.String(), "no space left on the disk of /data/engine"); n != 1 {
		t.Errorf("the operator is told %d times", n)
	}
	look("/data/engine")
	if n := strings.Count(log.String(), "no space left on the disk of /data/engine"); n != 1 {
		t.Errorf("the operator is told %d times", n)
	}
	room["/data/engine"] = 105 << 20 // only just
	look("/data/engine")
	room["/data/engine"] = 111 << 20
	look("")
	mf, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	told := false
	for _, f := range mf {
		told = told || f.GetName() == "credithub_disk_free_bytes" && f.GetMetric()[0].GetGauge().GetValue() == 111<<20
	}
	if !told {
		t.Error("no metric tells how much is free")
	}

	// A write that fails is believed more than the file system: there are quotas.
	w.Wrote(errors.New("something else"))
	look("")
	w.Wrote(fmt.Errorf("spool: write: %w", syscall.ENOSPC))
	look("no space left on the disk of /data")
	now = now.Add(time.Minute)
	look("")
}

func TestTheSystemTellsHowMuchIsFree(t *testing.T) {
	n, err := free(t.TempDir())
	if err != nil || n == 0 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := free(t.TempDir() + "/absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
