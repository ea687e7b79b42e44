package feed

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// A seal holds for one message of one topic under one secret.
func TestSealProvesOneMessage(t *testing.T) {
	s, err := NewSeal(bytes.Repeat([]byte("s"), 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewSeal(bytes.Repeat([]byte("t"), 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewSeal(make([]byte, 31)); err == nil {
		t.Error("a short secret was taken")
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.SliceOfN(rapid.Byte(), 0, 6)
		topic := rapid.SampledFrom(sealed)
		at, key, value := topic.Draw(t, "topic"), draw.Draw(t, "key"), draw.Draw(t, "value")
		seal := s.Append(nil, at, key, value)
		if len(seal) != SealBytes || !s.Proves(at, key, value, seal) {
			t.Fatal("its own seal is refused")
		}
		if other.Proves(at, key, value, seal) || s.Proves(at, key, value, nil) || s.Proves(at, key, value, seal[:SealBytes-1]) {
			t.Fatal("another secret or no seal will do")
		}
		at2, key2, value2 := topic.Draw(t, "topic 2"), draw.Draw(t, "key 2"), draw.Draw(t, "value 2")
		same := at == at2 && bytes.Equal(key, key2) && bytes.Equal(value, value2)
		if s.Proves(at2, key2, value2, seal) != same {
			t.Fatalf("%s %q %q under the seal of %s %q %q", at2, key2, value2, at, key, value)
		}
	})
	for _, name := range sealed {
		if !s.Covers(name) {
			t.Errorf("%s needs no seal", name)
		}
	}
	if s.Covers("credit.decision") {
		t.Error("domain topics have stamps")
	}
}

func BenchmarkSeal(b *testing.B) {
	s, _ := NewSeal(make([]byte, 32))
	value := bytes.Repeat([]byte("v"), 400)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = s.Append(buf[:0], AuditTopic, []byte("node"), value)
	}
}
