package memory

import (
	"encoding/binary"
	"strings"
	"unsafe"

	"credithub/schema/civil"
)

// What blobs are made of:
//
//	text  uvarint length, bytes
//	word  uvarint number in a dictionary; 0: a text follows
//	day   uvarint zigzag(days apart from another one) + 1; 0 when absent
//	id    uvarint length shl 1, and bit 0: it holds the code of its blob, which is
//	      left out; only then one byte, where the code stands in it; the bytes
//
// Texts that are read alias the blob; an id that holds the code is put together anew.

// epoch is the day that a day counts from when there is no other; one near it takes
// fewer bytes.
var epoch = civil.MakeDate(2020, 1, 1)

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// readText aliases b.
func readText(b []byte) (string, []byte) {
	n, b := uvarint(b)
	if n == 0 {
		return "", b
	}
	return unsafe.String(&b[0], int(n)), b[n:]
}

// orEpoch is a reference day that always is one.
func orEpoch(d civil.Date) civil.Date {
	if d == civil.NoDate {
		return epoch
	}
	return d
}

func appendDate(b []byte, d, ref civil.Date) []byte {
	if d == civil.NoDate {
		return append(b, 0)
	}
	x := int64(d) - int64(ref)
	return binary.AppendUvarint(b, uint64(x<<1^x>>63)+1)
}

func readDate(b []byte, ref civil.Date) (civil.Date, []byte) {
	x, b := uvarint(b)
	if x == 0 {
		return civil.NoDate, b
	}
	x--
	return civil.Date(int64(ref) + (int64(x>>1) ^ -int64(x&1))), b
}

// appendID leaves the code out of an id that holds it, as most ids that
// agencies make do.
func appendID(b []byte, id, code string) []byte {
	at := strings.Index(id, code)
	if at < 0 || at > 255 || code == "" {
		return append(binary.AppendUvarint(b, uint64(len(id))<<1), id...)
	}
	b = binary.AppendUvarint(b, uint64(len(id)-len(code))<<1|1)
	b = append(b, byte(at))
	b = append(b, id[:at]...)
	return append(b, id[at+len(code):]...)
}

// readID aliases b, or makes a new text when the code was left out.
func readID(b []byte, code string) (string, []byte) {
	n, b := uvarint(b)
	if n&1 == 0 {
		if n == 0 {
			return "", b
		}
		return unsafe.String(&b[0], int(n>>1)), b[n>>1:]
	}
	at, b := int(b[0]), b[1:]
	id := make([]byte, 0, int(n>>1)+len(code))
	id = append(append(append(id, b[:at]...), code...), b[at:n>>1]...)
	return unsafe.String(&id[0], len(id)), b[n>>1:]
}

// skipID passes an id over.
func skipID(b []byte) []byte {
	n, b := uvarint(b)
	return b[n>>1+n&1:]
}

// isID tells whether the id at the beginning of b is this one, and doesn't put it
// together for that.
func isID(b []byte, id, code string) bool {
	n, b := uvarint(b)
	if n&1 == 0 {
		return string(b[:n>>1]) == id
	}
	at, own := int(b[0]), b[1:1+n>>1]
	return len(id) == len(own)+len(code) && id[:at] == string(own[:at]) && id[at:at+len(code)] == code && id[at+len(code):] == string(own[at:])
}

// uvarint is binary.Uvarint for bytes this package wrote, with the common cases first:
// a length, and the days between two that are near each other.
func uvarint(b []byte) (uint64, []byte) {
	x := uint64(b[0])
	if x < 0x80 {
		return x, b[1:]
	}
	if y := uint64(b[1]); y < 0x80 {
		return x&0x7f | y<<7, b[2:]
	}
	x, n := binary.Uvarint(b)
	return x, b[n:]
}
