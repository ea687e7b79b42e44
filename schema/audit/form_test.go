package audit

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func BenchmarkSealAndAppend(b *testing.B) {
	r := chain("up-1a2b3c4d", 1)[0]
	r.Digest = "0123456789abcdef0123456789abcdef"
	at := time.Now()
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		r.At = at
		r.Clean()
		r.Seal(r.Hash)
		buf = r.AppendJSON(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkParse(b *testing.B) {
	r := chain("up-1a2b3c4d", 1)[0]
	line := r.AppendJSON(nil)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(line); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTimesHaveTheFormOfTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(-62135596800000000, 1<<60).Draw(t, "at")).UTC()
		want := at.Format(timeLayout)
		if got := string(appendTime(nil, at)); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
		if back, ok := parseTime(want); at.Year() <= 9999 && (!ok || !back.Equal(at)) {
			t.Fatalf("%s was read as %s", want, back)
		}
	})
}

func TestSeqReadsOnlyLinesOfItsWriter(t *testing.T) {
	for _, writer := range []string{"up-1", `a"b`, "节点"} {
		known := LinesOf(writer)
		for _, r := range chain(writer, 11) {
			line := r.AppendJSON(nil)
			if seq, ok := known.Seq(line); !ok || seq != r.Seq {
				t.Fatalf("%s: %d, %v", line, seq, ok)
			}
			if _, ok := LinesOf("up-").Seq(line); ok {
				t.Fatalf("%s is taken for another writer's", line)
			}
			for _, bad := range [][]byte{nil, line[1:], line[:len(line)-1], line[:20], []byte(known.lead), []byte(known.lead + "0,}"), []byte(known.lead + "-1,}"), []byte(known.lead + "7}")} {
				if _, ok := known.Seq(bad); ok {
					t.Fatalf("%s was taken", bad)
				}
			}
		}
	}
}
