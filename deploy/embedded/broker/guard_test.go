package broker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func frame(size int32, key, version int16, rest int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(size))
	b = binary.BigEndian.AppendUint16(b, uint16(key))
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	return append(b, make([]byte, rest)...)
}

func TestFault(t *testing.T) {
	g := newGuard(nil, 16<<20, 1, newCounters())
	f := func(size int32, key, version int16, want string) {
		t.Helper()
		if got := g.fault(size, key, version); got != want {
			t.Errorf("size %d key %d version %d: %q, want %q", size, key, version, got, want)
		}
	}
	f(8, 0, 3, "")
	f(7, 0, 3, "size")
	f(16<<20, 1, 4, "")
	f(16<<20+1, 1, 4, "size")
	f(-1, 1, 4, "size")
	f(0x47455420, 0, 0, "size") // "GET "
	f(100, 9999, 0, "key")
	f(100, -1, 0, "key")
	f(100, 3, -1, "version")
	f(100, 3, 8, "")
	f(100, 3, 9, "version") // has tags
	f(100, 3, 1000, "version")
	f(100, apiVersions, 0, "")
	f(100, apiVersions, 1000, "")
	f(maxHello+1, apiVersions, 3, "size")
	f(100, 68, 0, "key") // younger than what is served
	f(100, apiVersions, -1, "version")
}

// The handshake is offered from version 0 on, in answers of every form, and nothing
// else of them changes.
func TestTheHandshakeIsOfferedFromItsFirstVersion(t *testing.T) {
	answer := func(version, least int16) []byte {
		r := kmsg.NewPtrApiVersionsResponse()
		r.Version, r.ThrottleMillis = version, 77
		r.ApiKeys = []kmsg.ApiVersionsResponseApiKey{{ApiKey: produce, MinVersion: 3, MaxVersion: 8}, {ApiKey: saslHandshake, MinVersion: least, MaxVersion: 1},
			{ApiKey: saslAuthenticate, MinVersion: 1, MaxVersion: 1}}
		return r.AppendTo([]byte{0, 0, 0, 9, 1, 2, 3, 4})
	}
	for version := range int16(firstFlexible) {
		got := answer(version, 1)
		if offerHandshake(got); !bytes.Equal(got, answer(version, 0)) {
			t.Errorf("version %d: %x", version, got)
		}
		for n := range got {
			offerHandshake(got[:n]) // whatever is cut off
		}
	}
}

// FuzzGuard feeds a connection with anything: what comes out is whole frames
// that pass the check, byte for byte as they came in.
func FuzzGuard(f *testing.F) {
	f.Add(frame(8, 18, 0, 4))
	f.Add(append(frame(20, 0, 3, 16), frame(8, 3, 1, 4)...))
	f.Add(frame(20, 0, 3, 3))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3})
	f.Add(frame(1<<30, 0, 3, 100))
	f.Add(frame(100, 32000, 3, 96))
	f.Add(frame(48, 18, 12336, 0))
	f.Add(append(frame(30, 18, 3, 26), frame(8, 3, 1, 4)...))
	m := newCounters()
	f.Fuzz(func(t *testing.T, in []byte) {
		g := newGuard(nil, 1<<20, 1, m)
		a, b := net.Pipe()
		go func() { _, _ = a.Write(in); a.Close() }()
		c := &conn{Conn: b, g: g}
		defer b.Close()
		out, err := io.ReadAll(c)
		from := in
		for rest := out; len(rest) > 0; {
			if len(rest) < 8 {
				t.Fatalf("a head of %d bytes came through", len(rest))
			}
			size := int32(binary.BigEndian.Uint32(rest))
			key, version := int16(binary.BigEndian.Uint16(rest[4:])), int16(binary.BigEndian.Uint16(rest[6:]))
			req := kmsg.RequestForKey(key)
			if req == nil || version < 0 || size < 8 || size > 1<<20 {
				t.Fatalf("size %d key %d version %d came through", size, key, version)
			}
			n := min(len(rest), int(size)+4)
			if key == apiVersions && version == firstFlexible {
				if string(rest[8:12]) != string(from[8:12]) || n != 20 {
					t.Fatalf("%x became %x", in, out)
				}
				from = from[binary.BigEndian.Uint32(from)+4:]
			} else {
				if req.SetVersion(version); req.IsFlexible() || string(rest[:n]) != string(from[:n]) {
					t.Fatalf("%x became %x", in, out)
				}
				from = from[n:]
			}
			rest = rest[n:]
		}
		if err == nil && len(from) > 0 {
			t.Fatalf("%x was cut to %x without a word", in, out)
		}
		if err != nil && !errors.Is(err, errFrame) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	})
}
