package stamp

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var secret = bytes.Repeat([]byte{7}, MinSecret)

func stamper(t testing.TB) *Stamper {
	t.Helper()
	s, err := New(secret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAShortSecretIsRefused(t *testing.T) {
	if _, err := New(make([]byte, MinSecret-1)); err == nil {
		t.Fatal("accepted")
	}
}

// The format is what readers in other processes rely on.
func TestTheFormatIsFixed(t *testing.T) {
	at := time.Date(2026, 3, 2, 1, 2, 3, 456e6, time.UTC)
	got := string(stamper(t).Append(nil, "credit.tax", []byte("K"), []byte(`{"a":1}`), Stamp{BatchID: []byte("b1"), Line: 17, ReceivedAt: at}))
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("credit.tax\nK\n{\"a\":1}\nb1;17;1772413323456"))
	want := "v1;b1;17;1772413323456;" + hex.EncodeToString(h.Sum(nil)[:16])
	if got != want {
		t.Fatalf("got %s\nwant %s", got, want)
	}
}

func TestAStampHoldsForItsMessageOnly(t *testing.T) {
	s := stamper(t)
	other, _ := New(bytes.Repeat([]byte{8}, MinSecret))
	rapid.Check(t, func(t *rapid.T) {
		topic := rapid.StringMatching(`credit\.[a-z_]{1,12}`).Draw(t, "topic")
		key := []byte(rapid.StringMatching(`[0-9A-Za-z]{0,20}`).Draw(t, "key"))
		value := rapid.SliceOf(rapid.Byte()).Draw(t, "value")
		in := Stamp{
			BatchID:    []byte(rapid.StringMatching(`[0-9a-z]{1,32}`).Draw(t, "id")),
			Line:       rapid.Uint32().Draw(t, "line"),
			ReceivedAt: time.UnixMilli(rapid.Int64Range(0, 1<<45).Draw(t, "ms")).UTC(),
		}
		h := s.Append(nil, topic, key, value, in)
		out, err := s.Verify(topic, key, value, h)
		if err != nil || !bytes.Equal(out.BatchID, in.BatchID) || out.Line != in.Line || !out.ReceivedAt.Equal(in.ReceivedAt) {
			t.Fatalf("%q: %+v %v", h, out, err)
		}
		refuse := func(what, topic string, key, value, h []byte) {
			if _, err := s.Verify(topic, key, value, h); err == nil {
				t.Fatalf("accepted with another %s", what)
			}
		}
		refuse("topic", topic+"x", key, value, h)
		refuse("key", topic, append([]byte("x"), key...), value, h)
		refuse("value", topic, key, append([]byte("x"), value...), h)
		bad := bytes.Clone(h)
		bad[rapid.IntRange(0, len(h)-1).Draw(t, "at")] ^= 1
		refuse("header", topic, key, value, bad)
		if _, err := other.Verify(topic, key, value, h); err == nil {
			t.Fatal("accepted under another secret")
		}
	})
}

func TestAStampCannotBeMovedByNewlinesInTheKey(t *testing.T) {
	s := stamper(t)
	h := s.Append(nil, "credit.tax", []byte("a"), []byte("b\nc"), Stamp{BatchID: []byte("b")})
	if _, err := s.Verify("credit.tax", []byte("a\nb"), []byte("c"), h); err == nil {
		t.Fatal("the same bytes count as another key and value")
	}
}

func TestNothingIsAllocated(t *testing.T) {
	if raced {
		t.Skip("pools forget at random under the race detector")
	}
	s := stamper(t)
	key, value := []byte("91420100MA4N0A2B5Y"), bytes.Repeat([]byte("v"), 500)
	st := Stamp{BatchID: []byte(strings.Repeat("a", 32)), Line: 5, ReceivedAt: time.UnixMilli(1)}
	buf := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(1000, func() {
		h := s.Append(buf, "credit.tax", key, value, st)
		if _, err := s.Verify("credit.tax", key, value, h); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Fatalf("%v allocations", n)
	}
}

func FuzzVerify(f *testing.F) {
	s := stamper(f)
	f.Add(s.Append(nil, "credit.tax", nil, nil, Stamp{BatchID: []byte("b")}))
	f.Add([]byte("v1;;;;"))
	f.Add([]byte("v1;a;b;c;00000000000000000000000000000000"))
	f.Fuzz(func(t *testing.T, h []byte) {
		st, err := s.Verify("credit.tax", []byte("k"), []byte("v"), h)
		if err == nil {
			t.Fatalf("forged: %q %+v", h, st)
		}
		_, _ = parse(h)
	})
}

func BenchmarkVerify(b *testing.B) {
	s := stamper(b)
	key, value := []byte("91420100MA4N0A2B5Y"), bytes.Repeat([]byte("v"), 500)
	h := s.Append(nil, "credit.tax", key, value, Stamp{BatchID: []byte(strings.Repeat("a", 32)), ReceivedAt: time.Now()})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Verify("credit.tax", key, value, h); err != nil {
			b.Fatal(err)
		}
	}
}
