package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"pgregory.net/rapid"

	"credithub/deploy/platform/kafka/recordbatch"
)

// sealed encodes messages as one batch whose first offset is base.
func sealed(base int64, msgs []Message) []byte {
	b := &batch{}
	b.begin(nil, time.UnixMilli(1772400000000))
	for i := range msgs {
		b.add(&msgs[i])
	}
	b.seal()
	binary.BigEndian.PutUint64(b.buf, uint64(base))
	return b.buf
}

func drawMessage(t *rapid.T) Message {
	opt := rapid.OneOf(rapid.Just([]byte(nil)), rapid.SliceOfN(rapid.Byte(), 0, 200))
	m := Message{Key: opt.Draw(t, "key"), Value: opt.Draw(t, "value")}
	if rapid.Bool().Draw(t, "timed") {
		m.Time = time.UnixMilli(1772400000000 + rapid.Int64Range(-1e6, 1e6).Draw(t, "time"))
	}
	for range rapid.IntRange(0, 3).Draw(t, "headers") {
		m.Headers = append(m.Headers, Header{rapid.SampledFrom([]string{"stamp", "unit", "x"}).Draw(t, "name"), opt.Draw(t, "header")})
	}
	return m
}

func TestABatchReadsAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		msgs := rapid.SliceOfN(rapid.Custom(drawMessage), 1, 50).Draw(t, "messages")
		base := rapid.Int64Range(0, 1<<40).Draw(t, "base")
		set := sealed(base, msgs)
		size := recordbatch.HeadBytes
		for i := range msgs {
			size += recordSize(&msgs[i])
		}
		if len(set) > size {
			t.Fatalf("batch has %d bytes, the bound was %d", len(set), size)
		}
		from := base + int64(rapid.IntRange(0, len(msgs)-1).Draw(t, "from"))
		u := unpacker{partition: 3, limit: 1 << 20}
		next, err := u.read(append(set, set[:rapid.IntRange(0, len(set)-1).Draw(t, "cut")]...), from)
		if err != nil || next != base+int64(len(msgs)) || len(u.msgs) != int(next-from) {
			t.Fatalf("next %d, %d messages, %v", next, len(u.msgs), err)
		}
		for i, got := range u.msgs {
			want := msgs[from-base+int64(i)]
			at := want.Time
			if at.IsZero() {
				at = time.UnixMilli(1772400000000)
			}
			if got.Offset != from+int64(i) || got.Partition != 3 || !got.Time.Equal(at) || (got.Key == nil) != (want.Key == nil) ||
				!bytes.Equal(got.Key, want.Key) || !bytes.Equal(got.Value, want.Value) || len(got.Headers) != len(want.Headers) {
				t.Fatalf("got %+v, want %+v", got, want)
			}
			for j, h := range want.Headers {
				if got.Headers[j].Key != h.Key || !bytes.Equal(got.Headers[j].Value, h.Value) {
					t.Fatalf("header %d is %+v, want %+v", j, got.Headers[j], h)
				}
			}
		}
	})
}

// TestBatchesAgreeWithKafkaGo reads ours with kafka-go and its own with ours.
func TestBatchesAgreeWithKafkaGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		msgs := rapid.SliceOfN(rapid.Custom(drawMessage), 1, 20).Draw(t, "messages")
		set := sealed(0, msgs)
		var rs protocol.RecordSet
		framed := append(binary.BigEndian.AppendUint32(nil, uint32(len(set))), set...)
		if _, err := rs.ReadFrom(bytes.NewReader(framed)); err != nil {
			t.Fatal(err)
		}
		var recs []protocol.Record
		for i := 0; ; i++ {
			r, err := rs.Records.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			value, err := protocol.ReadAll(r.Value)
			if err != nil || !bytes.Equal(value, msgs[i].Value) {
				t.Fatalf("kafka-go reads %q, %v", value, err)
			}
			recs = append(recs, protocol.Record{Time: r.Time, Key: protocol.NewBytes(msgs[i].Key), Value: protocol.NewBytes(value)})
		}
		if len(recs) != len(msgs) {
			t.Fatalf("kafka-go reads %d of %d", len(recs), len(msgs))
		}
		codec := rapid.SampledFrom([]protocol.Attributes{0, protocol.Gzip, protocol.Snappy, protocol.Lz4, protocol.Zstd}).Draw(t, "codec")
		theirs := protocol.RecordSet{Version: 2, Attributes: codec, Records: protocol.NewRecordReader(recs...)}
		var out bytes.Buffer
		if _, err := theirs.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		u := unpacker{limit: 1 << 20}
		next, err := u.read(out.Bytes()[4:], 0)
		if err != nil || next != int64(len(msgs)) || len(u.msgs) != len(msgs) {
			t.Fatalf("%d messages, next %d, %v", len(u.msgs), next, err)
		}
		for i, m := range u.msgs {
			if m.Err != nil || !bytes.Equal(m.Key, msgs[i].Key) || !bytes.Equal(m.Value, msgs[i].Value) {
				t.Fatalf("message %d reads %+v", i, m)
			}
		}
	})
}

func TestPartitionsAgreeWithOtherClients(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "key")
		n := rapid.IntRange(1, 2*len(numbers)).Draw(t, "partitions")
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		if got, want := PartitionOf(key, n), (kafkago.Murmur2Balancer{}).Balance(kafkago.Message{Key: key}, all...); got != want {
			t.Fatalf("key %x of %d: %d, others say %d", key, n, got, want)
		}
	})
}

// atCount is where the number of records stands in a batch.
const atCount = 57

// crc makes a changed batch look whole.
func crc(b []byte) []byte {
	recordbatch.Seal(b)
	return b
}

func TestWhatCannotBeReadIsToldAndPassed(t *testing.T) {
	msgs := []Message{{Value: []byte("a")}, {Value: []byte("b")}, {Value: []byte("c")}}
	read := func(set []byte) ([]Message, int64, error) {
		u := unpacker{limit: 1 << 20}
		next, err := u.read(set, 0)
		return u.msgs, next, err
	}
	broken := func(name string, change func(b []byte)) {
		t.Helper()
		bad := sealed(0, msgs)
		change(bad)
		got, next, err := read(append(crc(bad), sealed(3, msgs)...))
		if err != nil || next != 6 || len(got) != 4 || got[0].Err == nil || got[0].Offset != 2 || string(got[3].Value) != "c" || got[3].Offset != 5 {
			t.Errorf("%s: %+v, next %d, %v", name, got, next, err)
		}
	}
	broken("more records than there are", func(b []byte) { b[atCount+3] = 5 })
	broken("a count of billions", func(b []byte) { b[atCount] = 0x7f })
	broken("negative count", func(b []byte) { b[atCount] = 0x80 })
	broken("a record longer than the batch", func(b []byte) { b[recordbatch.HeadBytes] = 0x7e })
	broken("unknown compression", func(b []byte) { b[recordbatch.AtAttributes+1] = 7 })
	broken("not what the codec writes", func(b []byte) { b[recordbatch.AtAttributes+1] = 1 })
	broken("an offset beyond the batch", func(b []byte) { b[recordbatch.HeadBytes+3] = 40 })

	marker := sealed(0, msgs)
	marker[recordbatch.AtAttributes+1] |= recordbatch.Control
	if got, next, err := read(crc(marker)); err != nil || next != 3 || len(got) != 0 {
		t.Errorf("control batch: %+v, next %d, %v", got, next, err)
	}
	flipped := sealed(0, msgs)
	flipped[len(flipped)-1] ^= 1
	if _, next, err := read(flipped); err == nil || next != 0 {
		t.Error("a batch that fails its checksum was passed")
	}
}

func TestUnpackedBatchesAreBounded(t *testing.T) {
	rs := protocol.RecordSet{Version: 2, Attributes: protocol.Gzip,
		Records: protocol.NewRecordReader(protocol.Record{Value: protocol.NewBytes(make([]byte, 4<<20))})}
	var out bytes.Buffer
	if _, err := rs.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	u := unpacker{limit: 1 << 20}
	next, err := u.read(out.Bytes()[4:], 0)
	if err != nil || next != 1 || len(u.msgs) != 1 || u.msgs[0].Err == nil || cap(u.unpacked) > 8<<20 {
		t.Fatalf("%d bytes unpacked, %+v, %v", cap(u.unpacked), u.msgs, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sealed(0, []Message{{Key: []byte("k"), Value: []byte("v"), Headers: []Header{{"stamp", []byte("x")}}}, {}}), true)
	f.Add(make([]byte, 200), false)
	f.Fuzz(func(t *testing.T, set []byte, mend bool) {
		if mend && len(set) > recordbatch.HeadBytes { // past the checksum
			set = bytes.Clone(set)
			binary.BigEndian.PutUint32(set[recordbatch.AtLength:], uint32(len(set)-recordbatch.AtLength-4))
			set[recordbatch.AtVersion] = 2
			crc(set)
		}
		u := unpacker{limit: 1 << 16}
		next, _ := u.read(set, 0)
		for _, m := range u.msgs {
			if m.Offset < 0 || m.Offset >= next {
				t.Fatalf("message at %d, next is %d", m.Offset, next)
			}
		}
	})
}

func FuzzAnswers(f *testing.F) {
	f.Add(make([]byte, 100))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = parseProduce(b)
		if a, err := parseFetch(b); err == nil && len(a.set) > len(b) {
			t.Fatal("more than there is")
		}
	})
}
