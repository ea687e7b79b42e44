package spool

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"credithub/schema/audit"
)

const envDir = "CREDITHUB_SPOOL_TEST_DIR"

// TestMain is also the child that the crash test kills: it appends as fast as
// it can from several goroutines and says each acknowledged number.
func TestMain(m *testing.M) {
	dir := os.Getenv(envDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := Open(dir, "node", Options{SegmentBytes: 20_000})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		_ = s.Ship(context.Background(), func(context.Context, [][]byte) error { return nil })
	}()
	var mu sync.Mutex
	for g := range 8 {
		go func() {
			for i := 0; ; i++ {
				r, err := s.Append(context.Background(), audit.Record{Action: "check", Subject: fmt.Sprint(g, "/", i)})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				mu.Lock()
				fmt.Printf("%d %s\n", r.Seq, r.Hash)
				mu.Unlock()
			}
		}()
	}
	select {}
}

func TestAKillLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	acknowledged := map[uint64]string{}
	for range rounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), envDir+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReader(out)
		first, err := r.ReadString('\n') // it works
		if err != nil {
			t.Fatalf("child: %v", err)
		}
		go func() {
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
			_ = cmd.Process.Signal(syscall.SIGKILL)
		}()
		note(t, acknowledged, first)
		for {
			line, err := r.ReadString('\n')
			if err == io.EOF {
				break // a last line without its end was not said
			}
			if err != nil {
				t.Fatal(err)
			}
			note(t, acknowledged, line)
		}
		_ = cmd.Wait()
		s := open(t, dir)
		fill(t, s, 1)
		s.Close()
		if _, err := Verify(dir); err != nil {
			t.Fatal(err)
		}
	}
	found := 0
	for r, err := range Records(dir) {
		if err != nil {
			t.Fatal(err)
		}
		if hash, ok := acknowledged[r.Seq]; ok {
			found++
			if hash != r.Hash {
				t.Fatalf("record %d is another than was acknowledged", r.Seq)
			}
		}
	}
	if found != len(acknowledged) || found == 0 {
		t.Fatalf("%d of %d acknowledged records are there", found, len(acknowledged))
	}
	t.Logf("%d acknowledged over %d kills", found, rounds)
}

func note(t *testing.T, m map[uint64]string, line string) {
	t.Helper()
	var seq, hash string
	if _, err := fmt.Sscan(line, &seq, &hash); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	n, err := strconv.ParseUint(seq, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if _, twice := m[n]; twice {
		t.Fatalf("number %d was given twice", n)
	}
	m[n] = hash
}

func BenchmarkAppend(b *testing.B) {
	s := open(b, b.TempDir())
	b.SetParallelism(8)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Append(context.Background(), audit.Record{Actor: "officer-1", Unit: "SAMR", Role: "officer", Action: "check",
				Subject: "91420100MA4N0A2B5Y", Matter: "TENDER", Outcome: "CLEAR", Digest: "00112233445566778899aabbccddeeff"}); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
