package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// chain makes n sealed records of a writer.
func chain(writer string, n int) []Record {
	out := make([]Record, n)
	prev := Genesis
	for i := range out {
		r := Record{Writer: writer, Seq: uint64(i + 1), At: time.UnixMicro(1772400000000000 + int64(i)), Actor: "officer-1", Unit: "SAMR",
			Role: "officer", Action: "check", Subject: "91420100MA4N0A2B5Y", Matter: "TENDER", CaseNo: fmt.Sprint("鄂", i), Outcome: "CLEAR"}
		r.Clean()
		r.Seal(prev)
		prev = r.Hash
		out[i] = r
	}
	return out
}

func seq(rs []Record) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for _, r := range rs {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func brokenAt(t *testing.T, err error) uint64 {
	t.Helper()
	var b *BrokenLink
	if !errors.As(err, &b) {
		t.Fatalf("no broken link: %v", err)
	}
	return b.Seq
}

func TestWholeChainsAreIntact(t *testing.T) {
	rs := append(chain("a", 5), chain("b", 3)...)
	heads, err := Verify(seq(rs), false)
	if err != nil || len(heads) != 2 || heads[0].Seq != 5 || heads[1].Seq != 3 || heads[1].Hash != rs[7].Hash {
		t.Fatalf("%+v, %v", heads, err)
	}
	if heads, err := Verify(seq(nil), false); err != nil || heads != nil {
		t.Fatalf("%+v, %v", heads, err)
	}
}

func TestARemovedRecordIsNamedByItsFollower(t *testing.T) {
	rs := chain("a", 6)
	if _, err := Verify(seq(append(rs[:2:2], rs[3:]...)), false); brokenAt(t, err) != 4 {
		t.Error(err)
	}
	if _, err := Verify(seq(rs[2:]), false); brokenAt(t, err) != 3 {
		t.Error(err)
	}
	if heads, err := Verify(seq(rs[2:]), true); err != nil || heads[0].From != 3 {
		t.Errorf("older records were removed after their time: %+v, %v", heads, err)
	}
	if _, err := Verify(seq(append(chain("a", 2), append(chain("b", 1), rs[2:]...)...)), true); brokenAt(t, err) != 3 {
		t.Error(err)
	}
}

func TestAnyChangeBreaksTheChain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 12).Draw(t, "n")
		rs := chain("node-1", n)
		i := rapid.IntRange(0, n-1).Draw(t, "record")
		switch rapid.SampledFrom([]string{"byte", "remove", "swap", "repeat", "reseal"}).Draw(t, "how") {
		case "byte":
			line := rs[i].AppendJSON(nil)
			at := rapid.IntRange(0, len(line)-1).Draw(t, "at")
			line[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			r, err := Parse(line)
			if err != nil {
				return // seen at once
			}
			rs[i] = r
		case "remove":
			if i == n-1 {
				i-- // the last one is what a Head is for
			}
			rs = append(rs[:i:i], rs[i+1:]...)
		case "swap":
			j := rapid.IntRange(0, n-1).Filter(func(j int) bool { return j != i }).Draw(t, "other")
			rs[i], rs[j] = rs[j], rs[i]
		case "repeat":
			rs = append(rs[:i+1:i+1], rs[i:]...)
		case "reseal":
			if i == n-1 {
				i--
			}
			rs[i].Outcome = "HIT"
			rs[i].Seal(rs[i].Prev)
		}
		if _, err := Verify(seq(rs), false); err == nil {
			t.Fatalf("not seen")
		}
	})
}

func TestJSONIsWhatTheLibraryReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
		draw := func(name string) string { return text.Draw(t, name) }
		r := Record{Writer: draw("writer"), Seq: rapid.Uint64().Draw(t, "seq"), At: time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "at")),
			Actor: draw("actor"), Unit: draw("unit"), Role: draw("role"), Action: draw("action"), Subject: draw("subject"),
			Matter: draw("matter"), CaseNo: draw("caseNo"), Outcome: draw("outcome"), Digest: draw("digest")}
		r.Clean()
		r.Seal(Genesis)
		line := r.AppendJSON(nil)
		var lib Record
		if err := json.Unmarshal(line, &lib); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		back, err := Parse(line)
		if err != nil || back != r || !back.Intact() {
			t.Fatalf("%v\n%+v\n%+v", err, back, r)
		}
		if lib.At = lib.At.UTC(); lib != r {
			t.Fatalf("library reads %+v, was %+v", lib, r)
		}
		if strings.ContainsRune(string(line), '\n') {
			t.Fatal("a record has one line")
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, r := range chain("a", 3) {
		f.Add(r.AppendJSON(nil))
	}
	f.Add([]byte(`{"writer":"a","seq":1}`))
	f.Add([]byte(`{}{}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := Parse(line)
		if err == nil && string(r.AppendJSON(nil)) != string(line) {
			t.Fatalf("took %q", line)
		}
	})
}
